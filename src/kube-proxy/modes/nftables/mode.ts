// nftables mode: maps from addresses to chains; only what changed is sent. Part of kube-proxy.

import { z } from 'zod';
import { kernelVersion } from '../../../cluster/index.js';
import { planned } from '../../../format/index.js';
import { firstPacketFit, masqueradeAll, periodFields } from '../../mode-fields.js';
import { forwardingParameters, lookupParameters, nftablesSyncParameters, runnerParameters } from '../../parameters.js';
import { nothing, type ProxyMode } from '../../proxy-mode.js';
import { nftablesArrival, nftablesFirstPacket } from './lookup.js';
import { countNftables, NFTABLES_KINDS, Nftables } from './rules.js';
import { nftablesSyncCost } from './sync-cost.js';

const PERIODS = { minSyncPeriod: '1s', syncPeriod: '30s' };

export const nftables: ProxyMode = {
  name: 'nftables',
  meaning: 'maps and sets of nftables',
  configured: 'nftables',
  // pkg/proxy/nftables/proxier.go refuses older versions.
  requires: { minor: 29, kernel: kernelVersion(5, 13) },
  section: {
    meaning: 'nftables mode (1.29 or later)',
    fields: () => ({
      ...periodFields(PERIODS),
      masqueradeAll,
      masqueradeBit: planned(z.int(), 'bit of the packet mark'),
    }),
  },
  ...PERIODS,
  kinds: NFTABLES_KINDS,
  count: countNftables,
  size: (totals) => totals[Nftables.Elements]! + totals[Nftables.Rules]!,
  syncCost: (parameters) => nftablesSyncCost(parameters.of(nftablesSyncParameters)),
  syncsPartially: (version) => version.nftablesPartialSync,
  forcedInterval: () => runnerParameters.forcedFullSync.value,
  takesXtablesLock: () => false,
  hasCanary: false,
  isFlushable: true,
  changesOneByOne: false,
  savesTable: false,
  masquerades: true,
  tracksConnections: true,
  affinityClientsMax: Infinity,
  metrics: { tellsSyncsApart: true, failed: 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total' },
  firstPacket: (parameters) => nftablesFirstPacket(parameters.of(lookupParameters)),
  arrival: (parameters) => nftablesArrival(parameters.of(lookupParameters)),
  services: (book, node, position) => book.total(node, position, Nftables.Elements),
  filter: nothing,
  nodePorts: nothing,
  forwardedPacket: (parameters) => parameters.of(forwardingParameters).nftables.value,
  parameters: { 'kube-proxy.nftables': nftablesSyncParameters },
  fits: [
    firstPacketFit('nftables', { nftablesExpression: 'also measure without any rules (services 0)' }),
    {
      what: 'programming in nftables mode',
      measures: ['restore_full_seconds', 'restore_one_seconds', 'save_seconds', 'sync_seconds'],
      where: [{ condition: 'mode', is: 'nftables' }],
      group: 'kube-proxy.nftables',
      unknowns: {
        perServicePairFull: 'measure restore_full_seconds or full syncs',
        perServiceListed: 'measure restore_one_seconds or partial syncs at two numbers of services',
        base: 'measure restore_one_seconds or partial syncs with few services',
        perEndpointChanged: 'measure restore_one_seconds with two numbers of endpoints a service',
      },
    },
  ],
};
