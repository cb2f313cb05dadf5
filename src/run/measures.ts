// What can be measured of one component alone, computed by the rule that the model itself uses for it. Part of the run.
// Published figures of a mechanism are held against these, and a user's measurements are fitted with them: both then speak
// of what a run does, and of nothing beside it.

import { BUILT_IN } from '../catalogue.js';
import type { IptablesBackend, ParameterSet } from '../cluster/index.js';
import {
  adjusted,
  adjustmentFactor,
  ciliumLimiterParameters,
  networkParameters,
  type PluginParameters,
  policyParameters,
  policyWalk,
} from '../cni/index.js';
import { pullCosts, RUNTIME_CALLS, restartDuration, runtimeRestartParameters } from '../cri/index.js';
import { type Distribution, mean, quantile } from '../engine/index.js';
import {
  emptyQuestion,
  iptablesSyncParameters,
  lookupParameters,
  type ProxyMode,
  type ServiceShape,
  type SyncDuration,
  type SyncWork,
} from '../kube-proxy/index.js';
import { iptables } from '../kube-proxy/modes/iptables/mode.js';
import { commitDuration } from '../kube-proxy/modes/iptables/sync-cost.js';
import { kubeletCosts, relistDuration } from '../kubelet/index.js';

/** What held when something was measured, by name. */
export type Conditions = Readonly<Record<string, string | number>>;

export interface Measure {
  readonly meaning: string;
  readonly unit: string;
  /** Conditions that it needs. */
  readonly needs: readonly string[];
  /** Conditions that it knows beside them, with what it takes if they are not given. */
  readonly optional: Readonly<Record<string, string | number>>;
  /** Throws a {@link ConditionError}. */
  readonly value: (parameters: ParameterSet, at: Conditions) => number;
}

/** A condition is missing, or is none that the measure knows. */
export class ConditionError extends Error {
  readonly condition: string;

  constructor(condition: string, message: string) {
    super(message);
    this.name = 'ConditionError';
    this.condition = condition;
  }
}

const SECOND = 1e9;

function numberAt(at: Conditions, name: string): number {
  const value = Number(at[name]);
  if (at[name] === '' || !Number.isFinite(value) || value < 0)
    throw new ConditionError(name, `must be a number from 0 on, not ${JSON.stringify(at[name])}`);
  return value;
}

function oneOf<T extends string>(at: Conditions, name: string, values: readonly T[]): T {
  const value = values.find((known) => known === at[name]);
  if (value === undefined)
    throw new ConditionError(name, `must be ${values.join(', ')}, not ${JSON.stringify(at[name])}`);
  return value;
}

const modeOf = (at: Conditions): ProxyMode => BUILT_IN.proxyModes.get(oneOf(at, 'mode', BUILT_IN.proxyModes.names));
const backendOf = (at: Conditions): IptablesBackend =>
  at.backend === '' ? 'legacy' : oneOf(at, 'backend', ['legacy', 'nft'] as const);

/** A ClusterIP service with one port. */
const PLAIN: ServiceShape = {
  ports: 1,
  nodePorts: 0,
  externalIps: 0,
  loadBalancerIps: 0,
  sourceRanges: 0,
  healthChecks: 0,
  hasAffinity: 0,
  internalLocal: false,
  externalLocal: false,
  isExternal: false,
  usesClusterEndpoints: true,
  usesLocalEndpoints: false,
  dependsOnNode: false,
};

/** What so many plain services with so many endpoints in all put into the kernel, by the mode's kinds. */
function countsOf(mode: ProxyMode, services: number, endpoints: number, externalIps = 0): Float64Array {
  const { kinds, count } = mode;
  const shape = { ...PLAIN, externalIps, isExternal: externalIps > 0 };
  const of = (n: number): Int32Array => {
    const own = new Int32Array(kinds);
    count(shape, { cluster: n, local: 0, reachable: n }, 1, own, 0);
    return own;
  };
  // Counts are linear in the endpoints of a service that has some.
  const [one, two] = [of(1), of(2)];
  return Float64Array.from(one, (n, kind) => n * services + (two[kind]! - n) * (endpoints - services));
}

interface Change {
  readonly full: boolean;
  readonly savesTable: boolean;
  /** Nothing was there before. */
  readonly fromNothing: boolean;
}

/** A sync of plain services; one of them has changed, or all are written. */
function syncDuration(parameters: ParameterSet, at: Conditions, change: Change): SyncDuration {
  const mode = modeOf(at);
  const services = numberAt(at, 'services');
  const endpoints = numberAt(at, 'endpoints');
  const externalIps = numberAt(at, 'external_ips');
  const total = countsOf(mode, services, endpoints, externalIps);
  const one = countsOf(mode, 1, services === 0 ? 0 : endpoints / services, externalIps);
  const work: SyncWork = {
    full: change.full,
    total,
    changed: change.full ? total : one,
    before: change.fromNothing
      ? new Float64Array(total.length)
      : change.full
        ? total
        : total.map((n, k) => n - one[k]!),
    ports: services,
    changedPorts: change.full ? services : 1,
    endpointChanges: change.fromNothing ? endpoints : change.full || services === 0 ? 0 : endpoints / services,
    savesTable: change.savesTable,
    backend: backendOf(at),
  };
  const duration: SyncDuration = { preparing: 0, committing: 0, linesWritten: 0 };
  mode.syncCost(parameters)(work, duration);
  return duration;
}

const isTrue = (at: Conditions, name: string): boolean => oneOf(at, name, ['true', 'false'] as const) === 'true';

/** The figure of a distribution that a row asks for: a quantile, or its mean. */
function figureOf(distribution: Distribution, at: Conditions): number {
  if (at.quantile === 'mean') return mean(distribution);
  const p = Number(at.quantile);
  if (!(p > 0 && p < 1)) {
    const given = JSON.stringify(at.quantile);
    throw new ConditionError('quantile', `must be a number between 0 and 1, or mean, not ${given}`);
  }
  return quantile(distribution, p);
}

const pluginAt = (at: Conditions): PluginParameters =>
  BUILT_IN.networkPlugins.get(oneOf(at, 'plugin', BUILT_IN.networkPlugins.names)).parameters;

/** `iptables-restore` of lines into a table that then has so many rules: what the process and the kernel do. */
function restore(parameters: ParameterSet, lines: number, rules: number): number {
  const p = parameters.of(iptablesSyncParameters);
  return p.perProcess.value + p.perLineRestored.value * lines + commitDuration(rules, p);
}

export const MEASURES: Readonly<Record<string, Measure>> = {
  first_packet_seconds: {
    meaning:
      'what the rules of services add to the first packet of a connection from a pod; without services there are none',
    unit: 's',
    needs: ['mode', 'services', 'endpoints'],
    optional: { place: 0.5, rules_per_service: 1, backend: '' },
    value: (parameters, at) => {
      const services = numberAt(at, 'services');
      if (services === 0) return 0;
      const perService = numberAt(at, 'endpoints') / services;
      const question = {
        ...emptyQuestion(),
        services: services * numberAt(at, 'rules_per_service'),
        place: numberAt(at, 'place'),
        endpoints: perService,
        chosen: Math.max(0, (perService - 1) / 2),
        masquerades: 1,
        isForwarded: true,
      };
      const cost = { traversed: 0, duration: 0 };
      modeOf(at).firstPacket(parameters)(question, cost);
      return cost.duration / SECOND;
    },
  },
  forwarded_packets_per_second: {
    meaning: 'packets that a machine of so many cores passes on, at most what it is offered',
    unit: '1/s',
    needs: ['mode', 'cores', 'offered'],
    optional: {},
    value: (parameters, at) => {
      const perPacket = modeOf(at).forwardedPacket(parameters);
      return Math.min(numberAt(at, 'offered'), (numberAt(at, 'cores') * SECOND) / perPacket);
    },
  },
  forwarding_busy_ratio: {
    meaning: 'share of the CPU of a machine of so many cores that passing on so many packets a second takes',
    unit: '',
    needs: ['mode', 'cores', 'offered'],
    optional: {},
    value: (parameters, at) => {
      const perPacket = modeOf(at).forwardedPacket(parameters);
      return Math.min(1, (numberAt(at, 'offered') * perPacket) / SECOND / numberAt(at, 'cores'));
    },
  },
  table_walk_seconds: {
    meaning: 'testing a packet against so many iptables rules for ports, of which none matches',
    unit: 's',
    needs: ['rules'],
    optional: {},
    value: (parameters, at) => (parameters.of(lookupParameters).perPortRule.value * numberAt(at, 'rules')) / SECOND,
  },
  sync_seconds: {
    meaning: 'a sync of kube-proxy: all services, or those of one that changed',
    unit: 's',
    needs: ['mode', 'services', 'endpoints', 'kind'],
    optional: { backend: '', saves: 'false', first: 'false', external_ips: 0 },
    value: (parameters, at) => {
      const full = oneOf(at, 'kind', ['full', 'partial'] as const) === 'full';
      const { preparing, committing } = syncDuration(parameters, at, {
        full,
        savesTable: isTrue(at, 'saves'),
        fromNothing: isTrue(at, 'first'),
      });
      return (preparing + committing) / SECOND;
    },
  },
  restore_full_seconds: {
    meaning: 'writing the rules of all services into an empty table: iptables-restore, nft -f or ipvsadm -R',
    unit: 's',
    needs: ['mode', 'services', 'endpoints'],
    optional: { backend: '', external_ips: 0 },
    value: (parameters, at) => {
      const duration = syncDuration(parameters, at, { full: true, savesTable: false, fromNothing: true });
      return programming(parameters, at, duration) / SECOND;
    },
  },
  restore_one_seconds: {
    meaning: 'writing one service more as a partial sync does',
    unit: 's',
    needs: ['mode', 'services', 'endpoints'],
    optional: { backend: '', external_ips: 0 },
    value: (parameters, at) => {
      const duration = syncDuration(parameters, at, { full: false, savesTable: false, fromNothing: false });
      return programming(parameters, at, duration) / SECOND;
    },
  },
  generate_seconds: {
    meaning: 'kube-proxy makes the text of all iptables rules',
    unit: 's',
    needs: ['endpoints'],
    optional: {},
    value: (parameters, at) =>
      (parameters.of(iptablesSyncParameters).perEndpointGenerated.value * numberAt(at, 'endpoints')) / SECOND,
  },
  save_seconds: {
    meaning: 'iptables-save of the nat table',
    unit: 's',
    needs: ['services', 'endpoints'],
    optional: { mode: iptables.name, backend: '', lines: 0 },
    value: (parameters, at) => {
      const given = numberAt(at, 'lines');
      const p = parameters.of(iptablesSyncParameters);
      const lines = given > 0 ? given : linesOf(numberAt(at, 'services'), numberAt(at, 'endpoints'));
      const factor = backendOf(at) === 'nft' ? p.nftSave.value : 1;
      return (p.perProcess.value + factor * p.perLineSaved.value * lines) / SECOND;
    },
  },
  parse_saved_seconds: {
    meaning: 'kube-proxy looks through what iptables-save has printed',
    unit: 's',
    needs: ['lines'],
    optional: {},
    value: (parameters, at) =>
      (parameters.of(iptablesSyncParameters).perLineParsed.value * numberAt(at, 'lines')) / SECOND,
  },
  restore_lines_seconds: {
    meaning: 'iptables-restore of so many lines into a table that has so many rules already',
    unit: 's',
    needs: ['lines', 'rules_before'],
    optional: {},
    value: (parameters, at) => {
      const lines = numberAt(at, 'lines');
      return restore(parameters, lines, numberAt(at, 'rules_before') + lines) / SECOND;
    },
  },
  append_each_seconds: {
    meaning: 'so many rules added one after another to an empty table, each by a process of its own',
    unit: 's',
    needs: ['rules'],
    optional: {},
    value: (parameters, at) => {
      const n = numberAt(at, 'rules');
      const p = parameters.of(iptablesSyncParameters);
      const linear = p.perRuleCommitted.value * ((n * (n + 1)) / 2);
      const square = p.perRulePairCommitted.value * ((n * (n + 1) * (2 * n + 1)) / 6);
      return (p.perProcess.value * n + linear + square) / SECOND;
    },
  },
  relist_seconds: {
    meaning: 'a relist of the PLEG in which nothing has changed',
    unit: 's',
    needs: ['pods'],
    optional: {},
    value: (parameters, at) => relistDuration(numberAt(at, 'pods'), parameters.of(kubeletCosts)) / SECOND,
  },
  runtime_call_seconds: {
    meaning: 'one CRI call on an idle node; RunPodSandbox without CNI ADD, StopPodSandbox without CNI DEL',
    unit: 's',
    needs: ['runtime', 'call', 'quantile'],
    optional: {},
    value: (parameters, at) => {
      const { containerRuntimes } = BUILT_IN;
      const { calls } = containerRuntimes.get(oneOf(at, 'runtime', containerRuntimes.names));
      return figureOf(parameters.of(calls)[oneOf(at, 'call', RUNTIME_CALLS)].value, at) / SECOND;
    },
  },
  cni_add_seconds: {
    meaning: 'one CNI ADD on an idle node',
    unit: 's',
    needs: ['plugin', 'quantile'],
    optional: {},
    value: (parameters, at) => figureOf(parameters.of(pluginAt(at)).add.value, at) / SECOND,
  },
  cni_del_seconds: {
    meaning: 'one CNI DEL on an idle node',
    unit: 's',
    needs: ['plugin', 'quantile'],
    optional: {},
    value: (parameters, at) => figureOf(parameters.of(pluginAt(at)).del.value, at) / SECOND,
  },
  image_fetch_seconds: {
    meaning: 'fetching so many compressed bytes of one layer from a near registry',
    unit: 's',
    needs: ['bytes'],
    optional: {},
    value: (parameters, at) => numberAt(at, 'bytes') / parameters.of(pullCosts).fetchBytesPerSecond.value,
  },
  image_unpack_seconds: {
    meaning: 'unpacking so many compressed bytes, median',
    unit: 's',
    needs: ['bytes'],
    optional: {},
    value: (parameters, at) =>
      numberAt(at, 'bytes') / quantile(parameters.of(pullCosts).unpackBytesPerSecond.value, 0.5),
  },
  layer_overhead_seconds: {
    meaning: 'making and committing the snapshot of one layer',
    unit: 's',
    needs: [],
    optional: {},
    value: (parameters) => parameters.of(pullCosts).layerOverhead.value / SECOND,
  },
  policy_walk_seconds: {
    meaning:
      'a new connection past so many policies of its endpoint that do not let it through, and one that does (iptables)',
    unit: 's',
    needs: ['policies'],
    optional: { base_seconds: 0 },
    value: (parameters, at) => {
      const added = policyWalk(numberAt(at, 'policies'), parameters.of(policyParameters));
      return numberAt(at, 'base_seconds') + added / SECOND;
    },
  },
  filtered_gbits: {
    meaning: 'packets of 1460 bytes, each looked up in a set or map of addresses: bits of payload in a second',
    unit: 'Gbit/s',
    needs: ['filter', 'unfiltered_gbits'],
    optional: {},
    value: (parameters, at) => {
      const { setLookup, mapLookup } = parameters.of(policyParameters);
      const bits = 1460 * 8;
      const lookup = oneOf(at, 'filter', ['ipset', 'ebpf'] as const) === 'ipset' ? setLookup : mapLookup;
      return bits / (bits / numberAt(at, 'unfiltered_gbits') + lookup.value);
    },
  },
  policy_known_seconds: {
    meaning: 'a pod has its address until a node’s eBPF policies know it',
    unit: 's',
    needs: ['quantile'],
    optional: {},
    value: (parameters, at) => figureOf(parameters.of(policyParameters).identityKnown.value, at) / SECOND,
  },
  block_search_seconds: {
    meaning: 'Calico looks through so many foreign blocks for an address',
    unit: 's',
    needs: ['blocks'],
    optional: {},
    value: (parameters, at) =>
      (parameters.of(networkParameters).calicoBlockSearch.value * numberAt(at, 'blocks')) / SECOND,
  },
  runtime_restart_seconds: {
    meaning: 'a restart of the container runtime with so many pods on its node',
    unit: 's',
    needs: ['pods'],
    optional: {},
    value: (parameters, at) => restartDuration(numberAt(at, 'pods'), parameters.of(runtimeRestartParameters)) / SECOND,
  },
  cilium_limit: {
    meaning: 'a limit of Cilium’s endpoint-create after it has adjusted itself to a mean processing time',
    unit: '',
    needs: ['limit', 'mean_seconds', 'rate', 'burst', 'parallel'],
    optional: {},
    value: (parameters, at) => {
      const factor = adjustmentFactor(numberAt(at, 'mean_seconds') * SECOND, parameters.of(ciliumLimiterParameters));
      const base = { rate: numberAt(at, 'rate'), burst: numberAt(at, 'burst'), parallel: numberAt(at, 'parallel') };
      return adjusted(factor, base)[oneOf(at, 'limit', ['rate', 'burst', 'parallel'] as const)];
    },
  },
};

/** Lines that iptables-save prints of nat: chains and their rules. */
function linesOf(services: number, endpoints: number): number {
  const [list, , rules, chains] = countsOf(iptables, services, endpoints);
  return list! + rules! + chains!;
}

/** Of a sync, what a process does that only writes the rules. */
function programming(parameters: ParameterSet, at: Conditions, duration: SyncDuration): number {
  return modeOf(at).writing?.(parameters, duration) ?? duration.preparing + duration.committing;
}

/** A measure's value, with what is not given filled in. Throws a {@link ConditionError}. */
export function measured(name: string, parameters: ParameterSet, at: Conditions): number {
  const measure = MEASURES[name]!;
  const lacking = measure.needs.find((need) => at[need] === undefined || at[need] === '');
  if (lacking !== undefined) throw new ConditionError(lacking, `is missing: ${name} depends on it`);
  return measure.value(parameters, { ...measure.optional, ...at });
}
