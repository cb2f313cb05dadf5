// Capacity search: an entry of its own.

export * from './probing.js';
export * from './report.js';
export * from './search.js';
