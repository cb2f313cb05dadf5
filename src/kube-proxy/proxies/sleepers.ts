// The proxies that have nothing to do: a set of nodes whose members are found without looking at the others. Part of kube-proxy.

import type { NodeId } from '../../cluster/index.js';

export class Sleepers {
  /** Nodes that sleep come first, in any order; of each, where it stands. */
  readonly #nodes: Int32Array;
  readonly #place: Int32Array;
  readonly #asleep: Uint8Array;
  #count: number;

  /** All of them sleep. */
  constructor(nodes: number) {
    this.#nodes = Int32Array.from({ length: nodes }, (_, node) => node);
    this.#place = this.#nodes.slice();
    this.#asleep = new Uint8Array(nodes).fill(1);
    this.#count = nodes;
  }

  has(node: NodeId): boolean {
    return this.#asleep[node] === 1;
  }

  add(node: NodeId): void {
    this.#asleep[node] = 1;
    this.#place[node] = this.#count;
    this.#nodes[this.#count++] = node;
  }

  /** It is awake from now on, if it was not before. */
  delete(node: NodeId): void {
    if (this.#asleep[node] === 0) return;
    const last = this.#nodes[--this.#count]!;
    this.#nodes[this.#place[node]!] = last;
    this.#place[last] = this.#place[node]!;
    this.#asleep[node] = 0;
  }

  /** Wakes one; -1: none sleeps. */
  wakeOne(): number {
    if (this.#count === 0) return -1;
    const node = this.#nodes[this.#count - 1]!;
    this.delete(node);
    return node;
  }
}
