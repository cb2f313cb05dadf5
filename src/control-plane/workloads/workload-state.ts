// What a controller knows of one workload: its pods by template and readiness. Part of the workload controllers.
// A change of one pod costs the same however many there are; the sets keep the order in which pods came to them.

import type { BackOff, PodId, WorkloadSpec } from '../../cluster/index.js';

/** Pods of one template. */
export interface PodSets {
  readonly ready: Set<number>;
  readonly notReady: Set<number>;
}

const noPods = (): PodSets => ({ ready: new Set(), notReady: new Set() });

export class WorkloadState {
  /** In the spec. */
  readonly index: number;
  readonly spec: WorkloadSpec;
  /** Newest template; pods of earlier ones are old. */
  generation = 0;
  /** Pods that are not being deleted. Ready ones have been so for the workload's minReadySeconds. */
  new: PodSets = noPods();
  old: PodSets = noPods();
  /** Pods that are being deleted and still exist. */
  readonly ending = new Set<number>();
  /** Creations sent and not yet carried out. */
  creating = 0;
  /** Pods created so far, for names. */
  created = 0;
  succeeded = 0;
  failed = 0;
  /** A Job waits so long before it creates another pod, ns. */
  backOffUntil = 0;
  /** It exists: its pods may be created. */
  begun: boolean;
  /** A Job that has failed, or is complete. */
  isOver = false;
  /** When a rollout last came on, ns; NaN when none is under way. */
  progressAt = Number.NaN;
  /** By pod that is ready but not yet for long enough: since when. */
  readonly readySince = new Map<number, number>();
  /** By node on which pods of a DaemonSet have failed. */
  readonly failedOn = new Map<number, BackOff>();
  /** Nodes that a DaemonSet wants pods on, once they are counted. */
  nodes: number | undefined;
  readonly #all: number[] = [];
  readonly #place = new Map<number, number>();

  constructor(index: number, spec: WorkloadSpec) {
    this.index = index;
    this.spec = spec;
    this.begun = spec.createdAt === undefined;
  }

  /** Pods that are not being deleted, in any order. */
  get pods(): readonly number[] {
    return this.#all;
  }

  has(pod: PodId): boolean {
    return this.#place.has(pod);
  }

  add(pod: PodId): void {
    this.#place.set(pod, this.#all.length);
    this.#all.push(pod);
    this.new.notReady.add(pod);
  }

  /** The pod ends, or has ended; nothing if it is not there. */
  remove(pod: PodId): boolean {
    const at = this.#place.get(pod);
    if (at === undefined) return false;
    const last = this.#all.pop()!;
    if (last !== pod) {
      this.#all[at] = last;
      this.#place.set(last, at);
    }
    this.#place.delete(pod);
    this.readySince.delete(pod);
    for (const { ready, notReady } of [this.new, this.old]) {
      ready.delete(pod);
      notReady.delete(pod);
    }
    return true;
  }

  isReady(pod: PodId): boolean {
    return this.new.ready.has(pod) || this.old.ready.has(pod);
  }

  /** Returns whether that is news. */
  setReady(pod: PodId, isReady: boolean): boolean {
    for (const { ready, notReady } of [this.new, this.old]) {
      const [from, to] = isReady ? [notReady, ready] : [ready, notReady];
      if (!from.delete(pod)) continue;
      to.add(pod);
      return true;
    }
    return false;
  }

  /** A new template: every pod is an old one. */
  beginRollout(now: number): void {
    this.generation++;
    for (const pod of this.new.ready) this.old.ready.add(pod);
    for (const pod of this.new.notReady) this.old.notReady.add(pod);
    this.new = noPods();
    this.progressAt = now;
  }

  /** Pods of the old template, those that are not ready first. */
  *oldPods(): Iterable<number> {
    yield* this.old.notReady;
    yield* this.old.ready;
  }

  get oldCount(): number {
    return this.old.ready.size + this.old.notReady.size;
  }

  get newCount(): number {
    return this.new.ready.size + this.new.notReady.size;
  }
}
