// The workload controllers: create and delete pods until each workload has what its spec asks for. Part of the control
// plane. Deployments with their rolling update, StatefulSets in order, DaemonSets, Jobs and single pods share one room
// here: each of them is a rule for how many pods to create or delete now. Creations and deletions take tokens of a client,
// one for each kind of workload.

import {
  amountOf,
  type Context,
  isReady,
  PodChange,
  PodPhase,
  type PodStatusBits,
  phaseOf,
  RateLimiter,
  RequestTimes,
  type WorkloadKind,
} from '../cluster/index.js';
import type { EntityKey, EventKind, Instant } from '../engine/index.js';
import type { Counter } from '../metrics/index.js';
import type { ApiServer } from './api-server.js';
import { onFailedPod } from './failed-pod-back-off.js';
import { maySchedule } from './node-affinity.js';
import { controlPlaneParameters } from './parameters.js';
import { recreateStep, rolloutStep } from './rolling-update.js';
import { statefulSetStep } from './stateful-set.js';
import { WorkloadState } from './workload-state.js';

/** Static pods are no controller's. */
type Controlled = Exclude<WorkloadKind, 'StaticPod'>;

export class WorkloadControllers {
  readonly name = 'workload-controllers';
  readonly wants = [PodChange.Status, PodChange.Deleted, PodChange.Removed] as const;
  readonly #context: Context;
  readonly #api: ApiServer;
  readonly #limiters: Readonly<Record<Controlled, RateLimiter>>;
  readonly #states: WorkloadState[];
  readonly #createCalled: EventKind;
  readonly #deleteCalled: EventKind;
  readonly #workloadCreated: EventKind;
  readonly #reconciled: EventKind;
  readonly #available: EventKind;
  readonly #deadline: EventKind;
  readonly #overdue: EventKind;
  readonly #failedAgain: EventKind;
  readonly #stalled: Counter;
  readonly #creations: RequestTimes;
  readonly #deletions: RequestTimes;
  readonly #scalings: RequestTimes;

  constructor(context: Context, api: ApiServer) {
    this.#context = context;
    this.#api = api;
    const { controllerQps, controllerBurst } = context.spec.controlPlane;
    const limiter = () => new RateLimiter(controllerQps, controllerBurst);
    this.#limiters = {
      Deployment: limiter(),
      StatefulSet: limiter(),
      DaemonSet: limiter(),
      Job: limiter(),
      Pod: limiter(),
    };
    this.#states = context.spec.workloads.map(({ createdAt }) => new WorkloadState(createdAt === undefined));
    this.#stalled = context.recorder.counter('kubelapse_rollouts_past_progress_deadline_total');
    const { simulation, streams, identities, pods } = context;
    const requests = (what: string, keyOf: (subject: number) => EntityKey): RequestTimes =>
      new RequestTimes(api, streams, `${this.name}/${what}`, keyOf);
    this.#creations = requests('create', (workload) => identities.workloads[workload]!);
    this.#deletions = requests('delete', (pod) => pods.keyOf(pod));
    this.#scalings = requests('scale', (workload) => identities.workloads[workload]!);
    this.#createCalled = api.whenAvailable('workload-controllers/create', (workload, target) =>
      this.#onCreate(workload, target),
    );
    this.#deleteCalled = api.whenAvailable('workload-controllers/delete', (pod) => api.deletePod(pod));
    this.#reconciled = api.whenAvailable('workload-controllers/reconcile', (workload) => this.#reconcile(workload));
    this.#workloadCreated = api.whenAvailable('workload-controllers/workload-created', (workload) =>
      this.#begin(workload),
    );
    this.#available = simulation.on('workload-controllers/available', (pod, since) => this.#onAvailable(pod, since));
    this.#deadline = simulation.on('workload-controllers/progress-deadline', (workload, generation) =>
      this.#onDeadline(workload, generation),
    );
    this.#overdue = api.whenAvailable('workload-controllers/job-deadline', (workload) => this.#onOverdue(workload));
    this.#failedAgain = api.whenAvailable('workload-controllers/failed-pod', (pod) => this.#onDaemonFailed(pod));
    api.watchPods(this);
  }

  /** Schedules the creation of the workloads that are not there from the start. */
  start(): void {
    this.#context.spec.workloads.forEach((workload, index) => {
      if (workload.createdAt !== undefined) {
        this.#context.simulation.schedule(workload.createdAt, this.#workloadCreated, index);
      } else this.#expectDeadline(index);
    });
  }

  /** Takes over a pod that runs when the simulation begins. */
  seed(pod: number, ready: boolean): void {
    const state = this.#stateOf(pod);
    state.add(pod);
    state.created++;
    if (ready) state.setReady(pod, true);
  }

  /** From now on pods are to be made from a new template. */
  beginRollingUpdate(workload: number): void {
    const state = this.#states[workload]!;
    const { simulation, spec } = this.#context;
    state.beginRollout(simulation.now);
    const at = simulation.now + spec.workloads[workload]!.progressDeadline;
    if (spec.workloads[workload]!.kind === 'Deployment') this.#scheduleDeadline(workload, at);
    if (state.begun) this.#reconcile(workload);
  }

  /** Pods of a workload that are not being deleted, in any order. */
  podsOf(workload: number): readonly number[] {
    return this.#states[workload]!.pods;
  }

  onPodChanged(pod: number, change: PodChange, status: PodStatusBits): void {
    const workload = this.#context.pods.workload[pod]!;
    const { kind } = this.#context.spec.workloads[workload]!;
    const state = this.#states[workload]!;
    // Their kubelet looks after them.
    if (kind === 'StaticPod') return;
    if (change === PodChange.Deleted) {
      if (state.remove(pod)) state.ending.add(pod);
    } else if (change === PodChange.Removed) {
      state.remove(pod);
      state.ending.delete(pod);
      if (kind === 'DaemonSet') this.#createOnNode(workload, this.#context.pods.requiredNode[pod]!);
    } else {
      this.#noteReadiness(pod, state, isReady(status));
      const phase = phaseOf(status);
      if (phase > PodPhase.Running && state.has(pod)) this.#onEnded(pod, workload, phase === PodPhase.Succeeded);
    }
    this.#reconcile(workload);
  }

  /** A pod counts as ready when it has been so for the workload's minReadySeconds. */
  #noteReadiness(pod: number, state: WorkloadState, ready: boolean): void {
    if (!state.has(pod)) return;
    const { simulation, spec, pods } = this.#context;
    const { minReady } = spec.workloads[pods.workload[pod]!]!;
    if (!ready) {
      state.readySince.delete(pod);
      state.setReady(pod, false);
    } else if (minReady === 0) {
      if (state.setReady(pod, true)) state.progressAt = simulation.now;
    } else if (!state.isReady(pod) && !state.readySince.has(pod)) {
      state.readySince.set(pod, simulation.now);
      simulation.schedule((simulation.now + minReady) as Instant, this.#available, pod, simulation.now);
    }
  }

  #onAvailable(pod: number, since: number): void {
    const state = this.#stateOf(pod);
    if (state.readySince.get(pod) !== since) return;
    state.readySince.delete(pod);
    state.setReady(pod, true);
    state.progressAt = this.#context.simulation.now;
    this.#reconcile(this.#context.pods.workload[pod]!);
  }

  /** A pod has ended by itself, or was refused by its node. */
  #onEnded(pod: number, workload: number, succeeded: boolean): void {
    const { spec, simulation } = this.#context;
    const state = this.#states[workload]!;
    const { kind, backoffLimit } = spec.workloads[workload]!;
    if (kind === 'DaemonSet' && !succeeded) {
      this.#onDaemonFailed(pod);
      return;
    }
    if (kind === 'StatefulSet' || kind === 'DaemonSet') {
      // Their names are taken: what has failed is deleted before it is made anew.
      this.#delete(state, pod);
      return;
    }
    if (kind === 'Pod') return;
    state.remove(pod);
    if (kind !== 'Job') return;
    if (succeeded) {
      state.succeeded++;
      return;
    }
    state.failed++;
    const { jobBackOffInitial, jobBackOffMax } = controlPlaneParameters;
    const doubled = jobBackOffInitial.value * (1 << Math.min(20, state.failed - 1));
    state.backOffUntil = simulation.now + Math.min(doubled, jobBackOffMax.value);
    if (state.failed > backoffLimit) this.#failJob(state);
    else simulation.schedule(state.backOffUntil as Instant, this.#reconciled, workload);
  }

  #onDaemonFailed(pod: number): void {
    const { pods, simulation, spec } = this.#context;
    const state = this.#stateOf(pod);
    if (!state.has(pod)) return;
    const node = pods.requiredNode[pod]!;
    const found = onFailedPod(state.failedOn.get(node), simulation.now);
    if ('entry' in found) {
      state.failedOn.set(node, found.entry);
      this.#delete(state, pod);
    } else if (simulation.now + found.again < spec.duration) {
      simulation.schedule((simulation.now + found.again) as Instant, this.#failedAgain, pod);
    }
  }

  #begin(workload: number): void {
    const { spec, nodes, simulation } = this.#context;
    const { kind } = spec.workloads[workload]!;
    this.#states[workload]!.begun = true;
    this.#states[workload]!.progressAt = simulation.now;
    if (kind === 'DaemonSet') {
      for (let node = 0; node < nodes.count; node++) this.#createOnNode(workload, node);
    } else if (kind === 'Pod') this.#create(workload, -1);
    else this.#reconcile(workload);
    this.#expectDeadline(workload);
  }

  /** A Job's time counts from its creation, or from the beginning of the run. */
  #expectDeadline(workload: number): void {
    const { spec, simulation } = this.#context;
    const due = simulation.now + spec.workloads[workload]!.activeDeadline;
    if (due < spec.duration) simulation.schedule(due as Instant, this.#overdue, workload);
  }

  /** A Job has taken longer than it may: it has failed, and its pods are deleted. */
  #onOverdue(workload: number): void {
    const state = this.#states[workload]!;
    const { completions } = this.#context.spec.workloads[workload]!;
    if (state.isOver || state.succeeded >= completions) return;
    this.#failJob(state);
  }

  #failJob(state: WorkloadState): void {
    state.isOver = true;
    for (const pod of [...state.pods]) this.#delete(state, pod);
  }

  #createOnNode(workload: number, node: number): void {
    if (runsOn(this.#context, workload, node)) this.#create(workload, node);
  }

  #reconcile(workload: number): void {
    switch (this.#context.spec.workloads[workload]!.kind) {
      case 'Deployment':
        this.#reconcileDeployment(workload);
        return;
      case 'StatefulSet':
        this.#reconcileStatefulSet(workload);
        return;
      case 'DaemonSet':
        this.#reconcileDaemonSet(workload);
        return;
      case 'Job':
        this.#reconcileJob(workload);
        return;
      // A single pod is nobody's to replace.
      case 'Pod':
      case 'StaticPod':
        return;
    }
  }

  #reconcileDeployment(workload: number): void {
    const spec = this.#context.spec.workloads[workload]!;
    const state = this.#states[workload]!;
    const rule = spec.recreate ? recreateStep : rolloutStep;
    const step = rule({
      replicas: spec.replicas,
      maxSurge: spec.maxSurge,
      maxUnavailable: spec.maxUnavailable,
      newPods: state.newCount + state.creating,
      newReady: state.new.ready.size,
      oldPods: state.oldCount,
      oldReady: state.old.ready.size,
      ending: state.ending.size,
    });
    for (let i = 0; i < step.create; i++) this.#create(workload, -1);
    if (state.oldCount === 0 && state.new.ready.size >= spec.replicas) state.progressAt = Number.NaN;
    if (step.deleteOld === 0) return;
    for (const pod of first(state.oldPods(), step.deleteOld)) this.#delete(state, pod);
    // Its own write, which makes the old ReplicaSet smaller, wakes the controller again.
    const request = this.#scalings.next('write', workload);
    this.#context.simulation.schedule((this.#context.simulation.now + request) as Instant, this.#reconciled, workload);
  }

  #scheduleDeadline(workload: number, at: number): void {
    const { simulation, spec } = this.#context;
    const { generation } = this.#states[workload]!;
    if (at < spec.duration) simulation.schedule(at as Instant, this.#deadline, workload, generation);
  }

  /** A rollout that has not come on for the progress deadline says so; Kubernetes does not undo it. */
  #onDeadline(workload: number, generation: number): void {
    const { simulation, spec } = this.#context;
    const state = this.#states[workload]!;
    if (generation !== state.generation || Number.isNaN(state.progressAt)) return;
    const due = state.progressAt + spec.workloads[workload]!.progressDeadline;
    if (due > simulation.now) this.#scheduleDeadline(workload, due);
    else this.#stalled.add();
  }

  #reconcileStatefulSet(workload: number): void {
    const { pods, spec } = this.#context;
    const { replicas, ordered } = spec.workloads[workload]!;
    const state = this.#states[workload]!;
    // A creation is on its way: what it makes is not known yet.
    if (state.creating > 0) return;
    const byOrdinal = new Array<{ pod: number; isOld: boolean; isAvailable: boolean; isEnding: boolean } | undefined>(
      replicas,
    ).fill(undefined);
    for (const [set, isEnding] of [
      [state.pods, false],
      [state.ending, true],
    ] as const) {
      for (const pod of set) {
        const isOld = pods.generation[pod] !== state.generation;
        byOrdinal[pods.ordinal[pod]!] = { pod, isOld, isAvailable: state.isReady(pod), isEnding };
      }
    }
    const { create, remove } = statefulSetStep(byOrdinal, ordered);
    for (const ordinal of create) this.#create(workload, ordinal);
    if (remove >= 0) this.#delete(state, byOrdinal[remove]!.pod);
  }

  /** A rolling update takes one node after the other; what is deleted is made anew when it is gone. */
  #reconcileDaemonSet(workload: number): void {
    const state = this.#states[workload]!;
    const unavailable = state.new.notReady.size + state.creating + state.ending.size;
    if (state.oldCount === 0) return;
    for (const pod of [...state.old.notReady]) this.#delete(state, pod);
    const limit = this.#unavailableAtMost(workload);
    for (const pod of first(state.old.ready, Math.max(0, limit - unavailable))) this.#delete(state, pod);
  }

  #unavailableAtMost(workload: number): number {
    const { maxUnavailable, maxUnavailablePercent: percent } = this.#context.spec.workloads[workload]!;
    if (percent === undefined) return maxUnavailable;
    const state = this.#states[workload]!;
    state.nodes ??= nodesOf(this.#context, workload);
    return amountOf({ percent }, state.nodes, Math.ceil);
  }

  #reconcileJob(workload: number): void {
    const { simulation, spec } = this.#context;
    const { replicas, completions } = spec.workloads[workload]!;
    const state = this.#states[workload]!;
    if (!state.begun || state.isOver || simulation.now < state.backOffUntil) return;
    const wanted = Math.min(replicas, completions - state.succeeded);
    for (let i = state.pods.length + state.creating; i < wanted; i++) this.#create(workload, -1);
  }

  /** @param target ordinal of a StatefulSet's pod, node of a DaemonSet's, -1 for others. */
  #create(workload: number, target: number): void {
    this.#states[workload]!.creating++;
    this.#send(workload, this.#creations, workload, this.#createCalled, target);
  }

  #delete(state: WorkloadState, pod: number): void {
    state.remove(pod);
    state.ending.add(pod);
    this.#send(this.#context.pods.workload[pod]!, this.#deletions, pod, this.#deleteCalled);
  }

  /** A controller sends a request about a subject as soon as its client may. */
  #send(workload: number, requests: RequestTimes, subject: number, completed: EventKind, argument = 0): void {
    const { simulation, spec } = this.#context;
    const sent = this.#limiters[spec.workloads[workload]!.kind as Controlled].take(simulation.now);
    simulation.schedule((sent + requests.next('write', subject)) as Instant, completed, subject, argument);
  }

  #onCreate(workload: number, target: number): void {
    const state = this.#states[workload]!;
    const { kind } = this.#context.spec.workloads[workload]!;
    state.creating--;
    // A Job that is over meanwhile wants no more pods.
    if (state.isOver) return;
    const ordinal = kind === 'StatefulSet' ? target : state.created;
    state.created++;
    const node = kind === 'DaemonSet' ? target : -1;
    state.add(this.#api.createPod(workload, ordinal, state.generation, node));
  }

  #stateOf(pod: number): WorkloadState {
    return this.#states[this.#context.pods.workload[pod]!]!;
  }
}

function* first<T>(items: Iterable<T>, count: number): Iterable<T> {
  const all = [];
  if (count <= 0) return;
  for (const item of items) {
    all.push(item);
    if (all.length === count) break;
  }
  yield* all;
}

/** How many nodes a DaemonSet wants pods on. */
function nodesOf(context: Context, workload: number): number {
  let count = 0;
  for (let node = 0; node < context.nodes.count; node++) if (runsOn(context, workload, node)) count++;
  return count;
}

/** Whether a DaemonSet wants a pod on a node. */
export function runsOn({ spec, nodes }: Context, workload: number, node: number): boolean {
  return maySchedule(spec.workloads[workload]!.template, nodes.labelsOf(node), nodes.poolOf(node).taints);
}
