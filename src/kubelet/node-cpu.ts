// The CPU of each node, as far as work slows down when there is not enough of it. Part of the kubelet.
// Work that needs CPU is stretched by 1 / share: the share falls below 1 when what the applications use together exceeds
// the node's cores, or when something outside the pods takes them (a fault). A node with CPU to spare costs nothing here:
// its share is 1 and never changes. Shares of single pods by their requests are not told apart.

import type { Context } from '../cluster/index.js';
import { contentionParameters } from '../cri/index.js';
import type { Instant } from '../engine/index.js';

export class NodeCpu {
  readonly #context: Context;
  readonly #onShareChanged: (node: number) => void;
  /** Millicores that applications on the node want now. */
  readonly #demand: Float64Array;
  /** Speed that is left when others take the CPU, 0 … 1. */
  readonly #left: Float64Array;
  readonly #share: Float64Array;
  /** The CPU clock: what work has been done at full share, as of the last change… */
  readonly #clock: Float64Array;
  /** … which was then. */
  readonly #changedAt: Float64Array;

  /** @param onShareChanged called after the share of a node has changed. */
  constructor(context: Context, onShareChanged: (node: number) => void) {
    this.#context = context;
    this.#onShareChanged = onShareChanged;
    const nodes = context.nodes.count;
    this.#demand = new Float64Array(nodes);
    this.#left = new Float64Array(nodes).fill(1);
    this.#share = new Float64Array(nodes).fill(1);
    this.#clock = new Float64Array(nodes);
    this.#changedAt = new Float64Array(nodes);
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
    return this.#clock[node]! + (this.#context.simulation.now - this.#changedAt[node]!) * this.#share[node]!;
  }

  /** When the clock will stand there if the share stays as it is. */
  instantAt(node: number, clock: number): Instant {
    const left = clock - this.clock(node);
    return (this.#context.simulation.now + Math.max(0, Math.ceil(left / this.#share[node]!))) as Instant;
  }

  /** Cores that are left to kubelet and runtime: what applications do not want, and by its weight some at any rate. */
  systemCores(node: number): number {
    const capacity = this.#context.nodes.poolOf(node).cpuCapacityMillis;
    const { systemWeight } = contentionParameters;
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
    const capacity = this.#context.nodes.poolOf(node).cpuCapacityMillis;
    const share = this.#left[node]! * Math.min(1, capacity / Math.max(capacity, this.#demand[node]!));
    if (share === this.#share[node]) return;
    this.#clock[node] = this.clock(node);
    this.#changedAt[node] = this.#context.simulation.now;
    this.#share[node] = share;
    this.#onShareChanged(node);
  }
}
