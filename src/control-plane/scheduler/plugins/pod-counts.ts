// Pods of workloads by place, for plugins that look at the pods that are there. Part of the scheduler.
// Only workloads that some term is about are counted; everybody else costs nothing here.

import type { NodeId, NodeTable, Topology, WorkloadId } from '../../../cluster/index.js';

/** Pods of one workload by place. */
interface Counts {
  readonly node: Map<number, number>;
  readonly zone: Map<number, number>;
}

export class PodCounts {
  readonly #nodes: NodeTable;
  readonly #counted = new Map<number, Counts>();

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
  }

  /** The pods of a workload are to be counted. */
  count(workload: WorkloadId): void {
    if (!this.#counted.has(workload)) this.#counted.set(workload, { node: new Map(), zone: new Map() });
  }

  /** A pod of the workload was placed on the node (`by` 1), or left it (-1). */
  change(workload: WorkloadId, node: NodeId, by: 1 | -1): void {
    const counts = this.#counted.get(workload);
    if (counts === undefined) return;
    const zone = this.#nodes.zone[node]!;
    counts.node.set(node, (counts.node.get(node) ?? 0) + by);
    counts.zone.set(zone, (counts.zone.get(zone) ?? 0) + by);
  }

  total(workload: WorkloadId): number {
    let sum = 0;
    for (const count of this.#counted.get(workload)!.zone.values()) sum += count;
    return sum;
  }

  /** Pods of the workload in the place in which a node stands. */
  at(workload: WorkloadId, topology: Topology, node: NodeId): number {
    const place = topology === 'node' ? node : this.#nodes.zone[node]!;
    return this.#counted.get(workload)![topology].get(place) ?? 0;
  }

  /** Of all of them together. */
  sumAt(workloads: readonly number[], topology: Topology, node: NodeId): number {
    return workloads.reduce((sum, workload) => sum + this.at(workload, topology, node), 0);
  }
}
