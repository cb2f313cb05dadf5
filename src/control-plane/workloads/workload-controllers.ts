// The workload controllers: what they share. Part of the control plane.
// Each kind of workload has a controller with a client of its own, which says what a workload lacks; here stands what all of
// them know of their pods, and how their requests are sent.

import {
  type Context,
  eligibleNodes,
  isAllowed,
  isReady,
  type NodeId,
  type NodeTable,
  type PartList,
  type PodAnswer,
  PodChange,
  type PodId,
  PodPhase,
  type PodStatusBits,
  phaseOf,
  RateLimiter,
  RequestTimes,
  type TaintSpec,
  templateOf,
  type WorkloadId,
  type WorkloadPromises,
} from '../../cluster/index.js';
import {
  type EntityKey,
  type EventHandler,
  type EventKind,
  type Instant,
  type RandomStream,
  START,
} from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import type { NewPod, WorkloadController, WorkloadHost, WorkloadKind } from './workload-kind.js';
import { WorkloadState } from './workload-state.js';

/** The controller of a kind in this cluster, and how fast it may ask. */
interface Running {
  readonly kind: WorkloadKind;
  readonly controller: WorkloadController;
  /** Of its own requests, and of those that create and delete its pods. */
  readonly limiter: RateLimiter;
  readonly podLimiter: RateLimiter;
}

/** Pods that are being created, batch by batch. */
interface Creation {
  readonly workload: WorkloadState;
  readonly pods: readonly NewPod[];
  /** The newest template when they were asked for. */
  readonly newest: number;
  /** Those that have been sent, and how many are sent next. */
  sent: number;
  batch: number;
}

export class WorkloadControllers implements WorkloadHost {
  readonly name = 'workload-controllers';
  readonly wants = [PodChange.Status, PodChange.Deleted, PodChange.Removed] as const;
  readonly context: Context;
  readonly #api: ControlPlaneAccess;
  readonly #states: WorkloadState[];
  /** By workload; undefined where nobody looks after its pods. */
  readonly #running: readonly (Running | undefined)[];
  readonly #createCalled: EventKind;
  readonly #batchSent: EventKind;
  readonly #deleteCalled: EventKind;
  readonly #workloadCreated: EventKind;
  readonly #reconciled: EventKind;
  readonly #available: EventKind;
  readonly #creations: RequestTimes;
  readonly #deletions: RequestTimes;
  readonly #writes: RequestTimes;
  readonly #watch: RandomStream;
  /** Objects of its own that were written so far, by workload. */
  readonly #written: Uint32Array;
  /** Creations of several pods that go on, by number. */
  readonly #batches = new Map<number, Creation>();
  #batchCount = 0;
  readonly #collector: RateLimiter;
  /** Of nodes that have others than their pool, as the watch has brought them. */
  readonly #taints = new Map<NodeId, readonly TaintSpec[]>();

  constructor(context: Context, api: ControlPlaneAccess, kinds: PartList<WorkloadKind>) {
    this.context = context;
    this.#api = api;
    const { simulation, streams, identities, pods, spec } = context;
    const { controllerQps, controllerBurst } = spec.controlPlane;
    this.#states = spec.workloads.map((workload, index) => new WorkloadState(index, workload));
    const requests = (what: string, keyOf: (subject: number) => EntityKey): RequestTimes =>
      new RequestTimes(api, streams, `${this.name}/${what}`, keyOf);
    this.#creations = requests('create', (workload) => identities.workloads[workload]!);
    this.#deletions = requests('delete', (pod) => pods.keyOf(pod));
    this.#writes = requests('scale', (workload) => identities.workloads[workload]!);
    this.#watch = streams.stream(`watch/${this.name}/objects`);
    this.#written = new Uint32Array(spec.workloads.length);
    // Each object takes two requests, and its client has twice the rate for them (startGarbageCollectorController).
    this.#collector = new RateLimiter(2 * controllerQps, controllerBurst);
    this.#createCalled = api.whenAvailable('workload-controllers/create', (workload, place) =>
      this.#onCreate(workload, place),
    );
    this.#batchSent = api.whenAvailable('workload-controllers/batch', (batch) => this.#sendBatch(batch));
    this.#deleteCalled = api.whenAvailable('workload-controllers/delete', (pod) => api.deletePod(pod));
    this.#reconciled = api.whenAvailable('workload-controllers/reconcile', (workload) => this.#reconcile(workload));
    this.#workloadCreated = api.whenAvailable('workload-controllers/workload-created', (workload) =>
      this.#begin(workload),
    );
    this.#available = simulation.on('workload-controllers/available', (pod, since) => this.#onAvailable(pod, since));
    this.#running = this.#start(kinds);
    api.watchPods(this);
    api.watchNodes({ name: this.name, onTaintsChanged: (node, taints) => this.#onTaintsChanged(node, taints) });
  }

  /** One controller a kind, whether the cluster has workloads of it or not. */
  #start(kinds: PartList<WorkloadKind>): (Running | undefined)[] {
    const { controllerQps, controllerBurst } = this.context.spec.controlPlane;
    const limiters = new Map<string, RateLimiter>();
    const limiterOf = (client: string): RateLimiter => {
      const limiter = limiters.get(client) ?? new RateLimiter(controllerQps, controllerBurst);
      limiters.set(client, limiter);
      return limiter;
    };
    const started = new Map(
      kinds.all.map((kind): [string, Running | undefined] => {
        const controller = kind.control?.(this);
        const [limiter, podLimiter] = [limiterOf(kind.kind), limiterOf(kind.podClient ?? kind.kind)];
        return [kind.kind, controller && { kind, controller, limiter, podLimiter }];
      }),
    );
    return this.#states.map(({ spec }) => started.get(kinds.get(spec.kind).kind));
  }

  /** Schedules the creation of the workloads that are not there from the start. */
  start(): void {
    for (const workload of this.#states) {
      this.#promise(workload);
      const { createdAt } = workload.spec;
      if (createdAt === undefined) {
        this.#controllerOf(workload.index)?.onCreated?.(workload);
        // Pods that are not there are missing at once.
        if (workload.spec.placement?.some((node) => node < 0) === true)
          this.context.simulation.schedule(START, this.#reconciled, workload.index);
      } else this.context.simulation.schedule(createdAt, this.#workloadCreated, workload.index);
    }
  }

  /** What each pod needs that a workload has when the run begins: the node that it must have, or -1. */
  placesOf(workload: WorkloadId): number[] {
    const { nodes, spec } = this.context;
    const { traits, replicas, pool } = spec.workloads[workload]!;
    switch (traits.placement) {
      case 'replicas':
        return Array.from({ length: replicas }, () => -1);
      case 'eligible-nodes':
        return eligibleNodes(this.context, workload);
      case 'pool':
        return nodesOfPool(nodes, pool!);
    }
  }

  /** Takes over a pod that runs, and is ready, when the simulation begins. */
  seed(pod: PodId): void {
    const workload = this.#workloadOf(pod);
    workload.add(pod, workload.generation);
    workload.created++;
    workload.setAvailable(pod, true);
    this.#controllerOf(workload.index)?.seed?.(workload, pod);
  }

  /** From now on pods are to be made from a new template. */
  beginRollingUpdate(index: number): void {
    const workload = this.#states[index]!;
    workload.beginRollout(this.context.simulation.now);
    this.#controllerOf(index)?.onRollout?.(workload);
    if (workload.begun) this.#reconcile(index);
  }

  /** Tells who checks it what its controller promises now. */
  #promise(workload: WorkloadState): void {
    const { journal, nodes } = this.context;
    const promises = this.#running[workload.index]?.kind.promises;
    if (journal?.workloadPromised === undefined || promises === undefined) return;
    const wanted = (): number => {
      let count = 0;
      for (let node = 0; node < nodes.count; node++)
        if (isAllowed(workload.spec.template, nodes, node, this.taintsOf(node))) count++;
      return count;
    };
    journal.workloadPromised(workload.index, { ...NO_PROMISES, ...promises(workload, wanted) });
  }

  /** So many pods are wanted from now on. */
  scale(index: number, replicas: number): void {
    const workload = this.#states[index]!;
    if (workload.replicas === replicas) return;
    workload.replicas = replicas;
    this.#promise(workload);
    this.#controllerOf(index)?.onScaled?.(workload);
    if (workload.begun) this.#reconcile(index);
  }

  /** A workload is suspended, or goes on; nothing if its kind knows no such thing. */
  suspend(index: number, suspended: boolean): void {
    this.#controllerOf(index)?.onSuspended?.(this.#states[index]!, suspended);
  }

  /** Pods of a workload that are not being deleted, in any order. */
  podsOf(workload: WorkloadId): readonly number[] {
    return this.#states[workload]!.pods;
  }

  onPodChanged(pod: PodId, change: PodChange, status: PodStatusBits): void {
    const workload = this.#workloadOf(pod);
    const controller = this.#controllerOf(workload.index);
    if (controller === undefined) return;
    if (change === PodChange.Deleted) {
      if (workload.remove(pod)) {
        workload.ending.add(pod);
        controller.onDeleted?.(workload, pod);
      }
    } else if (change === PodChange.Removed) {
      workload.remove(pod);
      workload.ending.delete(pod);
      controller.onRemoved?.(workload, pod);
      workload.ended.delete(pod);
    } else if (!this.#onStatus(pod, workload, controller, status)) return;
    controller.reconcile(workload);
  }

  /** @returns whether the status says something that its controller goes by. */
  #onStatus(pod: PodId, workload: WorkloadState, controller: WorkloadController, status: PodStatusBits): boolean {
    const isNews = this.#noteReadiness(pod, workload, isReady(status));
    const phase = phaseOf(status);
    // Where pods are to end, restarts count, too.
    if (phase <= PodPhase.Running) return isNews || workload.spec.traits.runsToCompletion;
    workload.ended.add(pod);
    const succeeded = phase === PodPhase.Succeeded;
    if (workload.has(pod)) controller.onEnded?.(workload, pod, succeeded);
    else if (workload.ending.has(pod)) controller.onTerminated?.(workload, pod, succeeded);
    return true;
  }

  /** A pod counts as available when it has been ready for the workload's minReadySeconds. @returns whether that is news. */
  #noteReadiness(pod: PodId, workload: WorkloadState, ready: boolean): boolean {
    if (!workload.has(pod)) return false;
    const { simulation } = this.context;
    const { minReady } = workload.spec;
    if (!ready) {
      const wasReady = workload.readySince.delete(pod);
      return workload.setAvailable(pod, false) || wasReady;
    }
    if (minReady === 0) {
      const isNews = workload.setAvailable(pod, true);
      if (isNews) workload.progressAt = simulation.now;
      return isNews;
    }
    if (workload.isAvailable(pod) || workload.readySince.has(pod)) return false;
    workload.readySince.set(pod, simulation.now);
    simulation.schedule(simulation.now + minReady, this.#available, pod, simulation.now);
    return true;
  }

  #onAvailable(pod: PodId, since: number): void {
    const workload = this.#workloadOf(pod);
    if (workload.readySince.get(pod) !== since) return;
    workload.readySince.delete(pod);
    workload.setAvailable(pod, true);
    workload.progressAt = this.context.simulation.now;
    this.#reconcile(workload.index);
  }

  #begin(index: number): void {
    const workload = this.#states[index]!;
    const controller = this.#controllerOf(index);
    // It was deleted before it was created, as the later Jobs of a CronJob are with it.
    if (workload.isOver) return;
    workload.begun = true;
    workload.progressAt = this.context.simulation.now;
    if (controller?.begin === undefined) controller?.reconcile(workload);
    else controller.begin(workload);
    controller?.onCreated?.(workload);
  }

  #reconcile(workload: WorkloadId): void {
    this.#controllerOf(workload)?.reconcile(this.#states[workload]!);
  }

  // What controllers ask for ------------------------------------------------------------------------------------------

  create(workload: WorkloadState, pods: readonly NewPod[] = [{}]): void {
    workload.creating += pods.length;
    for (const { generation } of pods) workload.of(generation ?? workload.generation).creating++;
    const batch = this.#batchCount++;
    this.#batches.set(batch, { workload, pods, newest: workload.generation, sent: 0, batch: 1 });
    this.#sendBatch(batch);
  }

  /** Sends the next batch, twice as large as the one before; the one after it when the last of these has been answered. */
  #sendBatch(number: number): void {
    const creation = this.#batches.get(number)!;
    const { workload, pods, newest, sent, batch } = creation;
    const until = Math.min(sent + batch, pods.length);
    let answered = 0;
    for (let i = sent; i < until; i++) {
      const { ordinal = -1, node = -1, generation = newest } = pods[i]!;
      const place = node >= 0 ? node : ordinal;
      const argument = packed(generation, place, node >= 0);
      answered = Math.max(
        answered,
        this.#send(workload.index, this.#creations, workload.index, this.#createCalled, argument),
      );
    }
    if (until === pods.length) {
      this.#batches.delete(number);
      return;
    }
    creation.sent = until;
    creation.batch *= 2;
    this.context.simulation.schedule(answered as Instant, this.#batchSent, number);
  }

  delete(workload: WorkloadState, pod: PodId, isForced = false): void {
    if (!workload.ended.has(pod)) this.context.journal?.controllerDeletes?.(pod, workload.index, isForced);
    workload.remove(pod);
    workload.ending.add(pod);
    this.#send(workload.index, this.#deletions, pod, this.#deleteCalled);
  }

  /** The object of a workload is deleted. @param orphans its pods stay: nobody looks after them any more. */
  remove(index: number, orphans: boolean): void {
    const workload = this.#states[index]!;
    // The Jobs of a CronJob are Jobs without it.
    const staysItself = workload.begun && workload.spec.run !== undefined;
    if (!orphans) this.collect(workload);
    else if (!staysItself) workload.isOver = true;
  }

  collect(workload: WorkloadState): void {
    const { simulation } = this.context;
    workload.isOver = true;
    for (const pod of [...workload.pods]) {
      workload.remove(pod);
      workload.ending.add(pod);
      this.#collectPod(pod, simulation.now);
    }
    for (const pod of workload.ended) this.#collectPod(pod, simulation.now);
  }

  /** It is read, and deleted. */
  #collectPod(pod: PodId, now: Instant): void {
    const read = this.#collector.take(now) + this.#deletions.next('read', pod);
    const deleted = Math.max(read, this.#collector.take(now)) + this.#deletions.next('write', pod);
    this.context.simulation.schedule(deleted, this.#deleteCalled, pod);
  }

  write({ index }: WorkloadState, changed = this.#reconciled, argument = 0): void {
    const { identities, simulation } = this.context;
    const { limiter } = this.#running[index]!;
    const written = limiter.take(simulation.now) + this.#writes.next('write', index);
    const luck = this.#watch.uniform(identities.workloads[index]!, this.#written[index]!++);
    simulation.schedule(written + this.#api.watchDuration(luck), changed, index, argument);
  }

  stateOf<Details>(workload: WorkloadId): WorkloadState<Details> {
    return this.#states[workload]! as WorkloadState<Details>;
  }

  taintsOf(node: NodeId): readonly TaintSpec[] {
    return this.#taints.get(node) ?? this.context.nodes.poolOf(node).taints;
  }

  #onTaintsChanged(node: NodeId, taints: readonly TaintSpec[]): void {
    this.#taints.set(node, taints);
    if (this.context.journal?.workloadPromised !== undefined)
      for (const workload of this.#states) this.#promise(workload);
    for (const workload of this.#states) this.#controllerOf(workload.index)?.onTaintsChanged?.(workload, node);
  }

  podOf(pod: PodId): PodAnswer | undefined {
    return this.#api.getPod(pod);
  }

  whenAvailable(name: string, handler: EventHandler): EventKind {
    return this.#api.whenAvailable(name, handler);
  }

  /** A controller sends a request about a pod of a workload as soon as its client may. @returns when it is answered. */
  #send(workload: WorkloadId, requests: RequestTimes, subject: number, completed: EventKind, argument = 0): number {
    const { simulation } = this.context;
    const sent = this.#running[workload]!.podLimiter.take(simulation.now);
    const answered = sent + requests.next('write', subject);
    simulation.schedule(answered, completed, subject, argument);
    return answered;
  }

  #onCreate(index: number, argument: number): void {
    const workload = this.#states[index]!;
    const { generation, place, isNode } = unpacked(argument);
    workload.creating--;
    workload.of(generation).creating--;
    // One that is over meanwhile wants no more pods.
    if (!workload.isOver) {
      const number = isNode || place < 0 ? workload.created : place;
      workload.created++;
      const pod = this.#api.createPod(index, number, generation, isNode ? place : -1);
      workload.add(pod, generation);
      this.#bindIfNamed(pod);
      this.#controllerOf(index)?.onPodCreated?.(workload, pod);
    }
    // What it had waited for has come.
    if (workload.creating === 0) this.#reconcile(index);
  }

  /** A pod that names its node is there at once: no scheduler is asked. */
  #bindIfNamed(pod: PodId): void {
    const { nodeName } = templateOf(this.context, pod);
    const node = nodeName === undefined ? -1 : this.context.nodes.called(nodeName);
    if (node < 0) return;
    this.context.pods.stamps.scheduled[pod] = this.context.simulation.now;
    this.#api.bindPod(pod, node);
  }

  #controllerOf(workload: WorkloadId): WorkloadController | undefined {
    return this.#running[workload]?.controller;
  }

  #workloadOf(pod: PodId): WorkloadState {
    return this.#states[this.context.pods.workload[pod]!]!;
  }
}

const NO_PROMISES: WorkloadPromises = {
  mostPods: Infinity,
  mostOnNode: Infinity,
  leastReady: -Infinity,
  isNamed: false,
  isOrdered: false,
};

/** A pod that is to be created, as the argument of an event: generation, place (-1: none), and whether that is a node. */
const packed = (generation: number, place: number, isNode: boolean): number =>
  generation * PLACES + (place + 1) * 2 + (isNode ? 1 : 0);
const unpacked = (argument: number) => {
  const rest = argument % PLACES;
  return { generation: Math.floor(argument / PLACES), place: (rest >> 1) - 1, isNode: (rest & 1) === 1 };
};
const PLACES = 0x8000_0000;

const nodesOfPool = (nodes: NodeTable, pool: number): number[] =>
  Array.from({ length: nodes.count }, (_, node) => node).filter((node) => nodes.pool[node] === pool);
