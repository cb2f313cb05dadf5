// The links of nodes, as far as transfers wait for each other on them. Part of the traffic.
// A link carries so much a second. What has been sent over it and is not through yet keeps the next transfer waiting, but
// for as much as the transfer itself, since two that go on together share the line rather than wait. Each direction is a
// link of its own; pulls of images have theirs.

import type { NodeId, NodeTable } from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';

export class Links {
  readonly #nodes: NodeTable;
  /** When all that was sent, or is to be received, is through, ns; by node and direction. */
  readonly #throughAt: Float64Array;

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
    this.#throughAt = new Float64Array(nodes.count * 2);
  }

  /**
   * Sends bytes from one node to another. @param weight transfers of that size that this one stands for.
   * @returns how long they wait for others, ns; what would wait for longer than `patience` is not sent.
   */
  send(bytes: number, from: number, to: number, weight: number, now: number, patience: number): number {
    if (from === to) return 0;
    const sent = this.#wait(from * 2, from, bytes, weight, now);
    const received = this.#wait(to * 2 + 1, to, bytes, weight, now);
    const wait = Math.max(sent, received);
    if (wait <= patience) {
      this.#take(from * 2, from, bytes * weight, now);
      this.#take(to * 2 + 1, to, bytes * weight, now);
    }
    return wait;
  }

  #wait(link: number, node: NodeId, bytes: number, weight: number, now: number): number {
    return Math.max(0, this.#throughAt[link]! - now - this.#time(node, bytes * weight));
  }

  #take(link: number, node: NodeId, bytes: number, now: number): void {
    this.#throughAt[link] = Math.max(now, this.#throughAt[link]!) + this.#time(node, bytes);
  }

  #time(node: NodeId, bytes: number): number {
    return (bytes * NS_PER_SECOND) / this.#nodes.poolOf(node).downloadBytesPerSecond;
  }
}
