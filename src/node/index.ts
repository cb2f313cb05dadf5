// The machine: what all that runs on a node shares.

export { type ContainerUse, NO_USE } from './cpu/container-use.js';
export * from './cpu/node-cpus.js';
export * from './cpu/quota.js';
export * from './cpu/share-by-weight.js';
export * from './cpu/use-meter.js';
export * from './cpu/weights.js';
export * from './memory.js';
export * from './oom-killer.js';
export * from './parameters.js';
export * from './supply.js';
export * from './swap.js';
export * from './xtables-lock.js';
