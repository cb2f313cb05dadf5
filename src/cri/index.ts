// The container runtime: contract and the numbers of containerd and CRI-O.

export * from './container-runtime.js';
export * from './parameters.js';
