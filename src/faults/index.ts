// What goes wrong in a run, or is done to it. A file a fault, or a few of one kind.

export * from './fault.js';
export * from './fault-schema.js';
export { NODES_HIT } from './targets.js';
