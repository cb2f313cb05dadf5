// The pod workers: one a pod, one sync at a time, each begun by a wake-up and followed by a retry or a resync. Part of the
// kubelet. What a sync does is said in sync-pod.ts and sync-terminating.ts: a chain of steps, each an event at the instant
// at which the step ends. A worker decides from the PLEG's cache, not from the runtime.

import { type Context, isStatic, type NodeId, type PodId } from '../../cluster/index.js';
import { type EventHandle, type EventKind, NO_EVENT, type RandomStream } from '../../engine/index.js';
import type { PodStartupLatencyTracker } from '../latency/pod-startup-latency-tracker.js';
import type { KubeletStarts } from '../node/kubelet-starts.js';
import type { Pleg } from '../pleg/pleg.js';
import type { PodStatuses } from '../status/pod-statuses.js';
import type { StatusManager } from '../status/status-manager.js';
import { resyncAt, retryAt } from './back-off.js';
import { Operation, type PodWorkerTable, WorkerPhase } from './pod-worker-table.js';

/** What a worker does in one sync, by the phase it is in. */
export interface SyncHandlers {
  syncPod(pod: PodId): void;
  syncTerminatingPod(pod: PodId): void;
  syncTerminatedPod(pod: PodId): void;
}

export class PodWorkers {
  readonly #context: Context;
  readonly #workers: PodWorkerTable;
  readonly #pleg: Pleg;
  readonly #statuses: PodStatuses;
  readonly #statusManager: StatusManager;
  readonly #latency: PodStartupLatencyTracker;
  readonly #starts: KubeletStarts;
  readonly #jitter: RandomStream;
  /** Phase of the sync loop's tick and of the volume loops, by node. */
  readonly loopPhase: Float64Array;
  readonly #retry: EventKind;
  /** Pods that would have been woken, by node whose sync loop stands still. */
  readonly #paused = new Map<number, Set<number>>();
  #handlers!: SyncHandlers;

  constructor(
    context: Context,
    workers: PodWorkerTable,
    pleg: Pleg,
    statuses: PodStatuses,
    statusManager: StatusManager,
    latency: PodStartupLatencyTracker,
    starts: KubeletStarts,
  ) {
    const { simulation, streams, nodes } = context;
    this.#context = context;
    this.#starts = starts;
    this.#workers = workers;
    this.#pleg = pleg;
    this.#statuses = statuses;
    this.#statusManager = statusManager;
    this.#latency = latency;
    this.#jitter = streams.stream('kubelet/retry-jitter');
    const phases = streams.stream('kubelet/loop-phase');
    this.loopPhase = Float64Array.from({ length: nodes.count }, (_, node) => phases.below(1e9, nodes.keyOf(node), 0));
    this.#retry = simulation.on('pod-worker/retry', (pod, generation) => this.#onRetry(pod, generation));
  }

  /** Says what syncs do; called once, before the first wake-up. */
  handleWith(handlers: SyncHandlers): void {
    this.#handlers = handlers;
  }

  /**
   * Registers a kind of step. A step of a worker whose work has become void meanwhile is not handled.
   * @returns how to schedule such a step of a pod.
   */
  step(name: string, handler: (pod: PodId) => void): (pod: PodId, at: number) => void {
    const { simulation } = this.#context;
    const generation = (pod: PodId): number => this.#workers.generation[pod]!;
    const kind = simulation.on(`pod-worker/${name}`, (pod, made) => {
      if (made === generation(pod)) handler(pod);
    });
    return (pod, at) => simulation.schedule(at, kind, pod, generation(pod));
  }

  /** Asks the pod's worker for a sync; it begins when no other is under way and the cache is newer than the last one. */
  wake(pod: PodId, operation: number): void {
    const w = this.#workers;
    if (w.phase[pod] === WorkerPhase.Finished || w.phase[pod] === WorkerPhase.None) return;
    if (!this.#starts.handles(this.#context.pods.node[pod]!, isStatic(this.#context, pod))) return;
    if (w.busy[pod] === 1) {
      w.again[pod] = 1;
      return;
    }
    if (this.#paused.get(this.#context.pods.node[pod]!)?.add(pod) !== undefined) return;
    w.operation[pod] = operation;
    if (w.waiting[pod] === 1) return;
    if (Number.isNaN(w.lastSyncEnd[pod]!)) this.#beginSync(pod);
    else {
      w.waiting[pod] = 1;
      this.#pleg.whenCacheNewer(pod, w.lastSyncEnd[pod]!);
    }
  }

  /** The PLEG's cache is newer than the last sync of a worker that waits for it. */
  onCacheNewer(pod: PodId): void {
    if (this.#workers.waiting[pod] === 0) return;
    this.#workers.waiting[pod] = 0;
    this.#beginSync(pod);
  }

  /** The sync loop of a node stands still: it wakes nobody. */
  pause(node: NodeId): void {
    if (this.#paused.has(node)) return;
    this.#paused.set(node, new Set());
    this.#context.journal?.syncLoopPaused?.(node, true);
  }

  isPaused(node: NodeId): boolean {
    return this.#paused.has(node);
  }

  /** The sync loop goes on with what it has missed, pod after pod. */
  resume(node: NodeId, pods: readonly number[]): void {
    const missed = this.#paused.get(node);
    if (missed === undefined) return;
    this.forgetPause(node);
    for (const pod of [...pods]) {
      if (!missed.has(pod)) continue;
      this.#statuses.amend(pod);
      this.wake(pod, Operation.Sync);
    }
  }

  /** The kubelet has stopped: its successor begins with nothing missed. */
  forgetPause(node: NodeId): void {
    if (this.#paused.delete(node)) this.#context.journal?.syncLoopPaused?.(node, false);
  }

  /** The kubelet or its node is gone: whatever the worker was about to do is void. */
  abandon(pod: PodId): void {
    const w = this.#workers;
    w.generation[pod]! += 1;
    w.busy[pod] = 0;
    w.again[pod] = 0;
    w.waiting[pod] = 0;
    w.failed[pod] = 0;
    w.lastSyncEnd[pod] = Number.NaN;
    w.stopsAt[pod] = Number.NaN;
    this.#context.simulation.cancel(w.retryHandle[pod]! as EventHandle);
    w.retryHandle[pod] = NO_EVENT;
  }

  /** Ends the sync under way. `didSomething`: it was more than a look. */
  endSync(pod: PodId, didSomething: boolean): void {
    const { simulation, nodes, pods } = this.#context;
    const w = this.#workers;
    w.busy[pod] = 0;
    w.lastSyncEnd[pod] = simulation.now;
    if (didSomething) {
      const series = this.#latency.seriesOf(pod).operationType[w.operation[pod]!]!;
      series.record(simulation.now - w.syncStartedAt[pod]!);
    }
    if (w.failed[pod] === 1) this.#scheduleRetry(pod);
    else if (w.phase[pod] === WorkerPhase.Sync) {
      if (didSomething) {
        this.#latency.containersStarted(pod);
        if (nodes.poolOf(pods.node[pod]!).kubelet.relistsOnDemand) this.#pleg.relistOnDemand(pod);
      }
      this.#scheduleResync(pod);
    }
    if (w.again[pod] === 1) this.wake(pod, Operation.Sync);
  }

  #onRetry(pod: PodId, generation: number): void {
    if (generation !== this.#workers.generation[pod]) return;
    this.#workers.retryHandle[pod] = NO_EVENT;
    this.wake(pod, Operation.Sync);
  }

  #beginSync(pod: PodId): void {
    const { simulation } = this.#context;
    const w = this.#workers;
    simulation.cancel(w.retryHandle[pod]! as EventHandle);
    w.retryHandle[pod] = NO_EVENT;
    w.busy[pod] = 1;
    w.again[pod] = 0;
    w.failed[pod] = 0;
    w.backOffUntil[pod] = Number.NaN;
    w.syncStartedAt[pod] = simulation.now;
    this.#context.journal?.syncBegan?.(pod);
    this.#latency.syncStarted(pod);
    const isToEnd = w.deletionRequested[pod] === 1 || w.isEvicted[pod] === 1;
    if (isToEnd && w.phase[pod] === WorkerPhase.Sync) w.phase[pod] = WorkerPhase.Terminating;
    if (w.phase[pod] === WorkerPhase.Terminating) this.#handlers.syncTerminatingPod(pod);
    else if (w.phase[pod] === WorkerPhase.Terminated) this.#handlers.syncTerminatedPod(pod);
    else this.#handlers.syncPod(pod);
  }

  #scheduleRetry(pod: PodId): void {
    const { spec, pods } = this.#context;
    const w = this.#workers;
    this.#wakeAt(
      pod,
      retryAt(
        this.#context.simulation.now,
        w.backOffUntil[pod]!,
        spec.version.retriesAtBackOffExpiry,
        this.#jitter.uniform(pods.keyOf(pod), w.retries[pod]!++),
        this.loopPhase[pods.node[pod]!]!,
      ),
    );
  }

  /** A resync changes something only where it pokes a readiness worker or makes a mirror; the others are not events. */
  #scheduleResync(pod: PodId): void {
    const { simulation, pods, nodes } = this.#context;
    if (!this.#statusManager.lacksMirror(pod) && !this.#statuses.hasUnready(pod)) return;
    const node = pods.node[pod]!;
    const u = this.#jitter.uniform(pods.keyOf(pod), this.#workers.retries[pod]!++);
    this.#wakeAt(pod, resyncAt(simulation.now, nodes.poolOf(node).kubelet.syncFrequency, u, this.loopPhase[node]!));
  }

  #wakeAt(pod: PodId, at: number): void {
    const { simulation } = this.#context;
    const w = this.#workers;
    w.retryHandle[pod] = simulation.scheduleCancellable(at, this.#retry, pod, w.generation[pod]!);
  }
}
