// The scheduler: its loop, what it believes of nodes, and the contract of its plugins.

export * from './node-info.js';
export * from './plugin.js';
export * from './scheduler.js';
