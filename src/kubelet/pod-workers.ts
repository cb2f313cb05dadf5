// The pod workers: one a pod, one sync at a time. Part of the kubelet.
//
// A sync is a chain of steps, each an event at the instant at which the step ends:
//   create      volumes mounted → sandbox ready (CNI ADD inside) → each container: image, create, start
//   sync        kill what a probe condemned → start what is not running and may
//   terminating stop containers → stop sandbox (CNI DEL inside);  terminated: unmount, then the object may go
// What the worker decides from is the PLEG's cache, not the runtime; pure rules are in back-off.ts, probe.ts, volumes.ts,
// termination.ts.

import { type ApiAccess, type Context, containersOf, PodPhase } from '../cluster/index.js';
import { PodNetwork } from '../cni/index.js';
import { ContainerRuntime, type RuntimeCall } from '../cri/index.js';
import {
  type Duration,
  type EventHandle,
  type EventKind,
  type Instant,
  lowestBit,
  NO_EVENT,
  type RandomStream,
} from '../engine/index.js';
import type { Counter } from '../metrics/index.js';
import type { Applications } from './applications.js';
import { backOffEnd, nextBackOff, retryAt } from './back-off.js';
import { ContainerState, type ContainerTable, EXIT_REASON_NAMES, ExitReason } from './container-table.js';
import { ImageManager } from './image-manager.js';
import { kubeletParameters } from './parameters.js';
import type { Pleg } from './pleg.js';
import type { PodStartupLatencyTracker } from './pod-startup-latency-tracker.js';
import type { PodStatuses } from './pod-statuses.js';
import { Operation, type PodWorkerTable, WorkerPhase } from './pod-worker-table.js';
import type { Prober } from './prober.js';
import type { Restart } from './restart-log.js';
import { mayRestart } from './restart-policy.js';
import type { StatusManager } from './status-manager.js';
import { volumesMountedAt } from './volumes.js';

/** Number of the TokenRequest among a pod's requests, apart from those of its status. */
const TOKEN_REQUEST = 0x10000000;

/** The parts of the kubelet that a worker works with. */
export interface PodWorkerParts {
  readonly context: Context;
  readonly api: ApiAccess;
  readonly containers: ContainerTable;
  readonly workers: PodWorkerTable;
  readonly applications: Applications;
  readonly pleg: Pleg;
  readonly prober: Prober;
  readonly statuses: PodStatuses;
  readonly statusManager: StatusManager;
  readonly latency: PodStartupLatencyTracker;
}

export class PodWorkers {
  readonly images: ImageManager;
  readonly restarts: Restart[] = [];
  /** Image of the first container of a workload's pods since its rolling update. */
  readonly updatedImage = new Map<number, string>();
  readonly #context: Context;
  readonly #api: ApiAccess;
  readonly #containers: ContainerTable;
  readonly #workers: PodWorkerTable;
  readonly #applications: Applications;
  readonly #pleg: Pleg;
  readonly #prober: Prober;
  readonly #statuses: PodStatuses;
  readonly #statusManager: StatusManager;
  readonly #latency: PodStartupLatencyTracker;
  readonly #runtimes: readonly ContainerRuntime[];
  readonly #network: PodNetwork;
  readonly #events: Record<string, EventKind>;
  readonly #jitter: RandomStream;
  readonly #loopPhase: Float64Array;
  readonly #restartCounters: Record<string, Counter>;

  constructor(parts: PodWorkerParts) {
    const { context } = parts;
    const { simulation, streams, nodes, spec } = context;
    this.#context = context;
    this.#api = parts.api;
    this.#containers = parts.containers;
    this.#workers = parts.workers;
    this.#applications = parts.applications;
    this.#pleg = parts.pleg;
    this.#prober = parts.prober;
    this.#statuses = parts.statuses;
    this.#statusManager = parts.statusManager;
    this.#latency = parts.latency;
    this.#runtimes = nodes.pools.map((pool) => new ContainerRuntime(pool.containerRuntime, streams));
    this.#network = new PodNetwork(spec.networkPlugin, streams);
    this.#jitter = streams.stream('kubelet/retry-jitter');
    const phases = streams.stream('kubelet/loop-phase');
    this.#loopPhase = Float64Array.from({ length: nodes.count }, (_, node) => phases.below(1e9, node, 0));
    this.#restartCounters = Object.fromEntries(
      ['liveness', 'startup', 'exit'].map((reason) => [
        reason,
        context.recorder.counter('kube_pod_container_status_restarts_total', reason),
      ]),
    );
    this.images = new ImageManager(context, this.#runtimes, (container, waited, pulled) =>
      this.#onPulled(container, waited, pulled),
    );
    this.#events = {
      volumesMounted: simulation.on('pod-worker/volumes-mounted', (pod) => this.#onVolumesMounted(pod)),
      sandboxReady: simulation.on('pod-worker/sandbox-ready', (pod) => this.#onSandboxReady(pod)),
      step: simulation.on('pod-worker/step', (pod) => this.#step(pod)),
      containerStarted: simulation.on('pod-worker/container-started', (c) => this.#onContainerStarted(c)),
      containersStopped: simulation.on('pod-worker/containers-stopped', (pod) => this.#onContainersStopped(pod)),
      sandboxStopped: simulation.on('pod-worker/sandbox-stopped', (pod) => this.#onSandboxStopped(pod)),
      terminated: simulation.on('pod-worker/terminated', (pod) => this.#onTerminated(pod)),
      retry: simulation.on('pod-worker/retry', (pod) => this.#onRetry(pod)),
    };
  }

  /** Asks the pod's worker for a sync; it begins when no other is under way and the cache is newer than the last one. */
  wake(pod: number, operation: number): void {
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
      this.#pleg.whenCacheNewer(pod, w.lastSyncEnd[pod]!);
    }
  }

  /** The PLEG's cache is newer than the last sync of a worker that waits for it. */
  onCacheNewer(pod: number): void {
    this.#workers.waiting[pod] = 0;
    this.#beginSync(pod);
  }

  #onRetry(pod: number): void {
    this.#workers.retryHandle[pod] = NO_EVENT;
    this.wake(pod, Operation.Sync);
  }

  #beginSync(pod: number): void {
    const { simulation } = this.#context;
    const w = this.#workers;
    simulation.cancel(w.retryHandle[pod]! as EventHandle);
    w.retryHandle[pod] = NO_EVENT;
    w.busy[pod] = 1;
    w.again[pod] = 0;
    w.failed[pod] = 0;
    w.backOffUntil[pod] = Number.NaN;
    w.syncStartedAt[pod] = simulation.now;
    this.#latency.syncStarted(pod);
    if (w.deletionRequested[pod] === 1 && w.phase[pod] === WorkerPhase.Sync) w.phase[pod] = WorkerPhase.Terminating;
    if (w.phase[pod] === WorkerPhase.Terminating) this.#syncTerminating(pod);
    else if (w.phase[pod] === WorkerPhase.Terminated) this.#syncTerminated(pod);
    else this.#syncPod(pod);
  }

  #syncPod(pod: number): void {
    const w = this.#workers;
    this.#statuses.triggerReadiness(pod);
    this.#statuses.set(pod);
    if (w.hasSandbox[pod] === 0) {
      this.#waitForVolumes(pod);
      return;
    }
    if (this.#statuses.phaseOf(pod) >= PodPhase.Succeeded) {
      w.phase[pod] = WorkerPhase.Terminating;
      w.again[pod] = 1;
      this.#endSync(pod, false);
      return;
    }
    // A sync works on the status it began with, whatever a relist finds meanwhile.
    this.#workers.forEachContainer(pod, (c) => {
      this.#containers.seenFinishedAt[c] = this.#containers.cachedFinishedAt[c]!;
    });
    this.#planContainers(pod);
    if ((w.toKill[pod]! | w.toStart[pod]!) === 0) this.#endSync(pod, false);
    else this.#after(pod, kubeletParameters.syncOverhead.value, 'step');
  }

  #waitForVolumes(pod: number): void {
    const { simulation, pods } = this.#context;
    const node = pods.node[pod]!;
    const start = (simulation.now + kubeletParameters.syncOverhead.value) as Instant;
    const granted = this.#statusManager.takeToken(node);
    const token = granted - simulation.now + this.#api.requestDuration('write', pod, TOKEN_REQUEST);
    const mounted = volumesMountedAt(start, this.#loopPhase[node]! as Instant, token as Duration);
    this.#schedule(mounted, 'volumesMounted', pod);
  }

  #onVolumesMounted(pod: number): void {
    this.#latency.stamp('volumesMounted', pod);
    this.#workers.forEachContainer(pod, (c) => this.#prober.addWorkers(c));
    const add = this.#network.addDuration(pod, 0);
    this.#context.pods.stamps.cniAdd[pod] = add;
    const runtime = this.#callDuration('runPodSandbox', pod, pod, 0);
    const total = (runtime + add) as Duration;
    this.#latency.seriesOf(pod).operations.runPodSandbox.record(total);
    this.#after(pod, total, 'sandboxReady');
  }

  #onSandboxReady(pod: number): void {
    const w = this.#workers;
    this.#latency.stamp('sandboxReady', pod);
    w.hasSandbox[pod] = 1;
    w.reachable[pod] = 1;
    this.#pleg.changePodCount(this.#context.pods.node[pod]!, 1);
    this.#pleg.markChanged(pod);
    w.toKill[pod] = 0;
    w.toStart[pod] = (1 << containersOf(this.#context, pod).length) - 1;
    this.#step(pod);
  }

  /** Decides from the cache which containers to kill and which to start. */
  #planContainers(pod: number): void {
    const w = this.#workers;
    const t = this.#containers;
    const policy = this.#context.spec.workloads[this.#context.pods.workload[pod]!]!.template.restartPolicy;
    let toKill = 0;
    let toStart = 0;
    this.#workers.forEachContainer(pod, (c, index) => {
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
      const probe = spec.probes.find((p) => p.type === EXIT_REASON_NAMES[this.#containers.condemnedBy[c]!]);
      const ends = this.#applications.stop(c, this.#containers.condemnedBy[c]!, probe?.terminationGracePeriod);
      const call = this.#callDuration('stopContainer', pod, c, w.stops[pod]!++);
      this.#latency.seriesOf(pod).operations.stopContainer.record(ends - this.#context.simulation.now + call);
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
    const t = this.#containers;
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

  #onPulled(c: number, waited: number, pulled: number): void {
    const pod = this.#containers.pod[c]!;
    const { imageWait, imagePull } = this.#context.pods.stamps;
    imageWait[pod] = (imageWait[pod] || 0) + waited;
    imagePull[pod] = (imagePull[pod] || 0) + pulled;
    this.#createAndStart(pod, c);
  }

  #createAndStart(pod: number, c: number): void {
    const run = this.#containers.run[c]!;
    const create = this.#callDuration('createContainer', pod, c, run);
    const start = this.#callDuration('startContainer', pod, c, run);
    const stamps = this.#context.pods.stamps;
    if (run === 0) {
      stamps.create[pod] = (stamps.create[pod] || 0) + create;
      stamps.start[pod] = (stamps.start[pod] || 0) + start;
    }
    const { operations } = this.#latency.seriesOf(pod);
    operations.createContainer.record(create);
    operations.startContainer.record(start);
    const { simulation } = this.#context;
    this.#schedule((simulation.now + create + start) as Instant, 'containerStarted', c);
  }

  #onContainerStarted(c: number): void {
    const pod = this.#containers.pod[c]!;
    if (this.#containers.run[c]! > 0) this.#recordRestart(c);
    this.#applications.start(c);
    this.#pleg.markChanged(pod);
    this.#step(pod);
  }

  #endSync(pod: number, didSomething: boolean): void {
    const { simulation, spec } = this.#context;
    const w = this.#workers;
    w.busy[pod] = 0;
    w.lastSyncEnd[pod] = simulation.now;
    if (didSomething) {
      const series = this.#latency.seriesOf(pod).operationType[w.operation[pod]!]!;
      series.record(simulation.now - w.syncStartedAt[pod]!);
    }
    if (w.failed[pod] === 1) this.#scheduleRetry(pod);
    else if (didSomething && w.phase[pod] === WorkerPhase.Sync) {
      this.#latency.containersStarted(pod);
      if (spec.version.relistsOnDemand) this.#pleg.relistOnDemand(pod);
    }
    if (w.again[pod] === 1) this.wake(pod, Operation.Sync);
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
    const t = this.#containers;
    w.operation[pod] = Operation.Terminated;
    this.#statuses.set(pod);
    let end = simulation.now as number;
    this.#workers.forEachContainer(pod, (c) => {
      this.#prober.endWorkers(c, ['startup', 'liveness']);
      if (t.state[c] !== ContainerState.Running) return;
      const ends = this.#applications.stop(c, ExitReason.Deleted);
      const call = this.#callDuration('stopContainer', pod, c, w.stops[pod]!++);
      this.#latency.seriesOf(pod).operations.stopContainer.record(ends - simulation.now + call);
      end = Math.max(end, ends + call);
    });
    this.#schedule(end as Instant, 'containersStopped', pod);
  }

  #onContainersStopped(pod: number): void {
    this.#latency.stamp('stopped', pod);
    if (this.#workers.hasSandbox[pod] === 0) {
      this.#onSandboxStopped(pod);
      return;
    }
    const call = this.#callDuration('stopPodSandbox', pod, pod, 0);
    const total = call + this.#network.delDuration(pod, 0);
    this.#latency.seriesOf(pod).operations.stopPodSandbox.record(total);
    this.#after(pod, total, 'sandboxStopped');
  }

  #onSandboxStopped(pod: number): void {
    const w = this.#workers;
    const t = this.#containers;
    if (w.hasSandbox[pod] === 1) this.#pleg.changePodCount(this.#context.pods.node[pod]!, -1);
    w.hasSandbox[pod] = 0;
    w.reachable[pod] = 0;
    // The worker reads the runtime itself here, not the cache.
    this.#workers.forEachContainer(pod, (c) => {
      this.#prober.endWorkers(c, ['readiness']);
      t.cachedState[c] = t.state[c]!;
      t.cachedRun[c] = t.run[c]!;
    });
    w.phase[pod] = WorkerPhase.Terminated;
    this.#statuses.set(pod);
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
    this.#statuses.set(pod);
  }

  // Helpers -----------------------------------------------------------------------------------------------------------

  #after(pod: number, delay: number, event: string): void {
    this.#schedule((this.#context.simulation.now + delay) as Instant, event, pod);
  }

  #schedule(at: Instant, event: string, subject: number): void {
    this.#context.simulation.schedule(at, this.#events[event]!, subject);
  }

  #callDuration(call: RuntimeCall, pod: number, entity: number, n: number): Duration {
    const pool = this.#context.nodes.pool[this.#context.pods.node[pod]!]!;
    return this.#runtimes[pool]!.callDuration(call, entity, n);
  }

  #recordRestart(c: number): void {
    const t = this.#containers;
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
