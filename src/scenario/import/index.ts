// Scenarios from clusters and traces: an entry of its own.

export * from './anonymise.js';
export * from './cluster.js';
export * from './file-kinds.js';
export * from './go-template.js';
export * from './load-definition.js';
export * from './names.js';
export * from './objects.js';
export * from './simkube.js';
export * from './timed.js';
export * from './trace.js';
export * from './write.js';
