// The scheduler: binds pods to nodes, one at a time. Part of the control plane.
// Filters and scores are its plugins' business, whom to try when is its queue's. As the real one, it looks at a share of the
// nodes only, going round, and breaks ties by chance. Source: pkg/scheduler/schedule_one.go.

import {
  type Context,
  HELD,
  type NodeId,
  NodeReady,
  type PartList,
  PodChange,
  type PodId,
  PodPhase,
  type PodStatusBits,
  phaseOf,
  podNameOf,
  RateLimiter,
  RequestTimes,
  WorkloadFamilies,
} from '../../cluster/index.js';
import { type EventKind, grown, type RandomStream } from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import { controlPlaneCosts, controlPlaneParameters } from '../parameters.js';
import { EXPLAINED_MAX, explained, isAskedFor, type PlacementRow } from './explanation.js';
import { largerOf, NodeInfo, type Size } from './node-info.js';
import { Placement } from './placement.js';
import type { SchedulerPlugin } from './plugin.js';
import { type PodGroup, PodGroups } from './pod-groups.js';
import { type Plan, Profile } from './profile.js';
import { type Rejection, rejectionOf } from './rejection.js';
import { type QueuedPod, SchedulingQueue } from './scheduling-queue.js';
import { Topologies } from './topologies.js';

/** What the scheduler knows of a pod that it has placed. */
const Booking = { None: 0, Live: 1, Ending: 2, Over: 3 } as const;

/** A pod that has no node when somebody asks. */
export interface PendingPod {
  readonly pod: PodId;
  /** In Kubernetes' own words; empty if it has not been tried yet. */
  readonly message: string;
}

/** A pod like the one before it may have the next best node of that attempt. */
interface Batch {
  readonly group: PodGroup;
  readonly node: NodeId;
  readonly at: number;
}

/** Why a pod is not tried that has been Pending from the start. */
const HELD_MESSAGE = 'it waits for something that is not modelled, as its placement says';

export class Scheduler {
  readonly name = 'scheduler';
  readonly wants = [
    PodChange.Created,
    PodChange.Deleted,
    PodChange.Removed,
    PodChange.Status,
    PodChange.Resized,
  ] as const;
  /** What was asked for of placements. */
  readonly placements: PlacementRow[] = [];
  readonly #context: Context;
  readonly #costs: typeof controlPlaneCosts;
  readonly #api: ControlPlaneAccess;
  readonly #limiter: RateLimiter;
  readonly #nodes: NodeInfo;
  readonly #groups: PodGroups;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #placement: Placement;
  readonly #queue: SchedulingQueue;
  readonly #bindings: RequestTimes;
  readonly #patches: RequestTimes;
  /** Least time between two attempts. */
  readonly #attemptMin: number;
  readonly #ties: RandomStream;
  readonly #attempted: EventKind;
  readonly #bound: EventKind;
  readonly #free: EventKind;
  /** Pods of which no profile takes care. */
  readonly #orphans = new Map<PodId, string>();
  /** What pods that have been resized count as. */
  readonly #sizes = new Map<PodId, Size>();
  /** By pod, one of {@link Booking}. */
  #booked = new Uint8Array(0);
  #busy = false;
  /** The pod that is being tried. */
  #trying: QueuedPod | undefined;
  #batch: Batch | undefined;
  #isBatched = false;
  /** Changes of what is believed, and the rejection that was the answer to the last ones. */
  #changes = 0;
  #rejection:
    | { readonly plan: Plan; readonly required: NodeId; readonly changes: number; readonly is: Rejection }
    | undefined;

  constructor(
    context: Context,
    api: ControlPlaneAccess,
    plugins: PartList<SchedulerPlugin>,
    imageBytes: ConstructorParameters<typeof NodeInfo>[2],
  ) {
    const { spec, nodes, streams, simulation, recorder } = context;
    this.#context = context;
    this.#costs = context.parameters.of(controlPlaneCosts);
    this.#api = api;
    this.#nodes = new NodeInfo(nodes, spec, imageBytes);
    this.#groups = new PodGroups(context, new WorkloadFamilies(spec.workloads));
    const parts = { context, nodes: this.#nodes, groups: this.#groups, topologies: new Topologies(nodes) };
    const { scheduler, schedulerQps, schedulerBurst, schedulerPodsPerSecond } = spec.controlPlane;
    this.#profiles = new Map(
      scheduler.profiles.map((profile) => [profile.schedulerName, new Profile(profile, plugins, parts)]),
    );
    this.#placement = new Placement(this.#nodes);
    this.#queue = new SchedulingQueue({
      simulation,
      backOffInitial: scheduler.podInitialBackOff,
      backOffMax: scheduler.podMaxBackOff,
      popsFromBackOff: spec.version.popsFromBackOffQueue,
      hasHints: spec.version.queueingHints,
      onReady: () => this.#next(),
    });
    this.#limiter = new RateLimiter(schedulerQps, schedulerBurst);
    this.#attemptMin = 1e9 / schedulerPodsPerSecond;
    api.watchNodes({
      name: this.name,
      onPressureChanged: (node, pressures) => this.#observe(node, 'pressures', pressures),
      onReadyChanged: (node, ready) => this.#observe(node, 'ready', ready),
      onTaintsChanged: (node, taints) => {
        this.#nodes.setTaints(node, taints);
        this.#changes++;
        this.#queue.onEvent({ kind: 'nodeChanged', node });
      },
      onImageChanged: (node, image, isThere) => this.#nodes.list(node, image, isThere),
    });
    this.#bindings = new RequestTimes(api, streams, 'scheduler', (pod) => context.pods.keyOf(pod));
    this.#patches = new RequestTimes(api, streams, 'scheduler/status', (pod) => context.pods.keyOf(pod));
    this.#ties = streams.stream('scheduler/ties');
    this.#attempted = simulation.on('scheduler/attempted', () => this.#onAttempted());
    this.#bound = api.whenAvailable('scheduler/bound', (pod, node) => this.#onBound(pod, node));
    this.#free = simulation.on('scheduler/free', () => {
      this.#busy = false;
      this.#next();
    });
    api.watchPods(this);
    recorder.own({
      record: () => {
        recorder.counter('kubelapse_pods_unschedulable_total').value = this.lacking;
      },
    });
  }

  /** Pods that have been tried in vain, or are not tried at all. */
  get lacking(): number {
    return this.#queue.lacking + this.#orphans.size;
  }

  /** Pods without a node, rising. */
  pending(): PendingPod[] {
    const waiting = [...this.#queue.waiting].map(({ pod, message }) => ({ pod, message }));
    const orphans = [...this.#orphans].map(([pod, message]) => ({ pod, message }));
    return [...waiting, ...orphans].sort((a, b) => a.pod - b.pod);
  }

  #observe(node: NodeId, condition: 'ready' | 'pressures', value: number): void {
    const before = this.#nodes[condition][node]!;
    this.#nodes.observe(node, condition, value);
    this.#changes++;
    // Only what becomes better can help somebody.
    const isBetter = condition === 'ready' ? value === NodeReady.True : value < before;
    if (isBetter) this.#queue.onEvent({ kind: 'nodeChanged', node });
  }

  // Pods as the watch brings them -------------------------------------------------------------------------------------

  onPodChanged(pod: PodId, change: PodChange, status: PodStatusBits): void {
    switch (change) {
      case PodChange.Created:
        this.#onCreated(pod);
        break;
      case PodChange.Deleted:
        this.#onEnding(pod);
        break;
      case PodChange.Removed:
        this.#release(pod);
        break;
      case PodChange.Resized:
        this.#onResized(pod);
        break;
      default:
        if (phaseOf(status) > PodPhase.Running) this.#release(pod);
    }
  }

  #onCreated(pod: PodId): void {
    const node = this.#context.pods.node[pod]!;
    // A mirror of a static pod, and a pod that names its node, are there already.
    if (node >= 0) {
      if (this.#bookingOf(pod) === Booking.None || this.#bookingOf(pod) === Booking.Over) this.#book(pod, node);
    } else this.enqueue(pod);
  }

  /** A pod needs a node. */
  enqueue(pod: PodId): void {
    const group = this.#groups.groupOf(pod);
    const { schedulerName, nodeName } = group.template;
    const profile = this.#profiles.get(schedulerName);
    if (nodeName !== undefined) this.#orphans.set(pod, `there is no node "${nodeName}", which its nodeName asks for`);
    else if (profile === undefined) this.#orphans.set(pod, `no scheduler is called "${schedulerName}"`);
    else {
      const gate = profile.gate({ workload: group.workload, template: group.template, group });
      this.#queue.add(pod, group, this.#isHeld(pod) ? HELD_MESSAGE : gate);
    }
  }

  #isHeld(pod: PodId): boolean {
    const { pods, spec } = this.#context;
    const { placement, firstOrdinal = 0 } = spec.workloads[pods.workload[pod]!]!;
    return placement !== undefined && placement[pods.ordinal[pod]! - firstOrdinal] === HELD;
  }

  /** Its deletion timestamp is set: pods that are spread do not count it any more. */
  #onEnding(pod: PodId): void {
    if (this.#bookingOf(pod) !== Booking.Live) return;
    const node = this.#context.pods.node[pod]!;
    if (node < 0) return;
    this.#booked[pod] = Booking.Ending;
    const group = this.#groups.groupOf(pod);
    this.#groups.end(group, node);
    this.#changes++;
    this.#queue.onEvent({ kind: 'podEnding', group, node });
  }

  /** A pod counts as what it is to have or what it has, whichever is more (PodRequests with UseStatusResources). */
  #onResized(pod: PodId): void {
    const sizes = this.#api.sizesOf(pod);
    const booking = this.#bookingOf(pod);
    if (sizes === undefined || (booking !== Booking.Live && booking !== Booking.Ending)) return;
    const node = this.#context.pods.node[pod]!;
    const group = this.#groups.groupOf(pod);
    const before = this.#sizes.get(pod);
    const after = largerOf(sizes.desired, sizes.allocated);
    if (before !== undefined) this.#nodes.resize(before, group.template, node);
    this.#nodes.resize(group.template, after, node);
    this.#sizes.set(pod, after);
    this.#changes++;
    this.#queue.onEvent({ kind: 'podGone', group, node });
  }

  /** A pod that ended gives its place back. */
  #release(pod: PodId): void {
    this.#queue.remove(pod);
    this.#orphans.delete(pod);
    const node = this.#context.pods.node[pod]!;
    // One that is being bound is given back when that fails.
    if (node >= 0) this.#unbook(pod, node);
  }

  // What is believed --------------------------------------------------------------------------------------------------

  #bookingOf(pod: PodId): number {
    return this.#booked[pod] ?? Booking.None;
  }

  /** Adds the pod to what a node has promised. */
  #book(pod: PodId, node: NodeId): void {
    if (pod >= this.#booked.length) this.#booked = grown(this.#booked, new Uint8Array(Math.max(1024, pod * 2)));
    this.#booked[pod] = Booking.Live;
    const group = this.#groups.groupOf(pod);
    this.#nodes.book(group.template, node, 1);
    this.#groups.book(group, node, 1, false);
    this.#changes++;
  }

  /** Takes it off, once; whoever waited for a place may be tried again. */
  #unbook(pod: PodId, node: NodeId): void {
    const booking = this.#bookingOf(pod);
    if (booking !== Booking.Live && booking !== Booking.Ending) return;
    this.#booked[pod] = Booking.Over;
    const group = this.#groups.groupOf(pod);
    const size = this.#sizes.get(pod);
    if (size !== undefined) this.#nodes.resize(size, group.template, node);
    this.#sizes.delete(pod);
    this.#nodes.book(group.template, node, -1);
    this.#groups.book(group, node, -1, booking === Booking.Ending);
    this.#changes++;
    this.#queue.onEvent({ kind: 'podGone', group, node });
  }

  // Attempts ----------------------------------------------------------------------------------------------------------

  /** Picks a node and books the pod on it, without any delay; a message if none fits. */
  place(pod: PodId): NodeId | string {
    const group = this.#groups.groupOf(pod);
    const { schedulerName, nodeName } = group.template;
    const named = nodeName === undefined ? -1 : this.#context.nodes.called(nodeName);
    // The pods of files are on their nodes, whoever schedules others.
    const anyOf = group.spec.traits.isStatic ? [...this.#profiles.values()][0] : undefined;
    const profile = this.#profiles.get(schedulerName) ?? anyOf;
    if (named < 0 && nodeName !== undefined) return `there is no node "${nodeName}"`;
    if (named < 0 && profile === undefined) return `no scheduler is called "${schedulerName}"`;
    const gate = named < 0 ? profile!.gate({ workload: group.workload, template: group.template, group }) : undefined;
    if (gate !== undefined) return gate;
    if (named >= 0) {
      this.#book(pod, named);
      return named;
    }
    const plan = profile!.planOf(group);
    const node = this.#select(pod, profile!, plan, 0);
    if (node < 0) return this.#rejectionOf(plan, this.#context.pods.requiredNode[pod]!).message;
    this.#book(pod, node);
    return node;
  }

  /** A pod that is on a node when the run begins, whatever speaks against it. */
  takeOver(pod: PodId, node: NodeId): NodeId {
    this.#book(pod, node);
    return node;
  }

  #select(pod: PodId, profile: Profile, plan: Plan, attempts: number): NodeId {
    const { pods } = this.#context;
    const required = pods.requiredNode[pod]!;
    const draw = (): number => this.#ties.uniform(pods.keyOf(pod), attempts);
    const node = this.#placement.select(profile, plan, required, draw);
    this.#explain(pod, plan, attempts, node);
    return node;
  }

  /** Notes what was said in the attempt for a pod that somebody asks about. */
  #explain(pod: PodId, plan: Plan, attempts: number, chosen: NodeId): void {
    const { spec, pods, nodes, simulation } = this.#context;
    if (spec.explainPlacement.length === 0 || this.placements.length >= EXPLAINED_MAX) return;
    const name = podNameOf(spec, pods, nodes, pod);
    const { namespace } = spec.workloads[pods.workload[pod]!]!;
    const isAsked = [name, `${namespace}/${name}`].some((one) => isAskedFor(spec.explainPlacement, one));
    if (!isAsked) return;
    const of = { pod, attempt: attempts + 1, at: simulation.now };
    for (const row of explained(of, plan, this.#placement, nodes.count, chosen)) {
      if (this.placements.length < EXPLAINED_MAX) this.placements.push(row);
    }
  }

  #next(): void {
    if (this.#busy) return;
    const queued = this.#queue.take();
    if (queued === undefined) return;
    this.#busy = true;
    this.#trying = queued;
    const { simulation } = this.#context;
    simulation.schedule(simulation.now + Math.round(this.#attemptDuration(queued)), this.#attempted, queued.pod);
  }

  #attemptDuration({ pod, group }: QueuedPod): number {
    const profile = this.#profiles.get(group.template.schedulerName)!;
    this.#isBatched = this.#batch !== undefined && this.#isLikeTheLast(pod, profile.planOf(group));
    const takes = this.#isBatched
      ? this.#costs.attemptOfBatch.value
      : profile.attemptDuration(group.template, this.#costs);
    return Math.max(this.#attemptMin, takes);
  }

  /** Whether the pod may have the next best node of the attempt before: the chosen one is full for it now (KEP-5598). */
  #isLikeTheLast(pod: PodId, plan: Plan): boolean {
    const batch = this.#batch;
    if (batch === undefined || batch.group !== plan.pod.group || this.#context.pods.requiredNode[pod]! >= 0)
      return false;
    const age = this.#context.simulation.now - batch.at;
    return age <= controlPlaneParameters.batchLasts.value && this.#placement.verdictAt(plan, batch.node) !== 0;
  }

  #onAttempted(): void {
    const queued = this.#trying!;
    this.#trying = undefined;
    this.#busy = false;
    if (queued.place === 'attempt') {
      if (this.#tryPod(queued)) return;
    }
    this.#next();
  }

  /** @returns whether the scheduler has something else to do before the next attempt. */
  #tryPod(queued: QueuedPod): boolean {
    const { simulation, pods, spec } = this.#context;
    const { pod, group } = queued;
    const profile = this.#profiles.get(group.template.schedulerName)!;
    const plan = profile.planOf(group);
    const isNext = this.#isBatched && this.#batch?.group === group;
    const draw = (): number => this.#ties.uniform(pods.keyOf(pod), queued.attempts);
    const next = isNext ? this.#placement.nextBest(plan, draw) : -1;
    if (next >= 0) this.#explain(pod, plan, queued.attempts, next);
    const node = next >= 0 ? next : this.#select(pod, profile, plan, queued.attempts);
    if (node < 0) return this.#reject(queued, plan);
    this.#queue.remove(pod);
    this.#book(pod, node);
    const mayBatch = spec.version.batchesAlikePods && plan.isAlone && pods.requiredNode[pod]! < 0;
    this.#batch = mayBatch ? { group, node, at: simulation.now } : undefined;
    pods.stamps.scheduled[pod] = simulation.now;
    // Binding runs beside the next attempt.
    const at = this.#limiter.take(simulation.now) + this.#bindings.next('write', pod);
    simulation.schedule(at, this.#bound, pod, node);
    return false;
  }

  #reject(queued: QueuedPod, plan: Plan): boolean {
    const { simulation, spec, journal } = this.#context;
    const { pod } = queued;
    const { message, by } = this.#rejectionOf(plan, this.#context.pods.requiredNode[pod]!);
    const isNews = message !== queued.message;
    this.#batch = undefined;
    this.#queue.reject(queued, message, by);
    journal?.podUnschedulable?.(pod);
    // The condition of the pod is written when it changes: in the cycle itself, or beside it.
    if (!isNews || spec.version.asyncApiCalls) return false;
    this.#busy = true;
    const at = this.#limiter.take(simulation.now) + this.#patches.next('write', pod);
    simulation.schedule(at, this.#free, pod);
    return true;
  }

  #rejectionOf(plan: Plan, required: NodeId): Rejection {
    const last = this.#rejection;
    if (last?.plan === plan && last.required === required && last.changes === this.#changes) return last.is;
    const is = rejectionOf(plan, this.#context.nodes.count, (node) =>
      required >= 0 && node !== required ? 0 : this.#placement.verdictAt(plan, node),
    );
    this.#rejection = { plan, required, changes: this.#changes, is };
    return is;
  }

  #onBound(pod: PodId, node: NodeId): void {
    const group = this.#groups.groupOf(pod);
    // The pod was deleted while it was being bound.
    if (!this.#api.bindPod(pod, node)) this.#unbook(pod, node);
    else this.#queue.onEvent({ kind: 'podPlaced', group, node });
  }
}
