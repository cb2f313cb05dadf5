// The pod network: contract and the numbers of each plugin.

export * from './parameters.js';
export * from './pod-network.js';
