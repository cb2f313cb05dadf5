// One sync of a pod that is to run. Part of the kubelet's pod workers; source: SyncPod in pkg/kubelet/kubelet.go and
// pkg/kubelet/kuberuntime/kuberuntime_manager.go.
//   volumes mounted → sandbox ready (CNI ADD inside) → kill what a probe condemned → each container to start: image,
//   create, start, postStart hook
// The steps run to their end whatever is asked of the worker meanwhile: a pod that is deleted in the middle of a pull ends
// when the pull has returned.

import type { Applications } from '../../application/index.js';
import {
  type ApiAccess,
  type Context,
  containersOf,
  isReady,
  isStatic,
  type NodeId,
  type PodId,
  PodPhase,
  RequestTimes,
  templateOf,
} from '../../cluster/index.js';
import { ADD_ERRORS, type AddError, type PodNetwork } from '../../cni/index.js';
import {
  type ContainerRuntimes,
  ContainerState,
  type ContainersView,
  EXIT_REASON_NAMES,
  ExitReason,
} from '../../cri/index.js';
import { type Instant, keyWithin, lowestBit } from '../../engine/index.js';
import type { Counter } from '../../metrics/index.js';
import type { ImageManager } from '../images/image-manager.js';
import type { PodStartupLatencyTracker } from '../latency/pod-startup-latency-tracker.js';
import { kubeletCosts } from '../parameters.js';
import type { ContainerCache } from '../pleg/container-cache.js';
import type { Pleg } from '../pleg/pleg.js';
import type { Condemned } from '../prober/condemned.js';
import type { Prober } from '../prober/prober.js';
import type { StaticPods } from '../static-pods/static-pods.js';
import type { ContainerStatuses } from '../status/container-statuses.js';
import type { PodStatuses } from '../status/pod-statuses.js';
import type { StatusManager } from '../status/status-manager.js';
import { backOffEnd, nextBackOff } from './back-off.js';
import { containerActions } from './container-actions.js';
import { type ContainerRecords, WaitingReason } from './container-records.js';
import { ContainerStops } from './container-stops.js';
import { type PodWorkerTable, WorkerPhase } from './pod-worker-table.js';
import type { PodWorkers } from './pod-workers.js';
import type { RestartLog } from './restart-log.js';
import type { Sandboxes } from './sandboxes.js';
import { stopTimes } from './termination.js';
import { imagesUsedBy, imageVolumesOf, volumesMountedAt } from './volumes.js';

/** The parts of the kubelet that a sync works with. */
export interface SyncParts {
  readonly context: Context;
  readonly api: ApiAccess;
  /** As the runtime, the PLEG's cache, and the status manager know them; and what pod workers and probes keep of them. */
  readonly containers: ContainersView;
  readonly cache: ContainerCache;
  readonly stored: ContainerStatuses;
  readonly records: ContainerRecords;
  readonly condemned: Condemned;
  readonly workers: PodWorkerTable;
  readonly podWorkers: PodWorkers;
  readonly applications: Applications;
  readonly runtimes: ContainerRuntimes;
  readonly network: PodNetwork;
  readonly sandboxes: Sandboxes;
  readonly pleg: Pleg;
  readonly prober: Prober;
  readonly statuses: PodStatuses;
  readonly statusManager: StatusManager;
  readonly latency: PodStartupLatencyTracker;
  readonly images: ImageManager;
  readonly restarts: RestartLog;
  readonly staticPods: StaticPods;
}

export class SyncPod {
  readonly #parts: SyncParts;
  readonly #costs: typeof kubeletCosts;
  readonly #tokenRequests: RequestTimes;
  readonly #mirrorAnswered: (pod: PodId, at: number) => void;
  readonly #volumesMounted: (pod: PodId, at: number) => void;
  readonly #sandboxReady: (pod: PodId, at: number) => void;
  readonly #nextStep: (pod: PodId, at: number) => void;
  readonly #containerStarted: (pod: PodId, at: number) => void;
  readonly #containerFailed: (pod: PodId, at: number) => void;
  readonly #hookFailed: (pod: PodId, at: number) => void;
  readonly #syncFailed: (pod: PodId, at: number) => void;
  readonly #stops: ContainerStops;
  readonly #sandboxErrors: Readonly<Record<AddError, Counter>>;

  readonly #actuate: (pod: PodId) => void;

  /** @param actuate puts the size in force that a pod has been promised. */
  constructor(parts: SyncParts, actuate: (pod: PodId) => void) {
    this.#parts = parts;
    this.#actuate = actuate;
    this.#costs = parts.context.parameters.of(kubeletCosts);
    const { pods, recorder, streams } = parts.context;
    this.#tokenRequests = new RequestTimes(parts.api, streams, 'kubelet/tokens', (pod) => pods.keyOf(pod));
    this.#sandboxErrors = Object.fromEntries(
      ADD_ERRORS.map((error) => [error, recorder.counter('kubelet_run_podsandbox_errors_total', error)]),
    ) as Record<AddError, Counter>;
    const { podWorkers } = parts;
    this.#mirrorAnswered = podWorkers.step('mirror-answered', (pod) => {
      parts.staticPods.onMirrorAnswered(pod);
      this.#runPod(pod);
    });
    this.#volumesMounted = podWorkers.step('volumes-mounted', (pod) => this.#onVolumesMounted(pod));
    this.#sandboxReady = podWorkers.step('sandbox-ready', (pod) => this.#onSandboxReady(pod));
    this.#nextStep = podWorkers.step('step', (pod) => this.#step(pod));
    this.#containerStarted = podWorkers.step('container-started', (pod) => this.#onContainerStarted(pod));
    this.#containerFailed = podWorkers.step('container-failed', (pod) => {
      parts.workers.failed[pod] = 1;
      this.#step(pod);
    });
    this.#hookFailed = podWorkers.step('post-start-failed', (pod) => {
      parts.workers.failed[pod] = 1;
      const index = parts.workers.starting[pod]!;
      this.#kill(pod, parts.workers.firstContainer[pod]! + index, index, ExitReason.Hook);
    });
    this.#stops = new ContainerStops(parts, 'container-killed', (pod) => this.#step(pod));
    this.#syncFailed = podWorkers.step('sync-failed', (pod) => {
      parts.workers.failed[pod] = 1;
      podWorkers.endSync(pod, false);
    });
  }

  /** Begins a sync at the present instant. */
  run(pod: PodId): void {
    const { latency, statuses, staticPods } = this.#parts;
    latency.syncBegins(pod);
    this.#actuate(pod);
    statuses.triggerReadiness(pod);
    statuses.set(pod);
    this.#addLackingProbes(pod);
    if (staticPods.lacksMirror(pod)) this.#mirrorAnswered(pod, staticPods.mirrorAnsweredAt(pod));
    else this.#runPod(pod);
  }

  /** The first status of a new kubelet still goes by the containers alone: where there is no worker, all is well. */
  #addLackingProbes(pod: PodId): void {
    const { prober, statusManager, workers: w } = this.#parts;
    if (w.lacksProbes[pod] === 0) return;
    w.lacksProbes[pod] = 0;
    w.forEachContainer(pod, (c) => {
      prober.addWorkers(c);
      prober.inherit(c, isReady(statusManager.watchedStatus(pod)));
      prober.reconsider(c);
    });
  }

  #runPod(pod: PodId): void {
    const { workers: w, statuses, cache, podWorkers, records, sandboxes } = this.#parts;
    if (statuses.phaseOf(pod) >= PodPhase.Succeeded) {
      w.phase[pod] = WorkerPhase.Terminating;
      w.again[pod] = 1;
      podWorkers.endSync(pod, false);
      return;
    }
    if (!sandboxes.isThere(pod)) {
      this.#waitForVolumes(pod);
      return;
    }
    // A sync works on the status it began with, whatever a relist finds meanwhile.
    w.forEachContainer(pod, (c) => records.see(c, cache.finishedAt[c]!));
    this.#plan(pod);
    if ((w.toKill[pod]! | w.toStart[pod]! | w.restartsAll[pod]!) === 0) podWorkers.endSync(pod, false);
    else this.#nextStep(pod, this.#now + this.#costs.syncOverhead.value);
  }

  /** The image of a container is there. */
  onPulled(c: number, waited: number, pulled: number): void {
    const { containers, context, latency, workers } = this.#parts;
    const pod = containers.pod[c]!;
    latency.imagePulled(pod, waited, pulled);
    if (workers.imageVolumes[pod]! < imageVolumesOf(context, pod).length) {
      workers.imageVolumes[pod]! += 1;
      this.#step(pod);
    } else this.#createAndStart(pod, c);
  }

  /** The image of a container did not come: the others of the pod are tried all the same. */
  onPullFailed(c: number, after: number): void {
    const { containers, context, latency, records, workers } = this.#parts;
    const pod = containers.pod[c]!;
    latency.imageRefused(pod, after);
    if (workers.imageVolumes[pod]! < imageVolumesOf(context, pod).length)
      this.#missVolume(pod, WaitingReason.ErrImagePull);
    else {
      workers.failed[pod] = 1;
      records.wait(c, WaitingReason.ErrImagePull);
    }
    this.#step(pod);
  }

  get #now(): Instant {
    return this.#parts.context.simulation.now;
  }

  /** How long the kubelet waits for the runtime to answer. */
  #callLimit(node: NodeId): number {
    return this.#parts.context.nodes.poolOf(node).kubelet.runtimeRequestTimeout;
  }

  #waitForVolumes(pod: PodId): void {
    const { statusManager, podWorkers, context } = this.#parts;
    const node = context.pods.node[pod]!;
    const start = this.#now + this.#costs.syncOverhead.value;
    // A static pod has no service account, and so no token to ask for.
    const token = isStatic(context, pod)
      ? 0
      : statusManager.takeToken(node) - this.#now + this.#tokenRequests.next('write', pod);
    this.#volumesMounted(pod, volumesMountedAt(start, podWorkers.loopPhase[node]!, token, this.#costs.mount.value));
  }

  #onVolumesMounted(pod: PodId): void {
    const { latency, workers: w, prober, network, runtimes, context } = this.#parts;
    const node = context.pods.node[pod]!;
    latency.volumesMounted(pod, w.syncStartedAt[pod]!);
    context.journal?.volumesMounted?.(pod);
    w.forEachContainer(pod, (c) => prober.addWorkers(c));
    const n = w.sandboxes[pod]!++;
    const isOnHost = templateOf(context, pod).hostNetwork;
    if (isOnHost) network.useHost(pod, node);
    const add = isOnHost ? 0 : network.add(pod, node, n, runtimes.answersFrom(node));
    const error = isOnHost ? undefined : network.error;
    latency.cniAdd(pod, add);
    const total = runtimes.call('runPodSandbox', node, context.pods.keyOf(pod), n) + add;
    const limit = 2 * this.#callLimit(node);
    if (error !== undefined) {
      // FailedCreatePodSandBox: what there is of the sandbox is undone, and the worker tries again.
      this.#sandboxErrors[error].add();
      this.#syncFailed(pod, this.#now + Math.min(total, limit));
      return;
    }
    if (total > limit) {
      this.#syncFailed(pod, this.#now + limit);
      return;
    }
    latency.seriesOf(pod).operations.runPodSandbox.record(total);
    this.#sandboxReady(pod, this.#now + total);
  }

  #onSandboxReady(pod: PodId): void {
    const { latency, workers: w, pleg, cache, records, context, statuses, sandboxes } = this.#parts;
    latency.sandboxReady(pod);
    context.journal?.sandboxReady?.(pod);
    sandboxes.add(pod);
    if (context.spec.version.reportsSandboxAtOnce) {
      sandboxes.see(pod);
      statuses.amend(pod);
    }
    pleg.markChanged(pod);
    w.forEachContainer(pod, (c) => {
      records.enterSandbox(c);
      records.see(c, cache.finishedAt[c]!);
    });
    this.#plan(pod);
    this.#step(pod);
  }

  /** Decides from the cache which containers to kill and which to start. */
  #plan(pod: PodId): void {
    const { workers: w, containers: t, cache, condemned, prober, records, context } = this.#parts;
    const specs = containersOf(context, pod);
    const first = w.firstContainer[pod]!;
    const { kill, start, restartsAll } = containerActions(
      specs.map((spec, index) => {
        const c = first + index;
        const hasRun = cache.run[c]! > records.runsBefore(c);
        const state = hasRun ? cache.state[c]! : ContainerState.Waiting;
        return {
          spec,
          state,
          exitCode: t.exitCode[c]!,
          isStarted: state === ContainerState.Running && prober.isStarted(c),
          isCondemned: condemned.has(c),
        };
      }),
    );
    // What has changed since the cache was written is for the next sync to see. A new sandbox does not bring back what
    // has done its work.
    let current = 0;
    w.forEachContainer(pod, (c, index) => {
      const { role, restartPolicy } = specs[index]!;
      const hasSucceeded = cache.run[c]! > 0 && cache.state[c] === ContainerState.Exited && t.exitCode[c] === 0;
      if (role === 'main' && restartPolicy === 'OnFailure' && hasSucceeded) return;
      const hasRun = t.run[c]! > records.runsBefore(c);
      const hasRunInCache = cache.run[c]! > records.runsBefore(c);
      const isCurrent = cache.run[c] === t.run[c] && cache.state[c] === t.state[c];
      if (hasRun ? isCurrent : !hasRunInCache) current |= 1 << index;
    });
    w.imageVolumes[pod] = 0;
    w.lacksVolume[pod] = 0;
    w.toKill[pod] = kill & current;
    w.toStart[pod] = start & current;
    w.restartsAll[pod] = restartsAll ? 1 : 0;
  }

  /** The next thing the sync under way has to do. */
  #step(pod: PodId): void {
    const { workers: w } = this.#parts;
    if (w.toKill[pod] !== 0) {
      const index = lowestBit(w.toKill[pod]!);
      w.toKill[pod]! &= ~(1 << index);
      const c = w.firstContainer[pod]! + index;
      this.#kill(pod, c, index, w.restartsAll[pod] === 1 ? ExitReason.RestartAll : this.#parts.condemned.by(c));
      return;
    }
    if (w.restartsAll[pod] === 1) {
      this.#beginAnew(pod);
      return;
    }
    while (w.toStart[pod] !== 0) {
      if (this.#pullsVolume(pod)) return;
      const index = lowestBit(w.toStart[pod]!);
      w.toStart[pod]! &= ~(1 << index);
      if (this.#startContainer(pod, w.firstContainer[pod]! + index, index)) return;
      w.failed[pod] = 1;
    }
    this.#parts.latency.syncEnds(pod);
    this.#parts.podWorkers.endSync(pod, true);
  }

  /** Volumes that are images come before the first container is started, one after another. @returns whether one is being pulled. */
  #pullsVolume(pod: PodId): boolean {
    const { context, images, workers: w } = this.#parts;
    const volumes = imageVolumesOf(context, pod);
    while (w.imageVolumes[pod]! < volumes.length) {
      const { image, imagePullPolicy } = volumes[w.imageVolumes[pod]!]!;
      const c = w.firstContainer[pod]! + lowestBit(w.toStart[pod]!);
      const { pullSecrets } = templateOf(context, pod);
      const answer = images.ensure(context.pods.node[pod]!, pod, c, image, imagePullPolicy, pullSecrets);
      if (answer === 'pulling') return true;
      if (answer === 'rejected') {
        this.#parts.latency.imageRefused(pod, 0);
        this.#missVolume(pod, WaitingReason.ImagePullBackOff);
      } else w.imageVolumes[pod]! += 1;
    }
    return false;
  }

  /** The next volume did not come: what mounts it cannot start, and others can. */
  #missVolume(pod: PodId, reason: number): void {
    const { context, records, workers: w } = this.#parts;
    const volume = imageVolumesOf(context, pod)[w.imageVolumes[pod]!]!;
    w.imageVolumes[pod]! += 1;
    for (const index of volume.containers) {
      w.lacksVolume[pod]! |= 1 << index;
      records.wait(w.firstContainer[pod]! + index, reason);
    }
  }

  /** All containers have ended: the next sync starts the first of them, as in a new sandbox. */
  #beginAnew(pod: PodId): void {
    const { condemned, podWorkers, records, workers: w } = this.#parts;
    w.restartsAll[pod] = 0;
    w.forEachContainer(pod, (c) => {
      records.enterSandbox(c);
      condemned.forget(c);
    });
    w.again[pod] = 1;
    podWorkers.endSync(pod, true);
  }

  /** Kills a container that a probe condemned, or whose hook has failed, with its whole grace; the worker waits. */
  #kill(pod: PodId, c: number, index: number, by: number): void {
    const { applications, containers, context, runtimes, workers: w } = this.#parts;
    // It has ended by itself meanwhile: there is nothing to wait for.
    if (containers.state[c] !== ContainerState.Running) {
      context.journal?.containerStopping?.(pod, index, this.#now, this.#now, false);
      this.#step(pod);
      return;
    }
    const probe = containersOf(context, pod)[index]!.probes.find(({ type }) => type === EXIT_REASON_NAMES[by]);
    const template = templateOf(context, pod);
    const stop = stopTimes({
      preStop: applications.hookDuration(c, 'preStop'),
      shutdown: applications.shutdownDuration(c),
      grace: probe?.terminationGracePeriod ?? template.terminationGracePeriod,
      turn: 0,
    });
    const ends = this.#now + stop.ended;
    context.journal?.containerStopping?.(pod, index, this.#now + stop.signalled, ends, stop.killed);
    applications.killAt(ends, c, by, stop.killed);
    const node = context.pods.node[pod]!;
    const call = runtimes.call('stopContainer', node, containers.keyOf(c), w.stops[pod]!++, ends);
    const limit = this.#callLimit(node);
    if (call > limit) {
      this.#syncFailed(pod, ends + limit);
      return;
    }
    this.#stops.begin(pod);
    this.#stops.add(c, call);
    this.#stops.awaitAll(pod, ends + call);
  }

  /** A container of a pod that goes on has ended. */
  onExited(pod: PodId): void {
    if (this.#parts.workers.phase[pod] === WorkerPhase.Sync) this.#stops.onExited(pod);
  }

  /** Begins to start a container; false if a back-off or the image holds it up. */
  #startContainer(pod: PodId, c: number, index: number): boolean {
    const { records, workers: w, images, latency, context } = this.#parts;
    if ((w.lacksVolume[pod]! & (1 << index)) !== 0) return false;
    const now = this.#now;
    const node = context.pods.node[pod]!;
    const entry = records.backOff(c);
    const finishedAt = records.seenFinishedAt(c);
    const end = backOffEnd(entry, finishedAt, now);
    if (end > now) {
      if (!(w.backOffUntil[pod]! <= end)) w.backOffUntil[pod] = end;
      records.wait(c, WaitingReason.CrashLoopBackOff);
      return false;
    }
    const { maxContainerRestartPeriod, containerRestartPeriod } = context.nodes.poolOf(node).kubelet;
    records.setBackOff(c, nextBackOff(entry, finishedAt, now, containerRestartPeriod, maxContainerRestartPeriod));
    context.journal?.containerDue?.(pod, index);
    const spec = containersOf(context, pod)[index]!;
    const { pullSecrets } = templateOf(context, pod);
    const answer = images.ensure(node, pod, c, spec.image, spec.imagePullPolicy, pullSecrets);
    if (answer === 'rejected') {
      latency.imageRefused(pod, 0);
      records.wait(c, WaitingReason.ImagePullBackOff);
      return false;
    }
    if (answer === 'present') this.#createAndStart(pod, c);
    return true;
  }

  #createAndStart(pod: PodId, c: number): void {
    const { containers, context, images, latency, records, runtimes, workers } = this.#parts;
    const node = context.pods.node[pod]!;
    const run = containers.run[c]!;
    // Every attempt has luck of its own; the first one of each run is the same whatever went wrong before.
    const attempts = records.timeouts(c);
    const key = attempts === 0 ? containers.keyOf(c) : keyWithin(containers.keyOf(c), attempts);
    const create = runtimes.call('createContainer', node, key, run);
    const start = runtimes.call('startContainer', node, key, run, this.#now + create);
    const limit = this.#callLimit(node);
    workers.starting[pod] = containers.index[c]!;
    if (create > limit || start > limit) {
      records.addTimeout(c);
      this.#containerFailed(pod, this.#now + (create > limit ? limit : create + limit));
      return;
    }
    workers.createTakes[pod] = create;
    workers.startTakes[pod] = start;
    const { operations } = latency.seriesOf(pod);
    operations.createContainer.record(create);
    operations.startContainer.record(start);
    // A container that begins anew takes the place of the one before it.
    const by = containers.isThere(c) ? 0 : 1;
    for (const image of imagesUsedBy(templateOf(context, pod), containers.index[c]!))
      images.store.use(node, image, by, this.#now);
    this.#containerStarted(pod, this.#now + create + start);
  }

  #onContainerStarted(pod: PodId): void {
    const { workers: w, containers, context, applications, latency, pleg, records, restarts } = this.#parts;
    const index = w.starting[pod]!;
    const c = w.firstContainer[pod]! + index;
    // One whose pod was ended and restarted is not a restart.
    if (!Number.isNaN(containers.finishedAt[c]!)) restarts.add(c);
    context.journal?.containerStarted?.(pod, index);
    records.started(c);
    const isFirst = containers.run[c] === records.runsBefore(c);
    latency.containerRuns(pod, isFirst ? w.createTakes[pod]! : 0, isFirst ? w.startTakes[pod]! : 0);
    applications.start(c);
    pleg.markChanged(pod);
    const hook = applications.hookDuration(c, 'postStart');
    if (hook > 0) context.journal?.postStartHook?.(pod, index, this.#now + hook);
    if (hook > 0 && applications.postStartFails(c)) this.#hookFailed(pod, this.#now + hook);
    else if (hook > 0) this.#nextStep(pod, this.#now + hook);
    else this.#step(pod);
  }
}
