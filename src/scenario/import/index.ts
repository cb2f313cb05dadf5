// Scenarios from clusters and traces: an entry of its own.

export * from './anonymise.js';
export * from './cluster.js';
export * from './file-kinds.js';
export * from './objects.js';
export * from './trace.js';
export * from './write.js';
