// Something that each node has so much of and that is used up: bytes of memory, bytes of disk, process ids. Part of the machine.
// Whoever holds some of it holds so much from an instant on and takes more at a steady rate, so what a node has left is a straight
// line between two changes: when it will be short is arithmetic, and a node on which nobody's use is said costs nothing.

import type { Context, NodeId } from '../cluster/index.js';

export class NodeSupply {
  readonly #context: Context;
  readonly #capacityOf: (node: NodeId) => number;
  readonly #onChanged: (node: NodeId) => void;
  /** What was held at the last change… */
  readonly #used: Float64Array;
  /** … which was then, and what is taken in a second since. */
  readonly #changedAt: Float64Array;
  readonly #rate: Float64Array;
  /** Share of it that something outside the pods leaves, 0 … 1. */
  readonly #available: Float64Array;

  /**
   * @param capacityOf how much a node has; Infinity: it never runs short.
   * @param onChanged called when what a node has left, or how fast it goes, has changed.
   */
  constructor(context: Context, capacityOf: (node: NodeId) => number, onChanged: (node: NodeId) => void) {
    const { count } = context.nodes;
    this.#context = context;
    this.#capacityOf = capacityOf;
    this.#onChanged = onChanged;
    this.#used = new Float64Array(count);
    this.#changedAt = new Float64Array(count);
    this.#rate = new Float64Array(count);
    this.#available = new Float64Array(count).fill(1);
  }

  /** How much of it the node has in all. */
  capacity(node: NodeId): number {
    return this.#capacityOf(node);
  }

  /** What is neither held nor taken by others; less than 0 for an instant at most, or where more was taken away than was left. */
  available(node: NodeId): number {
    const capacity = this.#capacityOf(node);
    if (capacity === Infinity) return Infinity;
    const since = this.#context.simulation.now - this.#changedAt[node]!;
    return capacity * this.#available[node]! - this.#used[node]! - (this.#rate[node]! * since) / 1e9;
  }

  /** When no more than so much will be left if nothing changes: now, later, or Infinity. */
  reaches(node: NodeId, left: number): number {
    const { now } = this.#context.simulation;
    if (this.#capacityOf(node) === Infinity) return Infinity;
    const spare = this.available(node) - left;
    if (spare <= 0) return now;
    return this.#rate[node]! > 0 ? now + Math.ceil((spare / this.#rate[node]!) * 1e9) : Infinity;
  }

  /** So much more is held, or less, and so much more is taken a second from now on. */
  change(node: NodeId, amount: number, perSecond: number): void {
    const { now } = this.#context.simulation;
    this.#used[node]! += (this.#rate[node]! * (now - this.#changedAt[node]!)) / 1e9 + amount;
    this.#changedAt[node] = now;
    this.#rate[node]! += perSecond;
    this.#onChanged(node);
  }

  /** Something outside the pods leaves this share of what the node has, 1 being all of it. */
  setAvailableShare(node: NodeId, share: number): void {
    this.#available[node] = share;
    this.#onChanged(node);
  }
}
