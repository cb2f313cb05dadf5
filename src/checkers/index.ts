// Onlookers that stop a run at the first promise that is broken.

export * from './controllers.js';
export * from './invariants.js';
export * from './pod-rows.js';
