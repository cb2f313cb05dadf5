// Which nodes a pod may run on for the pods that are there: affinity, anti-affinity, topology spread. Part of the
// scheduler. Only workloads that some term is about are counted; everybody else costs nothing here.
// Source: pkg/scheduler/framework/plugins/{interpodaffinity,podtopologyspread}.

import type { Context, PodTemplate, Topology } from '../cluster/index.js';

/** Pods of one workload by place. */
interface Counts {
  readonly node: Map<number, number>;
  readonly zone: Map<number, number>;
}

export class PodPlacement {
  readonly #context: Context;
  readonly #counted = new Map<number, Counts>();
  /** Workloads whose anti-affinity is about a workload: it is kept away from them too. */
  readonly #repelledBy = new Map<number, { workload: number; topology: Topology }[]>();

  constructor(context: Context) {
    this.#context = context;
    const count = (workload: number): void => {
      if (!this.#counted.has(workload)) this.#counted.set(workload, { node: new Map(), zone: new Map() });
    };
    context.spec.workloads.forEach(({ template }, workload) => {
      for (const term of [...template.podAffinity, ...template.topologySpread]) term.workloads.forEach(count);
      for (const { isAnti, topology, workloads } of template.podAffinity) {
        if (!isAnti) continue;
        count(workload);
        for (const other of workloads) {
          const list = this.#repelledBy.get(other) ?? [];
          this.#repelledBy.set(other, [...list, { workload, topology }]);
        }
      }
    });
  }

  /** A pod of the workload was placed on the node (`by` 1), or left it (-1). */
  change(workload: number, node: number, by: 1 | -1): void {
    const counts = this.#counted.get(workload);
    if (counts === undefined) return;
    const zone = this.#context.nodes.zone[node]!;
    counts.node.set(node, (counts.node.get(node) ?? 0) + by);
    counts.zone.set(zone, (counts.zone.get(zone) ?? 0) + by);
  }

  /** Whether any term is about where the workload's pods go. */
  concerns(workload: number, { podAffinity, topologySpread }: PodTemplate): boolean {
    return podAffinity.length > 0 || topologySpread.length > 0 || this.#repelledBy.has(workload);
  }

  /** Whether the pods that are there let one of the workload onto the node. @param isEligible nodes it might run on. */
  allows(workload: number, template: PodTemplate, node: number, isEligible: (node: number) => boolean): boolean {
    for (const { isAnti, topology, workloads } of template.podAffinity) {
      const there = workloads.reduce((sum, other) => sum + this.#at(other, topology, node), 0);
      if (isAnti ? there > 0 : there === 0 && !this.#isFirstOfItsKind(workload, workloads)) return false;
    }
    for (const { workload: other, topology } of this.#repelledBy.get(workload) ?? []) {
      if (this.#at(other, topology, node) > 0) return false;
    }
    return template.topologySpread.every(
      (term) => !term.isHard || this.#skew(term.workloads, term.topology, node, isEligible) <= term.maxSkew,
    );
  }

  /** 0 … 100: how well a pod there would spread, over the constraints that are wishes only. */
  spreadScore(template: PodTemplate, node: number, isEligible: (node: number) => boolean): number {
    let score = 100;
    for (const { workloads, topology, isHard } of template.topologySpread) {
      if (!isHard) score = Math.min(score, 100 - 10 * (this.#skew(workloads, topology, node, isEligible) - 1));
    }
    return Math.max(0, score);
  }

  /** The first pod of a group that wants to be together may go anywhere. */
  #isFirstOfItsKind(workload: number, workloads: readonly number[]): boolean {
    return workloads.includes(workload) && workloads.every((other) => this.#total(other) === 0);
  }

  #total(workload: number): number {
    let sum = 0;
    for (const count of this.#counted.get(workload)!.zone.values()) sum += count;
    return sum;
  }

  #at(workload: number, topology: Topology, node: number): number {
    const place = topology === 'node' ? node : this.#context.nodes.zone[node]!;
    return this.#counted.get(workload)![topology].get(place) ?? 0;
  }

  /** Pods in the node's place with one more, less those in the emptiest place that the pod might run in. */
  #skew(workloads: readonly number[], topology: Topology, node: number, isEligible: (node: number) => boolean): number {
    const { nodes } = this.#context;
    const seen = new Set<number>();
    let least = Infinity;
    for (let other = 0; other < nodes.count && least > 0; other++) {
      const place = topology === 'node' ? other : nodes.zone[other]!;
      if (seen.has(place) || !isEligible(other)) continue;
      if (topology === 'zone') seen.add(place);
      least = Math.min(
        least,
        workloads.reduce((sum, workload) => sum + this.#at(workload, topology, other), 0),
      );
      if (topology === 'zone' && seen.size === nodes.zones.length) break;
    }
    const here = workloads.reduce((sum, workload) => sum + this.#at(workload, topology, node), 0);
    return here + 1 - (least === Infinity ? 0 : least);
  }
}
