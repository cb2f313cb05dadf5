// The memory of each node, as far as applications use it up. Part of the machine.
// Every container holds so much from its start and takes more at a steady rate, so what a node has left is a straight line
// between two changes: when it will be short is arithmetic, and a node on which nobody's memory is said costs nothing.

import type { Context, NodeId } from '../cluster/index.js';
import { type EventHandle, type EventKind, NO_EVENT } from '../engine/index.js';

export interface NodeMemoryListener {
  /** What a node has left, or how fast it goes, has changed. */
  onChanged(node: NodeId): void;
  /** Nothing is left: the kernel has to kill somebody. @returns whether there was somebody to be killed. */
  onExhausted(node: NodeId): boolean;
}

export class NodeMemory {
  readonly #context: Context;
  readonly #listener: NodeMemoryListener;
  /** Bytes that containers held at the last change… */
  readonly #used: Float64Array;
  /** … which was then, and what they take in a second since. */
  readonly #changedAt: Float64Array;
  readonly #rate: Float64Array;
  /** Share of the memory that something outside the pods leaves, 0 … 1. */
  readonly #available: Float64Array;
  readonly #exhausted: EventKind;
  readonly #handle: Float64Array;

  constructor(context: Context, listener: NodeMemoryListener) {
    const { nodes, simulation } = context;
    this.#context = context;
    this.#listener = listener;
    this.#used = new Float64Array(nodes.count);
    this.#changedAt = new Float64Array(nodes.count);
    this.#rate = new Float64Array(nodes.count);
    this.#available = new Float64Array(nodes.count).fill(1);
    this.#handle = new Float64Array(nodes.count).fill(NO_EVENT);
    this.#exhausted = simulation.on('node-memory/exhausted', (node) => {
      this.#handle[node] = NO_EVENT;
      // Where nobody can be killed it stays like that until somebody takes or gives some.
      if (this.available(node) > 0 || listener.onExhausted(node)) this.#expectTheEnd(node);
    });
  }

  /** Bytes that are neither held by containers nor taken by others; less than 0 for an instant at most. */
  available(node: NodeId): number {
    const since = this.#context.simulation.now - this.#changedAt[node]!;
    const { memoryCapacityBytes } = this.#context.nodes.poolOf(node);
    return memoryCapacityBytes * this.#available[node]! - this.#used[node]! - (this.#rate[node]! * since) / 1e9;
  }

  /** When no more than so much will be left if nothing changes: now, later, or Infinity. */
  reaches(node: NodeId, bytes: number): number {
    const { now } = this.#context.simulation;
    const spare = this.available(node) - bytes;
    if (spare <= 0) return now;
    return this.#rate[node]! > 0 ? now + Math.ceil((spare / this.#rate[node]!) * 1e9) : Infinity;
  }

  /** Containers hold so many bytes more, or less, and take so many more a second from now on. */
  change(node: NodeId, bytes: number, bytesPerSecond: number): void {
    const { now } = this.#context.simulation;
    this.#used[node]! += (this.#rate[node]! * (now - this.#changedAt[node]!)) / 1e9 + bytes;
    this.#changedAt[node] = now;
    this.#rate[node]! += bytesPerSecond;
    this.#changed(node);
  }

  /** Something outside the pods leaves this share of the node's memory, 1 being all of it. */
  setAvailableShare(node: NodeId, share: number): void {
    this.#available[node] = share;
    this.#changed(node);
  }

  #changed(node: NodeId): void {
    this.#expectTheEnd(node);
    this.#listener.onChanged(node);
  }

  #expectTheEnd(node: NodeId): void {
    const { simulation } = this.#context;
    simulation.cancel(this.#handle[node]! as EventHandle);
    this.#handle[node] = NO_EVENT;
    const at = this.reaches(node, 0);
    // One after another: what has just been killed gives its memory back first.
    const next = Math.max(at, simulation.now + 1);
    this.#handle[node] = simulation.scheduleCancellable(next, this.#exhausted, node);
  }
}
