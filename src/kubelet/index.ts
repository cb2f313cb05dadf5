// The kubelet: sync loop, pod workers, PLEG, prober, status manager, images.

export * from './back-off.js';
export * from './container-table.js';
export * from './image-manager.js';
export * from './kubelet.js';
export * from './model.js';
export * from './parameters.js';
export * from './pleg.js';
export * from './probe.js';
export * from './prober.js';
export * from './restart-log.js';
export * from './status-manager.js';
export * from './volumes.js';
