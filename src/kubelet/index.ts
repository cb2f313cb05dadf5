// The kubelet: sync loop, pod workers, PLEG, prober, status manager, images.

export * from './images/image-manager.js';
export * from './kubelets.js';
export * from './model.js';
export { bandOf, type ShutdownBand } from './node/node-shutdown.js';
export * from './parameters.js';
export * from './pleg/pleg.js';
export * from './pod-workers/back-off.js';
export * from './pod-workers/restart-log.js';
export * from './pod-workers/volumes.js';
export * from './prober/probe.js';
export * from './prober/prober.js';
export * from './status/status-manager.js';
