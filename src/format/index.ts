// How values are written in YAML: fields, units, near misses. It knows no part of a cluster.

export * from './distributions.js';
export * from './field-reader.js';
export * from './field-tree.js';
export * from './fields.js';
export * from './path.js';
export * from './schema-tree.js';
export * from './selectors.js';
export * from './suggest.js';
export * from './units.js';
export * from './wildcards.js';
