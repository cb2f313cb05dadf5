// The pod network: contract, address management, limits, and the numbers of each plugin.

export * from './cilium-limiter.js';
export * from './ipam.js';
export * from './network-policies.js';
export * from './parameters.js';
export * from './pod-network.js';
export * from './transfer.js';
