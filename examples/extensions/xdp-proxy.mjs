// A proxy mode: services in a hash table that a program on the network card looks into (XDP), before the kernel sees a packet.
// A sync writes the entries of the services that have changed, and a look-up costs the same however many services there are.
// Its numbers are guesses, and say so: a profile can replace them.
import { defineExtension, NS_PER_MICROSECOND, nothing, parameter } from 'kubelapse/extension';

const GUESS = 'no published figure: an example';

const costs = {
  syncBase: parameter(400 * NS_PER_MICROSECOND, 'ns', 'a sync, whatever has changed', GUESS),
  perEntry: parameter(3 * NS_PER_MICROSECOND, 'ns', 'writing one entry of the table', GUESS),
  lookup: parameter(80, 'ns', 'looking one packet up', GUESS),
  rewrite: parameter(120, 'ns', 'rewriting its addresses', GUESS),
};

/** Places of the counts: entries of services, entries of endpoints. */
const [SERVICES, ENDPOINTS] = [0, 1];

/** @type {import('kubelapse/extension').ProxyMode} */
const xdp = {
  name: 'xdp',
  meaning: 'a table on the network card, as an example',
  requires: { kernel: 5004 },
  minSyncPeriod: '0s',
  syncPeriod: '30s',

  // What a service becomes.
  kinds: 2,
  count: ({ ports, nodePorts, externalIps, loadBalancerIps }, endpoints, _masquerades, out, at) => {
    out[at + SERVICES] = ports * (1 + externalIps + loadBalancerIps) + nodePorts;
    out[at + ENDPOINTS] = ports * endpoints.reachable;
  },
  size: (totals) => totals[SERVICES] + totals[ENDPOINTS],

  // What a sync costs.
  syncCost: (parameters) => {
    const { syncBase, perEntry } = parameters.of(costs);
    return ({ full, total, changed }, duration) => {
      const entries = full ? total : changed;
      duration.preparing = syncBase.value;
      duration.committing = perEntry.value * (entries[SERVICES] + entries[ENDPOINTS]);
      duration.linesWritten = 0;
    };
  },
  syncsPartially: () => true,
  forcedInterval: () => Number.NaN,

  // Traits.
  takesXtablesLock: () => false,
  hasCanary: false,
  isFlushable: false,
  changesOneByOne: false,
  savesTable: false,
  masquerades: false,
  tracksConnections: false,
  affinityClientsMax: Number.POSITIVE_INFINITY,
  metrics: { tellsSyncsApart: false },

  // What a first packet finds.
  firstPacket: (parameters) => {
    const { lookup, rewrite } = parameters.of(costs);
    return (_question, cost) => {
      cost.traversed = 1;
      cost.duration = lookup.value + rewrite.value;
    };
  },
  arrival: (parameters) => {
    const { lookup } = parameters.of(costs);
    return (_services, _filter, cost) => {
      cost.traversed = 1;
      cost.duration = lookup.value;
    };
  },
  services: nothing,
  filter: nothing,
  nodePorts: nothing,
  forwardedPacket: (parameters) => parameters.of(costs).rewrite.value,

  // `kubelapse explain parameters.proxy.xdp` shows them, and a profile may change them.
  parameters: { 'proxy.xdp': costs },
  fits: [
    {
      what: 'syncs in XDP mode',
      measures: ['sync_seconds'],
      where: [{ condition: 'mode', is: 'xdp' }],
      group: 'proxy.xdp',
      unknowns: { syncBase: 'measure syncs at two numbers of services', perEntry: 'measure full and partial syncs' },
    },
  ],
};

export default defineExtension({ name: 'xdp-proxy', version: '1.0.0', parts: { proxyModes: [xdp] } });
