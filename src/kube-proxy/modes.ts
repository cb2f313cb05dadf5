// The modes side by side. Part of kube-proxy.

import type { ParameterSet, ProxyMode, VersionProfile } from '../cluster/index.js';
import { countEbpf, EBPF_KINDS, Ebpf } from './ebpf/rules.js';
import { ebpfSyncCost } from './ebpf/sync-cost.js';
import { countIptables, IPTABLES_KINDS, natRules } from './iptables/rules.js';
import { iptablesSyncCost } from './iptables/sync-cost.js';
import { countIpvs, IPVS_KINDS, Ipvs } from './ipvs/rules.js';
import { ipvsSyncCost } from './ipvs/sync-cost.js';
import { countNftables, NFTABLES_KINDS, Nftables } from './nftables/rules.js';
import { nftablesSyncCost } from './nftables/sync-cost.js';
import {
  ebpfSyncParameters,
  iptablesSyncParameters,
  ipvsSyncParameters,
  nftablesSyncParameters,
} from './parameters.js';
import type { CountObjects } from './service-shape.js';
import type { SyncCost } from './sync-cost.js';

/** What a mode does in its own way. */
export interface Mode {
  /** Kinds of things that it puts into the kernel. */
  readonly kinds: number;
  readonly count: CountObjects;
  readonly syncCost: (parameters: ParameterSet) => SyncCost;
  /** One figure for the size of it, for reports. @param totals by kind. */
  readonly size: (totals: ArrayLike<number>) => number;
  /** iptables has partial syncs from 1.27 on, nftables from about 1.32; IPVS walks everything each time. */
  readonly syncsPartially: (version: VersionProfile) => boolean;
}

export const MODES: Readonly<Record<ProxyMode, Mode>> = {
  iptables: {
    kinds: IPTABLES_KINDS,
    count: countIptables,
    syncCost: (parameters) => iptablesSyncCost(parameters.of(iptablesSyncParameters)),
    size: natRules,
    syncsPartially: () => true,
  },
  ipvs: {
    kinds: IPVS_KINDS,
    count: countIpvs,
    syncCost: (parameters) => ipvsSyncCost(parameters.of(ipvsSyncParameters)),
    size: (totals) => totals[Ipvs.VirtualServers]! + totals[Ipvs.RealServers]!,
    syncsPartially: () => false,
  },
  nftables: {
    kinds: NFTABLES_KINDS,
    count: countNftables,
    syncCost: (parameters) => nftablesSyncCost(parameters.of(nftablesSyncParameters)),
    size: (totals) => totals[Nftables.Elements]! + totals[Nftables.Rules]!,
    syncsPartially: (version) => version.nftablesPartialSync,
  },
  ebpf: {
    kinds: EBPF_KINDS,
    count: countEbpf,
    syncCost: (parameters) => ebpfSyncCost(parameters.of(ebpfSyncParameters)),
    size: (totals) => totals[Ebpf.ServiceEntries]! + totals[Ebpf.Backends]!,
    syncsPartially: () => true,
  },
};
