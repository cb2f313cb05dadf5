// One run: assemble the components, simulate, return the result.

export { CAUSE_MEANINGS } from '../traffic/index.js';
export * from './assemble.js';
export * from './estimate.js';
export * from './invariants.js';
export * from './never-ready.js';
export * from './run-result.js';
export * from './simulate.js';
export * from './trace-log.js';
