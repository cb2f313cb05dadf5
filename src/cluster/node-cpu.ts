// The CPU of each node, as far as work slows down when there is not enough of it. Part of the cluster vocabulary, because all
// that runs on a node shares it.
// Work that needs CPU is stretched by 1 / share: the share falls below 1 when what runs on it wants more than
// its cores, or when something outside the pods takes them (a fault). A node with CPU to spare costs nothing here:
// its share is 1 and never changes. Shares of single pods by their requests are not told apart.

import type { Instant, Simulation } from '../engine/index.js';
import type { NodeTable } from './node-table.js';
import { parameter } from './parameter.js';

export const nodeParameters = {
  systemWeight: parameter(
    0.14,
    'ratio',
    'CPU that system services (kubelet, runtime) get at least when applications want all of it',
    'cgroup v2 weights: 100 for system.slice against 39 a core for kubepods, at 16 cores',
  ),
} as const;

export class NodeCpu {
  readonly #simulation: Simulation;
  readonly #nodes: NodeTable;
  #onShareChanged: (node: number) => void = () => {};
  /** Millicores that what runs on the node wants now. */
  readonly #demand: Float64Array;
  /** Speed that is left when others take the CPU, 0 … 1. */
  readonly #left: Float64Array;
  readonly #share: Float64Array;
  /** The CPU clock: what work has been done at full share, as of the last change… */
  readonly #clock: Float64Array;
  /** … which was then. */
  readonly #changedAt: Float64Array;

  constructor(simulation: Simulation, nodes: NodeTable) {
    this.#simulation = simulation;
    this.#nodes = nodes;
    const { count } = nodes;
    this.#demand = new Float64Array(count);
    this.#left = new Float64Array(count).fill(1);
    this.#share = new Float64Array(count).fill(1);
    this.#clock = new Float64Array(count);
    this.#changedAt = new Float64Array(count);
  }

  /** @param listener called after the share of a node has changed. */
  onShareChanged(listener: (node: number) => void): void {
    this.#onShareChanged = listener;
  }

  /** How fast work goes on against a node with CPU to spare: more than 0, at most 1. */
  share(node: number): number {
    return this.#share[node]!;
  }

  /** CPU that applications want, millicores. */
  demand(node: number): number {
    return this.#demand[node]!;
  }

  /** Work that could have been done since the run began, ns at full share. */
  clock(node: number): number {
    return this.#clock[node]! + (this.#simulation.now - this.#changedAt[node]!) * this.#share[node]!;
  }

  /** When the clock will stand there if the share stays as it is. */
  instantAt(node: number, clock: number): Instant {
    const left = clock - this.clock(node);
    return (this.#simulation.now + Math.max(0, Math.ceil(left / this.#share[node]!))) as Instant;
  }

  /** Cores that are left to kubelet and runtime: what applications do not want, and by its weight some at any rate. */
  systemCores(node: number): number {
    const capacity = this.#nodes.poolOf(node).cpuCapacityMillis;
    const { systemWeight } = nodeParameters;
    const spare = Math.max(capacity - this.#demand[node]!, capacity * systemWeight.value);
    return (this.#left[node]! * spare) / 1000;
  }

  /** Applications on the node want so much more, or less. */
  changeDemand(node: number, byMillis: number): void {
    if (byMillis === 0) return;
    this.#demand[node]! += byMillis;
    this.#update(node);
  }

  /** Something outside the pods leaves this speed of the node's CPU, 1 being all of it. */
  setLeft(node: number, left: number): void {
    this.#left[node] = left;
    this.#update(node);
  }

  #update(node: number): void {
    const capacity = this.#nodes.poolOf(node).cpuCapacityMillis;
    const share = this.#left[node]! * Math.min(1, capacity / Math.max(capacity, this.#demand[node]!));
    if (share === this.#share[node]) return;
    this.#clock[node] = this.clock(node);
    this.#changedAt[node] = this.#simulation.now;
    this.#share[node] = share;
    this.#onShareChanged(node);
  }
}
