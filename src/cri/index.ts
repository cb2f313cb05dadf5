// The container runtime: contract, what calls wait for, and the numbers that are not one runtime's.

export * from './container-runtime.js';
export * from './container-runtimes.js';
export * from './containers.js';
export * from './model.js';
export * from './parameters.js';
export * from './snapshotters.js';
export * from './unpacking.js';
