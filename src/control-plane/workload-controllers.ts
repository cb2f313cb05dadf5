// The workload controllers: create and delete pods until each workload has what its spec asks for. Part of the control
// plane. Deployments with their rolling update, StatefulSets in order, DaemonSets, Jobs and single pods share one room
// here: each of them is a rule for how many pods to create or delete now. Creations and deletions take tokens of a client,
// one for each kind of workload.

import {
  type Context,
  isReady,
  PodChange,
  PodPhase,
  type PodStatusBits,
  phaseOf,
  RateLimiter,
  type WorkloadKind,
} from '../cluster/index.js';
import type { EventKind, Instant } from '../engine/index.js';
import type { ApiServer } from './api-server.js';
import { controlPlaneParameters } from './parameters.js';
import { recreateStep, rolloutStep } from './rolling-update.js';

/** The two kinds of requests of a controller, apart in what they draw. */
const POD_REQUEST = 0x40000000;
const SCALE_REQUEST = 0x50000000;

/** What the controller knows of one workload. */
interface WorkloadState {
  /** Newest template; pods of earlier ones are old. */
  generation: number;
  /** Pods it knows that are not being deleted, in order of creation. */
  pods: number[];
  ready: Set<number>;
  /** Pods it has deleted that still exist. */
  ending: Set<number>;
  /** Creations sent and not yet carried out. */
  creating: number;
  /** Pods created so far, for names. */
  created: number;
  succeeded: number;
  /** It exists: its pods may be created. */
  begun: boolean;
}

export class WorkloadControllers {
  readonly wants = [PodChange.Status, PodChange.Removed] as const;
  readonly #context: Context;
  readonly #api: ApiServer;
  readonly #limiters: Readonly<Record<WorkloadKind, RateLimiter>>;
  readonly #states: WorkloadState[];
  readonly #createCalled: EventKind;
  readonly #deleteCalled: EventKind;
  readonly #workloadCreated: EventKind;
  readonly #reconciled: EventKind;
  #calls = 0;

  constructor(context: Context, api: ApiServer) {
    this.#context = context;
    this.#api = api;
    const { controllerQps, controllerBurst } = controlPlaneParameters;
    const limiter = () => new RateLimiter(controllerQps.value, controllerBurst.value);
    this.#limiters = {
      Deployment: limiter(),
      StatefulSet: limiter(),
      DaemonSet: limiter(),
      Job: limiter(),
      Pod: limiter(),
    };
    this.#states = context.spec.workloads.map((workload) => ({
      generation: 0,
      pods: [],
      ready: new Set(),
      ending: new Set(),
      creating: 0,
      created: 0,
      succeeded: 0,
      begun: workload.createdAt === undefined,
    }));
    const { simulation } = context;
    this.#createCalled = simulation.on('workload-controllers/create', (workload, node) =>
      this.#onCreate(workload, node),
    );
    this.#deleteCalled = simulation.on('workload-controllers/delete', (pod) => this.#api.deletePod(pod));
    this.#reconciled = simulation.on('workload-controllers/reconcile', (workload) => this.#reconcile(workload));
    this.#workloadCreated = simulation.on('workload-controllers/workload-created', (workload) => this.#begin(workload));
    api.watchPods(this);
  }

  /** Schedules the creation of the workloads that are not there from the start. */
  start(): void {
    this.#context.spec.workloads.forEach((workload, index) => {
      if (workload.createdAt !== undefined) {
        this.#context.simulation.schedule(workload.createdAt, this.#workloadCreated, index);
      }
    });
  }

  /** Takes over a pod that runs when the simulation begins. */
  seed(pod: number, ready: boolean): void {
    const state = this.#states[this.#context.pods.workload[pod]!]!;
    state.pods.push(pod);
    state.created++;
    if (ready) state.ready.add(pod);
  }

  /** From now on pods are to be made from a new template. */
  beginRollingUpdate(workload: number): void {
    this.#states[workload]!.generation++;
    if (this.#states[workload]!.begun) this.#reconcile(workload);
  }

  /** Pods of a workload that are not being deleted, in order of creation. */
  podsOf(workload: number): readonly number[] {
    return this.#states[workload]!.pods;
  }

  onPodChanged(pod: number, change: PodChange, status: PodStatusBits): void {
    const workload = this.#context.pods.workload[pod]!;
    const state = this.#states[workload]!;
    if (change === PodChange.Removed) {
      this.#forget(state, pod);
      state.ending.delete(pod);
    } else {
      const phase = phaseOf(status);
      if (isReady(status)) state.ready.add(pod);
      else state.ready.delete(pod);
      if (phase === PodPhase.Succeeded || phase === PodPhase.Failed) {
        if (phase === PodPhase.Succeeded && state.pods.includes(pod)) state.succeeded++;
        if (this.#context.spec.workloads[workload]!.kind !== 'Pod') this.#forget(state, pod);
      }
    }
    this.#reconcile(workload);
  }

  #forget(state: WorkloadState, pod: number): void {
    state.ready.delete(pod);
    const at = state.pods.indexOf(pod);
    if (at >= 0) state.pods.splice(at, 1);
  }

  #begin(workload: number): void {
    const spec = this.#context.spec.workloads[workload]!;
    this.#states[workload]!.begun = true;
    if (spec.kind === 'DaemonSet') {
      for (let node = 0; node < this.#context.nodes.count; node++) {
        if (matchesSelector(this.#context, workload, node)) this.#create(workload, node);
      }
    } else if (spec.kind === 'Pod') this.#create(workload, -1);
    else this.#reconcile(workload);
  }

  #reconcile(workload: number): void {
    const spec = this.#context.spec.workloads[workload]!;
    switch (spec.kind) {
      case 'Deployment':
        this.#reconcileDeployment(workload);
        return;
      case 'StatefulSet':
        this.#reconcileStatefulSet(workload);
        return;
      case 'Job': {
        const state = this.#states[workload]!;
        const wanted = Math.min(spec.replicas, spec.completions - state.succeeded);
        for (let i = state.pods.length + state.creating; i < wanted; i++) this.#create(workload, -1);
        return;
      }
      // A DaemonSet's pods are made when it begins, and a single pod is nobody's to replace.
      case 'DaemonSet':
      case 'Pod':
        return;
    }
  }

  #reconcileDeployment(workload: number): void {
    const spec = this.#context.spec.workloads[workload]!;
    const state = this.#states[workload]!;
    const { generation } = this.#context.pods;
    let newPods = state.creating;
    let newReady = 0;
    let oldReady = 0;
    const oldPods: number[] = [];
    for (const pod of state.pods) {
      const isNew = generation[pod] === state.generation;
      if (isNew) newPods++;
      else oldPods.push(pod);
      if (state.ready.has(pod)) {
        if (isNew) newReady++;
        else oldReady++;
      }
    }
    const rule = spec.recreate ? recreateStep : rolloutStep;
    const step = rule({
      replicas: spec.replicas,
      maxSurge: spec.maxSurge,
      maxUnavailable: spec.maxUnavailable,
      newPods,
      newReady,
      oldPods: oldPods.length,
      oldReady,
      ending: state.ending.size,
    });
    for (let i = 0; i < step.create; i++) this.#create(workload, -1);
    if (step.deleteOld === 0) return;
    const notReadyFirst = [
      ...oldPods.filter((pod) => !state.ready.has(pod)),
      ...oldPods.filter((pod) => state.ready.has(pod)),
    ];
    for (const pod of notReadyFirst.slice(0, step.deleteOld)) this.#delete(state, pod);
    // Its own write, which makes the old ReplicaSet smaller, wakes the controller again.
    const request = this.#api.requestDuration('write', workload, SCALE_REQUEST + this.#calls++);
    this.#context.simulation.schedule((this.#context.simulation.now + request) as Instant, this.#reconciled, workload);
  }

  #reconcileStatefulSet(workload: number): void {
    const spec = this.#context.spec.workloads[workload]!;
    const state = this.#states[workload]!;
    const allReady = state.ready.size >= state.pods.length;
    if (spec.ordered && (state.creating > 0 || !allReady)) return;
    const missing = spec.replicas - state.pods.length - state.creating;
    for (let i = 0; i < (spec.ordered ? Math.min(1, missing) : missing); i++) this.#create(workload, -1);
  }

  #create(workload: number, node: number): void {
    this.#states[workload]!.creating++;
    this.#context.simulation.schedule(this.#callEnd(workload, workload), this.#createCalled, workload, node);
  }

  #delete(state: WorkloadState, pod: number): void {
    this.#forget(state, pod);
    state.ending.add(pod);
    const at = this.#callEnd(this.#context.pods.workload[pod]!, pod);
    this.#context.simulation.schedule(at, this.#deleteCalled, pod);
  }

  #callEnd(workload: number, entity: number): Instant {
    const { kind } = this.#context.spec.workloads[workload]!;
    const at = this.#limiters[kind].take(this.#context.simulation.now);
    return (at + this.#api.requestDuration('write', entity, POD_REQUEST + this.#calls++)) as Instant;
  }

  #onCreate(workload: number, node: number): void {
    const state = this.#states[workload]!;
    state.creating--;
    state.pods.push(this.#api.createPod(workload, state.created++, state.generation, node));
  }
}

/** Whether a DaemonSet wants a pod on a node. */
export function matchesSelector(context: Context, workload: number, node: number): boolean {
  const selector = context.spec.workloads[workload]!.template.nodeSelector;
  const labels = context.nodes.poolOf(node).labels;
  return Object.keys(selector).every((key) => labels[key] === selector[key]);
}
