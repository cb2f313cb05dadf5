// Cilium's eBPF maps in the place of kube-proxy, for comparison. Part of kube-proxy.

import { ebpfSyncParameters, forwardingParameters, lookupParameters } from '../../parameters.js';
import { nothing, type ProxyMode } from '../../proxy-mode.js';
import { ebpfArrival, ebpfFirstPacket } from './lookup.js';
import { countEbpf, EBPF_KINDS, Ebpf } from './rules.js';
import { ebpfSyncCost } from './sync-cost.js';

export const ebpf: ProxyMode = {
  name: 'ebpf',
  meaning: 'Cilium instead of kube-proxy',
  minSyncPeriod: '0s',
  syncPeriod: '30s',
  kinds: EBPF_KINDS,
  count: countEbpf,
  size: (totals) => totals[Ebpf.ServiceEntries]! + totals[Ebpf.Backends]!,
  syncCost: (parameters) => ebpfSyncCost(parameters.of(ebpfSyncParameters)),
  syncsPartially: () => true,
  // Cilium's agent has no such hour.
  forcedInterval: () => Number.NaN,
  takesXtablesLock: () => false,
  hasCanary: false,
  isFlushable: false,
  changesOneByOne: false,
  savesTable: false,
  masquerades: false,
  tracksConnections: false,
  affinityClientsMax: Infinity,
  metrics: { tellsSyncsApart: false },
  firstPacket: (parameters) => ebpfFirstPacket(parameters.of(lookupParameters)),
  arrival: (parameters) => ebpfArrival(parameters.of(lookupParameters)),
  services: nothing,
  filter: nothing,
  nodePorts: nothing,
  forwardedPacket: (parameters) => parameters.of(forwardingParameters).ebpf.value,
  parameters: { 'kube-proxy.ebpf': ebpfSyncParameters },
  fits: [],
};
