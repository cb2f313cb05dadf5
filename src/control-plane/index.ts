// The control plane as far as a node feels it.

export * from './api-server/api-server.js';
export * from './api-server/leases.js';
export * from './controllers/controller.js';
export * from './controllers/controllers.js';
export * from './controllers/endpoint-slice.js';
export * from './model.js';
export * from './parameters.js';
export * from './scheduler/index.js';
export * from './workloads/index.js';
