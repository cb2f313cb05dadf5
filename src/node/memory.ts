// The memory of each node, as far as applications use it up: a supply at whose end the kernel kills somebody. Part of the machine.

import type { Context, NodeId } from '../cluster/index.js';
import { type EventHandle, type EventKind, NO_EVENT } from '../engine/index.js';
import { NodeSupply } from './supply.js';

export interface NodeMemoryListener {
  /** What a node has left, or how fast it goes, has changed. */
  onChanged(node: NodeId): void;
  /** Nothing is left: the kernel has to kill somebody. @returns whether there was somebody to be killed. */
  onExhausted(node: NodeId): boolean;
}

export class NodeMemory extends NodeSupply {
  readonly #context: Context;
  readonly #exhausted: EventKind;
  readonly #handle: Float64Array;

  constructor(context: Context, listener: NodeMemoryListener) {
    const { nodes, simulation } = context;
    super(
      context,
      (node) => nodes.poolOf(node).memoryCapacityBytes,
      (node) => {
        this.#expectTheEnd(node);
        listener.onChanged(node);
      },
    );
    this.#context = context;
    this.#handle = new Float64Array(nodes.count).fill(NO_EVENT);
    this.#exhausted = simulation.on('node-memory/exhausted', (node) => {
      this.#handle[node] = NO_EVENT;
      // Where nobody can be killed it stays like that until somebody takes or gives some.
      if (this.available(node) > 0 || listener.onExhausted(node)) this.#expectTheEnd(node);
    });
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
