// kube-proxy: when it syncs, what rules it writes, what that costs, and what the rules do with a connection.

export * from './client-affinity.js';
export * from './data-path.js';
export * from './endpoints.js';
export * from './first-packet.js';
export * from './load-balancer.js';
export * from './mode-fields.js';
export * from './model.js';
export * from './parameters.js';
export * from './proxies/kube-proxies.js';
export * from './proxies/network-programming.js';
export * from './proxies/sync-runner.js';
export * from './proxies/sync-statistics.js';
export * from './proxies/trigger-counts.js';
export * from './proxy-mode.js';
export * from './rule-book.js';
export * from './service-shape.js';
export * from './sync-cost.js';
