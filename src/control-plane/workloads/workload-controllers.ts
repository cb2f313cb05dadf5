// The workload controllers: what they share. Part of the control plane.
// Each kind of workload has a controller with a client of its own, which says what a workload lacks; here stands what all of
// them know of their pods, and how their requests are sent.

import {
  type Context,
  eligibleNodes,
  isReady,
  type NodeId,
  type NodeTable,
  type PartList,
  PodChange,
  type PodId,
  PodPhase,
  type PodStatusBits,
  phaseOf,
  RateLimiter,
  RequestTimes,
  templateOf,
  type WorkloadId,
} from '../../cluster/index.js';
import type { EntityKey, EventHandler, EventKind, Instant } from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import type { WorkloadController, WorkloadHost, WorkloadKind } from './workload-kind.js';
import { WorkloadState } from './workload-state.js';

/** The controller of a kind in this cluster, and how fast it may ask. */
interface Running {
  readonly controller: WorkloadController;
  readonly limiter: RateLimiter;
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
  readonly #createOnCalled: EventKind;
  readonly #deleteCalled: EventKind;
  readonly #workloadCreated: EventKind;
  readonly #reconciled: EventKind;
  readonly #available: EventKind;
  readonly #creations: RequestTimes;
  readonly #deletions: RequestTimes;
  readonly #writes: RequestTimes;

  constructor(context: Context, api: ControlPlaneAccess, kinds: PartList<WorkloadKind>) {
    this.context = context;
    this.#api = api;
    const { simulation, streams, identities, pods, spec } = context;
    this.#states = spec.workloads.map((workload, index) => new WorkloadState(index, workload));
    const requests = (what: string, keyOf: (subject: number) => EntityKey): RequestTimes =>
      new RequestTimes(api, streams, `${this.name}/${what}`, keyOf);
    this.#creations = requests('create', (workload) => identities.workloads[workload]!);
    this.#deletions = requests('delete', (pod) => pods.keyOf(pod));
    this.#writes = requests('scale', (workload) => identities.workloads[workload]!);
    this.#createCalled = api.whenAvailable('workload-controllers/create', (workload, ordinal) =>
      this.#onCreate(workload, ordinal, -1),
    );
    this.#createOnCalled = api.whenAvailable('workload-controllers/create-on-node', (workload, node) =>
      this.#onCreate(workload, -1, node),
    );
    this.#deleteCalled = api.whenAvailable('workload-controllers/delete', (pod) => api.deletePod(pod));
    this.#reconciled = api.whenAvailable('workload-controllers/reconcile', (workload) => this.#reconcile(workload));
    this.#workloadCreated = api.whenAvailable('workload-controllers/workload-created', (workload) =>
      this.#begin(workload),
    );
    this.#available = simulation.on('workload-controllers/available', (pod, since) => this.#onAvailable(pod, since));
    this.#running = this.#start(kinds);
    api.watchPods(this);
  }

  /** One controller a kind, whether the cluster has workloads of it or not. */
  #start(kinds: PartList<WorkloadKind>): (Running | undefined)[] {
    const { controllerQps, controllerBurst } = this.context.spec.controlPlane;
    const started = new Map(
      kinds.all.map((kind): [WorkloadKind, Running | undefined] => {
        const controller = kind.control?.(this);
        return [kind, controller && { controller, limiter: new RateLimiter(controllerQps, controllerBurst) }];
      }),
    );
    return this.#states.map(({ spec }) => started.get(kinds.get(spec.kind)));
  }

  /** Schedules the creation of the workloads that are not there from the start. */
  start(): void {
    for (const workload of this.#states) {
      const { createdAt } = workload.spec;
      if (createdAt === undefined) this.#controllerOf(workload.index)?.onCreated?.(workload);
      else this.context.simulation.schedule(createdAt, this.#workloadCreated, workload.index);
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
    workload.add(pod);
    workload.created++;
    workload.setReady(pod, true);
  }

  /** From now on pods are to be made from a new template. */
  beginRollingUpdate(index: number): void {
    const workload = this.#states[index]!;
    workload.beginRollout(this.context.simulation.now);
    this.#controllerOf(index)?.onRollout?.(workload);
    if (workload.begun) this.#reconcile(index);
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
      if (workload.remove(pod)) workload.ending.add(pod);
    } else if (change === PodChange.Removed) {
      workload.remove(pod);
      workload.ending.delete(pod);
      controller.onRemoved?.(workload, pod);
    } else {
      this.#noteReadiness(pod, workload, isReady(status));
      const phase = phaseOf(status);
      if (phase > PodPhase.Running && workload.has(pod)) {
        controller.onEnded?.(workload, pod, phase === PodPhase.Succeeded);
      }
    }
    controller.reconcile(workload);
  }

  /** A pod counts as ready when it has been so for the workload's minReadySeconds. */
  #noteReadiness(pod: PodId, workload: WorkloadState, ready: boolean): void {
    if (!workload.has(pod)) return;
    const { simulation } = this.context;
    const { minReady } = workload.spec;
    if (!ready) {
      workload.readySince.delete(pod);
      workload.setReady(pod, false);
    } else if (minReady === 0) {
      if (workload.setReady(pod, true)) workload.progressAt = simulation.now;
    } else if (!workload.isReady(pod) && !workload.readySince.has(pod)) {
      workload.readySince.set(pod, simulation.now);
      simulation.schedule(simulation.now + minReady, this.#available, pod, simulation.now);
    }
  }

  #onAvailable(pod: PodId, since: number): void {
    const workload = this.#workloadOf(pod);
    if (workload.readySince.get(pod) !== since) return;
    workload.readySince.delete(pod);
    workload.setReady(pod, true);
    workload.progressAt = this.context.simulation.now;
    this.#reconcile(workload.index);
  }

  #begin(index: number): void {
    const workload = this.#states[index]!;
    const controller = this.#controllerOf(index);
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

  create(workload: WorkloadState, ordinal = -1): void {
    workload.creating++;
    this.#send(workload.index, this.#creations, workload.index, this.#createCalled, ordinal);
  }

  createOn(workload: WorkloadState, node: NodeId): void {
    workload.creating++;
    this.#send(workload.index, this.#creations, workload.index, this.#createOnCalled, node);
  }

  delete(workload: WorkloadState, pod: PodId): void {
    workload.remove(pod);
    workload.ending.add(pod);
    this.#send(workload.index, this.#deletions, pod, this.#deleteCalled);
  }

  write({ index }: WorkloadState): void {
    const { simulation } = this.context;
    simulation.schedule(simulation.now + this.#writes.next('write', index), this.#reconciled, index);
  }

  reconcileAt({ index }: WorkloadState, at: Instant): void {
    this.context.simulation.schedule(at, this.#reconciled, index);
  }

  stateOf(workload: WorkloadId): WorkloadState {
    return this.#states[workload]!;
  }

  whenAvailable(name: string, handler: EventHandler): EventKind {
    return this.#api.whenAvailable(name, handler);
  }

  /** A controller sends a request about a subject as soon as its client may. */
  #send(workload: WorkloadId, requests: RequestTimes, subject: number, completed: EventKind, argument = 0): void {
    const { simulation } = this.context;
    const sent = this.#running[workload]!.limiter.take(simulation.now);
    simulation.schedule(sent + requests.next('write', subject), completed, subject, argument);
  }

  /** @param ordinal of the pod's name, -1: the next number. @param node that it must have, -1: any. */
  #onCreate(index: number, ordinal: number, node: NodeId): void {
    const workload = this.#states[index]!;
    workload.creating--;
    // A Job that is over meanwhile wants no more pods.
    if (workload.isOver) return;
    const number = ordinal < 0 ? workload.created : ordinal;
    workload.created++;
    const pod = this.#api.createPod(index, number, workload.generation, node);
    workload.add(pod);
    this.#bindIfNamed(pod);
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

const nodesOfPool = (nodes: NodeTable, pool: number): number[] =>
  Array.from({ length: nodes.count }, (_, node) => node).filter((node) => nodes.pool[node] === pool);
