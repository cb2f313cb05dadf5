// kube-proxy: when it syncs, what rules it writes, what that costs, and what the rules do with a connection.

export * from './client-affinity.js';
export * from './data-path.js';
export * from './endpoints.js';
export * from './first-packet.js';
export * from './iptables/rules.js';
export * from './iptables/sync-cost.js';
export * from './ipvs/rules.js';
export * from './ipvs/schedulers.js';
export * from './ipvs/turns.js';
export * from './ipvs/virtual-server.js';
export * from './kube-proxy.js';
export * from './lookups.js';
export * from './modes.js';
export * from './network-programming.js';
export * from './nftables/rules.js';
export * from './parameters.js';
export * from './rule-book.js';
export * from './service-shape.js';
export * from './sync-cost.js';
export * from './sync-runner.js';
export * from './sync-statistics.js';
export * from './trigger-counts.js';
