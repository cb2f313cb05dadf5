// Which pods the kubelet of each node has: taken in or refused, to run or to end, until nothing is left of them. Part of the
// kubelet; source: pkg/kubelet/pod/pod_manager.go, HandlePodAdditions and HandlePodCleanups in pkg/kubelet/kubelet.go.

import { containersOf, isStatic, type PodId, type Supply, templateOf } from '../cluster/index.js';
import type { Containers } from '../cri/index.js';
import { type EventKind, keyWithin, tickAtOrAfter } from '../engine/index.js';
import type { Admission } from './admission.js';
import type { EvictionManager, EvictionReason } from './eviction/eviction-manager.js';
import type { NodeStarts } from './latency/node-starts.js';
import type { NodeShutdown } from './node/node-shutdown.js';
import { kubeletParameters } from './parameters.js';
import { Operation, WorkerPhase } from './pod-workers/pod-worker-table.js';
import type { SyncParts } from './pod-workers/sync-pod.js';
import type { PodResizes } from './resize/pod-resizes.js';

export interface PodManagerParts extends SyncParts {
  readonly containers: Containers;
  readonly admission: Admission;
  readonly evictions: EvictionManager;
  readonly nodeStarts: NodeStarts;
  readonly resizes: PodResizes;
  readonly shutdowns: () => NodeShutdown;
  /** Pods on each node that its kubelet has. */
  readonly podsOn: readonly number[][];
}

/** An eviction of a pod by its kubelet. */
export interface Eviction {
  /** ns. */
  readonly time: number;
  readonly pod: PodId;
  readonly reason: EvictionReason;
}

export class PodManager {
  readonly evicted: Eviction[] = [];
  readonly #parts: PodManagerParts;
  readonly #overdue: EventKind;

  constructor(parts: PodManagerParts) {
    this.#parts = parts;
    const { simulation, recorder } = parts.context;
    this.#overdue = simulation.on('kubelet/active-deadline', (pod, incarnation) => this.#onOverdue(pod, incarnation));
    recorder.own({
      reset: () => {
        this.evicted.length = 0;
      },
    });
  }

  nodeOf(pod: PodId): number {
    return this.#parts.context.pods.node[pod]!;
  }

  isKnown(pod: PodId): boolean {
    return (this.#parts.workers.phase[pod] ?? WorkerPhase.None) !== WorkerPhase.None;
  }

  /** A pod that runs when the simulation begins. */
  seed(pod: PodId): void {
    this.#addContainers(pod);
    this.#parts.podsOn[this.nodeOf(pod)]!.push(pod);
    this.#parts.context.cpu.addPod(pod);
    this.#parts.admission.admit(pod);
    this.#parts.workers.phase[pod] = WorkerPhase.Sync;
    this.#expectDeadline(pod);
  }

  /** A pod that is new to the kubelet: admitted, or failed for good. */
  add(pod: PodId): void {
    this.#addContainers(pod);
    this.#admit(pod);
  }

  /** The pod is to end. */
  terminate(pod: PodId): void {
    const { workers: w, statusManager, statuses, podWorkers } = this.#parts;
    w.deletionRequested[pod] = 1;
    if (w.phase[pod] === WorkerPhase.Finished) {
      this.removeFiles(pod);
      statusManager.set(pod, statuses.of(pod));
    } else podWorkers.wake(pod, Operation.Update);
  }

  /** A static pod that has ended because its file was gone, and whose file is there: the same pod once more. */
  restartStatic(pod: PodId): void {
    const { workers: w, latency } = this.#parts;
    if (w.phase[pod] !== WorkerPhase.Finished || w.deletionRequested[pod] === 0) return;
    latency.fileReturned(pod);
    this.restart(pod);
  }

  /** Nothing of the pod is left, and it is to run. */
  restart(pod: PodId): void {
    const { applications, cache, condemned, containers, podWorkers, records, stored, workers } = this.#parts;
    podWorkers.abandon(pod);
    workers.restart(pod);
    workers.forEachContainer(pod, (c) => {
      records.enterSandbox(c);
      records.forgetBackOff(c);
      condemned.forget(c);
      applications.disk.release(c);
      containers.remove(c);
      cache.take(c);
      stored.forget(c);
    });
    this.#admit(pod);
  }

  /** The kubelet has restarted, and its predecessor had the pod in hand. */
  resume(pod: PodId): void {
    const { workers: w, admission, podWorkers, sandboxes } = this.#parts;
    w.rejected[pod] = admission.admit(pod);
    w.phase[pod] = WorkerPhase.Sync;
    w.lacksProbes[pod] = sandboxes.isThere(pod) ? 1 : 0;
    podWorkers.wake(pod, Operation.Create);
  }

  /** What its containers hold now of something that its node may run short of. */
  heldBy(pod: PodId, what: Supply): number {
    const { applications, workers } = this.#parts;
    let held = 0;
    workers.forEachContainer(pod, (c) => {
      held += applications[what].of(c);
    });
    return held;
  }

  /** Whether a container of it has more files than its limit allows. */
  isOverDiskLimit(pod: PodId): boolean {
    const { applications, workers } = this.#parts;
    let isOver = false;
    workers.forEachContainer(pod, (c) => {
      isOver ||= applications.disk.isOver(c);
    });
    return isOver;
  }

  /** The files of a pod are removed when its object goes, or when its node has put it out; those of others that have ended stay. */
  removeFiles(pod: PodId): void {
    const { applications, workers: w } = this.#parts;
    if (w.deletionRequested[pod] === 0 && w.isEvicted[pod] === 0) return;
    w.forEachContainer(pod, (c) => applications.disk.release(c));
  }

  /** The pod has failed, and is killed with so much grace, ns. @returns whether it was there to be evicted. */
  evict(pod: PodId, grace: number, reason: EvictionReason): boolean {
    if (!this.end(pod, grace)) return false;
    this.evicted.push({ time: this.#parts.context.simulation.now, pod, reason });
    return true;
  }

  /** The same, for another reason than that its node is short of something. */
  end(pod: PodId, grace: number): boolean {
    const { podWorkers, workers: w } = this.#parts;
    if (w.phase[pod] !== WorkerPhase.Sync || w.deletionRequested[pod] === 1 || w.isEvicted[pod] === 1) return false;
    w.isEvicted[pod] = 1;
    w.grace[pod] = grace;
    podWorkers.wake(pod, Operation.Update);
    return true;
  }

  /** Nothing of the pod is left on its node. */
  onFinished(pod: PodId): void {
    const { admission, context, evictions, nodeStarts, podsOn, staticPods, workers } = this.#parts;
    if (workers.rejected[pod] === 0) admission.release(pod);
    const list = podsOn[this.nodeOf(pod)]!;
    list.splice(list.indexOf(pod), 1);
    context.cpu.removePod(pod);
    this.removeFiles(pod);
    this.#parts.resizes.onReleased(pod);
    evictions.onFinished(pod);
    this.#parts.shutdowns().onFinished(pod);
    nodeStarts.end(pod, false);
    if (isStatic(context, pod)) staticPods.onFinished(pod);
  }

  #admit(pod: PodId): void {
    const { admission, context, evictions, nodeStarts, podsOn, podWorkers, statuses, workers: w } = this.#parts;
    const node = this.nodeOf(pod);
    w.rejected[pod] = this.#parts.shutdowns().isUnderWay(node)
      ? admission.refuse('NodeShutdown')
      : admission.admit(pod, evictions.pressuresOf(node));
    w.phase[pod] = w.rejected[pod] === 0 ? WorkerPhase.Sync : WorkerPhase.Finished;
    if (w.rejected[pod] !== 0) {
      nodeStarts.end(pod, false);
      statuses.set(pod);
      return;
    }
    context.journal?.podAdmitted?.(pod);
    this.#expectDeadline(pod);
    podsOn[node]!.push(pod);
    context.cpu.addPod(pod);
    podWorkers.wake(pod, Operation.Create);
  }

  #addContainers(pod: PodId): void {
    const { containers, context, workers: w } = this.#parts;
    w.ensure(pod);
    const count = containersOf(context, pod).length;
    w.containerCount[pod] = count;
    for (let index = 0; index < count; index++) {
      const c = containers.add(pod, index, keyWithin(context.pods.keyOf(pod), index));
      if (index === 0) w.firstContainer[pod] = c;
    }
  }

  /** Looked for at each tick of the sync loop; a pod that runs when the run begins counts from there. */
  #expectDeadline(pod: PodId): void {
    const { context, podWorkers, workers } = this.#parts;
    const { activeDeadline } = templateOf(context, pod);
    if (activeDeadline === Infinity) return;
    const due = context.simulation.now + activeDeadline;
    const phase = podWorkers.loopPhase[this.nodeOf(pod)]!;
    const at = tickAtOrAfter(phase, kubeletParameters.workQueueTick.value, due);
    context.simulation.schedule(at, this.#overdue, pod, workers.incarnation[pod]!);
  }

  /** @param incarnation for which the deadline was set: void once a static pod has restarted. */
  #onOverdue(pod: PodId, incarnation: number): void {
    const { podWorkers, workers: w } = this.#parts;
    if (w.phase[pod] !== WorkerPhase.Sync || w.incarnation[pod] !== incarnation) return;
    w.isOverdue[pod] = 1;
    podWorkers.wake(pod, Operation.Sync);
  }
}
