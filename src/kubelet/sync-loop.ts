// What the sync loops of the kubelets observe: the watches of the API server, the files of static pods, the PLEG, the probes.
// Part of the kubelet; source: syncLoopIteration in pkg/kubelet/kubelet.go. It only passes on: to the pod manager and to the
// pod workers, which do the work, and to the statuses, which say what came of it.

import {
  isAllRunning,
  isStatic,
  type NodeId,
  PodChange,
  type PodId,
  PodPhase,
  type PodStatusBits,
  phaseOf,
} from '../cluster/index.js';
import type { EventKind } from '../engine/index.js';
import type { EvictionManager } from './eviction/eviction-manager.js';
import { KubeletPhase, type KubeletStarts } from './node/kubelet-starts.js';
import { kubeletCosts } from './parameters.js';
import type { PodManager } from './pod-manager.js';
import { Operation, WorkerPhase } from './pod-workers/pod-worker-table.js';
import type { SyncParts } from './pod-workers/sync-pod.js';
import type { PodResizes } from './resize/pod-resizes.js';

export interface SyncLoopParts extends SyncParts {
  readonly evictions: EvictionManager;
  readonly podManager: PodManager;
  readonly resizes: PodResizes;
  readonly podsOn: readonly (readonly number[])[];
  readonly starts: KubeletStarts;
}

export class SyncLoop {
  readonly #parts: SyncLoopParts;
  readonly #costs: typeof kubeletCosts;
  readonly #handled: EventKind;

  constructor(parts: SyncLoopParts) {
    this.#parts = parts;
    const { api, context } = parts;
    this.#costs = context.parameters.of(kubeletCosts);
    this.#handled = context.simulation.on('kubelet/sync-loop', (pod, change) =>
      this.#onHandled(pod, change as PodChange),
    );
    api.watchPodsOfNodes((pod, change, status) => this.#onPodChanged(pod, change, status));
  }

  // The API server -------------------------------------------------------------------------------------------------------

  #onPodChanged(pod: PodId, change: PodChange, status: PodStatusBits): void {
    const { latency, podWorkers, statusManager, staticPods } = this.#parts;
    // A kubelet that is not there, or not yet, lists everything when it begins.
    if (!this.#isRunning(pod)) return;
    switch (change) {
      case PodChange.Created:
        statusManager.setMirrored(pod, true);
        return;
      case PodChange.Removed:
        if (!isStatic(this.#parts.context, pod)) {
          latency.deletionObserved(pod);
          break;
        }
        statusManager.setMirrored(pod, false);
        // A static pod without its mirror is synced, which makes a new one.
        if (staticPods.hasFile(pod)) podWorkers.wake(pod, Operation.Update);
        return;
      case PodChange.Status:
        if (isAllRunning(status)) latency.observedRunning(pod);
        statusManager.observe(pod, status);
        // A sync loop that stands still looks when it goes on.
        if (!podWorkers.isPaused(this.#parts.podManager.nodeOf(pod))) statusManager.onSeen(pod);
        return;
      case PodChange.Bound:
        latency.observed(pod);
        break;
      case PodChange.Resized:
        break;
      default:
        latency.deletionObserved(pod);
    }
    const { simulation } = this.#parts.context;
    simulation.schedule(simulation.now + this.#costs.syncLoopHandling.value, this.#handled, pod, change);
  }

  #onHandled(pod: PodId, change: PodChange): void {
    const { podManager, resizes } = this.#parts;
    if (!this.#isRunning(pod)) return;
    if (change === PodChange.Resized) {
      if (podManager.isKnown(pod)) resizes.onResized(pod);
      return;
    }
    // Also one that was deleted before the kubelet observed it: nothing of it has run here.
    if (!podManager.isKnown(pod)) podManager.add(pod);
    if (change !== PodChange.Bound) podManager.terminate(pod);
  }

  #isRunning(pod: PodId): boolean {
    const { podManager, starts } = this.#parts;
    return starts.phase[podManager.nodeOf(pod)] === KubeletPhase.Running;
  }

  // The files of static pods ---------------------------------------------------------------------------------------------

  /** The file of a static pod has gone or come. One that comes while its pod is ending waits for that. */
  onFileSeen(pod: PodId): void {
    const { podManager, staticPods, workers } = this.#parts;
    if (!staticPods.hasFile(pod)) podManager.terminate(pod);
    else if (workers.phase[pod] === WorkerPhase.Finished) staticPods.onFinished(pod);
  }

  // The PLEG -------------------------------------------------------------------------------------------------------------

  /** The PLEG has asked the runtime about a pod. */
  onInspected(pod: PodId): void {
    const { cache, podWorkers, workers } = this.#parts;
    let isNews = this.#seeSandbox(pod);
    workers.forEachContainer(pod, (c) => {
      if (cache.take(c)) isNews = true;
    });
    if (isNews) podWorkers.wake(pod, Operation.Sync);
  }

  /** The status has the sandbox in it, from 1.29 on. @returns whether that is news. */
  #seeSandbox(pod: PodId): boolean {
    const { context, sandboxes } = this.#parts;
    return context.spec.version.reportsSandbox && sandboxes.see(pod);
  }

  // A kubelet that begins ------------------------------------------------------------------------------------------------

  /** It has seen what runs; it takes in what the API server says as soon as it can be asked. */
  onKubeletStarted(node: NodeId): void {
    for (const pod of this.#parts.staticPods.on(node)) this.#resumeStatic(pod);
    if (this.#parts.api.isReachable(node)) this.#list(node);
  }

  /** Requests of a node are answered again after they were not. */
  onReachable(node: NodeId): void {
    const { context, podWorkers, starts, staticPods } = this.#parts;
    if (starts.phase[node] !== KubeletPhase.Unlisted) return;
    this.#list(node);
    if (!context.spec.version.registersStaticPodsFast) return;
    for (const pod of staticPods.on(node)) if (staticPods.lacksMirror(pod)) podWorkers.wake(pod, Operation.Sync);
  }

  /** A kubelet that begins reads its directory, and needs nobody's word for it. */
  #resumeStatic(pod: PodId): void {
    const { podManager, staticPods, workers: w } = this.#parts;
    const hasFile = staticPods.hasFile(pod);
    if (w.phase[pod] === WorkerPhase.Finished) {
      if (hasFile) podManager.restartStatic(pod);
      else staticPods.onFinished(pod);
      return;
    }
    w.deletionRequested[pod] = hasFile ? 0 : 1;
    this.#resume(pod);
  }

  /** Every pod that is bound to the node is new to a kubelet that has begun; what is not bound to it any more is killed. */
  #list(node: NodeId): void {
    const { api, context, evictions, latency, podManager, podsOn, resizes, starts, staticPods, statusManager } =
      this.#parts;
    const w = this.#parts.workers;
    starts.phase[node] = KubeletPhase.Running;
    starts.listedAt[node] = context.simulation.now;
    evictions.reconsider(node);
    const isOrdinary = (pod: PodId): boolean => !isStatic(context, pod);
    const listed = api.listPods(node);
    const bound = listed.map(({ pod }) => pod).filter(isOrdinary);
    const wanted = new Set(listed.map(({ pod }) => pod));
    const ending = new Set(listed.flatMap(({ pod, isDeleting }) => (isDeleting ? [pod] : [])));
    const unwanted = podsOn[node]!.filter((pod) => !wanted.has(pod) && isOrdinary(pod));
    for (const pod of unwanted) w.deletionRequested[pod] = 1;
    for (const answer of listed) statusManager.onListed(answer);
    for (const pod of staticPods.on(node)) statusManager.setMirrored(pod, wanted.has(pod));
    for (const pod of [...bound, ...unwanted]) {
      w.ensure(pod);
      latency.observed(pod);
      if (ending.has(pod)) {
        w.deletionRequested[pod] = 1;
        latency.deletionObserved(pod);
      }
      if (!podManager.isKnown(pod)) podManager.add(pod);
      else this.#resume(pod);
      resizes.onResized(pod);
    }
  }

  /** A pod that the kubelet's predecessor had in hand. */
  #resume(pod: PodId): void {
    const { podManager, statuses, statusManager, workers: w } = this.#parts;
    // What was not reported died with the process that knew it: the pod runs, as far as anybody knows.
    const isForgotten = phaseOf(statusManager.watchedStatus(pod)) <= PodPhase.Running && w.deletionRequested[pod] === 0;
    if (w.phase[pod] === WorkerPhase.Finished) {
      if (isForgotten && (w.rejected[pod] !== 0 || w.isEvicted[pod] === 1)) podManager.restart(pod);
      else statuses.set(pod);
      return;
    }
    if (isForgotten) {
      w.isEvicted[pod] = 0;
      w.grace[pod] = Number.NaN;
    }
    podManager.resume(pod);
  }
}
