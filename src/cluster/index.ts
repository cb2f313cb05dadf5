// The vocabulary that all components share.

export * from './api-client.js';
export * from './api-objects.js';
export * from './back-off.js';
export * from './context.js';
export * from './fit.js';
export * from './identities.js';
export * from './ids.js';
export * from './journal.js';
export * from './labels.js';
export * from './lookup.js';
export * from './measure.js';
export * from './members.js';
export * from './messages.js';
export * from './metric.js';
export * from './node-cpu.js';
export * from './node-rules.js';
export * from './node-table.js';
export * from './parameter.js';
export * from './part-list.js';
export * from './pod-names.js';
export * from './pod-start-stages.js';
export * from './pod-table.js';
export * from './rate-limiter.js';
export * from './service-log.js';
export * from './spec/index.js';
export * from './versions.js';
