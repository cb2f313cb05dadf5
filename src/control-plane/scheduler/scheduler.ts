// The scheduler: binds pods to nodes, one at a time. Part of the control plane.
// Filters and scores are its plugins' business. As the real one, it looks at a share of the nodes only, going round, and
// breaks ties by chance.

import {
  type Context,
  doubled,
  type NodeId,
  NodeReady,
  nodeLabels,
  type PartList,
  PodChange,
  type PodId,
  PodPhase,
  type PodStatusBits,
  type PodTemplate,
  phaseOf,
  RateLimiter,
  RequestTimes,
  templateOf,
  type WorkloadId,
} from '../../cluster/index.js';
import { type EventKind, Fifo, type Instant, keyWithin, type RandomStream } from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import { controlPlaneCosts, controlPlaneParameters } from '../parameters.js';
import { NodeInfo } from './node-info.js';
import type { PluginOfCluster, PodToPlace, SchedulerPlugin } from './plugin.js';

/** How many feasible nodes the scheduler looks for (percentageOfNodesToScore 0, pkg/scheduler/schedule_one.go). */
export function nodesToFind(nodes: number): number {
  const min = controlPlaneParameters.nodesScoredMin.value;
  if (nodes <= min) return nodes;
  const percentage = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(min, Math.floor((nodes * percentage) / 100));
}

/** How long a pod stays out of the queue after so many attempts in vain: 1, 2, 4, 8, 10, 10 … s, in ns. */
export function unschedulableBackOff(attempts: number): number {
  const { backOffInitial, backOffMax } = controlPlaneParameters;
  return doubled(backOffInitial.value, attempts - 1, backOffMax.value);
}

/** A plugin in one cluster, with what the catalogue says of it. */
interface Plugin extends PluginOfCluster {
  readonly isLocal: boolean;
  readonly holdsForChosenNode: boolean;
}

/** Filters and scores that are asked together. */
interface Questions {
  readonly filters: readonly NodeFilter[];
  readonly scores: readonly NonNullable<PluginOfCluster['score']>[];
  readonly weights: Float64Array;
}

/** What a template finds at the nodes of a pool in a zone: NaN if it may not run there, else the sum of the scores. */
type KindScores = Float64Array;

type NodeFilter = NonNullable<PluginOfCluster['filter']>;

/** What the plugins have to say of the pods of one template, worked out once. */
interface Plan {
  readonly pod: PodToPlace;
  readonly kindScores: KindScores;
  /** Of plugins that look at one node only, and of the others. */
  readonly local: Questions;
  readonly others: Questions;
  /** Filters that hold for pods whose controller has chosen their node. */
  readonly ofChosen: readonly NodeFilter[];
  readonly known: KnownScores;
}

/** What the local plugins have said of each node, and of which version of it; NaN: it cannot take such a pod. */
interface KnownScores {
  readonly scores: Float64Array;
  readonly versions: Uint32Array;
}

/** So many templates' scores are kept: a node's entry is 12 bytes. */
const PLANS_KEPT = 64;

export class Scheduler {
  readonly name = 'scheduler';
  readonly wants = [PodChange.Created, PodChange.Removed, PodChange.Status] as const;
  /** Pods that no node could take when they were tried last. */
  readonly unschedulable = new Set<number>();
  /** By such a pod: how often it was tried in vain, when last, and whether it waits only for its back-off to pass. */
  readonly #failures = new Map<number, { attempts: number; last: Instant; backingOff: boolean }>();
  readonly #context: Context;
  readonly #costs: typeof controlPlaneCosts;
  readonly #api: ControlPlaneAccess;
  readonly #limiter: RateLimiter;
  readonly #nodes: NodeInfo;
  readonly #plugins: readonly Plugin[];
  /** By template; indices are pool * zones + zone. */
  readonly #kindScores = new Map<PodTemplate, KindScores>();
  /** By template, or by workload where a plugin knows it. */
  readonly #plans = new Map<PodTemplate | number, Plan>();
  readonly #bindings: RequestTimes;
  /** Least time between two attempts. */
  readonly #attemptMin: number;
  readonly #ties: RandomStream;
  readonly #attempted: EventKind;
  readonly #bound: EventKind;
  readonly #retry: EventKind;
  readonly #queue = new Fifo();
  /** Pods that went before they had a node: whoever is at them still passes them over. */
  readonly #removed = new Set<number>();
  /** Pods whose bindings are on their way. */
  readonly #binding = new Set<number>();
  #busy = false;
  #nextStart = 0;
  readonly #released = new Set<number>();

  constructor(context: Context, api: ControlPlaneAccess, plugins: PartList<SchedulerPlugin>) {
    this.#context = context;
    this.#costs = context.parameters.of(controlPlaneCosts);
    this.#api = api;
    this.#nodes = new NodeInfo(context.nodes);
    const parts = {
      context,
      nodes: this.#nodes,
      isEligible: (template: PodTemplate, node: NodeId) => !Number.isNaN(this.#kindScoreOn(template, node)),
    };
    this.#plugins = plugins.all.map((plugin) => ({
      ...plugin.create(parts),
      isLocal: plugin.isLocal,
      holdsForChosenNode: plugin.holdsForChosenNode ?? false,
    }));
    const { schedulerQps, schedulerBurst, schedulerPodsPerSecond } = context.spec.controlPlane;
    this.#limiter = new RateLimiter(schedulerQps, schedulerBurst);
    this.#attemptMin = 1e9 / schedulerPodsPerSecond;
    api.watchNodes({
      name: this.name,
      onPressureChanged: (node, isUnderPressure) => {
        this.#nodes.observe(node, 'isShort', isUnderPressure ? 1 : 0);
        if (!isUnderPressure) this.#retryUnschedulable();
      },
      onReadyChanged: (node, ready) => {
        const isReady = ready === NodeReady.True;
        this.#nodes.observe(node, 'notReady', isReady ? 0 : 1);
        if (isReady) this.#retryUnschedulable();
      },
    });
    this.#bindings = new RequestTimes(api, context.streams, 'scheduler', (pod) => context.pods.keyOf(pod));
    this.#ties = context.streams.stream('scheduler/ties');
    this.#attempted = context.simulation.on('scheduler/attempted', (pod) => this.#onAttempted(pod));
    this.#bound = api.whenAvailable('scheduler/bound', (pod, node) => this.#onBound(pod, node));
    this.#retry = context.simulation.on('scheduler/retry', (pod, attempts) => this.#onRetry(pod, attempts));
    api.watchPods(this);
    const { recorder } = context;
    recorder.own({
      record: () => {
        recorder.counter('kubelapse_pods_unschedulable_total').value = this.unschedulable.size;
      },
    });
  }

  onPodChanged(pod: PodId, change: PodChange, status: PodStatusBits): void {
    if (change === PodChange.Created) {
      const node = this.#context.pods.node[pod]!;
      if (node < 0) this.enqueue(pod);
      // The mirror of a static pod is born with its node.
      else if (this.#released.delete(pod)) this.#book(pod, node, 1);
    } else if (change === PodChange.Removed || phaseOf(status) > PodPhase.Running) this.#release(pod);
  }

  enqueue(pod: PodId): void {
    this.#queue.push(pod);
    this.#next();
  }

  /** Picks a node and books the pod on it, without any delay; -1 if none fits. */
  place(pod: PodId): number {
    const node = this.#select(pod);
    if (node >= 0) this.#book(pod, node, 1);
    return node;
  }

  /** Adds the pod to what a node has promised, or takes it off (`sign` -1). */
  #book(pod: PodId, node: NodeId, sign: 1 | -1): void {
    this.#nodes.book(templateOf(this.#context, pod), node, sign);
    const workload = this.#context.pods.workload[pod]!;
    for (const plugin of this.#plugins) plugin.onBooked?.(workload, node, sign);
  }

  /** What plugins say of the kinds of nodes, for pods of a template. */
  #kindScoresOf(template: PodTemplate): KindScores {
    const known = this.#kindScores.get(template);
    if (known !== undefined) return known;
    const { pools, zones } = this.#context.nodes;
    const found = Float64Array.from({ length: pools.length * zones.length }, (_, i) => {
      const pool = pools[Math.floor(i / zones.length)]!;
      const kind = { labels: nodeLabels(pool, zones[i % zones.length]!), taints: pool.taints };
      let score = 0;
      for (const { filterKind, scoreKind, weight = 1 } of this.#plugins) {
        if (filterKind?.(template, kind) === false) return Number.NaN;
        if (scoreKind !== undefined) score += weight * scoreKind(template, kind);
      }
      return score;
    });
    this.#kindScores.set(template, found);
    return found;
  }

  #kindScoreOn(template: PodTemplate, node: NodeId): number {
    const { pool, zone, zones } = this.#context.nodes;
    return this.#kindScoresOf(template)[pool[node]! * zones.length + zone[node]!]!;
  }

  /** What is asked for pods of a workload's template. */
  #planOf(workload: WorkloadId, template: PodTemplate): Plan {
    const pod: PodToPlace = { workload, template };
    const ofOthers = this.#plugins.filter((plugin) => !plugin.isLocal && (plugin.concerns?.(pod) ?? true));
    // Pods that no such plugin knows by their workload are all alike.
    const key = ofOthers.length === 0 ? template : workload;
    const known = this.#plans.get(key);
    if (known?.pod.template === template) return known;
    const ofNode = this.#plugins.filter((plugin) => plugin.isLocal && (plugin.concerns?.(pod) ?? true));
    const { count } = this.#context.nodes;
    const plan: Plan = {
      pod,
      kindScores: this.#kindScoresOf(template),
      local: questionsOf(ofNode),
      others: questionsOf(ofOthers),
      ofChosen: questionsOf([...ofNode, ...ofOthers].filter(({ holdsForChosenNode }) => holdsForChosenNode)).filters,
      known: { scores: new Float64Array(count), versions: new Uint32Array(count) },
    };
    if (this.#plans.size >= PLANS_KEPT) this.#plans.delete(this.#plans.keys().next().value!);
    this.#plans.set(key, plan);
    return plan;
  }

  /** What plugins that look at one node only say of it; NaN: it cannot take such a pod. */
  #localScore({ pod, kindScores, local, known }: Plan, node: NodeId): number {
    const { pool, zone, zones } = this.#context.nodes;
    const kind = kindScores[pool[node]! * zones.length + zone[node]!]!;
    const score = Number.isNaN(kind) || !passes(local.filters, pod, node) ? Number.NaN : kind + sum(local, pod, node);
    known.scores[node] = score;
    known.versions[node] = this.#nodes.version[node]!;
    return score;
  }

  /** The node for a pod; -1 if none can take it. */
  #select(pod: PodId): number {
    const { nodes, pods } = this.#context;
    const plan = this.#planOf(pods.workload[pod]!, templateOf(this.#context, pod));
    const { others } = plan;
    const { scores, versions } = plan.known;
    const { version } = this.#nodes;
    const { count } = nodes;
    const required = pods.requiredNode[pod]!;
    if (required >= 0) {
      // A DaemonSet's controller has chosen the node, and its pods tolerate one that is not ready.
      const isEligible = !Number.isNaN(this.#kindScoreOn(plan.pod.template, required));
      return isEligible && passes(plan.ofChosen, plan.pod, required) ? required : -1;
    }
    const wanted = nodesToFind(count);
    let found = 0;
    let best = -1;
    let bestScore = -1;
    let tie = Number.NaN;
    let looked = 0;
    const attempt = this.#failures.get(pod)?.attempts ?? 0;
    const key = pods.keyOf(pod);
    for (; looked < count && found < wanted; looked++) {
      const node = (this.#nextStart + looked) % count;
      let score = versions[node] === version[node] ? scores[node]! : this.#localScore(plan, node);
      if (Number.isNaN(score) || !passes(others.filters, plan.pod, node)) continue;
      found++;
      if (others.scores.length > 0) score += sum(others, plan.pod, node);
      if (score > bestScore) {
        best = node;
        bestScore = score;
        tie = Number.NaN;
      } else if (score === bestScore) {
        // The node with the greatest draw of its own, whatever the order in which they are looked at.
        if (Number.isNaN(tie)) tie = this.#ties.uniform(keyWithin(key, nodes.keyOf(best)), attempt);
        const u = this.#ties.uniform(keyWithin(key, nodes.keyOf(node)), attempt);
        if (u > tie) {
          best = node;
          tie = u;
        }
      }
    }
    this.#nextStart = (this.#nextStart + looked) % count;
    return best;
  }

  /** How long an attempt with a pod takes, ns. */
  #attemptDuration(template: PodTemplate): number {
    let longest = this.#attemptMin;
    for (const { attemptDuration } of this.#plugins) {
      longest = Math.max(longest, attemptDuration?.(template, this.#costs) ?? 0);
    }
    return longest;
  }

  #next(): void {
    if (this.#busy || this.#queue.length === 0) return;
    this.#busy = true;
    const pod = this.#queue.shift();
    const { simulation } = this.#context;
    const lasts = this.#attemptDuration(templateOf(this.#context, pod));
    simulation.schedule(simulation.now + Math.round(lasts), this.#attempted, pod);
  }

  #onAttempted(pod: PodId): void {
    this.#busy = false;
    const { simulation, pods } = this.#context;
    if (!this.#removed.delete(pod)) {
      const node = this.place(pod);
      if (node >= 0) {
        this.#failures.delete(pod);
        pods.stamps.scheduled[pod] = simulation.now;
        // Binding runs beside the next attempt.
        const at = this.#limiter.take(simulation.now) + this.#bindings.next('write', pod);
        this.#binding.add(pod);
        simulation.schedule(at, this.#bound, pod, node);
      } else {
        const attempts = (this.#failures.get(pod)?.attempts ?? 0) + 1;
        this.#failures.set(pod, { attempts, last: simulation.now, backingOff: false });
        this.unschedulable.add(pod);
        this.#context.journal?.podUnschedulable?.(pod);
        const at = simulation.now + controlPlaneParameters.unschedulableRetry.value;
        simulation.schedule(at, this.#retry, pod, attempts);
      }
    }
    this.#next();
  }

  /** @param attempts what the pod had behind it when this was scheduled: tried again since, it is another's turn. */
  #onRetry(pod: PodId, attempts: number): void {
    if (this.#failures.get(pod)?.attempts !== attempts) return;
    if (this.unschedulable.delete(pod)) this.enqueue(pod);
  }

  #onBound(pod: PodId, node: NodeId): void {
    this.#binding.delete(pod);
    // The pod was deleted while it was being bound.
    if (!this.#api.bindPod(pod, node)) this.#free(pod, node);
  }

  /** A pod that ended gives its place back. */
  #release(pod: PodId): void {
    const isWaiting = this.unschedulable.delete(pod);
    this.#failures.delete(pod);
    const node = this.#context.pods.node[pod]!;
    // Of a pod that is not in the queue nobody asks again.
    if (node < 0 && !isWaiting && !this.#binding.has(pod)) this.#removed.add(pod);
    if (node < 0 || this.#released.has(pod)) return;
    this.#released.add(pod);
    this.#free(pod, node);
  }

  /** Gives a pod's place back, and whoever waited for one is tried again when its back-off has passed. */
  #free(pod: PodId, node: NodeId): void {
    this.#book(pod, node, -1);
    this.#retryUnschedulable();
  }

  #retryUnschedulable(): void {
    const { simulation } = this.#context;
    for (const other of [...this.unschedulable]) {
      const failure = this.#failures.get(other)!;
      if (failure.backingOff) continue;
      failure.backingOff = true;
      const ready = Math.max(simulation.now, failure.last + unschedulableBackOff(failure.attempts));
      simulation.schedule(ready, this.#retry, other, failure.attempts);
    }
  }
}

/** Whether all of these filters let a pod onto a node. */
function passes(filters: readonly NodeFilter[], pod: PodToPlace, node: NodeId): boolean {
  for (let i = 0; i < filters.length; i++) if (!filters[i]!(pod, node)) return false;
  return true;
}

function questionsOf(plugins: readonly Plugin[]): Questions {
  const scorers = plugins.filter(({ score }) => score !== undefined);
  return {
    filters: plugins.flatMap(({ filter }) => filter ?? []),
    scores: scorers.map(({ score }) => score!),
    weights: Float64Array.from(scorers, ({ weight = 1 }) => weight),
  };
}

/** The scores of a node by their weights. */
function sum({ scores, weights }: Questions, pod: PodToPlace, node: NodeId): number {
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += weights[i]! * scores[i]!(pod, node);
  return total;
}
