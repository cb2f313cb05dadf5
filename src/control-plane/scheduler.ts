// The scheduler: binds pods to nodes, one at a time. Part of the control plane.
// Filter: pods per node, CPU and memory requests against allocatable, labels and taints (node-affinity.ts), pods that are
// there (pod-placement.ts), the Ready condition. Score: least or most allocated, balanced use, preferences, spread. As the
// real one, it looks at a share of the nodes only, going round, and breaks ties by chance.

import {
  type Context,
  NodeReady,
  nodeLabels,
  PodChange,
  PodPhase,
  type PodStatusBits,
  type PodTemplate,
  phaseOf,
  RateLimiter,
  RequestTimes,
  templateOf,
  toleratesPressure,
} from '../cluster/index.js';
import { type EventKind, type Instant, keyWithin, type RandomStream } from '../engine/index.js';
import type { ApiServer } from './api-server.js';
import { maySchedule, preference } from './node-affinity.js';
import { controlPlaneCosts, controlPlaneParameters } from './parameters.js';
import { PodPlacement } from './pod-placement.js';

/** How many feasible nodes the scheduler looks for (percentageOfNodesToScore 0, pkg/scheduler/schedule_one.go). */
export function nodesToFind(nodes: number): number {
  const min = controlPlaneParameters.nodesScoredMin.value;
  if (nodes <= min) return nodes;
  const percentage = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(min, Math.floor((nodes * percentage) / 100));
}

/** 0 … 100: the free share after placing the pod, mean over CPU and memory (NodeResourcesLeastAllocated). */
export function leastAllocatedScore(cpu: number, cpuTotal: number, memory: number, memoryTotal: number): number {
  const free = (used: number, total: number): number =>
    total <= 0 || used > total ? 0 : Math.floor(((total - used) * 100) / total);
  return Math.floor((free(cpu, cpuTotal) + free(memory, memoryTotal)) / 2);
}

/** How long a pod stays out of the queue after so many attempts in vain: 1, 2, 4, 8, 10, 10 … s, in ns. */
export function unschedulableBackOff(attempts: number): number {
  const { backOffInitial, backOffMax } = controlPlaneParameters;
  let delay = backOffInitial.value as number;
  for (let i = 1; i < attempts && delay < backOffMax.value; i++) delay *= 2;
  return Math.min(delay, backOffMax.value);
}

/** 0 … 100: the share in use after placing the pod, mean over CPU and memory (MostAllocated). */
export function mostAllocatedScore(cpu: number, cpuTotal: number, memory: number, memoryTotal: number): number {
  const used = (amount: number, total: number): number =>
    total <= 0 || amount > total ? 0 : Math.floor((amount * 100) / total);
  return Math.floor((used(cpu, cpuTotal) + used(memory, memoryTotal)) / 2);
}

/** 0 … 100: how alike the shares of CPU and memory in use are (NodeResourcesBalancedAllocation). */
export function balancedScore(cpu: number, cpuTotal: number, memory: number, memoryTotal: number): number {
  const share = (used: number, total: number): number => Math.min(1, total <= 0 ? 1 : used / total);
  return Math.floor((1 - Math.abs(share(cpu, cpuTotal) - share(memory, memoryTotal)) / 2) * 100);
}

/** How long one pod of a template takes in the scheduler, ns. */
export function attemptDuration(template: PodTemplate, p = controlPlaneCosts): number {
  if (template.podAffinity.some(({ isAnti }) => !isAnti)) return p.attemptWithPodAffinity.value;
  if (template.podAffinity.length > 0) return p.attemptWithPodAntiAffinity.value;
  if (template.topologySpread.length > 0) return p.attemptWithSpread.value;
  const hasAffinity = template.nodeAffinity.length > 0 || template.preferredNodes.length > 0;
  return hasAffinity ? p.attemptWithNodeAffinity.value : p.schedulingAttempt.value;
}

/** What a template thinks of the nodes of a pool in a zone: -1 if it may not run there, else how much it likes them. */
type Preferences = Int32Array;

export class Scheduler {
  readonly name = 'scheduler';
  readonly wants = [PodChange.Created, PodChange.Removed, PodChange.Status] as const;
  /** Pods that no node could take when they were tried last. */
  readonly unschedulable = new Set<number>();
  /** By such a pod: how often it was tried in vain, when last, and whether it waits only for its back-off to pass. */
  readonly #failures = new Map<number, { attempts: number; last: Instant; backingOff: boolean }>();
  readonly #context: Context;
  readonly #costs: typeof controlPlaneCosts;
  readonly #api: ApiServer;
  readonly #limiter: RateLimiter;
  readonly #placement: PodPlacement;
  /** By template; indices are pool * zones + zone. */
  readonly #preferences = new Map<PodTemplate, Preferences>();
  /** Nodes that are not ready, as far as the scheduler has heard: nothing new is placed there. */
  readonly #notReady: Uint8Array;
  /** Nodes that say that they are short of memory: nothing that asks for none is placed there. */
  readonly #isShort: Uint8Array;
  readonly #nodeChanged: EventKind;
  readonly #pressureChanged: EventKind;
  readonly #nodeDelays: RandomStream;
  /** Changes of each Node object so far. */
  readonly #nodeMessages: Uint32Array;
  /** When the last one reaches the scheduler: none overtakes another. */
  readonly #nodeObservedAt: Float64Array;
  readonly #bindings: RequestTimes;
  readonly #score: typeof leastAllocatedScore;
  /** Least time between two attempts. */
  readonly #attemptMin: number;
  readonly #ties: RandomStream;
  readonly #attempted: EventKind;
  readonly #bound: EventKind;
  readonly #retry: EventKind;
  /** By node, as its pool has it. */
  readonly #cpuTotal: Float64Array;
  readonly #memoryTotal: Float64Array;
  readonly #podsTotal: Float64Array;
  readonly #cpuUsed: Float64Array;
  readonly #memoryUsed: Float64Array;
  readonly #podsUsed: Uint32Array;
  /** As used, but a container without a request counts as a small one: only scores see that. */
  readonly #cpuScored: Float64Array;
  readonly #memoryScored: Float64Array;
  readonly #queue: number[] = [];
  #queueHead = 0;
  #busy = false;
  #nextStart = 0;
  readonly #released = new Set<number>();

  constructor(context: Context, api: ApiServer) {
    this.#context = context;
    this.#costs = context.parameters.of(controlPlaneCosts);
    this.#api = api;
    const nodes = context.nodes.count;
    const { pools, pool } = context.nodes;
    this.#cpuTotal = Float64Array.from({ length: nodes }, (_, node) => pools[pool[node]!]!.cpuMillis);
    this.#memoryTotal = Float64Array.from({ length: nodes }, (_, node) => pools[pool[node]!]!.memoryBytes);
    this.#podsTotal = Float64Array.from({ length: nodes }, (_, node) => pools[pool[node]!]!.pods);
    this.#cpuUsed = new Float64Array(nodes);
    this.#memoryUsed = new Float64Array(nodes);
    this.#podsUsed = new Uint32Array(nodes);
    this.#cpuScored = new Float64Array(nodes);
    this.#memoryScored = new Float64Array(nodes);
    const { schedulerQps, schedulerBurst, scoring, schedulerPodsPerSecond } = context.spec.controlPlane;
    this.#limiter = new RateLimiter(schedulerQps, schedulerBurst);
    this.#attemptMin = 1e9 / schedulerPodsPerSecond;
    this.#score = scoring === 'MostAllocated' ? mostAllocatedScore : leastAllocatedScore;
    this.#placement = new PodPlacement(context);
    this.#notReady = new Uint8Array(nodes);
    this.#isShort = new Uint8Array(nodes);
    this.#pressureChanged = context.simulation.on('scheduler/pressure-changed', (node, isShort) => {
      this.#isShort[node] = isShort;
      if (isShort === 0) this.#retryUnschedulable();
    });
    this.#nodeChanged = context.simulation.on('scheduler/node-changed', (node, notReady) =>
      this.#onNodeChanged(node, notReady),
    );
    api.watchNodes({
      onPressureChanged: (node) => this.#observe(node, this.#pressureChanged, context.nodes.memoryPressure[node]!),
      onReadyChanged: (node) =>
        this.#observe(node, this.#nodeChanged, context.nodes.ready[node] === NodeReady.True ? 0 : 1),
    });
    this.#nodeDelays = context.streams.stream('watch/scheduler/nodes');
    this.#nodeMessages = new Uint32Array(nodes);
    this.#nodeObservedAt = new Float64Array(nodes);
    this.#bindings = new RequestTimes(api, context.streams, 'scheduler', (pod) => context.pods.keyOf(pod));
    this.#ties = context.streams.stream('scheduler/ties');
    this.#attempted = context.simulation.on('scheduler/attempted', (pod) => this.#onAttempted(pod));
    this.#bound = api.whenAvailable('scheduler/bound', (pod, node) => this.#onBound(pod, node));
    this.#retry = context.simulation.on('scheduler/retry', (pod, attempts) => this.#onRetry(pod, attempts));
    api.watchPods(this);
  }

  onPodChanged(pod: number, change: PodChange, status: PodStatusBits): void {
    if (change === PodChange.Created) {
      const node = this.#context.pods.node[pod]!;
      if (node < 0) this.enqueue(pod);
      // The mirror of a static pod is born with its node.
      else if (this.#released.delete(pod)) this.#book(pod, node, 1);
    } else if (change === PodChange.Removed || phaseOf(status) > PodPhase.Running) this.#release(pod);
  }

  enqueue(pod: number): void {
    this.#queue.push(pod);
    this.#next();
  }

  /** Picks a node and books the pod on it, without any delay; -1 if none fits. */
  place(pod: number): number {
    const node = this.#select(pod);
    if (node >= 0) this.#book(pod, node, 1);
    return node;
  }

  /** Adds the pod to what a node has promised, or takes it off (`sign` -1). */
  #book(pod: number, node: number, sign: 1 | -1): void {
    const template = templateOf(this.#context, pod);
    this.#cpuUsed[node]! += sign * template.cpuRequestMillis;
    this.#memoryUsed[node]! += sign * template.memoryRequestBytes;
    this.#cpuScored[node]! += sign * template.cpuScoredMillis;
    this.#memoryScored[node]! += sign * template.memoryScoredBytes;
    this.#podsUsed[node]! += sign;
    this.#placement.change(this.#context.pods.workload[pod]!, node, sign);
  }

  /** A change of a Node object reaches the scheduler some time later. */
  #observe(node: number, kind: EventKind, value: number): void {
    const { nodes, simulation } = this.#context;
    const u = this.#nodeDelays.uniform(nodes.keyOf(node), this.#nodeMessages[node]!++);
    const at = Math.max(simulation.now + this.#api.watchDuration(u), this.#nodeObservedAt[node]!);
    this.#nodeObservedAt[node] = at;
    simulation.schedule(at as Instant, kind, node, value);
  }

  #onNodeChanged(node: number, notReady: number): void {
    this.#notReady[node] = notReady;
    if (notReady === 0) this.#retryUnschedulable();
  }

  #preferencesOf(template: PodTemplate): Preferences {
    const known = this.#preferences.get(template);
    if (known !== undefined) return known;
    const { pools, zones } = this.#context.nodes;
    const found = Int32Array.from({ length: pools.length * zones.length }, (_, i) => {
      const pool = pools[Math.floor(i / zones.length)]!;
      const labels = nodeLabels(pool, zones[i % zones.length]!);
      return maySchedule(template, labels, pool.taints) ? preference(template, labels, pool.taints) : -1;
    });
    this.#preferences.set(template, found);
    return found;
  }

  #preferenceOn(preferences: Preferences, node: number): number {
    const { pool, zone, zones } = this.#context.nodes;
    return preferences[pool[node]! * zones.length + zone[node]!]!;
  }

  /** Whether a node can take a pod of this template. */
  #fits(template: PodTemplate, node: number): boolean {
    if (this.#podsUsed[node]! + 1 > this.#podsTotal[node]!) return false;
    if (this.#cpuUsed[node]! + template.cpuRequestMillis > this.#cpuTotal[node]!) return false;
    if (this.#memoryUsed[node]! + template.memoryRequestBytes > this.#memoryTotal[node]!) return false;
    return true;
  }

  #select(pod: number): number {
    const { nodes, pods, spec } = this.#context;
    const workload = pods.workload[pod]!;
    const template = templateOf(this.#context, pod);
    const preferences = this.#preferencesOf(template);
    const required = pods.requiredNode[pod]!;
    // A DaemonSet's controller has chosen the node, and its pods tolerate one that is not ready.
    if (required >= 0) {
      return this.#fits(template, required) && this.#preferenceOn(preferences, required) >= 0 ? required : -1;
    }
    const { count } = nodes;
    const wanted = nodesToFind(count);
    const { balancedWeight } = spec.controlPlane;
    const avoidsPressure = template.qosClass === 'BestEffort' && !toleratesPressure(template);
    const hasPodTerms = this.#placement.concerns(workload, template);
    const isEligible = (node: number): boolean => this.#preferenceOn(preferences, node) >= 0;
    let found = 0;
    let best = -1;
    let bestScore = -1;
    let tie = Number.NaN;
    let looked = 0;
    const attempt = this.#nextAttempt(pod);
    const key = pods.keyOf(pod);
    for (; looked < count && found < wanted; looked++) {
      const node = (this.#nextStart + looked) % count;
      const liked = this.#preferenceOn(preferences, node);
      if (liked < 0 || this.#notReady[node] === 1 || !this.#fits(template, node)) continue;
      if (avoidsPressure && this.#isShort[node] === 1) continue;
      if (hasPodTerms && !this.#placement.allows(workload, template, node, isEligible)) continue;
      found++;
      const cpu = this.#cpuScored[node]! + template.cpuScoredMillis;
      const memory = this.#memoryScored[node]! + template.memoryScoredBytes;
      let score = liked + this.#score(cpu, this.#cpuTotal[node]!, memory, this.#memoryTotal[node]!);
      // What is asked for counts here, and not the least amount that pods are taken to need (balanced_allocation.go).
      score +=
        balancedWeight *
        balancedScore(
          this.#cpuUsed[node]! + template.cpuRequestMillis,
          this.#cpuTotal[node]!,
          this.#memoryUsed[node]! + template.memoryRequestBytes,
          this.#memoryTotal[node]!,
        );
      if (hasPodTerms) score += 2 * this.#placement.spreadScore(template, node, isEligible);
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

  /** Number of the attempt to place a pod, from 0. */
  #nextAttempt(pod: number): number {
    return this.#failures.get(pod)?.attempts ?? 0;
  }

  #next(): void {
    if (this.#busy || this.#queueHead >= this.#queue.length) return;
    this.#busy = true;
    const pod = this.#queue[this.#queueHead++]!;
    if (this.#queueHead > 4096) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
    const { simulation } = this.#context;
    const lasts = Math.max(attemptDuration(templateOf(this.#context, pod), this.#costs), this.#attemptMin);
    simulation.schedule((simulation.now + Math.round(lasts)) as Instant, this.#attempted, pod);
  }

  #onAttempted(pod: number): void {
    this.#busy = false;
    const { simulation, pods } = this.#context;
    if (pods.gone[pod] === 0) {
      const node = this.place(pod);
      if (node >= 0) {
        this.#failures.delete(pod);
        pods.stamps.scheduled[pod] = simulation.now;
        // Binding runs beside the next attempt.
        const at = this.#limiter.take(simulation.now) + this.#bindings.next('write', pod);
        simulation.schedule(at as Instant, this.#bound, pod, node);
      } else {
        const attempts = (this.#failures.get(pod)?.attempts ?? 0) + 1;
        this.#failures.set(pod, { attempts, last: simulation.now, backingOff: false });
        this.unschedulable.add(pod);
        const at = simulation.now + controlPlaneParameters.unschedulableRetry.value;
        simulation.schedule(at as Instant, this.#retry, pod, attempts);
      }
    }
    this.#next();
  }

  /** @param attempts what the pod had behind it when this was scheduled: tried again since, it is another's turn. */
  #onRetry(pod: number, attempts: number): void {
    if (this.#failures.get(pod)?.attempts !== attempts) return;
    if (this.unschedulable.delete(pod)) this.enqueue(pod);
  }

  #onBound(pod: number, node: number): void {
    // The pod was deleted while it was being bound.
    if (this.#context.pods.gone[pod] === 1) this.#free(pod, node);
    else this.#api.bindPod(pod, node);
  }

  /** A pod that ended gives its place back. */
  #release(pod: number): void {
    this.unschedulable.delete(pod);
    this.#failures.delete(pod);
    const node = this.#context.pods.node[pod]!;
    if (node < 0 || this.#released.has(pod)) return;
    this.#released.add(pod);
    this.#free(pod, node);
  }

  /** Gives a pod's place back, and whoever waited for one is tried again when its back-off has passed. */
  #free(pod: number, node: number): void {
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
      simulation.schedule(ready as Instant, this.#retry, other, failure.attempts);
    }
  }
}
