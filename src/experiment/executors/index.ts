// Executors: what carries out the jobs of an experiment. Their own entry: they need Node.js, where the rest of the
// experiments runs in a browser too. The threads and the queue are loaded when they are asked for.

export * from './executor.js';
export * from './inline.js';
export * from './packed.js';
