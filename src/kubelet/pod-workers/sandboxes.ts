// The sandboxes of the pods: which are there, and what one is to its node beside its containers, which is one more for the PLEG to
// list, and memory of the runtime's own processes. Part of the kubelet.

import { type Context, containersOf, type PodId } from '../../cluster/index.js';
import type { ContainerRuntimes } from '../../cri/index.js';
import { growColumns } from '../../engine/index.js';
import type { NodeMemory } from '../../node/index.js';
import type { Pleg } from '../pleg/pleg.js';

class SandboxColumns {
  isThere = new Uint8Array(0);
  isKnown = new Uint8Array(0);
}

export class Sandboxes {
  readonly #context: Context;
  readonly #runtimes: ContainerRuntimes;
  readonly #pleg: Pleg;
  readonly #memory: NodeMemory;
  readonly #columns = new SandboxColumns();

  constructor(context: Context, runtimes: ContainerRuntimes, pleg: Pleg, memory: NodeMemory) {
    this.#context = context;
    this.#runtimes = runtimes;
    this.#pleg = pleg;
    this.#memory = memory;
  }

  /** From when it is ready until it is stopped; the pod can be reached then. */
  isThere(pod: PodId): boolean {
    return this.#columns.isThere[pod] === 1;
  }

  /** Whether the pod's status says that it is there (PodReadyToStartContainers). */
  isKnown(pod: PodId): boolean {
    return this.#columns.isKnown[pod] === 1;
  }

  /** It is ready. */
  add(pod: PodId): void {
    if (pod >= this.#columns.isThere.length) growColumns(this.#columns, Math.max(1024, pod * 2));
    this.#columns.isThere[pod] = 1;
    this.#change(pod, 1);
  }

  /** It is stopped, if it was there. */
  remove(pod: PodId): void {
    if (!this.isThere(pod)) return;
    this.#columns.isThere[pod] = 0;
    this.#change(pod, -1);
    this.#context.journal?.sandboxGone?.(pod);
  }

  /** The status takes over whether it is there. @returns whether that is news. */
  see(pod: PodId): boolean {
    if (this.isKnown(pod) === this.isThere(pod)) return false;
    this.#columns.isKnown[pod] = this.#columns.isThere[pod]!;
    return true;
  }

  #change(pod: PodId, by: 1 | -1): void {
    const node = this.#context.pods.node[pod]!;
    this.#pleg.changePodCount(node, by);
    this.#memory.change(node, by * this.#runtimes.memoryOf(node, containersOf(this.#context, pod).length), 0);
  }
}
