// Who is who in the draws of a run: a key for each thing that the scenario names. Part of the cluster vocabulary.
// A key is made of names, so that what is added to a scenario, or stands in another place in it, moves nobody else's luck.
// What has no name, as a fault or a stream of requests, is known by what it is about; the second one of the kind is the second.

import { type EntityKey, entityKey } from '../engine/index.js';
import type { ClientSource, ClusterSpec, FaultSpec, TrafficSpec, WorkloadSpec } from './spec/index.js';

export class Identities {
  readonly workloads: readonly EntityKey[];
  readonly services: readonly EntityKey[];
  readonly networkPolicies: readonly EntityKey[];
  readonly traffic: readonly EntityKey[];
  readonly faults: readonly EntityKey[];

  constructor(spec: ClusterSpec) {
    const named = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
      `${namespace}/${name}`;
    this.workloads = keysOf(spec.workloads.map((workload) => workloadName(spec, workload)));
    this.services = keysOf(spec.services.map(named));
    this.networkPolicies = keysOf(spec.networkPolicies.map(named));
    this.traffic = keysOf(spec.traffic.map((entry) => trafficName(spec, entry)));
    this.faults = keysOf(spec.faults.map((fault) => faultName(spec, fault)));
  }
}

/** A key for each name; of those that have the same one the first keeps it to itself. */
function keysOf(names: readonly string[]): EntityKey[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return entityKey(before === 0 ? name : `${name}#${before}`);
  });
}

function workloadName(spec: ClusterSpec, { kind, namespace, name, pool }: WorkloadSpec): string {
  const place = pool === undefined ? '' : `@${spec.nodePools[pool]!.name}`;
  return `${kind}/${namespace}/${name}${place}`;
}

function trafficName(spec: ClusterSpec, { from, services, address, ports }: TrafficSpec): string {
  const targets = services.map((service, i) => {
    const { namespace, name } = spec.services[service]!;
    return `${namespace}/${name}:${ports[i]}`;
  });
  return `${sourceName(from)} > ${address} ${targets.join(',')}`;
}

const sourceName = (from: ClientSource): string => (from.kind === 'app' ? `app/${from.app}` : from.kind);

/** Neither its time nor its strength is part of it: a sweep over them hits the same nodes and pods. */
function faultName(spec: ClusterSpec, fault: FaultSpec): string {
  const { nodes } = fault;
  const workloads = (fault.workloads ?? []).map((w) => workloadName(spec, spec.workloads[w]!));
  const pools = nodes === undefined || nodes.pools.length === spec.nodePools.length ? [] : nodes.pools;
  const places = [...pools.map((pool) => spec.nodePools[pool]!.name), nodes?.zone ?? ''];
  return `${fault.type} ${workloads.join(',')} ${places.join(',')}`;
}
