// The kubelets of all nodes: what their sync loops observe, and what the rest of the run sees of them. Part of the kubelet.
// The sync loop only passes on: to the pod workers, which do the work, and to the statuses, which say what came of it.

import {
  type ApiAccess,
  type Context,
  containersOf,
  isAllRunning,
  isReady,
  isStatic,
  type PartList,
  PodChange,
  PodPhase,
  type PodStatusBits,
  type ProbeSpec,
  phaseOf,
  templateOf,
} from '../cluster/index.js';
import type { PodNetwork } from '../cni/index.js';
import { type ContainerRuntime, ContainerRuntimes } from '../cri/index.js';
import { type Duration, type EventKind, type Instant, keyWithin, tickAtOrAfter } from '../engine/index.js';
import { Admission } from './admission.js';
import { ApplicationState, Applications } from './containers/applications.js';
import { ContainerState, ContainerTable, ExitReason } from './containers/container-table.js';
import { type Restart, RestartLog } from './containers/restart-log.js';
import { EvictionManager } from './eviction/eviction-manager.js';
import { NodeMemory } from './eviction/node-memory.js';
import { oomVictim } from './eviction/oom-killer.js';
import { ImageManager } from './images/image-manager.js';
import { NodeStarts } from './latency/node-starts.js';
import { PodStartupLatencyTracker } from './latency/pod-startup-latency-tracker.js';
import { KubeletPhase, KubeletStarts } from './node/kubelet-starts.js';
import { NodeLife } from './node/node-life.js';
import { NodeProblem, NodeStatus } from './node/node-status.js';
import { kubeletCosts, kubeletParameters } from './parameters.js';
import { Pleg } from './pleg/pleg.js';
import { Operation, PodWorkerTable, WorkerPhase } from './pod-workers/pod-worker-table.js';
import { PodWorkers } from './pod-workers/pod-workers.js';
import { Sandboxes } from './pod-workers/sandboxes.js';
import { type SyncParts, SyncPod } from './pod-workers/sync-pod.js';
import { SyncTerminating } from './pod-workers/sync-terminating.js';
import { ProbeResult } from './prober/probe.js';
import { Prober } from './prober/prober.js';
import { StaticPods } from './static-pods/static-pods.js';
import { PodStatuses } from './status/pod-statuses.js';
import { StatusManager } from './status/status-manager.js';

/** What a connection finds at a pod. */
export type BackendState = 'serving' | 'refused' | 'unready' | 'hung' | 'gone';

/** A container that was running long before the run begins. */
const LONG_AGO = -1e12;

export class Kubelets {
  readonly containers = new ContainerTable();
  readonly memory: NodeMemory;
  readonly life: NodeLife;
  readonly pleg: Pleg;
  readonly prober: Prober;
  readonly statusManager: StatusManager;
  readonly runtimes: ContainerRuntimes;
  readonly nodeStarts: NodeStarts;
  readonly evictions: { readonly time: number; readonly pod: number }[] = [];
  readonly #context: Context;
  readonly #costs: typeof kubeletCosts;
  readonly #api: ApiAccess;
  readonly #workers = new PodWorkerTable();
  readonly #admission: Admission;
  readonly #applications: Applications;
  readonly #images: ImageManager;
  readonly #latency: PodStartupLatencyTracker;
  readonly #restarts: RestartLog;
  readonly #statuses: PodStatuses;
  readonly #podWorkers: PodWorkers;
  readonly #syncPod: SyncPod;
  readonly #staticPods: StaticPods;
  readonly #evictions: EvictionManager;
  #onApplicationChanged: (pod: number) => void = () => {};
  /** Pods on each node that its kubelet knows of. */
  readonly #podsOn: number[][];
  readonly #network: PodNetwork;
  readonly #sandboxes: Sandboxes;
  readonly #starts: KubeletStarts;
  readonly #handled: EventKind;
  readonly #overdue: EventKind;

  constructor(context: Context, api: ApiAccess, network: PodNetwork, runtimeParts: PartList<ContainerRuntime>) {
    this.#context = context;
    this.#costs = context.parameters.of(kubeletCosts);
    this.#api = api;
    this.#network = network;
    const { simulation, streams, nodes, spec } = context;
    const { containers } = this;
    const workers = this.#workers;
    this.#podsOn = Array.from({ length: nodes.count }, () => []);
    this.nodeStarts = new NodeStarts(context, (node) => ({
      disk: this.runtimes.diskWork[node]!,
      cpu: this.runtimes.cpuWork[node]!,
      requests: this.statusManager.requests[node]!,
    }));
    const starts = new KubeletStarts(nodes.count);
    this.#starts = starts;
    const latency = new PodStartupLatencyTracker(context, this.nodeStarts, starts);
    this.#latency = latency;
    this.#admission = new Admission(context);
    this.#restarts = new RestartLog(context, containers);
    const { cpu } = context;
    cpu.onShareChanged((node) => this.#onShareChanged(node));
    const memory = new NodeMemory(context, {
      onChanged: (node) => this.#evictions.reconsider(node),
      onExhausted: (node) => {
        const victim = oomVictim({ context, containers, workers, applications }, node, this.#podsOn[node]!);
        if (victim >= 0) applications.killForMemory(victim);
        return victim >= 0;
      },
    });
    this.memory = memory;
    const machines = {
      get now() {
        return simulation.now;
      },
      systemCores: (node: number) => cpu.systemCores(node),
    };
    const runtimes = new ContainerRuntimes(runtimeParts, nodes, streams, machines, context.parameters);
    this.runtimes = runtimes;
    const pleg = new Pleg(context, runtimes, {
      onHealthChanged: (node, isHealthy) => this.life.setProblem(node, NodeProblem.PlegUnhealthy, !isHealthy),
      onInspected: (pod) => this.#onInspected(pod),
      onCacheNewer: (pod) => this.#podWorkers.onCacheNewer(pod),
    });
    this.pleg = pleg;
    const sandboxes = new Sandboxes(context, runtimes, pleg, memory);
    this.#sandboxes = sandboxes;
    const applications = new Applications(context, containers, cpu, memory, {
      onExited: (container) => {
        const pod = containers.pod[container]!;
        this.#onApplicationChanged(pod);
        if (!this.life.isKubeletUp(this.#nodeOf(pod))) return;
        pleg.markChanged(pod);
        this.prober.reconsider(container);
        this.#syncPod.onExited(pod);
        terminating.onExited(pod);
      },
      onOddsChanged: (container) => {
        this.#onApplicationChanged(containers.pod[container]!);
        prober.reconsider(container);
      },
      onServesAtOnce: (container) => this.#onApplicationChanged(containers.pod[container]!),
    });
    this.#applications = applications;
    const prober: Prober = new Prober(context, containers, applications, cpu, runtimes, starts, {
      onResult: (container, type, value) => this.#onProbeResult(container, type, value),
    });
    this.prober = prober;
    const podsOn = (node: number): readonly number[] => this.#podsOn[node]!;
    const statusManager = new StatusManager(context, api, (pod, status) => {
      if (isAllRunning(status)) latency.reportedRunning(pod);
      if (isReady(status)) latency.reportedReady(pod);
    });
    this.statusManager = statusManager;
    const statuses = new PodStatuses(context, containers, workers, prober, statusManager, latency);
    this.#statuses = statuses;
    const podWorkers = new PodWorkers(context, workers, pleg, statuses, statusManager, latency, starts);
    this.#podWorkers = podWorkers;
    const images = new ImageManager(context, containers, runtimes, cpu, {
      onPulled: (container, waited, pulled) => this.#syncPod.onPulled(container, waited, pulled),
      onPullFailed: (container) => this.#syncPod.onPullFailed(container),
    });
    this.#images = images;
    const staticPods = new StaticPods(context, api, statusManager, starts, {
      isKubeletUp: (node) => this.life.isKubeletUp(node),
      hasEnded: (pod) => workers.phase[pod] === WorkerPhase.Finished,
      onFileSeen: (pod) => this.#onFileSeen(pod),
      onToRestart: (pod) => this.#restartStatic(pod),
    });
    this.#staticPods = staticPods;
    const parts: SyncParts = {
      context,
      api,
      containers,
      workers,
      podWorkers,
      applications,
      runtimes,
      network,
      sandboxes,
      pleg,
      prober,
      statuses,
      statusManager,
      latency,
      images,
      restarts: this.#restarts,
      staticPods,
    };
    const syncPod = new SyncPod(parts);
    this.#syncPod = syncPod;
    const terminating = new SyncTerminating(parts, (pod) => this.#onFinished(pod));
    podWorkers.handleWith({
      syncPod: (pod) => syncPod.run(pod),
      syncTerminatingPod: (pod) => terminating.terminating(pod),
      syncTerminatedPod: (pod) => terminating.terminated(pod),
    });
    const nodeStatus = new NodeStatus(context, api);
    this.#evictions = new EvictionManager(context, memory, {
      isKubeletRunning: (node) => starts.phase[node] === KubeletPhase.Running,
      podsOn,
      memoryOf: (pod) => this.#memoryOf(pod),
      onPressureChanged: (node, isUnderPressure) => nodeStatus.setPressure(node, isUnderPressure),
      evict: (pod) => this.#evict(pod),
    });
    this.life = new NodeLife({
      ...parts,
      nodeStatus,
      starts,
      podsOn: this.#podsOn,
      onKubeletStarted: (node) => this.#onKubeletStarted(node),
      onKubeletStopped: (node) => this.#evictions.stop(node),
      onResumed: (node) => {
        for (const pod of podsOn(node)) this.statusManager.onSeen(pod);
      },
    });
    api.onReachable((node) => {
      nodeStatus.onReachable(node);
      statusManager.onReachable(node);
      staticPods.onReachable(node);
      if (starts.phase[node] !== KubeletPhase.Unlisted) return;
      this.#list(node);
      if (!spec.version.registersStaticPodsFast) return;
      for (const pod of staticPods.on(node)) if (staticPods.lacksMirror(pod)) podWorkers.wake(pod, Operation.Sync);
    });
    context.recorder.own({
      reset: () => {
        this.#restarts.entries.length = 0;
        this.evictions.length = 0;
      },
    });
    this.#handled = simulation.on('kubelet/sync-loop', (pod, change) => this.#onSyncLoop(pod, change as PodChange));
    this.#overdue = simulation.on('kubelet/active-deadline', (pod, incarnation) => this.#onOverdue(pod, incarnation));
    api.watchPodsOfNodes((pod, change, status) => this.#onPodChanged(pod, change, status));
  }

  get restarts(): readonly Restart[] {
    return this.#restarts.entries;
  }

  /** A pod that runs and is ready when the simulation begins. */
  seed(pod: number): void {
    const { pods } = this.#context;
    const node = pods.node[pod]!;
    this.#addContainers(pod);
    if (isStatic(this.#context, pod)) this.#staticPods.seed(pod);
    const w = this.#workers;
    this.#podsOn[node]!.push(pod);
    this.#admission.admit(pod);
    w.phase[pod] = WorkerPhase.Sync;
    w.hasSandbox[pod] = 1;
    if (templateOf(this.#context, pod).hostNetwork) this.#network.useHost(pod, node);
    else this.#network.seed(pod, node);
    w.sandboxKnown[pod] = this.#context.spec.version.reportsSandbox ? 1 : 0;
    w.reachable[pod] = 1;
    w.lastSyncEnd[pod] = -1;
    this.#sandboxes.came(pod);
    this.#latency.seed(pod);
    this.#context.journal?.podSeeded?.(pod);
    this.#expectDeadline(pod);
    containersOf(this.#context, pod).forEach((spec, index) => {
      const c = w.firstContainer[pod]! + index;
      const t = this.containers;
      const hasEnded = spec.role === 'init';
      t.state[c] = t.cachedState[c] = t.statusState[c] = hasEnded ? ContainerState.Exited : ContainerState.Running;
      t.run[c] = t.cachedRun[c] = t.statusRun[c] = 1;
      t.startedAt[c] = LONG_AGO;
      t.servesAt[c] = LONG_AGO;
      this.#images.store.add(node, spec.image, 0);
      this.#images.store.use(node, spec.image, 1, 0);
      if (hasEnded) {
        t.exitReason[c] = ExitReason.Exit;
        t.finishedAt[c] = t.cachedFinishedAt[c] = LONG_AGO;
        return;
      }
      this.prober.seedWorkers(c);
      this.#applications.seed(c);
    });
    this.statusManager.seed(pod, this.#statuses.of(pod));
  }

  /** The file of a static pod is taken away, or put back. */
  setStaticPodFile(pod: number, isThere: boolean, noticedBy: 'inotify' | 'fileCheck'): void {
    this.#staticPods.setFile(pod, isThere, noticedBy);
  }

  /** Calls back whenever what a pod answers may have changed. */
  onApplicationChanged(listener: (pod: number) => void): void {
    this.#onApplicationChanged = listener;
  }

  /** The pod's readiness endpoint says no for a while. */
  flapReadiness(pod: number, duration: Duration): void {
    this.#workers.forEachContainer(pod, (c) => this.#applications.flapReadiness(c, duration));
  }

  /** What a connection to the pod that begins on a node now would find. */
  backendState(pod: number, from: number): BackendState {
    const w = this.#workers;
    const { nodes } = this.#context;
    const node = this.#nodeOf(pod);
    if (pod >= w.phase.length || w.reachable[pod] !== 1) return 'gone';
    if (!nodes.areConnected(node, from)) return 'gone';
    const first = w.firstContainer[pod]!;
    const specs = containersOf(this.#context, pod);
    let unready = false;
    for (let index = 0; index < specs.length; index++) {
      if (specs[index]!.role === 'init') continue;
      const state = this.#applications.stateOf(first + index);
      if (state <= ApplicationState.Starting) return 'refused';
      if (state === ApplicationState.Hung) return 'hung';
      if (state === ApplicationState.Unready) unready = true;
    }
    return unready ? 'unready' : 'serving';
  }

  /** Which run of the pod's processes that is: another number after any of its containers has restarted. */
  incarnationOf(pod: number): number {
    const w = this.#workers;
    let incarnation = w.incarnation[pod]!;
    w.forEachContainer(pod, (c) => {
      incarnation += this.containers.run[c]!;
    });
    return incarnation;
  }

  /** Its application answers nothing for a while. */
  hang(pod: number, duration: Duration): void {
    this.#workers.forEachContainer(pod, (c) => this.#applications.hang(c, duration));
  }

  /** The registry sends only this share of what it could; 0: every pull fails. */
  slowRegistry(left: number): void {
    this.#images.slowRegistry(left);
  }

  // What the sync loop observes -----------------------------------------------------------------------------------------

  #onPodChanged(pod: number, change: PodChange, status: PodStatusBits): void {
    const { simulation } = this.#context;
    // A kubelet that is not there, or not yet, lists everything when it begins.
    if (this.#starts.phase[this.#nodeOf(pod)] !== KubeletPhase.Running) return;
    if (change === PodChange.Created || change === PodChange.Removed) {
      this.statusManager.setMirrored(pod, change === PodChange.Created);
      // A static pod without its mirror is synced, which makes a new one.
      if (change === PodChange.Removed && this.#staticPods.hasFile(pod)) this.#podWorkers.wake(pod, Operation.Update);
      return;
    }
    if (change === PodChange.Status) {
      if (isAllRunning(status)) this.#latency.observedRunning(pod);
      this.statusManager.observe(pod, status);
      // A sync loop that stands still looks when it goes on.
      if (!this.#podWorkers.isPaused(this.#nodeOf(pod))) this.statusManager.onSeen(pod);
      return;
    }
    if (change === PodChange.Bound) this.#latency.observed(pod);
    else this.#latency.deletionObserved(pod);
    const at = simulation.now + this.#costs.syncLoopHandling.value;
    simulation.schedule(at as Instant, this.#handled, pod, change);
  }

  #onSyncLoop(pod: number, change: PodChange): void {
    if (this.#starts.phase[this.#nodeOf(pod)] !== KubeletPhase.Running) return;
    const isKnown = this.#isKnown(pod);
    if (change === PodChange.Bound) {
      if (!isKnown) this.#add(pod);
      return;
    }
    // A pod that was deleted before the kubelet observed it: nothing of it has run here.
    if (!isKnown) this.#add(pod);
    this.#terminate(pod);
  }

  /** The file of a static pod has gone or come. One that comes while its pod is ending waits for that. */
  #onFileSeen(pod: number): void {
    if (!this.#staticPods.hasFile(pod)) this.#terminate(pod);
    else if (this.#workers.phase[pod] === WorkerPhase.Finished) this.#staticPods.onFinished(pod);
  }

  #terminate(pod: number): void {
    const w = this.#workers;
    w.deletionRequested[pod] = 1;
    if (w.phase[pod] === WorkerPhase.Finished) this.statusManager.set(pod, this.#statuses.of(pod));
    else this.#podWorkers.wake(pod, Operation.Update);
  }

  /** A static pod that has ended because its file was gone, and whose file is there: the same pod once more. */
  #restartStatic(pod: number): void {
    const w = this.#workers;
    if (w.phase[pod] !== WorkerPhase.Finished || w.deletionRequested[pod] === 0) return;
    this.#latency.fileReturned(pod);
    this.#restart(pod);
  }

  /** Nothing of the pod is left, and it is to run. */
  #restart(pod: number): void {
    this.#podWorkers.abandon(pod);
    this.#workers.restart(pod);
    this.#workers.forEachContainer(pod, (c) => this.containers.restart(c));
    this.#admit(pod);
  }

  /** A pod that is new to the kubelet: admitted, or failed for good. */
  #add(pod: number): void {
    this.#addContainers(pod);
    this.#admit(pod);
  }

  #admit(pod: number): void {
    const w = this.#workers;
    const isUnderPressure = this.#evictions.isUnderPressure(this.#nodeOf(pod));
    w.rejected[pod] = this.#admission.admit(pod, isUnderPressure);
    w.phase[pod] = w.rejected[pod] === 0 ? WorkerPhase.Sync : WorkerPhase.Finished;
    if (w.rejected[pod] !== 0) {
      this.nodeStarts.end(pod, false);
      this.#statuses.set(pod);
      return;
    }
    this.#context.journal?.podAdmitted?.(pod);
    this.#expectDeadline(pod);
    this.#podsOn[this.#nodeOf(pod)]!.push(pod);
    this.#podWorkers.wake(pod, Operation.Create);
  }

  #memoryOf(pod: number): number {
    let bytes = 0;
    this.#workers.forEachContainer(pod, (c) => {
      bytes += this.#applications.memoryOf(c);
    });
    return bytes;
  }

  /** The pod has failed, and is killed with next to no grace. */
  #evict(pod: number): boolean {
    const w = this.#workers;
    if (w.phase[pod] !== WorkerPhase.Sync || w.deletionRequested[pod] === 1 || w.isEvicted[pod] === 1) return false;
    w.isEvicted[pod] = 1;
    this.evictions.push({ time: this.#context.simulation.now, pod });
    this.#podWorkers.wake(pod, Operation.Update);
    return true;
  }

  /** Looked for at each tick of the sync loop; a pod that runs when the run begins counts from there. */
  #expectDeadline(pod: number): void {
    const { simulation } = this.#context;
    const { activeDeadline } = templateOf(this.#context, pod);
    if (activeDeadline === Infinity) return;
    const due = (simulation.now + activeDeadline) as Instant;
    const phase = this.#podWorkers.loopPhase[this.#nodeOf(pod)]! as Instant;
    const at = tickAtOrAfter(phase, kubeletParameters.workQueueTick.value, due);
    simulation.schedule(at, this.#overdue, pod, this.#workers.incarnation[pod]!);
  }

  /** @param incarnation for which the deadline was set: void once a static pod has restarted. */
  #onOverdue(pod: number, incarnation: number): void {
    const w = this.#workers;
    if (w.phase[pod] !== WorkerPhase.Sync || w.incarnation[pod] !== incarnation) return;
    w.isOverdue[pod] = 1;
    this.#podWorkers.wake(pod, Operation.Sync);
  }

  #isKnown(pod: number): boolean {
    return (this.#workers.phase[pod] ?? WorkerPhase.None) !== WorkerPhase.None;
  }

  #nodeOf(pod: number): number {
    return this.#context.pods.node[pod]!;
  }

  /** A kubelet has begun and seen what runs; it takes in what the API server says as soon as it can be asked. */
  #onKubeletStarted(node: number): void {
    this.#admission.reset(node);
    for (const pod of this.#staticPods.on(node)) this.#resumeStatic(pod);
    if (this.#api.isReachable(node)) this.#list(node);
  }

  /** A kubelet that begins reads its directory, and needs nobody's word for it. */
  #resumeStatic(pod: number): void {
    const w = this.#workers;
    const hasFile = this.#staticPods.hasFile(pod);
    if (w.phase[pod] === WorkerPhase.Finished) {
      if (hasFile) this.#restartStatic(pod);
      else this.#staticPods.onFinished(pod);
      return;
    }
    w.deletionRequested[pod] = hasFile ? 0 : 1;
    this.#resume(pod);
  }

  /** Every pod that is bound to the node is new to a kubelet that has begun; what is not bound to it any more is killed. */
  #list(node: number): void {
    const { simulation } = this.#context;
    this.#starts.phase[node] = KubeletPhase.Running;
    this.#starts.listedAt[node] = simulation.now;
    this.#evictions.reconsider(node);
    const w = this.#workers;
    const isOrdinary = (pod: number): boolean => !isStatic(this.#context, pod);
    const listed = this.#api.listPods(node);
    const bound = listed.map(({ pod }) => pod).filter(isOrdinary);
    const wanted = new Set(listed.map(({ pod }) => pod));
    const ending = new Set(listed.flatMap(({ pod, isDeleting }) => (isDeleting ? [pod] : [])));
    const unwanted = this.#podsOn[node]!.filter((pod) => !wanted.has(pod) && isOrdinary(pod));
    for (const pod of unwanted) w.deletionRequested[pod] = 1;
    for (const answer of listed) this.statusManager.onListed(answer);
    for (const pod of this.#staticPods.on(node)) this.statusManager.setMirrored(pod, wanted.has(pod));
    for (const pod of [...bound, ...unwanted]) {
      w.ensure(pod);
      this.#latency.observed(pod);
      if (ending.has(pod)) {
        w.deletionRequested[pod] = 1;
        this.#latency.deletionObserved(pod);
      }
      if (!this.#isKnown(pod)) this.#add(pod);
      else this.#resume(pod);
    }
  }

  /** A pod that the kubelet's predecessor had in hand. */
  #resume(pod: number): void {
    const w = this.#workers;
    // What was not reported died with the process that knew it: the pod runs, as far as anybody knows.
    const isForgotten =
      phaseOf(this.statusManager.watchedStatus(pod)) <= PodPhase.Running && w.deletionRequested[pod] === 0;
    if (w.phase[pod] === WorkerPhase.Finished) {
      if (isForgotten && (w.rejected[pod] !== 0 || w.isEvicted[pod] === 1)) this.#restart(pod);
      else this.#statuses.set(pod);
      return;
    }
    if (isForgotten) w.isEvicted[pod] = 0;
    w.rejected[pod] = this.#admission.admit(pod);
    w.phase[pod] = WorkerPhase.Sync;
    w.lacksProbes[pod] = w.hasSandbox[pod]!;
    this.#podWorkers.wake(pod, Operation.Create);
  }

  /** Nothing of the pod is left on its node. */
  #onFinished(pod: number): void {
    if (this.#workers.rejected[pod] === 0) this.#admission.release(pod);
    const list = this.#podsOn[this.#context.pods.node[pod]!]!;
    list.splice(list.indexOf(pod), 1);
    this.#evictions.onFinished(pod);
    this.nodeStarts.end(pod, false);
    if (isStatic(this.#context, pod)) this.#staticPods.onFinished(pod);
  }

  /** Work on a node goes on faster or slower: starts end at another time, and probes have other odds. */
  #onShareChanged(node: number): void {
    this.#applications.onShareChanged(node);
    this.life.reconsiderProbes(node);
  }

  #onInspected(pod: number): void {
    const t = this.containers;
    const w = this.#workers;
    let news = this.#seeSandbox(pod);
    w.forEachContainer(pod, (c) => {
      if (t.cachedState[c] !== t.state[c] || t.cachedRun[c] !== t.run[c]) news = true;
      t.takeIntoCache(c);
    });
    if (news) this.#podWorkers.wake(pod, Operation.Sync);
  }

  /** The status tells of the sandbox, from 1.29 on. Returns whether that is news. */
  #seeSandbox(pod: number): boolean {
    const w = this.#workers;
    if (!this.#context.spec.version.reportsSandbox || w.sandboxKnown[pod] === w.hasSandbox[pod]) return false;
    w.sandboxKnown[pod] = w.hasSandbox[pod]!;
    return true;
  }

  #onProbeResult(container: number, type: ProbeSpec['type'], value: number): void {
    if (type === 'readiness') this.#onReadiness(container);
    else if (value === ProbeResult.Failure) this.#onCondemned(container, type);
    else if (type === 'startup') this.#onStartup(container, value === ProbeResult.Success);
  }

  #onReadiness(container: number): void {
    const pod = this.containers.pod[container]!;
    if (this.#workers.phase[pod]! >= WorkerPhase.Terminated) return;
    if (this.statusManager.hasStatus(pod) && this.#takesResults(pod)) this.#statuses.amend(pod);
    this.#podWorkers.wake(pod, Operation.Sync);
  }

  #onStartup(container: number, succeeded: boolean): void {
    const pod = this.containers.pod[container]!;
    if (succeeded) {
      if (this.#takesResults(pod)) this.#statuses.amend(pod);
      this.prober.reconsider(container);
    }
    this.#podWorkers.wake(pod, Operation.Sync);
  }

  /** A sync loop that stands still takes no results of probes; it sets every status again when it goes on. */
  #takesResults(pod: number): boolean {
    return !this.#podWorkers.isPaused(this.#nodeOf(pod));
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
      const c = this.containers.add(pod, index, keyWithin(this.#context.pods.keyOf(pod), index));
      if (index === 0) w.firstContainer[pod] = c;
    }
  }
}
