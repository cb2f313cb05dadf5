// What a scenario says of its faults: whom they hit, for how long, and what a rolling update brings. Part of the scenario.

import {
  amountOf,
  type FaultSpec,
  type NodeFault,
  type NodeTarget,
  nodesInZone,
  type PodTemplate,
  type WorkloadSpec,
} from '../cluster/index.js';
import type { Instant } from '../engine/index.js';
import type { BehaviorReader, Report } from './behavior.js';
import type { ScenarioDocument } from './schema.js';
import { didYouMean } from './suggest.js';
import { ns, parseIntOrPercent, share } from './units.js';
import type { Path } from './yaml-source.js';

type Spec = ScenarioDocument['spec'];
type RollingUpdateInput = Extract<NonNullable<Spec['faults']>[number], { type: 'RollingUpdate' }>;

type NodeFaultInput = Extract<NonNullable<Spec['faults']>[number], { pool?: string | undefined }>;

export class FaultReader {
  readonly #spec: Spec;
  readonly #workloads: WorkloadSpec[];
  readonly #behaviors: BehaviorReader;
  readonly #report: Report;

  /** @param workloads those of the cluster: targets are indices in it, and rolling updates add templates to them. */
  constructor(spec: Spec, workloads: WorkloadSpec[], behaviors: BehaviorReader, report: Report) {
    this.#spec = spec;
    this.#workloads = workloads;
    this.#behaviors = behaviors;
    this.#report = report;
  }

  faults(): FaultSpec[] {
    return (this.#spec.faults ?? []).map((_, index) => this.#fault(index));
  }

  #fault(index: number): FaultSpec {
    const fault = this.#spec.faults![index]!;
    const at: Path = ['spec', 'faults', index];
    switch (fault.type) {
      case 'RollingUpdate':
        return {
          type: fault.type,
          at: ns(fault.at) as number as Instant,
          workloads: this.#target(fault.target, fault.copies, at),
        };
      case 'ReadinessFlap':
      case 'ApplicationHang': {
        const pods = parseIntOrPercent(fault.pods ?? '100%')!;
        return {
          type: fault.type,
          at: ns(fault.at) as number as Instant,
          duration: ns(fault.duration),
          workloads: this.#target(fault.target, fault.copies, at),
          pods,
        };
      }
      case 'ApiServerOutage':
        return { type: fault.type, at: ns(fault.at) as number as Instant, duration: lasts(fault.duration) };
      case 'RegistrySlow':
        return {
          type: fault.type,
          at: ns(fault.at) as number as Instant,
          duration: lasts(fault.duration),
          left: share(fault.left),
        };
      case 'StaticPodRemoved': {
        const workloads = this.#staticTarget(fault.target, at);
        const nodes = this.#nodeTarget(fault, at);
        const pools = nodes.pools.filter((pool) => workloads.some((w) => this.#workloads[w]!.pool === pool));
        if (workloads.length > 0 && nodes.pools.length > 0 && pools.length === 0) {
          this.#report([...at, 'pool'], `node pool ${fault.pool} does not run ${fault.target}`);
        }
        return {
          type: fault.type,
          at: ns(fault.at) as number as Instant,
          duration: lasts(fault.duration),
          nodes: { ...nodes, pools },
          workloads,
          noticedBy: fault.noticedBy ?? 'inotify',
        };
      }
      default:
        return {
          at: ns(fault.at) as number as Instant,
          nodes: this.#nodeTarget(fault, at),
          ...this.#nodeFault(fault, at),
        };
    }
  }

  /** Each rolling update gives its workloads one more template, in order of time. */
  applyRollingUpdates(faults: readonly FaultSpec[]): void {
    const updates = faults.flatMap((fault, index) => (fault.type === 'RollingUpdate' ? [{ ...fault, index }] : []));
    for (const { workloads, index } of updates.sort((a, b) => a.at - b.at || a.index - b.index)) {
      const made = new Map<PodTemplate, PodTemplate>();
      for (const w of workloads) {
        const workload = this.#workloads[w]!;
        const before = workload.updates[workload.updates.length - 1] ?? workload.template;
        const updated = made.get(before) ?? this.#updated(before, index);
        made.set(before, updated);
        this.#workloads[w] = { ...workload, updates: [...workload.updates, updated] };
      }
    }
  }

  /** What a rolling update makes of a template: another image of its first main container, other behaviours. */
  #updated(template: PodTemplate, fault: number): PodTemplate {
    const { image, behavior } = this.#spec.faults![fault] as RollingUpdateInput;
    const first = template.containers.findIndex(({ role }) => role === 'main');
    const at: Path = ['spec', 'faults', fault];
    this.#behaviors.check(behavior, [{ template }], 'the updated pods', at);
    const containers = template.containers.map((container, i) => ({
      ...container,
      image: i === first && image !== undefined ? image : container.image,
      behavior: this.#behaviors.of(container, behavior ?? [], at, container.behavior),
    }));
    return { ...template, containers };
  }

  #nodeFault(fault: Exclude<NodeFaultInput, { type: 'StaticPodRemoved' }>, at: Path): NodeFault & { duration: number } {
    switch (fault.type) {
      case 'NodeReboot':
        return { type: fault.type, duration: ns(fault.duration ?? '90s') };
      case 'KubeletRestart':
        return { type: fault.type, duration: ns(fault.duration ?? '1s') };
      case 'RuntimeRestart':
      case 'RulesFlushed':
        return { type: fault.type, duration: 0 };
      case 'KubeProxyRestart':
        return { type: fault.type, duration: ns(fault.duration ?? '1s') };
      case 'RuntimeSlow':
      case 'DiskStarvation':
        return { type: fault.type, duration: lasts(fault.duration), factor: fault.factor };
      case 'CpuStarvation':
      case 'MemoryStarvation': {
        const left = share(fault.left);
        const what = fault.type === 'CpuStarvation' ? 'CPU' : 'memory';
        if (left === 0) this.#report([...at, 'left'], `must be more than 0%: a node without any ${what} is a dead one`);
        return { type: fault.type, duration: lasts(fault.duration), left };
      }
      default:
        return { type: fault.type, duration: lasts(fault.duration) };
    }
  }

  #nodeTarget({ nodes, pool, zone }: NodeFaultInput, at: Path): NodeTarget {
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
    const amount = parseIntOrPercent(nodes ?? 1)!;
    const there = chosen.reduce((sum, i) => sum + nodesThere(this.#spec.nodePools[i]!, zone), 0);
    if ('count' in amount && amount.count > there && there > 0) {
      const place = zone === undefined ? 'there are' : `zone ${zone} has`;
      this.#report(
        [...at, 'nodes'],
        `${amount.count} nodes are to be hit, and ${place} ${there}`,
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
    const statics = this.#workloads.flatMap((w, i) => (w.kind === 'StaticPod' ? [i] : []));
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
    const [kind, name] = target.split('/') as [string, string];
    const ofKind = this.#workloads.flatMap((w, i) => (w.kind.toLowerCase() === kind ? [i] : []));
    const found = ofKind.filter((i) => this.#workloads[i]!.manifestName === name || this.#workloads[i]!.name === name);
    if (found.length === 0) {
      const names = [...new Set(ofKind.map((i) => this.#workloads[i]!.manifestName))];
      const hint =
        didYouMean(name, names) ?? (names.length > 0 ? `${kind}s: ${names.join(', ')}` : `no manifest holds a ${kind}`);
      this.#report([...at, 'target'], `no ${kind} is called "${name}"`, hint);
    }
    const part = parseIntOrPercent(copies ?? '100%')!;
    return found.slice(0, amountOf(part, found.length, Math.ceil));
  }
}

/** Of a fault: until the end of the run if nothing is said. */
const lasts = (text: string | undefined): number => (text === undefined ? Infinity : ns(text));

/** Nodes of a pool in a zone, or all. */
function nodesThere({ count, zones }: Spec['nodePools'][number], zone: string | undefined): number {
  if (zone === undefined) return count;
  const index = zones?.indexOf(zone) ?? -1;
  return index < 0 ? 0 : nodesInZone(count, zones!.length, index);
}
