// The reports: all of them functions from finished points to text.

export * from './columns.js';
export * from './csv.js';
export * from './reference.js';
export * from './summary.js';
export * from './svg.js';
export type { Cell, Column, Table } from './table.js';
export { plural } from './words.js';
