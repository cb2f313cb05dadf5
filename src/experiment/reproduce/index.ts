// Published experiments, done again in the simulator.

export * from './agreement.js';
export * from './chart.js';
export * from './experiment-file.js';
export * from './reproduction.js';
export * from './simulated.js';
export * from './summary.js';
