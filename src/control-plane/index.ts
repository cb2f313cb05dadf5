// The control plane as far as a node feels it.

export * from './api-server.js';
export * from './endpoint-slice.js';
export * from './endpoint-slice-controller.js';
export * from './leases.js';
export * from './node-affinity.js';
export * from './node-lifecycle-controller.js';
export * from './parameters.js';
export * from './rolling-update.js';
export * from './scheduler/index.js';
export * from './workload-controllers.js';
