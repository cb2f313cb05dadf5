// The pod network: contract, address management, limits, policies, and what plugins share.

export * from './agent-machines.js';
export * from './data-path.js';
export * from './fabrics.js';
export * from './ipam.js';
export * from './model.js';
export * from './network-plugin.js';
export * from './parameters.js';
export * from './paths.js';
export * from './plugin-parameters.js';
export * from './pod-network.js';
export * from './policies/iptables.js';
export * from './policies/network-policies.js';
export * from './policies/policy-engine.js';
export * from './stages.js';
export * from './warm-pools.js';
