// The PLEG: when the kubelet learns what its containers do. Part of the kubelet.
// A relist begins one period after the last one ended, so there is no fixed grid: the length of a relist grows with the
// pods on the node. Between changes the relists are arithmetic; one becomes an event only when something has changed on
// its node or a pod worker waits for it.
// With EventedPLEG the runtime tells of a change at once, relists are rare, and a cache that nothing was written to counts
// as new every five seconds.

import { addTo, type Context, containersOf, type NodeId, type PodId } from '../../cluster/index.js';
import type { ContainerRuntimes } from '../../cri/index.js';
import { type EventKind, grown, type Instant, tickAfter } from '../../engine/index.js';
import type { MetricName, Series } from '../../metrics/index.js';
import { kubeletCosts, kubeletParameters } from '../parameters.js';

/** Length of a relist of so many pods that inspects none. */
export function relistDuration(pods: number, costs = kubeletCosts): number {
  return costs.relistBase.value + Math.round(costs.relistPerPod.value * pods);
}

/** What inspecting one changed pod adds. */
export function inspectionDuration(containers: number, costs = kubeletCosts): number {
  return costs.inspectPod.value + costs.inspectContainer.value * containers;
}

export interface PlegListener {
  /** Three minutes have passed since the last relist began, or one has ended since. */
  onHealthChanged(node: NodeId, isHealthy: boolean): void;
  /** The cache is to take over what the runtime says of a pod; its worker is to be woken if that is news. */
  onInspected(pod: PodId): void;
  /** A worker's wait is over: the cache is newer than the end of its last sync. */
  onCacheNewer(pod: PodId): void;
}

export class Pleg {
  readonly #context: Context;
  readonly #runtimes: ContainerRuntimes;
  readonly #costs: typeof kubeletCosts;
  readonly #listener: PlegListener;
  /** Start of the next relist that has not been accounted for, by node. */
  readonly #anchor: Float64Array;
  readonly #firstRelist: Float64Array;
  /** Pods on the node, as the next relist will list them. */
  readonly #pods: Int32Array;
  /** Start of the last relist that has ended, by node. */
  readonly #lastStart: Float64Array;
  readonly #relists: Float64Array;
  /** Start of the relist that is scheduled as an event, or under way as one; NaN if none is. */
  readonly #scheduled: Float64Array;
  /** The scheduled relist has begun. */
  readonly #isUnderWay: Uint8Array;
  /** End of the relist under way as an event, and the CPU that it takes. */
  readonly #endsAt: Float64Array;
  readonly #work: Float64Array;
  /** The loop has done the relists of single pods that it was asked for, by node. */
  readonly #podRelistsDoneAt: Float64Array;
  /** CPU of all relists so far, by node; ns. */
  readonly #cpu: Float64Array;
  /** How often relists, and the times between their starts, were so long: by node pool. */
  readonly #durations: readonly Map<number, number>[];
  readonly #intervals: readonly Map<number, number>[];
  readonly #podDurations: readonly Series[];
  /** Pods whose containers changed since the last relist began, by node. */
  readonly #changed: Map<number, number[]> = new Map();
  readonly #isChanged = { data: new Uint8Array(0) };
  /** Pods whose workers wait for a relist that starts after an instant, by node. */
  readonly #waiting: Map<number, { pod: PodId; since: number }[]> = new Map();
  /** When a single-pod relist last looked at a pod. */
  #podSeenAt = new Float64Array(0);
  readonly #relistBegins: EventKind;
  readonly #relistEnds: EventKind;
  readonly #podRelistEnds: EventKind;
  readonly #runtimeEvent: EventKind;
  readonly #cacheRefreshed: EventKind;
  readonly #unhealthy: EventKind;
  /** Whether the node's runtime sends events. */
  readonly #isEvented: Uint8Array;
  readonly #isUnhealthy: Uint8Array;
  /** Pods that the relist under way inspects, by node. */
  readonly #inspecting: Map<number, number[]> = new Map();

  constructor(context: Context, runtimes: ContainerRuntimes, listener: PlegListener) {
    this.#context = context;
    this.#costs = context.parameters.of(kubeletCosts);
    this.#runtimes = runtimes;
    context.recorder.own({ reset: () => this.#resetCounts(), record: () => this.#recordCounts() });
    this.#listener = listener;
    const nodes = context.nodes.count;
    const phase = context.streams.stream('kubelet/pleg-phase');
    this.#anchor = Float64Array.from({ length: nodes }, (_, node) =>
      phase.below(kubeletParameters.plegPeriod.value, context.nodes.keyOf(node), 0),
    );
    this.#firstRelist = this.#anchor.slice();
    this.#pods = new Int32Array(nodes);
    this.#lastStart = new Float64Array(nodes).fill(-1);
    this.#relists = new Float64Array(nodes);
    this.#scheduled = new Float64Array(nodes).fill(Number.NaN);
    this.#isUnderWay = new Uint8Array(nodes);
    this.#endsAt = new Float64Array(nodes);
    this.#work = new Float64Array(nodes);
    this.#podRelistsDoneAt = new Float64Array(nodes);
    this.#cpu = new Float64Array(nodes);
    const { pools } = context.nodes;
    this.#durations = pools.map(() => new Map());
    this.#intervals = pools.map(() => new Map());
    this.#podDurations = pools.map(({ name }) =>
      context.recorder.series('kubelet_pleg_pod_relist_duration_seconds', name),
    );
    const { simulation } = context;
    this.#relistBegins = simulation.on('pleg/relist-begins', (node) => this.#beginIfDue(node));
    this.#relistEnds = simulation.on('pleg/relist-ends', (node, start) => this.#onEnds(node, start));
    this.#podRelistEnds = simulation.on('pleg/pod-relist-ends', (pod, asked) => this.#onPodRelistEnds(pod, asked));
    this.#runtimeEvent = simulation.on('pleg/runtime-event', (pod, at) => this.#onRuntimeEvent(pod, at));
    this.#cacheRefreshed = simulation.on('pleg/cache-refreshed', (pod) => listener.onCacheNewer(pod));
    this.#unhealthy = simulation.on('pleg/unhealthy', (node, start) => this.#onUnhealthy(node, start));
    this.#isEvented = Uint8Array.from({ length: nodes }, (_, node) =>
      context.nodes.poolOf(node).kubelet.eventedPleg ? 1 : 0,
    );
    this.#isUnhealthy = new Uint8Array(nodes);
    if (context.executeEveryTick) for (let node = 0; node < nodes; node++) this.#schedule(node);
  }

  /** Pods came to or left the node. */
  changePodCount(node: NodeId, by: number): void {
    this.#beginIfDue(node);
    this.#advance(node, this.#context.simulation.now);
    // A relist under way goes on with the pods that it has listed.
    this.#materialize(node);
    this.#pods[node]! += by;
  }

  /** Something about the pod's containers has changed; the next relist will see it. */
  markChanged(pod: PodId): void {
    if (pod >= this.#isChanged.data.length) {
      const length = Math.max(1024, pod * 2);
      this.#isChanged.data = grown(this.#isChanged.data, new Uint8Array(length));
      this.#podSeenAt = grown(this.#podSeenAt, new Float64Array(length).fill(-1));
    }
    const node = this.#context.pods.node[pod]!;
    this.#beginIfDue(node);
    if (this.#isChanged.data[pod] === 1) return;
    this.#isChanged.data[pod] = 1;
    if (this.#isEvented[node] === 1) {
      const { simulation } = this.#context;
      const looks = this.#costs.runtimeEventLatency.value + this.#inspection(pod);
      const at = this.#runtimes.answersFrom(node) + looks;
      simulation.schedule(at, this.#runtimeEvent, pod, simulation.now);
      return;
    }
    addTo(this.#changed, node, pod);
    this.#schedule(node);
  }

  /** The runtime is about to stall, or to become slower or faster: relists up to now were as they were. */
  beforeRuntimeChange(node: NodeId): void {
    this.#beginIfDue(node);
    this.#advance(node, this.#context.simulation.now);
    this.#materialize(node);
  }

  /** The runtime answers nothing for now: its next relist takes until it does. */
  onStalled(node: NodeId): void {
    this.#schedule(node);
  }

  /** The kubelet of a node begins: its first relist has just inspected every pod. */
  begin(node: NodeId): void {
    const { now } = this.#context.simulation;
    this.#lastStart[node] = now;
    this.#anchor[node] = now + this.#period(node);
    this.#schedule(node);
  }

  /** The kubelet of a node stops, and its cache is gone: what was under way is void. @param pods that it knew. */
  stop(node: NodeId, pods: readonly number[]): void {
    this.#advance(node, this.#context.simulation.now);
    for (const pod of pods) this.#isChanged.data[pod] = 0;
    this.#isUnhealthy[node] = 0;
    this.#anchor[node] = Infinity;
    this.#scheduled[node] = Number.NaN;
    this.#podRelistsDoneAt[node] = 0;
    this.#changed.delete(node);
    this.#inspecting.delete(node);
    this.#waiting.delete(node);
  }

  /** Length of the relist with which a kubelet begins: it inspects every pod. */
  firstRelistDuration(pods: readonly number[]): number {
    return pods.reduce((sum, pod) => sum + this.#inspection(pod), relistDuration(pods.length, this.#costs));
  }

  /** Calls back at once, or when the cache has seen a time later than `since`. */
  whenCacheNewer(pod: PodId, since: number): void {
    const node = this.#context.pods.node[pod]!;
    if (this.#cacheTime(node) > since || (this.#podSeenAt[pod] ?? -1) > since) {
      this.#listener.onCacheNewer(pod);
      return;
    }
    if (this.#isEvented[node] === 1) {
      const { cacheRefreshPeriod } = kubeletParameters;
      const { simulation } = this.#context;
      const at = tickAfter(this.#cachePhase(node), cacheRefreshPeriod.value, Math.max(since, 0));
      if (at <= simulation.now) this.#listener.onCacheNewer(pod);
      else simulation.schedule(at, this.#cacheRefreshed, pod);
      return;
    }
    addTo(this.#waiting, node, { pod, since });
    this.#schedule(node);
  }

  #cachePhase(node: NodeId): Instant {
    return this.#firstRelist[node]! % kubeletParameters.cacheRefreshPeriod.value;
  }

  /** Asks for a relist of one pod right now (1.36). */
  relistOnDemand(pod: PodId): void {
    const { simulation, pods, nodes } = this.#context;
    const node = pods.node[pod]!;
    if (this.#isEvented[node] === 1) return;
    this.#beginIfDue(node);
    this.#advance(node, simulation.now);
    // One loop does all relists: this one waits for what is under way, and for the pods that were asked for before.
    const isUnderWay = this.#materialize(node) || this.#scheduled[node]! <= simulation.now;
    const free = Math.max(this.#podRelistsDoneAt[node]!, isUnderWay ? this.#endsAt[node]! : 0);
    const begins = Math.max(this.#runtimes.answersFrom(node), free);
    // The whole node's turn comes first, and sees this pod too.
    if (!isUnderWay && begins >= this.#anchor[node]!) return;
    const work =
      relistDuration(1, this.#costs) + inspectionDuration(containersOf(this.#context, pod).length, this.#costs);
    const ends = begins + this.#scaled(node, work);
    this.#cpu[node]! += work;
    this.#podDurations[nodes.pool[node]!]!.record(ends - begins);
    this.#podRelistsDoneAt[node] = ends;
    if (!isUnderWay) this.#putOff(node, ends);
    // The request follows the end of the sync: it must count as later than it.
    simulation.schedule(ends, this.#podRelistEnds, pod, simulation.now + 1);
  }

  /** The next relist of a node does not begin before. */
  #putOff(node: NodeId, until: number): void {
    if (this.#anchor[node]! >= until) return;
    this.#anchor[node] = until;
    if (Number.isNaN(this.#scheduled[node]!)) return;
    this.#scheduled[node] = until;
    this.#isUnderWay[node] = 0;
    this.#context.simulation.schedule(until, this.#relistBegins, node);
  }

  /** Length of a relist of the node that inspects nothing. */
  #relist(node: NodeId): number {
    return this.#scaled(node, relistDuration(this.#pods[node]!, this.#costs));
  }

  #inspection(pod: PodId): number {
    const containers = containersOf(this.#context, pod).length;
    return this.#scaled(this.#context.pods.node[pod]!, inspectionDuration(containers, this.#costs));
  }

  #scaled(node: NodeId, ns: number): number {
    return Math.round(ns * this.#runtimes.slowdown(node));
  }

  #period(node: NodeId): number {
    return this.#isEvented[node] === 1 ? kubeletParameters.plegPeriodEvented.value : kubeletParameters.plegPeriod.value;
  }

  /** Forgets what was counted so far: the warm-up ends. */
  #resetCounts(): void {
    const { nodes, simulation } = this.#context;
    for (let node = 0; node < nodes.count; node++) this.#advance(node, simulation.now);
    this.#relists.fill(0);
    this.#cpu.fill(0);
    for (const counts of [...this.#durations, ...this.#intervals]) counts.clear();
  }

  /** Records what was counted: relists that have ended before the present instant. Called once, at the end of a run. */
  #recordCounts(): void {
    const { nodes, recorder, simulation } = this.#context;
    for (let node = 0; node < nodes.count; node++) this.#advance(node, simulation.now);
    nodes.pools.forEach(({ name }, pool) => {
      const sum = (of: Float64Array): number => of.reduce((s, x, node) => (nodes.pool[node] === pool ? s + x : s), 0);
      recorder.counter('kubelapse_pleg_relists_total', name).value = sum(this.#relists);
      recorder.counter('kubelapse_pleg_cpu_seconds_total', name).value = Math.round(sum(this.#cpu)) / 1e9;
      const record = (metric: MetricName, counts: Map<number, number>): void => {
        const series = recorder.series(metric, name);
        for (const [ns, count] of [...counts].sort(([a], [b]) => a - b)) series.record(ns, count);
        counts.clear();
      };
      record('kubelet_pleg_relist_duration_seconds', this.#durations[pool]!);
      record('kubelet_pleg_relist_interval_seconds', this.#intervals[pool]!);
    });
  }

  /** Counts relists of one length that began one interval after another, the first of them `since` the one before. */
  #count(node: NodeId, duration: number, since: number, interval: number, relists: number): void {
    this.#relists[node]! += relists;
    const pool = this.#context.nodes.pool[node]!;
    addCount(this.#durations[pool]!, duration, relists);
    // The very first one follows none.
    if (this.#lastStart[node]! >= 0) addCount(this.#intervals[pool]!, since, 1);
    addCount(this.#intervals[pool]!, interval, relists - 1);
  }

  /** Start of the newest relist that has ended by now. */
  #cacheTime(node: NodeId): number {
    this.#advance(node, this.#context.simulation.now);
    return this.#lastStart[node]!;
  }

  #schedule(node: NodeId): void {
    if (!Number.isNaN(this.#scheduled[node]!) || this.#anchor[node] === Infinity) return;
    const { simulation } = this.#context;
    this.#advance(node, simulation.now);
    if (this.#materialize(node)) return;
    this.#scheduled[node] = this.#anchor[node]!;
    this.#isUnderWay[node] = 0;
    simulation.schedule(this.#anchor[node]!, this.#relistBegins, node);
  }

  /** Makes the end of a relist that began silently an event; what changed since it began is for the next one to see. */
  #materialize(node: NodeId): boolean {
    const { simulation } = this.#context;
    const anchor = this.#anchor[node]!;
    if (!Number.isNaN(this.#scheduled[node]!) || anchor > simulation.now) return false;
    this.#scheduled[node] = anchor;
    this.#isUnderWay[node] = 1;
    const end = anchor + this.#relist(node);
    this.#endsAt[node] = end;
    this.#work[node] = relistDuration(this.#pods[node]!, this.#costs);
    simulation.schedule(end, this.#relistEnds, node, anchor);
    return true;
  }

  /** Accounts for the relists that ended before `now` without being events. */
  #advance(node: NodeId, now: number): void {
    if (!Number.isNaN(this.#scheduled[node]!)) return;
    const anchor = this.#anchor[node]!;
    const duration = this.#relist(node);
    if (anchor + duration > now) return;
    const period = duration + this.#period(node);
    const ended = Math.floor((now - anchor - duration) / period) + 1;
    this.#count(node, duration, anchor - this.#lastStart[node]!, period, ended);
    this.#cpu[node]! += ended * relistDuration(this.#pods[node]!, this.#costs);
    this.#lastStart[node] = anchor + (ended - 1) * period;
    this.#anchor[node] = anchor + ended * period;
  }

  /**
   * A relist that is due now begins before anything else that happens now, as one that is no event does. One that was put off,
   * or whose kubelet has stopped, is not due.
   */
  #beginIfDue(node: NodeId): void {
    if (this.#scheduled[node] !== this.#context.simulation.now || this.#isUnderWay[node] === 1) return;
    this.#isUnderWay[node] = 1;
    this.#beginRelist(node);
  }

  #beginRelist(node: NodeId): void {
    const { simulation } = this.#context;
    const inspected = this.#changed.get(node) ?? [];
    this.#changed.delete(node);
    let work = relistDuration(this.#pods[node]!, this.#costs);
    for (const pod of inspected) {
      this.#isChanged.data[pod] = 0;
      work += inspectionDuration(containersOf(this.#context, pod).length, this.#costs);
    }
    const ends = this.#runtimes.answersFrom(node) + this.#scaled(node, work);
    this.#endsAt[node] = ends;
    this.#work[node] = work;
    this.#inspecting.set(node, inspected);
    simulation.schedule(ends, this.#relistEnds, node, simulation.now);
    const unhealthyAt = Math.max(simulation.now, this.#lastStart[node]! + this.#threshold(node));
    if (unhealthyAt < ends) simulation.schedule(unhealthyAt, this.#unhealthy, node, simulation.now);
  }

  /** So long after the start of the last relist that has ended the PLEG counts as unhealthy. */
  #threshold(node: NodeId): number {
    const { plegUnhealthy, plegUnhealthyEvented } = kubeletParameters;
    return this.#isEvented[node] === 1 ? plegUnhealthyEvented.value : plegUnhealthy.value;
  }

  #onUnhealthy(node: NodeId, start: number): void {
    if (this.#isUnhealthy[node] === 1 || this.#lastStart[node]! >= start) return;
    this.#isUnhealthy[node] = 1;
    this.#listener.onHealthChanged(node, false);
  }

  #onRuntimeEvent(pod: PodId, changedAt: number): void {
    const isStopped = this.#anchor[this.#context.pods.node[pod]!] === Infinity;
    if (isStopped || this.#isChanged.data[pod] === 0) return;
    this.#isChanged.data[pod] = 0;
    this.#podSeenAt[pod] = changedAt;
    this.#inspected(pod, changedAt);
  }

  #onEnds(node: NodeId, start: number): void {
    const { simulation } = this.#context;
    if (this.#scheduled[node] !== start) return;
    this.#count(node, simulation.now - start, start - this.#lastStart[node]!, 0, 1);
    this.#cpu[node]! += this.#work[node]!;
    this.#lastStart[node] = start;
    this.#anchor[node] = Math.max(simulation.now + this.#period(node), this.#podRelistsDoneAt[node]!);
    this.#scheduled[node] = Number.NaN;
    if (this.#isUnhealthy[node] === 1) {
      this.#isUnhealthy[node] = 0;
      this.#listener.onHealthChanged(node, true);
    }
    const inspected = this.#inspecting.get(node) ?? [];
    this.#inspecting.delete(node);
    for (const pod of inspected) this.#inspected(pod, start);
    const waiting = this.#waiting.get(node);
    if (waiting !== undefined) {
      this.#waiting.delete(node);
      for (const { pod, since } of waiting) this.whenCacheNewer(pod, since);
    }
    const hasWork = this.#changed.has(node) || this.#waiting.has(node);
    // A relist that will have to wait for the runtime is one that does not go by arithmetic.
    const isStalled = this.#runtimes.answersFrom(node) > simulation.now;
    if (hasWork || isStalled || this.#context.executeEveryTick) this.#schedule(node);
  }

  #inspected(pod: PodId, since: number): void {
    this.#context.journal?.podInspected?.(pod, since);
    this.#listener.onInspected(pod);
  }

  #onPodRelistEnds(pod: PodId, asked: number): void {
    // A global relist that began after the request has already done it.
    const node = this.#context.pods.node[pod]!;
    if (this.#cacheTime(node) > asked) return;
    if (pod < this.#podSeenAt.length) this.#podSeenAt[pod] = asked;
    const changed = this.#changed.get(node);
    const at = changed?.indexOf(pod) ?? -1;
    if (at >= 0) {
      changed!.splice(at, 1);
      if (changed!.length === 0) this.#changed.delete(node);
      this.#isChanged.data[pod] = 0;
      this.#inspected(pod, asked);
    }
    const waiting = this.#waiting.get(node);
    const waits = waiting?.findIndex((entry) => entry.pod === pod && entry.since < asked) ?? -1;
    if (waits >= 0) {
      waiting!.splice(waits, 1);
      if (waiting!.length === 0) this.#waiting.delete(node);
      this.#listener.onCacheNewer(pod);
    }
  }
}

function addCount(counts: Map<number, number>, key: number, by: number): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}
