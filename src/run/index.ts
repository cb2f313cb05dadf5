// One run: assemble the components, simulate, return the result.

export * from './assemble.js';
export * from './estimate.js';
export * from './simulate.js';
