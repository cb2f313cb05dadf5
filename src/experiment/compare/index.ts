// Comparing two experiments, or one with what was measured: an entry of its own.

export * from './comparison.js';
export * from './fail-on.js';
export * from './measured.js';
export * from './observations.js';
export * from './report.js';
