// kube-proxy: when it syncs, what a sync costs, what a lookup costs.

import type { Lookup, ProxyMode } from '../cluster/index.js';
import { iptablesLookup } from './lookup/iptables.js';
import { ipvsLookup } from './lookup/ipvs.js';
import { nftablesLookup } from './lookup/nftables.js';

export * from './kube-proxy.js';
export * from './parameters.js';
export * from './sync-cost/iptables.js';
export * from './sync-cost/ipvs.js';
export * from './sync-cost/nftables.js';
export * from './sync-cost.js';
export * from './sync-runner.js';

/** The lookup of each mode. */
export const LOOKUPS: Readonly<Record<ProxyMode, Lookup>> = {
  iptables: iptablesLookup,
  ipvs: ipvsLookup,
  nftables: nftablesLookup,
};
