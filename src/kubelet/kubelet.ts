// The kubelets of all nodes: what their sync loops hear and what their pod workers do about it. Part of the kubelet.
//
// A pod worker's sync is a chain of steps, each an event at the instant at which the step ends:
//   create      volumes mounted → sandbox ready (CNI ADD inside) → each container: image, create, start
//   sync        kill what a probe condemned → start what is not running and may
//   terminating stop containers → stop sandbox (CNI DEL inside);  terminated: unmount, then the object may go
// What the worker decides from is the PLEG's cache, not the runtime; pure rules are in back-off.ts, probe.ts, volumes.ts.

import {
  type ApiAccess,
  type Context,
  containersOf,
  isAllRunning,
  PodChange,
  PodPhase,
  type PodStatusBits,
  type ProbeSpec,
} from '../cluster/index.js';
import { PodNetwork } from '../cni/index.js';
import { ContainerRuntime, type RuntimeCall } from '../cri/index.js';
import type { Duration, EventHandle, EventKind, Instant, RandomStream } from '../engine/index.js';
import { NO_EVENT, sample } from '../engine/index.js';
import type { Counter, Series } from '../metrics/index.js';
import { backOffEnd, nextBackOff, retryAt } from './back-off.js';
import { ContainerState, ContainerTable, EXIT_REASON_NAMES, ExitReason } from './container-table.js';
import { ImageManager } from './image-manager.js';
import { kubeletParameters } from './parameters.js';
import { Pleg } from './pleg.js';
import { OPERATION_NAMES, Operation, PodWorkerTable, WorkerPhase } from './pod-worker-table.js';
import { ProbeResult } from './probe.js';
import { Prober } from './prober.js';
import type { Restart } from './restart-log.js';
import { type PodStatus, StatusManager } from './status-manager.js';
import { stopDuration } from './termination.js';
import { volumesMountedAt } from './volumes.js';

/** What a connection finds at a pod. */
export type BackendState = 'serving' | 'refused' | 'unready' | 'gone';

/** A container that was running long before the run begins. */
const LONG_AGO = -1e12;

/** Number of the TokenRequest among a pod's requests, apart from those of its status. */
const TOKEN_REQUEST = 0x10000000;

export class Kubelets {
  readonly containers = new ContainerTable();
  readonly pleg: Pleg;
  readonly prober: Prober;
  readonly statusManager: StatusManager;
  readonly images: ImageManager;
  readonly restarts: Restart[] = [];
  /** Time that pods which had been ready were not, by workload, ns. */
  readonly unreadyTime: Float64Array;
  readonly #context: Context;
  readonly #api: ApiAccess;
  readonly #workers = new PodWorkerTable();
  readonly #runtimes: readonly ContainerRuntime[];
  readonly #network: PodNetwork;
  readonly #events: Record<string, EventKind>;
  readonly #behavior: RandomStream;
  readonly #jitter: RandomStream;
  readonly #loopPhase: Float64Array;
  readonly #series: readonly PoolSeries[];
  readonly #restartCounters: Record<string, Counter>;

  constructor(context: Context, api: ApiAccess) {
    this.#context = context;
    this.#api = api;
    const { simulation, streams, nodes, spec } = context;
    this.unreadyTime = new Float64Array(spec.workloads.length);
    this.#runtimes = nodes.pools.map((pool) => new ContainerRuntime(pool.containerRuntime, streams));
    this.#network = new PodNetwork(spec.networkPlugin, streams);
    this.#behavior = streams.stream('application');
    this.#jitter = streams.stream('kubelet/retry-jitter');
    const phases = streams.stream('kubelet/loop-phase');
    this.#loopPhase = Float64Array.from({ length: nodes.count }, (_, node) => phases.below(1e9, node, 0));
    this.#series = nodes.pools.map((pool) => poolSeries(context, pool.name));
    this.#restartCounters = Object.fromEntries(
      ['liveness', 'startup', 'exit'].map((reason) => [
        reason,
        context.recorder.counter('kube_pod_container_status_restarts_total', reason),
      ]),
    );
    this.pleg = new Pleg(context, {
      onInspected: (pod) => this.#onInspected(pod),
      onCacheNewer: (pod) => this.#onCacheNewer(pod),
    });
    this.prober = new Prober(context, this.containers, {
      onResult: (container, type, value) => this.#onProbeResult(container, type, value),
    });
    this.statusManager = new StatusManager(context, api, (pod, status) => {
      if (status.allRunning) this.#stamp('runningReported', pod);
      if (status.ready) this.#onReportedReady(pod);
    });
    this.images = new ImageManager(context, this.#runtimes, (container, waited, pulled) =>
      this.#onPulled(container, waited, pulled),
    );
    this.#events = {
      syncLoop: simulation.on('kubelet/sync-loop', (pod, change) => this.#onSyncLoop(pod, change as PodChange)),
      volumesMounted: simulation.on('kubelet/volumes-mounted', (pod) => this.#onVolumesMounted(pod)),
      sandboxReady: simulation.on('kubelet/sandbox-ready', (pod) => this.#onSandboxReady(pod)),
      step: simulation.on('kubelet/step', (pod) => this.#step(pod)),
      containerStarted: simulation.on('kubelet/container-started', (c) => this.#onContainerStarted(c)),
      containerKilled: simulation.on('kubelet/container-killed', (c, reason) => this.#onKilled(c, reason)),
      containerExited: simulation.on('kubelet/container-exited', (c, run) => this.#onExited(c, run)),
      containerServes: simulation.on('kubelet/container-serves', (c) => this.prober.reconsider(c)),
      containersStopped: simulation.on('kubelet/containers-stopped', (pod) => this.#onContainersStopped(pod)),
      sandboxStopped: simulation.on('kubelet/sandbox-stopped', (pod) => this.#onSandboxStopped(pod)),
      terminated: simulation.on('kubelet/terminated', (pod) => this.#onTerminated(pod)),
      retry: simulation.on('kubelet/retry', (pod) => this.#onRetry(pod)),
      flapEnds: simulation.on('kubelet/readiness-flap-ends', (c) => this.prober.reconsider(c)),
    };
    api.watchPodsOfNodes((pod, change, status) => this.#onPodChanged(pod, change, status));
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
      this.images.seed(node, spec.image);
      this.prober.seedWorkers(c);
      this.#scheduleExit(c);
    });
    this.statusManager.seed(pod, this.#statusOf(pod));
  }

  /** The pod's readiness endpoint says no for a while. */
  flapReadiness(pod: number, duration: Duration): void {
    const { simulation } = this.#context;
    const first = this.#workers.firstContainer[pod]!;
    containersOf(this.#context, pod).forEach((_, index) => {
      this.containers.unreadyUntil[first + index] = simulation.now + duration;
      this.#schedule((simulation.now + duration) as Instant, 'flapEnds', first + index);
      this.prober.reconsider(first + index);
    });
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
    const { simulation, pods } = this.#context;
    for (let pod = 0; pod < pods.count; pod++) {
      const since = this.#workers.unreadySince[pod];
      if (since !== undefined && !Number.isNaN(since)) {
        this.unreadyTime[pods.workload[pod]!]! += simulation.now - since;
        this.#workers.unreadySince[pod] = simulation.now;
      }
    }
  }

  /** Forgets what was counted so far: the warm-up ends. */
  resetCounts(): void {
    this.prober.resetCounts();
    this.restarts.length = 0;
    this.settle();
    this.unreadyTime.fill(0);
  }

  // What the sync loop hears ------------------------------------------------------------------------------------------

  #onPodChanged(pod: number, change: PodChange, status: PodStatusBits): void {
    const { simulation, pods } = this.#context;
    if (change === PodChange.Status) {
      if (isAllRunning(status)) this.#onObservedRunning(pod);
      return;
    }
    if (change === PodChange.Bound) pods.stamps.observed[pod] = simulation.now;
    else pods.stamps.deletionObserved[pod] = simulation.now;
    const at = simulation.now + kubeletParameters.syncLoopHandling.value;
    this.#schedule(at as Instant, 'syncLoop', pod, change);
  }

  #onSyncLoop(pod: number, change: PodChange): void {
    const w = this.#workers;
    if (change === PodChange.Bound) {
      this.#addContainers(pod);
      w.phase[pod] = WorkerPhase.Sync;
      this.#wake(pod, Operation.Create);
      return;
    }
    w.deletionRequested[pod] = 1;
    this.#closeUnready(pod);
    if (w.phase[pod] === WorkerPhase.Finished) this.statusManager.set(pod, this.#statusOf(pod));
    else this.#wake(pod, Operation.Update);
  }

  #onInspected(pod: number): void {
    const t = this.containers;
    let news = false;
    this.#eachContainer(pod, (c) => {
      if (t.cachedState[c] !== t.state[c] || t.cachedRun[c] !== t.run[c]) news = true;
      t.cachedState[c] = t.state[c]!;
      t.cachedRun[c] = t.run[c]!;
      t.cachedFinishedAt[c] = t.finishedAt[c]!;
    });
    if (news) this.#wake(pod, Operation.Sync);
  }

  #onProbeResult(container: number, type: ProbeSpec['type'], value: number): void {
    if (type === 'readiness') this.#onReadiness(container);
    else if (value === ProbeResult.Failure) this.#onCondemned(container, type);
    else if (type === 'startup') this.#onStartup(container, value === ProbeResult.Success);
  }

  #onReadiness(container: number): void {
    const pod = this.containers.pod[container]!;
    if (this.#workers.phase[pod]! >= WorkerPhase.Terminated) return;
    if (this.statusManager.hasStatus(pod)) this.#setStatus(pod);
    this.#wake(pod, Operation.Sync);
  }

  #onStartup(container: number, succeeded: boolean): void {
    const pod = this.containers.pod[container]!;
    if (succeeded) {
      this.#setStatus(pod);
      this.prober.reconsider(container);
    }
    this.#wake(pod, Operation.Sync);
  }

  /** A container that does not run fails its probe too: that wakes the worker and condemns nothing. */
  #onCondemned(container: number, by: 'liveness' | 'startup'): void {
    const t = this.containers;
    if (t.statusState[container] === ContainerState.Running) {
      t.condemnedRun[container] = t.statusRun[container]!;
      t.condemnedBy[container] = by === 'liveness' ? ExitReason.Liveness : ExitReason.Startup;
    }
    this.#wake(t.pod[container]!, Operation.Sync);
  }

  // The pod worker ----------------------------------------------------------------------------------------------------

  /** Asks the pod's worker for a sync; it begins when no other is under way and the cache is newer than the last one. */
  #wake(pod: number, operation: number): void {
    const w = this.#workers;
    if (w.phase[pod] === WorkerPhase.Finished || w.phase[pod] === WorkerPhase.None) return;
    if (w.busy[pod] === 1) {
      w.again[pod] = 1;
      return;
    }
    w.operation[pod] = operation;
    if (w.waiting[pod] === 1) return;
    if (Number.isNaN(w.lastSyncEnd[pod]!)) this.#beginSync(pod);
    else {
      w.waiting[pod] = 1;
      this.pleg.whenCacheNewer(pod, w.lastSyncEnd[pod]!);
    }
  }

  #onCacheNewer(pod: number): void {
    this.#workers.waiting[pod] = 0;
    this.#beginSync(pod);
  }

  #onRetry(pod: number): void {
    this.#workers.retryHandle[pod] = NO_EVENT;
    this.#wake(pod, Operation.Sync);
  }

  #beginSync(pod: number): void {
    const { simulation, pods, nodes } = this.#context;
    const w = this.#workers;
    simulation.cancel(w.retryHandle[pod]! as EventHandle);
    w.retryHandle[pod] = NO_EVENT;
    w.busy[pod] = 1;
    w.again[pod] = 0;
    w.failed[pod] = 0;
    w.backOffUntil[pod] = Number.NaN;
    w.syncStartedAt[pod] = simulation.now;
    if (Number.isNaN(pods.stamps.syncStarted[pod]!) && !Number.isNaN(pods.stamps.observed[pod]!)) {
      this.#stamp('syncStarted', pod);
      const series = this.#series[nodes.pool[pods.node[pod]!]!]!;
      series.workerStart.record(simulation.now - pods.stamps.observed[pod]!);
    }
    if (w.deletionRequested[pod] === 1 && w.phase[pod] === WorkerPhase.Sync) w.phase[pod] = WorkerPhase.Terminating;
    if (w.phase[pod] === WorkerPhase.Terminating) this.#syncTerminating(pod);
    else if (w.phase[pod] === WorkerPhase.Terminated) this.#syncTerminated(pod);
    else this.#syncPod(pod);
  }

  #syncPod(pod: number): void {
    const w = this.#workers;
    this.#triggerReadiness(pod);
    this.#setStatus(pod);
    if (w.hasSandbox[pod] === 0) {
      this.#waitForVolumes(pod);
      return;
    }
    if (this.#phaseOf(pod) >= PodPhase.Succeeded) {
      w.phase[pod] = WorkerPhase.Terminating;
      w.again[pod] = 1;
      this.#endSync(pod, false);
      return;
    }
    // A sync works on the status it began with, whatever a relist finds meanwhile.
    this.#eachContainer(pod, (c) => {
      this.containers.seenFinishedAt[c] = this.containers.cachedFinishedAt[c]!;
    });
    this.#planContainers(pod);
    if ((w.toKill[pod]! | w.toStart[pod]!) === 0) this.#endSync(pod, false);
    else this.#after(pod, kubeletParameters.syncOverhead.value, 'step');
  }

  #waitForVolumes(pod: number): void {
    const { simulation, pods } = this.#context;
    const node = pods.node[pod]!;
    const start = (simulation.now + kubeletParameters.syncOverhead.value) as Instant;
    const granted = this.statusManager.takeToken(node);
    const token = granted - simulation.now + this.#api.requestDuration('write', pod, TOKEN_REQUEST);
    const mounted = volumesMountedAt(start, this.#loopPhase[node]! as Instant, token as Duration);
    this.#schedule(mounted, 'volumesMounted', pod);
  }

  #onVolumesMounted(pod: number): void {
    this.#stamp('volumesMounted', pod);
    this.#eachContainer(pod, (c) => this.prober.addWorkers(c));
    const add = this.#network.addDuration(pod, 0);
    this.#context.pods.stamps.cniAdd[pod] = add;
    const runtime = this.#callDuration('runPodSandbox', pod, pod, 0);
    const total = (runtime + add) as Duration;
    this.#seriesOf(pod).operations.runPodSandbox.record(total);
    this.#after(pod, total, 'sandboxReady');
  }

  #onSandboxReady(pod: number): void {
    const w = this.#workers;
    this.#stamp('sandboxReady', pod);
    w.hasSandbox[pod] = 1;
    w.reachable[pod] = 1;
    this.pleg.changePodCount(this.#context.pods.node[pod]!, 1);
    this.pleg.markChanged(pod);
    w.toKill[pod] = 0;
    w.toStart[pod] = (1 << containersOf(this.#context, pod).length) - 1;
    this.#step(pod);
  }

  /** Decides from the cache which containers to kill and which to start. */
  #planContainers(pod: number): void {
    const w = this.#workers;
    const t = this.containers;
    const policy = this.#context.spec.workloads[this.#context.pods.workload[pod]!]!.template.restartPolicy;
    let toKill = 0;
    let toStart = 0;
    this.#eachContainer(pod, (c, index) => {
      const state = t.cachedState[c]!;
      const condemned = t.condemnedRun[c] !== 0 && t.condemnedRun[c] === t.run[c];
      if (state === ContainerState.Running && condemned && t.state[c] === ContainerState.Running) {
        toKill |= 1 << index;
        if (policy !== 'Never') toStart |= 1 << index;
      } else if (
        state === ContainerState.Exited &&
        t.cachedRun[c] === t.run[c] &&
        t.state[c] === ContainerState.Exited
      ) {
        if (mayRestart(policy, t.exitCode[c]!)) toStart |= 1 << index;
      } else if (state === ContainerState.Waiting && t.state[c] === ContainerState.Waiting) toStart |= 1 << index;
    });
    w.toKill[pod] = toKill;
    w.toStart[pod] = toStart;
  }

  /** The next thing the sync under way has to do. */
  #step(pod: number): void {
    const w = this.#workers;
    if (w.toKill[pod] !== 0) {
      const index = lowestBit(w.toKill[pod]!);
      w.toKill[pod]! &= ~(1 << index);
      const c = w.firstContainer[pod]! + index;
      const spec = containersOf(this.#context, pod)[index]!;
      const probe = spec.probes.find((p) => p.type === EXIT_REASON_NAMES[this.containers.condemnedBy[c]!]);
      const ends = this.#stopContainer(c, this.containers.condemnedBy[c]!, probe?.terminationGracePeriod);
      const call = this.#callDuration('stopContainer', pod, c, w.stops[pod]!++);
      this.#seriesOf(pod).operations.stopContainer.record(ends - this.#context.simulation.now + call);
      this.#after(pod, ends - this.#context.simulation.now + call, 'step');
      return;
    }
    while (w.toStart[pod] !== 0) {
      const index = lowestBit(w.toStart[pod]!);
      w.toStart[pod]! &= ~(1 << index);
      if (this.#startContainer(pod, w.firstContainer[pod]! + index, index)) return;
      w.failed[pod] = 1;
    }
    this.#endSync(pod, true);
  }

  /** Begins to start a container; false if a back-off or the image holds it up. */
  #startContainer(pod: number, c: number, index: number): boolean {
    const t = this.containers;
    const w = this.#workers;
    const { now } = this.#context.simulation;
    const node = this.#context.pods.node[pod]!;
    const entry = { delay: t.backOffDelay[c]!, updatedAt: t.backOffUpdatedAt[c]! };
    const end = backOffEnd(entry, t.seenFinishedAt[c]!, now);
    if (end > now) {
      if (!(w.backOffUntil[pod]! <= end)) w.backOffUntil[pod] = end;
      return false;
    }
    const delayMax = this.#context.nodes.poolOf(node).kubelet.maxContainerRestartPeriod;
    const next = nextBackOff(entry, t.seenFinishedAt[c]!, now, delayMax);
    t.backOffDelay[c] = next.delay;
    t.backOffUpdatedAt[c] = next.updatedAt;
    const spec = containersOf(this.#context, pod)[index]!;
    const answer = this.images.ensure(node, c, this.#imageOf(pod, index), spec.imagePullPolicy);
    if (answer === 'rejected') return false;
    if (answer === 'present') this.#createAndStart(pod, c);
    return true;
  }

  /** A rolling update may bring another image for the first container. */
  #imageOf(pod: number, index: number): string {
    const image = index === 0 ? this.updatedImage.get(this.#context.pods.workload[pod]!) : undefined;
    if (image !== undefined && this.#context.pods.generation[pod]! > 0) return image;
    return containersOf(this.#context, pod)[index]!.image;
  }

  /** Image of the first container of a workload's pods since its rolling update. */
  readonly updatedImage = new Map<number, string>();

  #onPulled(c: number, waited: number, pulled: number): void {
    const pod = this.containers.pod[c]!;
    const { imageWait, imagePull } = this.#context.pods.stamps;
    imageWait[pod] = (imageWait[pod] || 0) + waited;
    imagePull[pod] = (imagePull[pod] || 0) + pulled;
    this.#createAndStart(pod, c);
  }

  #createAndStart(pod: number, c: number): void {
    const run = this.containers.run[c]!;
    const create = this.#callDuration('createContainer', pod, c, run);
    const start = this.#callDuration('startContainer', pod, c, run);
    const stamps = this.#context.pods.stamps;
    if (run === 0) {
      stamps.create[pod] = (stamps.create[pod] || 0) + create;
      stamps.start[pod] = (stamps.start[pod] || 0) + start;
    }
    const { operations } = this.#seriesOf(pod);
    operations.createContainer.record(create);
    operations.startContainer.record(start);
    const { simulation } = this.#context;
    this.#schedule((simulation.now + create + start) as Instant, 'containerStarted', c);
  }

  #onContainerStarted(c: number): void {
    const { simulation } = this.#context;
    const t = this.containers;
    const pod = t.pod[c]!;
    const spec = containersOf(this.#context, pod)[t.index[c]!]!;
    if (t.run[c]! > 0) this.#recordRestart(c);
    const startup = Math.round(sample(spec.behavior.startup, this.#behavior.uniform(c, t.run[c]! * 4)));
    t.run[c]! += 1;
    t.state[c] = ContainerState.Running;
    t.startedAt[c] = simulation.now;
    t.servesAt[c] = simulation.now + startup;
    t.exitReason[c] = ExitReason.None;
    if (startup > 0 && spec.probes.length > 0) {
      this.#schedule(t.servesAt[c] as Instant, 'containerServes', c);
    }
    this.#scheduleExit(c);
    this.pleg.markChanged(pod);
    this.#step(pod);
  }

  #scheduleExit(c: number): void {
    const { simulation } = this.#context;
    const t = this.containers;
    const { exit } = containersOf(this.#context, t.pod[c]!)[t.index[c]!]!.behavior;
    if (exit === undefined) return;
    const after = Math.round(sample(exit.after, this.#behavior.uniform(c, t.run[c]! * 4 + 1)));
    this.#schedule((simulation.now + after) as Instant, 'containerExited', c, t.run[c]!);
  }

  #onExited(c: number, run: number): void {
    const t = this.containers;
    if (t.state[c] !== ContainerState.Running || t.run[c] !== run) return;
    const spec = containersOf(this.#context, t.pod[c]!)[t.index[c]!]!;
    this.#setExited(c, ExitReason.Exit, spec.behavior.exit!.code);
  }

  #onKilled(c: number, argument: number): void {
    const t = this.containers;
    const run = Math.floor(argument / 8);
    if (t.state[c] !== ContainerState.Running || t.run[c] !== run) return;
    // 137 = 128 + SIGKILL, 143 = 128 + SIGTERM: the common ends; which of the two makes no difference here.
    this.#setExited(c, argument % 8, 143);
  }

  #setExited(c: number, reason: number, code: number): void {
    const t = this.containers;
    t.state[c] = ContainerState.Exited;
    t.finishedAt[c] = this.#context.simulation.now;
    t.exitReason[c] = reason;
    t.exitCode[c] = code;
    this.pleg.markChanged(t.pod[c]!);
    this.prober.reconsider(c);
  }

  /** Sends SIGTERM and returns when the process ends: after its own shutdown, or at the end of its grace. */
  #stopContainer(c: number, reason: number, graceOfProbe: Duration | undefined): Instant {
    const { simulation, spec: cluster, pods } = this.#context;
    const t = this.containers;
    const pod = t.pod[c]!;
    const spec = containersOf(this.#context, pod)[t.index[c]!]!;
    const podGrace = cluster.workloads[pods.workload[pod]!]!.template.terminationGracePeriod;
    const shutdown = Math.round(sample(spec.behavior.shutdown, this.#behavior.uniform(c, t.run[c]! * 4 + 2)));
    const takes = stopDuration(spec.preStopSleep, shutdown as Duration, graceOfProbe ?? podGrace);
    const at = (simulation.now + takes) as Instant;
    this.#schedule(at, 'containerKilled', c, t.run[c]! * 8 + reason);
    return at;
  }

  #endSync(pod: number, didSomething: boolean): void {
    const { simulation, spec, pods } = this.#context;
    const w = this.#workers;
    w.busy[pod] = 0;
    w.lastSyncEnd[pod] = simulation.now;
    if (didSomething) {
      const series = this.#seriesOf(pod).operationType[w.operation[pod]!]!;
      series.record(simulation.now - w.syncStartedAt[pod]!);
    }
    if (w.failed[pod] === 1) this.#scheduleRetry(pod);
    else if (didSomething && w.phase[pod] === WorkerPhase.Sync) {
      if (Number.isNaN(pods.stamps.containersStarted[pod]!) && !Number.isNaN(pods.stamps.observed[pod]!)) {
        this.#stamp('containersStarted', pod);
      }
      if (spec.version.relistsOnDemand) this.pleg.relistOnDemand(pod);
    }
    if (w.again[pod] === 1) this.#wake(pod, Operation.Sync);
  }

  #scheduleRetry(pod: number): void {
    const { simulation, spec, pods } = this.#context;
    const w = this.#workers;
    const at = retryAt(
      simulation.now,
      w.backOffUntil[pod]!,
      spec.version.retriesAtBackOffExpiry,
      this.#jitter.uniform(pod, w.retries[pod]!++),
      this.#loopPhase[pods.node[pod]!]!,
    );
    w.retryHandle[pod] = simulation.scheduleCancellable(at as Instant, this.#events.retry!, pod);
  }

  // Termination -------------------------------------------------------------------------------------------------------

  #syncTerminating(pod: number): void {
    const { simulation } = this.#context;
    const w = this.#workers;
    const t = this.containers;
    w.operation[pod] = Operation.Terminated;
    this.#setStatus(pod);
    let end = simulation.now as number;
    this.#eachContainer(pod, (c) => {
      this.prober.endWorkers(c, ['startup', 'liveness']);
      if (t.state[c] !== ContainerState.Running) return;
      const ends = this.#stopContainer(c, ExitReason.Deleted, undefined);
      const call = this.#callDuration('stopContainer', pod, c, w.stops[pod]!++);
      this.#seriesOf(pod).operations.stopContainer.record(ends - simulation.now + call);
      end = Math.max(end, ends + call);
    });
    this.#schedule(end as Instant, 'containersStopped', pod);
  }

  #onContainersStopped(pod: number): void {
    this.#stamp('stopped', pod);
    if (this.#workers.hasSandbox[pod] === 0) {
      this.#onSandboxStopped(pod);
      return;
    }
    const call = this.#callDuration('stopPodSandbox', pod, pod, 0);
    const total = call + this.#network.delDuration(pod, 0);
    this.#seriesOf(pod).operations.stopPodSandbox.record(total);
    this.#after(pod, total, 'sandboxStopped');
  }

  #onSandboxStopped(pod: number): void {
    const w = this.#workers;
    const t = this.containers;
    if (w.hasSandbox[pod] === 1) this.pleg.changePodCount(this.#context.pods.node[pod]!, -1);
    w.hasSandbox[pod] = 0;
    w.reachable[pod] = 0;
    // The worker reads the runtime itself here, not the cache.
    this.#eachContainer(pod, (c) => {
      this.prober.endWorkers(c, ['readiness']);
      t.cachedState[c] = t.state[c]!;
      t.cachedRun[c] = t.run[c]!;
    });
    w.phase[pod] = WorkerPhase.Terminated;
    this.#setStatus(pod);
    w.again[pod] = 1;
    this.#endSync(pod, true);
  }

  #syncTerminated(pod: number): void {
    const { volumePollPeriod, unmount } = kubeletParameters;
    this.#workers.operation[pod] = Operation.Terminated;
    this.#after(pod, volumePollPeriod.value + unmount.value, 'terminated');
  }

  #onTerminated(pod: number): void {
    const w = this.#workers;
    w.phase[pod] = WorkerPhase.Finished;
    w.again[pod] = 0;
    this.#endSync(pod, true);
    this.#setStatus(pod);
  }

  // Status ------------------------------------------------------------------------------------------------------------

  #triggerReadiness(pod: number): void {
    const t = this.containers;
    this.#eachContainer(pod, (c) => {
      if (t.cachedState[c] !== ContainerState.Running || !this.prober.isStarted(c) || this.prober.isReady(c)) return;
      this.prober.triggerReadiness(c, t.statusRun[c] === t.cachedRun[c]);
    });
  }

  /** Hands the status manager the pod's status as the cache and the prober have it. */
  #setStatus(pod: number): void {
    const t = this.containers;
    const status = this.#statusOf(pod);
    if (status.allRunning && Number.isNaN(this.#context.pods.stamps.runningKnown[pod]!)) this.#onKnownRunning(pod);
    this.#trackReadiness(pod, status);
    const moved: number[] = [];
    this.#eachContainer(pod, (c) => {
      if (t.statusState[c] === t.cachedState[c] && t.statusRun[c] === t.cachedRun[c]) return;
      t.statusState[c] = t.cachedState[c]!;
      t.statusRun[c] = t.cachedRun[c]!;
      moved.push(c);
    });
    this.statusManager.set(pod, status);
    for (const c of moved) this.prober.reconsider(c);
  }

  #statusOf(pod: number): PodStatus {
    const t = this.containers;
    const w = this.#workers;
    let ready = w.hasSandbox[pod] === 1;
    let allRunning = true;
    let hasAddress = false;
    this.#eachContainer(pod, (c) => {
      const running = t.cachedState[c] === ContainerState.Running;
      if (!running) allRunning = false;
      if (t.cachedRun[c]! > 0) hasAddress = true;
      if (!running || !this.prober.isStarted(c) || !this.prober.isReady(c)) ready = false;
    });
    const finished = w.phase[pod] === WorkerPhase.Finished && w.deletionRequested[pod] === 1;
    return { phase: this.#phaseOf(pod), ready, hasAddress, allRunning, finished };
  }

  #phaseOf(pod: number): number {
    const t = this.containers;
    const policy = this.#context.spec.workloads[this.#context.pods.workload[pod]!]!.template.restartPolicy;
    let phase: number = PodPhase.Succeeded;
    let pending = false;
    this.#eachContainer(pod, (c) => {
      if (t.cachedRun[c] === 0) pending = true;
      else if (t.cachedState[c] !== ContainerState.Exited || mayRestart(policy, t.exitCode[c]!)) {
        phase = PodPhase.Running;
      } else if (t.exitCode[c] !== 0 && phase === PodPhase.Succeeded) phase = PodPhase.Failed;
    });
    return pending ? PodPhase.Pending : phase;
  }

  /** A pod that had been ready counts as unready until it is ready again, is deleted or has ended. */
  #trackReadiness(pod: number, status: PodStatus): void {
    const w = this.#workers;
    if (status.ready) w.wasReady[pod] = 1;
    if (status.ready || w.deletionRequested[pod] === 1 || status.phase >= PodPhase.Succeeded) this.#closeUnready(pod);
    else if (w.wasReady[pod] === 1 && Number.isNaN(w.unreadySince[pod]!)) {
      w.unreadySince[pod] = this.#context.simulation.now;
    }
  }

  #closeUnready(pod: number): void {
    const { simulation, pods } = this.#context;
    const since = this.#workers.unreadySince[pod]!;
    if (!Number.isNaN(since)) this.unreadyTime[pods.workload[pod]!]! += simulation.now - since;
    this.#workers.unreadySince[pod] = Number.NaN;
  }

  #onKnownRunning(pod: number): void {
    const { stamps } = this.#context.pods;
    if (Number.isNaN(stamps.observed[pod]!)) return;
    this.#stamp('runningKnown', pod);
    this.#seriesOf(pod).podStart.record(stamps.runningKnown[pod]! - stamps.observed[pod]!);
  }

  #onReportedReady(pod: number): void {
    const { stamps } = this.#context.pods;
    if (!Number.isNaN(stamps.ready[pod]!) || Number.isNaN(stamps.created[pod]!)) return;
    this.#stamp('ready', pod);
    this.#seriesOf(pod).ready.record(stamps.ready[pod]! - stamps.created[pod]!);
  }

  /** The watch brings back the kubelet's own report: the end of the start-up SLI. */
  #onObservedRunning(pod: number): void {
    const { stamps } = this.#context.pods;
    const isFirst = Number.isNaN(stamps.runningObserved[pod]!) && !Number.isNaN(stamps.created[pod]!);
    if (!isFirst || Number.isNaN(stamps.containersStarted[pod]!)) return;
    this.#stamp('runningObserved', pod);
    const series = this.#seriesOf(pod);
    const at = (stage: keyof typeof stamps): number => stamps[stage][pod]!;
    const part = (name: 'imageWait' | 'imagePull' | 'cniAdd' | 'create' | 'start'): number => stamps[name][pod]! || 0;
    const total = at('runningObserved') - at('created');
    const images = part('imageWait') + part('imagePull');
    series.podStartTotal.record(total);
    series.podStartSli.record(total - images);
    const scheduled = Number.isNaN(at('scheduled')) ? at('bound') : at('scheduled');
    series.stage.schedule.record(scheduled - at('created'));
    series.stage.watch.record(at('observed') - scheduled);
    series.stage.worker.record(at('syncStarted') - at('observed'));
    series.stage.volumes.record(at('volumesMounted') - at('syncStarted'));
    series.stage.sandbox.record(at('sandboxReady') - at('volumesMounted') - part('cniAdd'));
    series.stage.cni.record(part('cniAdd'));
    series.stage.image_pull.record(images);
    series.stage.create.record(part('create'));
    series.stage.start.record(part('start'));
    series.stage.pleg.record(Math.max(0, at('runningKnown') - at('containersStarted')));
    series.stage.status.record(at('runningReported') - at('runningKnown'));
    series.stage.observe.record(at('runningObserved') - at('runningReported'));
  }

  // Helpers -----------------------------------------------------------------------------------------------------------

  #addContainers(pod: number): void {
    const w = this.#workers;
    w.ensure(pod);
    const count = containersOf(this.#context, pod).length;
    for (let index = 0; index < count; index++) {
      const c = this.containers.add(pod, index);
      if (index === 0) w.firstContainer[pod] = c;
    }
  }

  #eachContainer(pod: number, visit: (container: number, index: number) => void): void {
    const first = this.#workers.firstContainer[pod]!;
    const count = containersOf(this.#context, pod).length;
    for (let index = 0; index < count; index++) visit(first + index, index);
  }

  #after(pod: number, delay: number, event: string): void {
    this.#schedule((this.#context.simulation.now + delay) as Instant, event, pod);
  }

  /** Nothing after the end of the run can matter: an application may be meant to run for years. */
  #schedule(at: Instant, event: string, subject: number, argument = 0): void {
    const { simulation, spec } = this.#context;
    if (at < spec.duration) simulation.schedule(at, this.#events[event]!, subject, argument);
  }

  #stamp(
    stage:
      | 'syncStarted'
      | 'volumesMounted'
      | 'sandboxReady'
      | 'containersStarted'
      | 'runningKnown'
      | 'runningReported'
      | 'runningObserved'
      | 'ready'
      | 'stopped',
    pod: number,
  ): void {
    const column = this.#context.pods.stamps[stage];
    if (Number.isNaN(column[pod]!)) column[pod] = this.#context.simulation.now;
  }

  #callDuration(call: RuntimeCall, pod: number, entity: number, n: number): Duration {
    const pool = this.#context.nodes.pool[this.#context.pods.node[pod]!]!;
    return this.#runtimes[pool]!.callDuration(call, entity, n);
  }

  #seriesOf(pod: number): PoolSeries {
    return this.#series[this.#context.nodes.pool[this.#context.pods.node[pod]!]!]!;
  }

  #recordRestart(c: number): void {
    const t = this.containers;
    const now = this.#context.simulation.now;
    const reason = EXIT_REASON_NAMES[t.exitReason[c]!] as Restart['reason'];
    this.#restartCounters[reason]!.add();
    this.restarts.push({
      time: now,
      pod: t.pod[c]!,
      containerIndex: t.index[c]!,
      reason,
      exitCode: t.exitCode[c]!,
      away: now - t.finishedAt[c]!,
      backOff: t.backOffDelay[c]!,
      restarts: t.run[c]!,
    });
  }
}

/** Whether the kubelet starts a container again after an exit with this code. */
export function mayRestart(policy: 'Always' | 'OnFailure' | 'Never', exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

type PoolSeries = ReturnType<typeof poolSeries>;

const STAGES = [
  'schedule',
  'watch',
  'worker',
  'volumes',
  'sandbox',
  'cni',
  'image_pull',
  'create',
  'start',
  'pleg',
  'status',
  'observe',
] as const;
const OPERATIONS = {
  runPodSandbox: 'run_podsandbox',
  createContainer: 'create_container',
  startContainer: 'start_container',
  stopContainer: 'stop_container',
  stopPodSandbox: 'stop_podsandbox',
} as const;

/** The series that the kubelets of one node pool record into. */
function poolSeries({ recorder }: Context, pool: string) {
  return {
    podStart: recorder.series('kubelet_pod_start_duration_seconds', pool),
    podStartSli: recorder.series('kubelet_pod_start_sli_duration_seconds', pool),
    podStartTotal: recorder.series('kubelet_pod_start_total_duration_seconds', pool),
    ready: recorder.series('kubelapse_pod_ready_duration_seconds', pool),
    workerStart: recorder.series('kubelet_pod_worker_start_duration_seconds', pool),
    operationType: OPERATION_NAMES.map((name) => recorder.series('kubelet_pod_worker_duration_seconds', pool, name)),
    stage: Object.fromEntries(
      STAGES.map((stage) => [stage, recorder.series('kubelapse_pod_start_stage_duration_seconds', pool, stage)]),
    ) as Record<(typeof STAGES)[number], Series>,
    operations: Object.fromEntries(
      Object.entries(OPERATIONS).map(([call, name]) => [
        call,
        recorder.series('kubelet_runtime_operations_duration_seconds', pool, name),
      ]),
    ) as Record<keyof typeof OPERATIONS, Series>,
  };
}
