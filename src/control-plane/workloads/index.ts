// The workload controllers.

export { pod as singlePod, staticPod } from './pod.js';
export * from './rolling-update.js';
export * from './workload-controllers.js';
export * from './workload-kind.js';
