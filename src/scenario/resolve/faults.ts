// What a scenario says of its faults: whom they hit, for how long, and what a rolling update brings. Part of the scenario.
// How each is read stands with the fault; here is what they ask of the scenario.

import type { Catalogue } from '../../catalogue.js';
import {
  amountOf,
  type FaultSpec,
  type NodeTarget,
  nodesInZone,
  type PodTemplate,
  type WorkloadSpec,
} from '../../cluster/index.js';
import type { FaultReader, NodesInput } from '../../faults/index.js';
import type { Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { ns, parseIntOrPercent } from '../../format/units.js';
import type { ScenarioDocument } from '../schema/index.js';
import type { BehaviorReader, Report } from './behavior.js';

type Spec = ScenarioDocument['spec'];

export class ScenarioFaults {
  readonly #spec: Spec;
  readonly #types: Catalogue['faults'];
  readonly #workloads: WorkloadSpec[];
  readonly #behaviors: BehaviorReader;
  readonly #report: Report;
  readonly #reader: FaultReader;

  /** @param workloads those of the cluster: targets are indices in it, and rolling updates add templates to them. */
  constructor(
    spec: Spec,
    types: Catalogue['faults'],
    workloads: WorkloadSpec[],
    behaviors: BehaviorReader,
    report: Report,
  ) {
    this.#spec = spec;
    this.#types = types;
    this.#workloads = workloads;
    this.#behaviors = behaviors;
    this.#report = report;
    this.#reader = {
      nodes: (input, at) => this.#nodeTarget(input, at),
      workloads: (target, copies, at) => this.#target(target, copies, at),
      staticPods: (target, at) => this.#staticTarget(target, at),
      template: (workload) => this.#workloads[workload]!.template,
      poolOf: (workload) => this.#workloads[workload]!.pool,
      behaving: (template, entries, at) => {
        this.#behaviors.checkUpdate(entries, template, at);
        const containers = template.containers.map((container) => ({
          ...container,
          behavior: this.#behaviors.of(container, entries, undefined, at, container.behavior),
        }));
        return { ...template, containers };
      },
      report,
    };
  }

  faults(): FaultSpec[] {
    return (this.#spec.faults ?? []).map((fault, index) => ({
      type: fault.type,
      at: ns(fault.at) as number,
      ...this.#types.get(fault.type).read(fault, ['spec', 'faults', index], this.#reader),
    }));
  }

  /** Each fault that brings a new version gives its workloads one more template, in order of time. */
  applyUpdates(faults: readonly FaultSpec[]): void {
    const ordered = faults.map((fault, index) => ({ fault, index })).sort((a, b) => a.fault.at - b.fault.at);
    for (const { fault, index } of ordered) {
      const type = this.#types.get(fault.type);
      if (type.updated === undefined) continue;
      const made = new Map<PodTemplate, PodTemplate>();
      for (const w of fault.workloads ?? []) {
        const workload = this.#workloads[w]!;
        const before = workload.updates[workload.updates.length - 1] ?? workload.template;
        const at: Path = ['spec', 'faults', index];
        const updated = made.get(before) ?? type.updated(this.#spec.faults![index]!, before, at, this.#reader);
        made.set(before, updated);
        this.#workloads[w] = { ...workload, updates: [...workload.updates, updated] };
      }
    }
  }

  #nodeTarget({ nodes, pool, zone }: NodesInput, at: Path): NodeTarget {
    const pools = this.#spec.nodePools.map(({ name }) => name);
    const chosen = pools.flatMap((name, i) => (pool === undefined || name === pool ? [i] : []));
    if (chosen.length === 0) {
      const hint = didYouMean(pool!, pools) ?? `pools: ${pools.join(', ')}`;
      this.#report([...at, 'pool'], `no node pool is called "${pool}"`, hint);
    }
    const zones = chosen.flatMap((i) => this.#spec.nodePools[i]!.zones ?? []);
    if (zone !== undefined && chosen.length > 0 && !zones.includes(zone)) {
      const hint = didYouMean(zone, zones) ?? (zones.length > 0 ? `zones: ${zones.join(', ')}` : 'give the pool zones');
      this.#report([...at, 'zone'], `no node is in a zone "${zone}"`, hint);
    }
    const amount = parseIntOrPercent(nodes)!;
    const there = chosen.reduce((sum, i) => sum + nodesThere(this.#spec.nodePools[i]!, zone), 0);
    if ('count' in amount && amount.count > there && there > 0) {
      const place = zone === undefined ? 'there are' : `zone ${zone} has`;
      this.#report(
        [...at, 'nodes'],
        `${amount.count} nodes should be hit, but ${place} only ${there}`,
        'write 100% for all',
      );
    }
    return {
      pools: chosen,
      ...(zone === undefined ? {} : { zone }),
      amount,
    };
  }

  /** Static pods that `pod/etcd` names, of every pool that has one. */
  #staticTarget(target: string, at: Path): number[] {
    const name = target.slice('pod/'.length);
    const statics = this.#workloads.flatMap((w, i) => (w.traits.isStatic ? [i] : []));
    const found = statics.filter((i) => this.#workloads[i]!.manifestName === name);
    if (found.length === 0) {
      const names = [...new Set(statics.map((i) => this.#workloads[i]!.manifestName))];
      const known = names.length > 0 ? `static pods: ${names.join(', ')}` : 'no node pool has a staticPodPath';
      this.#report([...at, 'target'], `no static pod is called "${name}"`, didYouMean(name, names) ?? known);
    }
    return found;
  }

  /** Workloads that `deployment/web` names: of every copy, or of the first ones. */
  #target(target: string, copies: string | number | undefined, at: Path): number[] {
    const [kind, ...rest] = target.split('/') as [string, ...string[]];
    const name = rest.at(-1)!;
    const [namespace] = rest.length > 1 ? rest : [];
    const ofKind = this.#workloads.flatMap((w, i) =>
      w.kind.toLowerCase() === kind && (namespace === undefined || w.namespace === namespace) ? [i] : [],
    );
    const found = ofKind.filter((i) => this.#workloads[i]!.manifestName === name || this.#workloads[i]!.name === name);
    if (found.length === 0) {
      const names = [...new Set(ofKind.map((i) => this.#workloads[i]!.manifestName))];
      const hint =
        didYouMean(name, names) ?? (names.length > 0 ? `${kind}s: ${names.join(', ')}` : `no manifest holds a ${kind}`);
      const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
      this.#report([...at, 'target'], `no ${kind}${where} is called "${name}"`, hint);
    }
    const part = parseIntOrPercent(copies ?? '100%')!;
    return found.slice(0, amountOf(part, found.length, Math.ceil));
  }
}

/** Nodes of a pool in a zone, or all. */
function nodesThere({ count, zones }: Spec['nodePools'][number], zone: string | undefined): number {
  if (zone === undefined) return count;
  const index = zones?.indexOf(zone) ?? -1;
  return index < 0 ? 0 : nodesInZone(count, zones!.length, index);
}
