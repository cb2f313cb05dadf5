// What controllers promise of the pods of their workloads whatever goes wrong, checked while a run goes on. Part of the checkers.
// Each kind of workload says itself what it promises, in numbers (WorkloadPromises); here the books are kept, from what the API
// server has. A controller learns of a pod a little later: what has changed in the last seconds counts as it was for its benefit.

import type { Journal, NodeId, Observed, PodId, WorkloadId, WorkloadPromises } from '../cluster/index.js';

/** What is promised, in the words of the message that a broken promise gives. */
export const CONTROLLER_PROMISES = {
  mostPods: 'a workload has no more pods than it asks for, and than its surge allows',
  mostOnNode: 'a node has no more pods of a DaemonSet than one, or two while it surges',
  leastReady: 'a controller deletes a ready pod only if as many as maxUnavailable says stay ready',
  oneName: 'a name is given to one pod at a time',
  inOrder: 'a StatefulSet in order creates a pod only when all before it are ready',
  jobCounts: 'a Job counts no more pods than it has had',
} as const;
export type ControllerPromise = keyof typeof CONTROLLER_PROMISES;

/** A controller broke its promise: the model is wrong, not the scenario. */
export class ControllerInvariantError extends Error {
  readonly promise: ControllerPromise;

  constructor(promise: ControllerPromise, where: string, seconds: number) {
    super(`at ${seconds} s, ${where}: broken: ${CONTROLLER_PROMISES[promise]}`);
    this.name = 'ControllerInvariantError';
    this.promise = promise;
  }
}

interface Workload {
  /** What was promised, the latest last. */
  readonly promises: { readonly at: number; readonly promises: WorkloadPromises }[];
  /** Pods that have not ended, and whose end nobody has asked for. */
  readonly active: Set<PodId>;
  /** Pods whose objects are there, by number; only where names are promised. */
  readonly named: Map<number, PodId>;
  /** When the pod of a number was removed last. */
  readonly goneAt: Map<number, number>;
  readonly onNode: Map<NodeId, number>;
  created: number;
}

/** Longer than any watch or request takes here, and than a write of a controller. */
const LATE = 10e9;

export class ControllerInvariants implements Journal {
  readonly checked = Object.fromEntries(Object.keys(CONTROLLER_PROMISES).map((promise) => [promise, 0])) as Record<
    ControllerPromise,
    number
  >;
  readonly #observed: Observed;
  readonly #workloads = new Map<WorkloadId, Workload>();
  /** Since when a pod is ready, or not any more. */
  readonly #readySince = new Map<PodId, number>();
  readonly #unreadySince = new Map<PodId, number>();

  constructor(observed: Observed) {
    this.#observed = observed;
  }

  workloadPromised(workload: WorkloadId, promises: WorkloadPromises): void {
    this.#of(workload).promises.push({ at: this.#observed.now(), promises });
  }

  podSeeded(pod: PodId): void {
    this.#add(pod);
    this.#readySince.set(pod, -Infinity);
  }

  podCreated(pod: PodId, workload: WorkloadId): void {
    const book = this.#of(workload);
    this.#add(pod);
    if (book.promises.length === 0) return;
    this.#hold('mostPods', book.active.size <= this.#most(book, 'mostPods'), pod);
    const node = this.#observed.pods.requiredNode[pod]!;
    if (node >= 0) this.#hold('mostOnNode', book.onNode.get(node)! <= this.#most(book, 'mostOnNode'), pod);
    if (this.#latest(book).isOrdered) this.#holdOrder(book, pod);
  }

  podReadyChanged(pod: PodId, isReady: boolean): void {
    const now = this.#observed.now();
    if (isReady) this.#readySince.set(pod, now);
    else {
      this.#readySince.delete(pod);
      this.#unreadySince.set(pod, now);
    }
  }

  controllerDeletes(pod: PodId, workload: WorkloadId, isForced: boolean): void {
    const book = this.#of(workload);
    // One that has just become ready is not, for all that its controller knows.
    const isKnownReady = this.#observed.now() - (this.#readySince.get(pod) ?? Infinity) > LATE;
    if (isKnownReady && !isForced && book.active.has(pod) && book.promises.length > 0) {
      let left = 0;
      for (const other of book.active) if (other !== pod && this.#countsAsReady(other)) left++;
      this.#hold('leastReady', left >= this.#least(book), pod);
    }
    // The request is on its way: for its controller it is gone.
    this.#leave(pod);
  }

  podEnded(pod: PodId): void {
    this.#leave(pod);
  }

  podDeleted(pod: PodId): void {
    this.#leave(pod);
  }

  podRemoved(pod: PodId): void {
    this.#leave(pod);
    const { workload, ordinal } = this.#observed.pods;
    const { goneAt, named } = this.#of(workload[pod]!);
    if (named.get(ordinal[pod]!) !== pod) return;
    named.delete(ordinal[pod]!);
    goneAt.set(ordinal[pod]!, this.#observed.now());
  }

  jobFinished(
    workload: WorkloadId,
    _reason: string,
    { succeeded, failed }: { succeeded: number; failed: number },
  ): void {
    const { created } = this.#of(workload);
    const name = this.#observed.spec.workloads[workload]!.name;
    this.#holdAt('jobCounts', succeeded + failed <= created, name);
  }

  #add(pod: PodId): void {
    const { workload, ordinal, requiredNode } = this.#observed.pods;
    const book = this.#of(workload[pod]!);
    book.created++;
    book.active.add(pod);
    const node = requiredNode[pod]!;
    if (node >= 0) book.onNode.set(node, (book.onNode.get(node) ?? 0) + 1);
    if (book.promises.length > 0 && this.#latest(book).isNamed)
      this.#hold('oneName', !book.named.has(ordinal[pod]!), pod);
    book.named.set(ordinal[pod]!, pod);
  }

  #leave(pod: PodId): void {
    const { workload, requiredNode } = this.#observed.pods;
    const book = this.#of(workload[pod]!);
    // Its controller may still believe that it is ready.
    if (this.#readySince.delete(pod)) this.#unreadySince.set(pod, this.#observed.now());
    if (!book.active.delete(pod)) return;
    const node = requiredNode[pod]!;
    if (node >= 0) book.onNode.set(node, book.onNode.get(node)! - 1);
  }

  /** All pods with lower numbers are there, and ready, or were a moment ago. */
  #holdOrder(book: Workload, pod: PodId): void {
    const { ordinal } = this.#observed.pods;
    const { firstOrdinal = 0 } = this.#observed.spec.workloads[this.#observed.pods.workload[pod]!]!;
    for (let number = firstOrdinal; number < ordinal[pod]!; number++) {
      const before = book.named.get(number);
      const wasThere = this.#observed.now() - (book.goneAt.get(number) ?? -Infinity) <= LATE;
      this.#hold('inOrder', before === undefined ? wasThere : wasThere || this.#countsAsReady(before), pod);
    }
  }

  #countsAsReady(pod: PodId): boolean {
    if (this.#readySince.has(pod)) return true;
    return this.#observed.now() - (this.#unreadySince.get(pod) ?? -Infinity) <= LATE;
  }

  /** The least that was promised lately: a controller may not have seen the latest. */
  #least({ promises }: Workload): number {
    const since = this.#observed.now() - LATE;
    const from = promises.findLastIndex(({ at }) => at <= since);
    return Math.min(...promises.slice(Math.max(0, from)).map((one) => one.promises.leastReady));
  }

  /** The most that was ever allowed: what is there does not go at once. */
  #most({ promises }: Workload, what: 'mostPods' | 'mostOnNode'): number {
    return Math.max(...promises.map((one) => one.promises[what]));
  }

  #latest({ promises }: Workload): WorkloadPromises {
    return promises.at(-1)!.promises;
  }

  #hold(promise: ControllerPromise, isKept: boolean, pod: PodId): void {
    const { pods, spec } = this.#observed;
    this.#holdAt(promise, isKept, `${spec.workloads[pods.workload[pod]!]!.name} (pod ${pod})`);
  }

  #holdAt(promise: ControllerPromise, isKept: boolean, where: string): void {
    this.checked[promise]++;
    if (!isKept) throw new ControllerInvariantError(promise, where, this.#observed.now() / 1e9);
  }

  #of(workload: WorkloadId): Workload {
    let book = this.#workloads.get(workload);
    if (book === undefined) {
      book = { promises: [], active: new Set(), named: new Map(), goneAt: new Map(), onNode: new Map(), created: 0 };
      this.#workloads.set(workload, book);
    }
    return book;
  }
}
