// iptables mode: a list of rules for the services, a chain of rules for the endpoints of each. Part of kube-proxy.

import { z } from 'zod';
import type { Fit } from '../../../cluster/index.js';
import { planned } from '../../../format/index.js';
import { ANOTHER_COUNT, firstPacketFit, masqueradeAll, periodFields } from '../../mode-fields.js';
import {
  forwardingParameters,
  iptablesSyncParameters,
  kernelParameters,
  lookupParameters,
  runnerParameters,
} from '../../parameters.js';
import type { ProxyMode } from '../../proxy-mode.js';
import { iptablesArrival, iptablesFirstPacket } from './lookup.js';
import { iptablesMeasures } from './measures.js';
import { countIptables, IPTABLES_KINDS, Iptables, natRules } from './rules.js';
import { iptablesSyncCost } from './sync-cost.js';

const programming = (what: string, backend: string, unknowns: Readonly<Record<string, string>>): Fit => ({
  what,
  measures: ['restore_full_seconds', 'restore_one_seconds', 'save_seconds', 'sync_seconds'],
  where: [
    // iptables-save is of this mode, whatever is said.
    { condition: 'mode', is: 'iptables', otherwise: 'iptables' },
    { condition: 'backend', is: backend, otherwise: 'legacy' },
  ],
  group: 'kube-proxy.iptables',
  unknowns,
});

const PERIODS = { minSyncPeriod: '1s', syncPeriod: '30s' };

export const iptables: ProxyMode = {
  name: 'iptables',
  meaning: 'iptables rules, evaluated one after another',
  configured: 'iptables',
  section: {
    meaning: 'iptables mode',
    fields: () => ({
      ...periodFields(PERIODS),
      masqueradeAll,
      masqueradeBit: planned(z.int(), 'bit of the packet mark'),
      localhostNodePorts: planned(z.boolean(), 'NodePorts on localhost'),
    }),
  },
  ...PERIODS,
  partialSyncGate: {
    name: 'MinimizeIPTablesRestore',
    meaning: 'iptables mode writes only what changed; without it every sync is a full one, as before 1.27',
    source: 'KEP-3453: beta in 1.27; locked from 1.28 on, here it may be switched off all the same',
  },
  kinds: IPTABLES_KINDS,
  count: countIptables,
  size: natRules,
  syncCost: (parameters) => iptablesSyncCost(parameters.of(iptablesSyncParameters)),
  syncsPartially: () => true,
  forcedInterval: () => runnerParameters.forcedFullSync.value,
  // Its own start, instead of kube-proxy's work.
  writing: (parameters, { committing }) => parameters.of(iptablesSyncParameters).perProcess.value + committing,
  takesXtablesLock: (backend) => backend === 'legacy',
  hasCanary: true,
  isFlushable: true,
  changesOneByOne: false,
  savesTable: true,
  masquerades: true,
  tracksConnections: true,
  affinityClientsMax: kernelParameters.recentClients.value,
  metrics: {
    tellsSyncsApart: true,
    failed: 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    partialFailed: 'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total',
  },
  firstPacket: (parameters) => iptablesFirstPacket(parameters.of(lookupParameters)),
  arrival: (parameters) => iptablesArrival(parameters.of(lookupParameters)),
  services: (book, node, position) => book.total(node, position, Iptables.List),
  filter: (book, node, position) => book.total(node, position, Iptables.Filter),
  nodePorts: (book, node, position) => book.total(node, position, Iptables.NodePorts),
  forwardedPacket: (parameters) => parameters.of(forwardingParameters).iptables.value,
  parameters: { 'kube-proxy.iptables': iptablesSyncParameters },
  measures: iptablesMeasures,
  fits: [
    firstPacketFit('iptables', { perRule: `${ANOTHER_COUNT}, a thousand or more apart` }),
    programming('programming in iptables mode', 'legacy', {
      perLineRestored: 'measure restore_full_seconds at two numbers of services',
      perRuleCommitted: 'measure restore_one_seconds at two numbers of services',
      perLineSaved: 'measure save_seconds at two numbers of services',
      perProcess: 'measure restore_one_seconds or save_seconds with few services',
      base: 'measure partial syncs (sync_seconds) and restore_one_seconds',
      perEndpointGenerated: 'measure full syncs (sync_seconds) with many and with few endpoints a service',
      perLineParsed: 'measure syncs that save the table (saves=true) and save_seconds',
      perRulePairCommitted: 'measure restore_one_seconds at a third number of services, several times the second',
    }),
    programming('programming in iptables mode through nftables', 'nft', {
      nftBackend: 'measure restore_full_seconds or sync_seconds',
      nftSave: 'measure save_seconds',
    }),
  ],
};
