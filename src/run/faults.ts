// Carries out the scenario's faults at their time, as the catalogue has them. Part of the run, because a fault may reach into
// any component.

import { amountOf, type CountOrPercent, type FaultSpec, type NodeTarget, type PartList } from '../cluster/index.js';
import { keyWithin } from '../engine/index.js';
import type { FaultReach, FaultType, Undo } from '../faults/index.js';
import type { FaultRecord } from '../results/index.js';
import type { Components } from './components.js';
import type { ControlPlanePods } from './control-plane-pods.js';

/** Values of the faults that hold now, by what they hit: where several do, the worst one counts. */
class Holding {
  readonly #values = new Map<string, number[]>();
  readonly #worst: (...values: number[]) => number;

  /** @param worst which of several values counts; 1 stands for none. */
  constructor(worst: (...values: number[]) => number) {
    this.#worst = worst;
  }

  /** @param apply is told what counts from now on, and when the value is let go of. @returns how to let go. */
  hold(what: string, value: number, apply: (value: number) => void): Undo {
    const values = this.#values.get(what) ?? [];
    this.#values.set(what, values);
    values.push(value);
    apply(this.#worst(1, ...values));
    return () => {
      values.splice(values.indexOf(value), 1);
      apply(this.#worst(1, ...values));
    };
  }
}

export class Faults {
  readonly records: FaultRecord[] = [];
  readonly #undos: (Undo | undefined)[] = [];
  readonly #types: PartList<FaultType>;
  readonly #cluster: Components;
  readonly #controlPlanePods: ControlPlanePods;
  readonly #left = new Holding(Math.min);
  readonly #factors = new Holding(Math.max);

  constructor(types: PartList<FaultType>, cluster: Components, controlPlanePods: ControlPlanePods) {
    this.#types = types;
    this.#cluster = cluster;
    this.#controlPlanePods = controlPlanePods;
  }

  /** Schedules all faults. */
  start(): void {
    const { simulation, spec } = this.#cluster.context;
    const over = simulation.on('fault/ends', (fault, record) => {
      this.#cluster.context.journal?.faultEnded?.(fault);
      this.#undos[record]?.();
      this.#controlPlanePods.reconsider();
    });
    const begins = simulation.on('fault/begins', (index) => {
      const record = this.#begin(spec.faults[index]!, index);
      const { ends } = this.records[record]!;
      simulation.schedule(ends, over, index, record);
    });
    spec.faults.forEach((fault, index) => {
      simulation.schedule(fault.at, begins, index);
    });
  }

  /** @returns the number of its record. */
  #begin(fault: FaultSpec, index: number): number {
    const begins = this.#cluster.context.simulation.now;
    const type = this.#types.get(fault.type);
    this.#cluster.context.journal?.faultBegan?.(index);
    const { nodes, pods, undo } = type.begin(fault, this.#reachOf(index));
    this.#controlPlanePods.reconsider();
    this.#undos.push(undo);
    return (
      this.records.push({
        fault: index,
        begins,
        ends: begins + (fault.duration ?? 0),
        nodes: new Set(nodes),
        pods: new Set(pods),
        consequences: type.consequences,
      }) - 1
    );
  }

  #reachOf(index: number): FaultReach {
    return {
      ...this.#cluster,
      pickNodes: (target, among = 'running') => this.#pickNodes(target, index, among),
      pickPods: (workloads, amount) => this.#pickPods(workloads, amount, index),
      leave: (what, share, apply) => this.#left.hold(what, share, apply),
      stretch: (what, factor, apply) => this.#factors.hold(what, factor, apply),
    };
  }

  #pickPods(targets: readonly number[], amount: CountOrPercent, index: number): number[] {
    const { api, context, workloads } = this.#cluster;
    const picks = context.streams.stream('fault/pods');
    const key = context.identities.faults[index]!;
    return targets.flatMap((workload) => {
      const pods = workloads.podsOf(workload).filter((pod) => api.objects.pods.ready[pod] === 1);
      return pickSome(pods, amountOf(amount, pods.length, Math.ceil), (pod) =>
        picks.uniform(keyWithin(key, context.pods.keyOf(pod)), 0),
      );
    });
  }

  #pickNodes({ pools, zone, amount }: NodeTarget, index: number, among: 'running' | 'all'): number[] {
    const { identities, nodes, streams } = this.#cluster.context;
    const picks = streams.stream('fault/nodes');
    const key = identities.faults[index]!;
    const candidates: number[] = [];
    for (let node = 0; node < nodes.count; node++) {
      const isInZone = zone === undefined || nodes.zoneOf(node) === zone;
      const isThere = among === 'all' || nodes.up[node] === 1;
      if (pools.includes(nodes.pool[node]!) && isInZone && isThere) candidates.push(node);
    }
    return pickSome(candidates, amountOf(amount, candidates.length, Math.ceil), (node) =>
      picks.uniform(keyWithin(key, nodes.keyOf(node)), 0),
    );
  }
}

/** The `count` of them with the smallest draws: the same ones whatever else happens. */
function pickSome(all: readonly number[], count: number, draw: (item: number) => number): number[] {
  return [...all]
    .sort((a, b) => draw(a) - draw(b) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}
