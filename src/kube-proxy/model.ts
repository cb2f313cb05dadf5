// The numbers of kube-proxy, and what can be measured of it alone. Part of kube-proxy.

import {
  type ComponentModel,
  type Conditions,
  choiceAt,
  flagAt,
  type Measure,
  numberAt,
  type ParameterSet,
  type PartList,
} from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import { backendAt } from './backend-condition.js';
import { emptyQuestion } from './first-packet.js';
import { interactionGroup, interactionsOf, withInteractions } from './interactions.js';
import {
  forwardingParameters,
  kernelParameters,
  kubeProxyCpu,
  lookupParameters,
  runnerParameters,
} from './parameters.js';
import { countsOf } from './plain-services.js';
import type { ProxyMode } from './proxy-mode.js';
import type { SyncDuration, SyncWork } from './sync-cost.js';

interface Change {
  readonly full: boolean;
  readonly savesTable: boolean;
  /** Nothing was there before. */
  readonly fromNothing: boolean;
}

/** A sync of plain services; one of them has changed, or all are written. */
function syncDuration(mode: ProxyMode, parameters: ParameterSet, at: Conditions, change: Change): SyncDuration {
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
    backend: backendAt(at),
  };
  const duration: SyncDuration = { preparing: 0, committing: 0, linesWritten: 0 };
  withInteractions(mode.name, mode.syncCost(parameters), parameters)(work, duration);
  return duration;
}

/** Of a sync, what a process does that only writes the rules. */
function programming(mode: ProxyMode, parameters: ParameterSet, duration: SyncDuration): number {
  return mode.writing?.(parameters, duration) ?? duration.preparing + duration.committing;
}

const measures = (modeOf: (at: Conditions) => ProxyMode): readonly Measure[] => [
  {
    name: 'first_packet_seconds',
    meaning:
      'what the rules of services add to the first packet of a connection from a pod; without services there are none',
    rule: 'rules or maps that the packet is tested against up to its service and its endpoint, each at its cost',
    unit: 's',
    needs: ['mode', 'services', 'endpoints'],
    optional: { place: 0.5, rules_per_service: 1, backend: '' },
    isFitted: true,
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
      return cost.duration / NS_PER_SECOND;
    },
  },
  {
    name: 'forwarded_packets_per_second',
    meaning: 'packets that a machine of so many cores passes on, at most what it is offered',
    rule: 'cores over the CPU of one packet',
    unit: '1/s',
    needs: ['mode', 'cores', 'offered'],
    value: (parameters, at) => {
      const perPacket = modeOf(at).forwardedPacket(parameters);
      return Math.min(numberAt(at, 'offered'), (numberAt(at, 'cores') * NS_PER_SECOND) / perPacket);
    },
  },
  {
    name: 'forwarding_busy_ratio',
    meaning: 'share of the CPU of a machine of so many cores that passing on so many packets a second takes',
    rule: 'packets times the CPU of one, over the cores',
    unit: '',
    needs: ['mode', 'cores', 'offered'],
    value: (parameters, at) => {
      const perPacket = modeOf(at).forwardedPacket(parameters);
      return Math.min(1, (numberAt(at, 'offered') * perPacket) / NS_PER_SECOND / numberAt(at, 'cores'));
    },
  },
  {
    name: 'table_walk_seconds',
    meaning: 'testing a packet against so many iptables rules for ports, of which none matches',
    rule: 'rules times the cost of one',
    unit: 's',
    needs: ['rules'],
    value: (parameters, at) =>
      (parameters.of(lookupParameters).perPortRule.value * numberAt(at, 'rules')) / NS_PER_SECOND,
  },
  {
    name: 'sync_seconds',
    meaning: 'a sync of kube-proxy: all services, or those of one that changed',
    rule: 'preparing and committing what the mode writes for all services, or for those of one',
    unit: 's',
    needs: ['mode', 'services', 'endpoints', 'kind'],
    optional: { backend: '', saves: 'false', first: 'false', external_ips: 0 },
    isFitted: true,
    value: (parameters, at) => {
      const full = choiceAt(at, 'kind', ['full', 'partial']) === 'full';
      const { preparing, committing } = syncDuration(modeOf(at), parameters, at, {
        full,
        savesTable: flagAt(at, 'saves'),
        fromNothing: flagAt(at, 'first'),
      });
      return (preparing + committing) / NS_PER_SECOND;
    },
  },
  {
    name: 'restore_full_seconds',
    meaning: 'writing the rules of all services into an empty table: iptables-restore, nft -f or ipvsadm -R',
    rule: 'what the process that writes takes of a full sync into an empty table',
    unit: 's',
    needs: ['mode', 'services', 'endpoints'],
    optional: { backend: '', external_ips: 0 },
    isFitted: true,
    value: (parameters, at) => {
      const duration = syncDuration(modeOf(at), parameters, at, { full: true, savesTable: false, fromNothing: true });
      return programming(modeOf(at), parameters, duration) / NS_PER_SECOND;
    },
  },
  {
    name: 'restore_one_seconds',
    meaning: 'writing one service more as a partial sync does',
    rule: 'what the process that writes takes of a partial sync',
    unit: 's',
    needs: ['mode', 'services', 'endpoints'],
    optional: { backend: '', external_ips: 0 },
    isFitted: true,
    value: (parameters, at) => {
      const duration = syncDuration(modeOf(at), parameters, at, { full: false, savesTable: false, fromNothing: false });
      return programming(modeOf(at), parameters, duration) / NS_PER_SECOND;
    },
  },
];

const PERHAPS = {
  perServiceAndRule: 'measure full syncs with several numbers of services and of endpoints',
  perRulePair: 'measure full syncs with several numbers of rules',
};

export const proxyModel = (modes: PartList<ProxyMode>): ComponentModel => ({
  name: 'kube-proxy',
  constants: { 'kube-proxy.runner': runnerParameters, 'kube-proxy.kernel': kernelParameters },
  costs: {
    'kube-proxy.cpu': kubeProxyCpu,
    ...Object.assign({}, ...modes.all.map(({ parameters }) => parameters)),
    ...Object.fromEntries(modes.all.map(({ name }) => [interactionGroup(name), interactionsOf(name)])),
    'kube-proxy.lookup': lookupParameters,
    'kube-proxy.forwarding': forwardingParameters,
  },
  measures: [
    ...measures((at) => modes.get(choiceAt(at, 'mode', modes.names))),
    ...modes.all.flatMap((mode) => mode.measures ?? []),
  ],
  fits: modes.all.flatMap(({ name, fits }) =>
    fits.map((fit) =>
      fit.measures.includes('sync_seconds')
        ? { ...fit, perhaps: { group: interactionGroup(name), unknowns: PERHAPS } }
        : fit,
    ),
  ),
});
