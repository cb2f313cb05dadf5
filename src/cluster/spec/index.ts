// What a cluster is made of before anything happens. Part of the cluster vocabulary. Plain frozen data in the model's own units
// (whole ns, bytes, millicores); the scenario module makes it from YAML, run/assemble gives each component its part.

export * from './application.js';
export * from './cluster.js';
export * from './components.js';
export * from './faults.js';
export * from './nodes.js';
export * from './pods.js';
export * from './services.js';
export * from './traffic.js';
export * from './workloads.js';
