// The scheduler: its loop, what it believes of nodes, and the contract of its plugins.

export { EXPLAINED_MAX, isAskedFor, type PlacementRow } from './explanation.js';
export * from './node-info.js';
export * from './placement.js';
export * from './plugin.js';
export * from './pod-groups.js';
export * from './profile.js';
export * from './scheduler.js';
export * from './scheduling-queue.js';
export * from './topologies.js';
