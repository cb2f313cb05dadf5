// The machine: what all that runs on a node shares.

export * from './cpu.js';
export * from './memory.js';
export * from './oom-killer.js';
export * from './supply.js';
export * from './xtables-lock.js';
