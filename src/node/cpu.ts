// The CPU of each node, as far as work slows down when there is not enough of it. Part of the machine. The kernel takes what
// packets need before anybody else; then come kubelet and runtime by their weight, then pods that have asked for CPU, and last
// those that have not, kube-proxy among them. Work is stretched by 1 / share: a share falls below 1 when what runs there wants more
// than is left for it, or when something outside the pods takes the CPU (a fault). A node with CPU to spare costs nothing here:
// its shares are 1 and never change. Of two pods that have asked for CPU the one that asked for more gets no larger share.

import {
  type ComponentModel,
  type CpuTier,
  type NodeCpu,
  type NodeId,
  type NodeTable,
  parameter,
} from '../cluster/index.js';
import type { Instant, Simulation } from '../engine/index.js';

const nodeParameters = {
  systemWeight: parameter(
    0.14,
    'ratio',
    'CPU that system services (kubelet, runtime) get at least when applications want all of it',
    'cgroup v2 weights: 100 for system.slice against 39 a core for kubepods, at 16 cores',
  ),
  bestEffortWeight: parameter(
    0.002,
    'ratio',
    'CPU that pods without requests get at least when the others want all of it',
    'cpu.shares 2 of kubepods-besteffort against 1,024 for each core requested (pkg/kubelet/cm), one core taken for all',
  ),
} as const;

export const nodeModel: ComponentModel = {
  name: 'node',
  constants: { node: nodeParameters },
  costs: {},
  measures: [],
  fits: [],
};

const TIERS = 3;

export class TieredCpu implements NodeCpu {
  readonly #simulation: Simulation;
  readonly #nodes: NodeTable;
  #onShareChanged: (node: NodeId) => void = () => {};
  /** Millicores that are wanted now, by node and tier. */
  readonly #demand: Float64Array;
  /** Share that something outside the pods leaves, 0 … 1, by node. */
  readonly #available: Float64Array;
  /** By node and tier. */
  readonly #share: Float64Array;
  /** The CPU clocks by node and tier: what work has been done at full share, as of the last change… */
  readonly #clock: Float64Array;
  /** … which was then. */
  readonly #changedAt: Float64Array;

  constructor(simulation: Simulation, nodes: NodeTable) {
    this.#simulation = simulation;
    this.#nodes = nodes;
    const { count } = nodes;
    this.#demand = new Float64Array(count * TIERS);
    this.#available = new Float64Array(count).fill(1);
    this.#share = new Float64Array(count * TIERS).fill(1);
    this.#clock = new Float64Array(count * TIERS);
    this.#changedAt = new Float64Array(count * TIERS);
  }

  onShareChanged(listener: (node: NodeId) => void): void {
    this.#onShareChanged = listener;
  }

  share(node: NodeId, tier: CpuTier): number {
    return this.#share[node * TIERS + tier]!;
  }

  demand(node: NodeId): number {
    const at = node * TIERS;
    return this.#demand[at]! + this.#demand[at + 1]! + this.#demand[at + 2]!;
  }

  clock(node: NodeId, tier: CpuTier): number {
    const at = node * TIERS + tier;
    return this.#clock[at]! + (this.#simulation.now - this.#changedAt[at]!) * this.#share[at]!;
  }

  instantAt(node: NodeId, tier: CpuTier, clock: number): Instant {
    const left = clock - this.clock(node, tier);
    return this.#simulation.now + Math.max(0, Math.ceil(left / this.share(node, tier)));
  }

  systemCores(node: NodeId): number {
    const capacity = this.#nodes.poolOf(node).cpuCapacityMillis;
    const { systemWeight } = nodeParameters;
    const spare = Math.max(capacity - this.demand(node), capacity * systemWeight.value);
    return (this.#available[node]! * spare) / 1000;
  }

  changeDemand(node: NodeId, tier: CpuTier, byMillis: number): void {
    if (byMillis === 0) return;
    this.#demand[node * TIERS + tier]! += byMillis;
    this.#update(node);
  }

  setAvailableShare(node: NodeId, share: number): void {
    this.#available[node] = share;
    this.#update(node);
  }

  /** What is there goes to one tier after the other. */
  #update(node: NodeId): void {
    const capacity = this.#nodes.poolOf(node).cpuCapacityMillis;
    const at = node * TIERS;
    let spare = capacity;
    let hasChanged = false;
    for (let tier = 0; tier < TIERS; tier++) {
      const demand = this.#demand[at + tier]!;
      const given = Math.min(demand, Math.max(spare, capacity * nodeParameters.bestEffortWeight.value));
      const share = this.#available[node]! * (demand > 0 ? given / demand : 1);
      spare -= given;
      if (share === this.#share[at + tier]) continue;
      this.#clock[at + tier] = this.clock(node, tier as CpuTier);
      this.#changedAt[at + tier] = this.#simulation.now;
      this.#share[at + tier] = share;
      hasChanged = true;
    }
    if (hasChanged) this.#onShareChanged(node);
  }
}
