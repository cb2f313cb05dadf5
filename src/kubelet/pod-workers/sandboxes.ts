// What a sandbox is to its node beside its containers: one more for the PLEG to list, and memory of the runtime's own
// processes. Part of the kubelet.

import { type Context, containersOf, type PodId } from '../../cluster/index.js';
import type { ContainerRuntimes } from '../../cri/index.js';
import type { NodeMemory } from '../../node/index.js';
import type { Pleg } from '../pleg/pleg.js';

export class Sandboxes {
  readonly #context: Context;
  readonly #runtimes: ContainerRuntimes;
  readonly #pleg: Pleg;
  readonly #memory: NodeMemory;

  constructor(context: Context, runtimes: ContainerRuntimes, pleg: Pleg, memory: NodeMemory) {
    this.#context = context;
    this.#runtimes = runtimes;
    this.#pleg = pleg;
    this.#memory = memory;
  }

  /** The sandbox of a pod is there. */
  came(pod: PodId): void {
    this.#change(pod, 1);
  }

  /** It is gone. */
  went(pod: PodId): void {
    this.#change(pod, -1);
  }

  #change(pod: PodId, by: 1 | -1): void {
    const node = this.#context.pods.node[pod]!;
    this.#pleg.changePodCount(node, by);
    this.#memory.change(node, by * this.#runtimes.memoryOf(node, containersOf(this.#context, pod).length), 0);
  }
}
