// What a controller knows of one workload: its pods by template and availability. Part of the workload controllers.
// A change of one pod costs the same however many there are; the sets keep the order in which pods came to them.

import type { PodId, WorkloadSpec } from '../../cluster/index.js';

/** Pods of one template that are not being deleted. */
export class PodSets {
  /** Ready for the workload's minReadySeconds: available. */
  readonly available = new Set<number>();
  readonly unavailable = new Set<number>();
  /** Creations sent and not yet carried out. */
  creating = 0;

  get size(): number {
    return this.available.size + this.unavailable.size;
  }
}

export class WorkloadState<Details = unknown> {
  /** In the spec. */
  readonly index: number;
  readonly spec: WorkloadSpec;
  /** Pods wanted, as its object says now. */
  replicas: number;
  /** Newest template; pods of earlier ones are old. */
  generation = 0;
  /** Pods that are being deleted and still exist. */
  readonly ending = new Set<number>();
  /** Pods that have ended, and whose objects are still there. */
  readonly ended = new Set<number>();
  /** Creations sent and not yet carried out. */
  creating = 0;
  /** Pods created so far, for names. */
  created = 0;
  /** It exists: its pods may be created. */
  begun: boolean;
  /** It wants no more pods: what is on its way to be created is not. */
  isOver = false;
  /** When a rollout last came on, ns; NaN when none is under way. */
  progressAt = Number.NaN;
  /** By pod that is ready but not yet for long enough: since when. */
  readonly readySince = new Map<number, number>();
  readonly #sets = new Map<number, PodSets>([[0, new PodSets()]]);
  readonly #all: number[] = [];
  /** The sets of each of them. */
  readonly #setsAt: PodSets[] = [];
  readonly #place = new Map<number, number>();

  constructor(index: number, spec: WorkloadSpec) {
    this.index = index;
    this.spec = spec;
    this.replicas = spec.replicas;
    this.begun = spec.createdAt === undefined;
  }

  /** What its kind has read of its manifest. */
  get details(): Details {
    return this.spec.details as Details;
  }

  /** Pods that are not being deleted, in any order. */
  get pods(): readonly number[] {
    return this.#all;
  }

  has(pod: PodId): boolean {
    return this.#place.has(pod);
  }

  /** Pods of one template. */
  of(generation: number): PodSets {
    let sets = this.#sets.get(generation);
    if (sets === undefined) {
      sets = new PodSets();
      this.#sets.set(generation, sets);
    }
    return sets;
  }

  add(pod: PodId, generation: number): void {
    this.#place.set(pod, this.#all.length);
    this.#all.push(pod);
    const sets = this.of(generation);
    this.#setsAt.push(sets);
    sets.unavailable.add(pod);
  }

  /** The pod ends, or has ended; nothing if it is not there. */
  remove(pod: PodId): boolean {
    const at = this.#place.get(pod);
    if (at === undefined) return false;
    const sets = this.#setsAt[at]!;
    const last = this.#all.pop()!;
    const lastSets = this.#setsAt.pop()!;
    if (last !== pod) {
      this.#all[at] = last;
      this.#setsAt[at] = lastSets;
      this.#place.set(last, at);
    }
    this.#place.delete(pod);
    this.readySince.delete(pod);
    if (!sets.available.delete(pod)) sets.unavailable.delete(pod);
    if (sets !== this.newest && sets.size + sets.creating === 0) this.#forget(sets);
    return true;
  }

  #forget(sets: PodSets): void {
    for (const [generation, other] of this.#sets) if (other === sets) this.#sets.delete(generation);
  }

  isAvailable(pod: PodId): boolean {
    const at = this.#place.get(pod);
    return at !== undefined && this.#setsAt[at]!.available.has(pod);
  }

  /** Returns whether that is news. */
  setAvailable(pod: PodId, isAvailable: boolean): boolean {
    const at = this.#place.get(pod);
    if (at === undefined) return false;
    const { available, unavailable } = this.#setsAt[at]!;
    const from = isAvailable ? unavailable : available;
    if (!from.delete(pod)) return false;
    (isAvailable ? available : unavailable).add(pod);
    return true;
  }

  /** A new template: every pod is an old one. */
  beginRollout(now: number): void {
    this.generation++;
    this.progressAt = now;
  }

  /** Pods of the newest template. */
  get newest(): PodSets {
    return this.of(this.generation);
  }

  /** Pods of older templates, the oldest first. */
  *older(): Iterable<PodSets> {
    for (const [generation, sets] of this.#sets) if (generation !== this.generation) yield sets;
  }

  get oldCount(): number {
    return this.#all.length - this.newest.size;
  }
}
