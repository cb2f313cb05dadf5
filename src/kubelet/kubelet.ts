// The kubelets of all nodes: what their sync loops hear, and what the rest of the run sees of them. Part of the kubelet.
// The sync loop only passes on: to the pod workers, which do the work, and to the statuses, which say what came of it.

import {
  type ApiAccess,
  type Context,
  containersOf,
  isAllRunning,
  isReady,
  PodChange,
  type PodStatusBits,
  type ProbeSpec,
} from '../cluster/index.js';
import type { Duration, EventKind, Instant } from '../engine/index.js';
import { Applications } from './applications.js';
import { ContainerState, ContainerTable, ExitReason } from './container-table.js';
import { kubeletParameters } from './parameters.js';
import { Pleg } from './pleg.js';
import { PodStartupLatencyTracker } from './pod-startup-latency-tracker.js';
import { PodStatuses } from './pod-statuses.js';
import { Operation, PodWorkerTable, WorkerPhase } from './pod-worker-table.js';
import { PodWorkers } from './pod-workers.js';
import { ProbeResult } from './probe.js';
import { Prober } from './prober.js';
import type { Restart } from './restart-log.js';
import { StatusManager } from './status-manager.js';

/** What a connection finds at a pod. */
export type BackendState = 'serving' | 'refused' | 'unready' | 'gone';

/** A container that was running long before the run begins. */
const LONG_AGO = -1e12;

export class Kubelets {
  readonly containers = new ContainerTable();
  readonly pleg: Pleg;
  readonly prober: Prober;
  readonly statusManager: StatusManager;
  readonly #context: Context;
  readonly #workers = new PodWorkerTable();
  readonly #applications: Applications;
  readonly #latency: PodStartupLatencyTracker;
  readonly #statuses: PodStatuses;
  readonly #podWorkers: PodWorkers;
  readonly #handled: EventKind;

  constructor(context: Context, api: ApiAccess) {
    this.#context = context;
    const { containers } = this;
    const workers = this.#workers;
    const latency = new PodStartupLatencyTracker(context);
    this.#latency = latency;
    this.pleg = new Pleg(context, {
      onInspected: (pod) => this.#onInspected(pod),
      onCacheNewer: (pod) => this.#podWorkers.onCacheNewer(pod),
    });
    this.prober = new Prober(context, containers, {
      onResult: (container, type, value) => this.#onProbeResult(container, type, value),
    });
    this.statusManager = new StatusManager(context, api, (pod, told) => {
      if (isAllRunning(told)) latency.stamp('runningReported', pod);
      if (isReady(told)) latency.reportedReady(pod);
    });
    this.#applications = new Applications(context, containers, {
      onExited: (container) => {
        this.pleg.markChanged(containers.pod[container]!);
        this.prober.reconsider(container);
      },
      onAnswersChanged: (container) => this.prober.reconsider(container),
    });
    const { pleg, prober, statusManager } = this;
    const statuses = new PodStatuses(context, containers, workers, prober, statusManager, latency);
    this.#statuses = statuses;
    const applications = this.#applications;
    this.#podWorkers = new PodWorkers({
      context,
      api,
      containers,
      workers,
      applications,
      pleg,
      prober,
      statuses,
      statusManager,
      latency,
    });
    this.#handled = context.simulation.on('kubelet/sync-loop', (pod, change) =>
      this.#onSyncLoop(pod, change as PodChange),
    );
    api.watchPodsOfNodes((pod, change, status) => this.#onPodChanged(pod, change, status));
  }

  get restarts(): readonly Restart[] {
    return this.#podWorkers.restarts;
  }

  /** Time that pods which had been ready were not, by workload, ns. */
  get unreadyTime(): Float64Array {
    return this.#statuses.unreadyTime;
  }

  /** From now on the first container of a workload's new pods has another image. */
  updateImage(workload: number, image: string): void {
    this.#podWorkers.updatedImage.set(workload, image);
  }

  /** A pod that runs and is ready when the simulation begins. */
  seed(pod: number): void {
    const { pods } = this.#context;
    const node = pods.node[pod]!;
    this.#addContainers(pod);
    const w = this.#workers;
    w.phase[pod] = WorkerPhase.Sync;
    w.hasSandbox[pod] = 1;
    w.reachable[pod] = 1;
    w.lastSyncEnd[pod] = -1;
    w.wasReady[pod] = 1;
    this.pleg.changePodCount(node, 1);
    containersOf(this.#context, pod).forEach((spec, index) => {
      const c = w.firstContainer[pod]! + index;
      const t = this.containers;
      t.state[c] = t.cachedState[c] = t.statusState[c] = ContainerState.Running;
      t.run[c] = t.cachedRun[c] = t.statusRun[c] = 1;
      t.startedAt[c] = LONG_AGO;
      t.servesAt[c] = LONG_AGO;
      this.#podWorkers.images.seed(node, spec.image);
      this.prober.seedWorkers(c);
      this.#applications.scheduleExit(c);
    });
    this.statusManager.seed(pod, this.#statuses.of(pod));
  }

  /** The pod's readiness endpoint says no for a while. */
  flapReadiness(pod: number, duration: Duration): void {
    this.#workers.forEachContainer(pod, (c) => this.#applications.flapReadiness(c, duration));
  }

  /** What a connection that reaches the pod now would find. */
  backendState(pod: number): BackendState {
    const w = this.#workers;
    if (pod >= w.phase.length || w.reachable[pod] !== 1) return 'gone';
    const t = this.containers;
    const first = w.firstContainer[pod]!;
    const count = containersOf(this.#context, pod).length;
    const now = this.#context.simulation.now;
    let unready = false;
    for (let c = first; c < first + count; c++) {
      if (t.state[c] !== ContainerState.Running || t.servesAt[c]! > now) return 'refused';
      if (t.unreadyUntil[c]! > now) unready = true;
    }
    return unready ? 'unready' : 'serving';
  }

  /** Adds up what is still open up to now. */
  settle(): void {
    this.prober.settleAll();
    this.#statuses.settle();
  }

  /** Forgets what was counted so far: the warm-up ends. */
  resetCounts(): void {
    this.prober.resetCounts();
    this.#podWorkers.restarts.length = 0;
    this.settle();
    this.unreadyTime.fill(0);
  }

  // What the sync loop hears ------------------------------------------------------------------------------------------

  #onPodChanged(pod: number, change: PodChange, status: PodStatusBits): void {
    const { simulation, pods } = this.#context;
    if (change === PodChange.Status) {
      if (isAllRunning(status)) this.#latency.observedRunning(pod);
      return;
    }
    if (change === PodChange.Bound) pods.stamps.observed[pod] = simulation.now;
    else pods.stamps.deletionObserved[pod] = simulation.now;
    const at = simulation.now + kubeletParameters.syncLoopHandling.value;
    simulation.schedule(at as Instant, this.#handled, pod, change);
  }

  #onSyncLoop(pod: number, change: PodChange): void {
    const w = this.#workers;
    if (change === PodChange.Bound) {
      this.#addContainers(pod);
      w.phase[pod] = WorkerPhase.Sync;
      this.#podWorkers.wake(pod, Operation.Create);
      return;
    }
    w.deletionRequested[pod] = 1;
    this.#statuses.closeUnready(pod);
    if (w.phase[pod] === WorkerPhase.Finished) this.statusManager.set(pod, this.#statuses.of(pod));
    else this.#podWorkers.wake(pod, Operation.Update);
  }

  #onInspected(pod: number): void {
    const t = this.containers;
    let news = false;
    this.#workers.forEachContainer(pod, (c) => {
      if (t.cachedState[c] !== t.state[c] || t.cachedRun[c] !== t.run[c]) news = true;
      t.cachedState[c] = t.state[c]!;
      t.cachedRun[c] = t.run[c]!;
      t.cachedFinishedAt[c] = t.finishedAt[c]!;
    });
    if (news) this.#podWorkers.wake(pod, Operation.Sync);
  }

  #onProbeResult(container: number, type: ProbeSpec['type'], value: number): void {
    if (type === 'readiness') this.#onReadiness(container);
    else if (value === ProbeResult.Failure) this.#onCondemned(container, type);
    else if (type === 'startup') this.#onStartup(container, value === ProbeResult.Success);
  }

  #onReadiness(container: number): void {
    const pod = this.containers.pod[container]!;
    if (this.#workers.phase[pod]! >= WorkerPhase.Terminated) return;
    if (this.statusManager.hasStatus(pod)) this.#statuses.set(pod);
    this.#podWorkers.wake(pod, Operation.Sync);
  }

  #onStartup(container: number, succeeded: boolean): void {
    const pod = this.containers.pod[container]!;
    if (succeeded) {
      this.#statuses.set(pod);
      this.prober.reconsider(container);
    }
    this.#podWorkers.wake(pod, Operation.Sync);
  }

  /** A container that does not run fails its probe too: that wakes the worker and condemns nothing. */
  #onCondemned(container: number, by: 'liveness' | 'startup'): void {
    const t = this.containers;
    if (t.statusState[container] === ContainerState.Running) {
      t.condemnedRun[container] = t.statusRun[container]!;
      t.condemnedBy[container] = by === 'liveness' ? ExitReason.Liveness : ExitReason.Startup;
    }
    this.#podWorkers.wake(t.pod[container]!, Operation.Sync);
  }

  #addContainers(pod: number): void {
    const w = this.#workers;
    w.ensure(pod);
    const count = containersOf(this.#context, pod).length;
    w.containerCount[pod] = count;
    for (let index = 0; index < count; index++) {
      const c = this.containers.add(pod, index);
      if (index === 0) w.firstContainer[pod] = c;
    }
  }
}
