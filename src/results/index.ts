// What runs return, and the tables that are made of it.

export * from './fault-effects.js';
export * from './never-ready.js';
export * from './run-result.js';
export * from './series.js';
export * from './table.js';
