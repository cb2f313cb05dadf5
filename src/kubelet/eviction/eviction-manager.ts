// The eviction manager: a node that runs short of memory, disk or process ids gives up pods, one a round. Part of the kubelet.
// Source: pkg/kubelet/eviction/eviction_manager.go and helpers.go. A round is due every ten seconds; it is an event only
// where it will find too little left, which is arithmetic. (The real one looks at statistics that are up to 15 s old.)

import {
  type Context,
  EVICTION_SIGNALS,
  type EvictionSignal,
  type EvictionThreshold,
  isStatic,
  type NodeId,
  type PodId,
  type Supply,
  templateOf,
} from '../../cluster/index.js';
import { type EventHandle, type EventKind, NO_EVENT, tickAtOrAfter } from '../../engine/index.js';
import type { Counter } from '../../metrics/index.js';
import type { NodeSupply } from '../../node/index.js';
import { kubeletParameters } from '../parameters.js';
import { byAmount, byExcess, type Candidate } from './ranking.js';

/** Why a pod is evicted, as `kubelet_evictions` names it: a signal, or its own limit. */
export type EvictionReason = EvictionSignal | 'ephemeralcontainerfs.limit';

export interface EvictionListener {
  isKubeletRunning(node: NodeId): boolean;
  /** Pods on a node that its kubelet knows of. */
  podsOn(node: NodeId): readonly number[];
  /** What a pod holds now; 0 for one that does not run. */
  heldBy(pod: PodId, what: Supply): number;
  /** Whether a container of the pod has more files than its limit allows. */
  isOverDiskLimit(pod: PodId): boolean;
  /** Everything on the node's disk that nobody needs is thrown away. */
  reclaimDisk(node: NodeId): void;
  /** What the node is short of from now on, bits of NodePressure: its status tells of it. */
  onPressuresChanged(node: NodeId, pressures: number): void;
  /** The pod has failed, and is to be killed with so much grace, ns. Returns false if it is on its way out already. */
  evict(pod: PodId, grace: number, reason: EvictionReason): boolean;
}

export const EVICTION_REASONS: readonly EvictionReason[] = [
  ...(Object.keys(EVICTION_SIGNALS) as EvictionSignal[]),
  'ephemeralcontainerfs.limit',
];

/** Conditions and thresholds of a node are numbered from its own multiple of this. */
const ROW = 16;

export class EvictionManager {
  readonly #context: Context;
  readonly #supplies: Readonly<Record<Supply, NodeSupply>>;
  readonly #listener: EvictionListener;
  readonly #phase: Float64Array;
  readonly #round: EventKind;
  readonly #relieved: EventKind;
  readonly #handle: Float64Array;
  readonly #dueAt: Float64Array;
  /** Pods whose end the next round waits for, by node. */
  readonly #leaving = new Map<NodeId, Set<PodId>>();
  /** Conditions of each node, bits of NodePressure. */
  readonly #pressures: Uint8Array;
  /** When a condition of a node was seen last, by row and bit. */
  readonly #observedAt = new Map<number, number>();
  /** Since when a threshold of a node has been met at every round, by row and place in the list. */
  readonly #metSince = new Map<number, number>();
  /** Nodes on which a pod has more files than it may. */
  readonly #overLimit = new Set<NodeId>();
  readonly #evictions: Readonly<Record<EvictionReason, Counter>>;

  constructor(context: Context, supplies: Readonly<Record<Supply, NodeSupply>>, listener: EvictionListener) {
    const { nodes, recorder, simulation, streams } = context;
    this.#context = context;
    this.#supplies = supplies;
    this.#listener = listener;
    const phases = streams.stream('kubelet/eviction-phase');
    this.#phase = Float64Array.from({ length: nodes.count }, (_, node) => phases.below(ROUND, nodes.keyOf(node), 0));
    this.#round = simulation.on('eviction-manager/round', (node) => this.#onRound(node));
    this.#relieved = simulation.on('eviction-manager/relieved', (node, pressure) => this.#onRelieved(node, pressure));
    this.#handle = new Float64Array(nodes.count).fill(NO_EVENT);
    this.#dueAt = new Float64Array(nodes.count);
    this.#pressures = new Uint8Array(nodes.count);
    this.#evictions = Object.fromEntries(
      EVICTION_REASONS.map((reason) => [reason, recorder.counter('kubelet_evictions', reason)]),
    ) as Record<EvictionReason, Counter>;
  }

  /** What a node is short of, bits of NodePressure. */
  pressuresOf(node: NodeId): number {
    return this.#pressures[node]!;
  }

  /** What the node has left has changed, or its kubelet has begun. */
  reconsider(node: NodeId): void {
    if (this.#leaving.has(node) || !this.#listener.isKubeletRunning(node)) return;
    let at = this.#overLimit.has(node) ? this.#context.simulation.now : Infinity;
    for (const { signal, least } of this.#thresholds(node)) at = Math.min(at, this.#left(signal).reaches(node, least));
    this.#schedule(node, at === Infinity ? Infinity : tickAtOrAfter(this.#phase[node]!, ROUND, at));
  }

  /** A container of the node has come to have more files than it may. */
  onDiskLimit(node: NodeId): void {
    this.#overLimit.add(node);
    this.reconsider(node);
  }

  /** The kubelet stops: it forgets whom it was waiting for, and what it has seen. */
  stop(node: NodeId): void {
    this.#schedule(node, Infinity);
    this.#leaving.delete(node);
    this.#pressures[node] = 0;
    for (let i = 0; i < ROW; i++) {
      this.#observedAt.delete(node * ROW + i);
      this.#metSince.delete(node * ROW + i);
    }
  }

  /** Nothing is left of a pod: a round that waited for it comes with the next look, once a second. */
  onFinished(pod: PodId): void {
    const { simulation, pods } = this.#context;
    const node = pods.node[pod]!;
    const leaving = this.#leaving.get(node);
    if (leaving?.delete(pod) !== true || leaving.size > 0) return;
    const began = this.#dueAt[node]! - kubeletParameters.evictionWait.value;
    this.#schedule(node, tickAtOrAfter(began, kubeletParameters.evictionPoll.value, simulation.now));
  }

  #thresholds(node: NodeId): readonly EvictionThreshold[] {
    return this.#context.nodes.poolOf(node).kubelet.evictionThresholds;
  }

  #left(signal: EvictionSignal): NodeSupply {
    return this.#supplies[EVICTION_SIGNALS[signal].of];
  }

  #isMet(node: NodeId, { signal, least }: EvictionThreshold): boolean {
    return this.#left(signal).available(node) <= least;
  }

  #schedule(node: NodeId, at: number): void {
    const { simulation } = this.#context;
    if (this.#handle[node] !== NO_EVENT && this.#dueAt[node] === at) return;
    simulation.cancel(this.#handle[node]! as EventHandle);
    this.#dueAt[node] = at;
    this.#handle[node] = simulation.scheduleCancellable(at, this.#round, node);
  }

  #onRound(node: NodeId): void {
    const { simulation } = this.#context;
    this.#handle[node] = NO_EVENT;
    this.#leaving.delete(node);
    if (!this.#listener.isKubeletRunning(node)) return;
    const met = this.#observe(node);
    const evicted = this.#evictOverLimit(node);
    if (evicted.length > 0) this.#waitFor(node, evicted);
    else if (met.length === 0) this.reconsider(node);
    else {
      const one = this.#evictOne(node, met);
      if (one !== undefined) this.#waitFor(node, [one]);
      // Nobody is to be evicted, or nobody yet: it looks again at the next round.
      else if (!this.#thresholds(node).some((threshold) => this.#isMet(node, threshold))) this.reconsider(node);
      else this.#schedule(node, tickAtOrAfter(this.#phase[node]!, ROUND, simulation.now + 1));
    }
  }

  /** Keeps account of what the node is short of. @returns the thresholds that are met, for how long does not matter. */
  #observe(node: NodeId): EvictionThreshold[] {
    const { now } = this.#context.simulation;
    const met = this.#thresholds(node).filter((threshold, i) => {
      const isMet = this.#isMet(node, threshold);
      const key = node * ROW + i;
      if (!isMet) this.#metSince.delete(key);
      else if (!this.#metSince.has(key)) this.#metSince.set(key, now);
      return isMet;
    });
    const before = this.#pressures[node]!;
    for (const { signal } of met) {
      const { pressure } = EVICTION_SIGNALS[signal];
      this.#observedAt.set(node * ROW + pressure, now);
      if ((this.#pressures[node]! & pressure) !== 0) continue;
      this.#pressures[node]! |= pressure;
      this.#expectRelief(node, pressure);
    }
    if (this.#pressures[node] !== before) this.#listener.onPressuresChanged(node, this.#pressures[node]!);
    return met;
  }

  #waitFor(node: NodeId, pods: readonly PodId[]): void {
    this.#leaving.set(node, new Set(pods));
    this.#schedule(node, this.#context.simulation.now + kubeletParameters.evictionWait.value);
  }

  /** All that have more files than they may go at once. */
  #evictOverLimit(node: NodeId): PodId[] {
    if (!this.#overLimit.delete(node)) return [];
    const pods = this.#listener.podsOn(node).filter((pod) => this.#listener.isOverDiskLimit(pod));
    return pods.filter((pod) => this.#evict(pod, kubeletParameters.evictionGrace.value, 'ephemeralcontainerfs.limit'));
  }

  /** The pod that goes because of the first threshold that is met and has lasted; undefined: nobody has to. */
  #evictOne(node: NodeId, met: readonly EvictionThreshold[]): PodId | undefined {
    const { now } = this.#context.simulation;
    const all = this.#thresholds(node);
    const due = met.find(
      (one) => one.softAfter === undefined || now - this.#metSince.get(node * ROW + all.indexOf(one))! >= one.softAfter,
    );
    if (due === undefined) return undefined;
    const { of } = EVICTION_SIGNALS[due.signal];
    if (of === 'disk') {
      this.#listener.reclaimDisk(node);
      if (!all.some((one) => this.#isMet(node, one))) return undefined;
    }
    return this.#ranked(node, of).find(({ pod }) => this.#evict(pod, this.#graceOf(pod, due), due.signal))?.pod;
  }

  #graceOf(pod: PodId, { softAfter }: EvictionThreshold): number {
    if (softAfter === undefined) return kubeletParameters.evictionGrace.value;
    const { nodes, pods } = this.#context;
    const { evictionMaxPodGracePeriod } = nodes.poolOf(pods.node[pod]!).kubelet;
    return Math.min(evictionMaxPodGracePeriod, templateOf(this.#context, pod).terminationGracePeriod);
  }

  /** Critical and static pods stay. */
  #evict(pod: PodId, grace: number, reason: EvictionReason): boolean {
    if (templateOf(this.#context, pod).critical !== 'no' || isStatic(this.#context, pod)) return false;
    if (!this.#listener.evict(pod, grace, reason)) return false;
    this.#evictions[reason].add();
    return true;
  }

  #ranked(node: NodeId, what: Supply): Candidate[] {
    const candidates = this.#listener.podsOn(node).map((pod) => {
      const { memoryRequestBytes, priority, resources } = templateOf(this.#context, pod);
      const disk = resources['ephemeral-storage'] ?? 0;
      const requested = { memory: memoryRequestBytes, disk, processes: 0 }[what];
      return { pod, priority, held: this.#listener.heldBy(pod, what), requested };
    });
    return what === 'processes' ? byAmount(candidates) : byExcess(candidates);
  }

  #expectRelief(node: NodeId, pressure: number): void {
    const { simulation } = this.#context;
    simulation.schedule(Math.max(this.#reliefAt(node, pressure), simulation.now), this.#relieved, node, pressure);
  }

  #reliefAt(node: NodeId, pressure: number): number {
    const { evictionPressureTransitionPeriod } = this.#context.nodes.poolOf(node).kubelet;
    return (this.#observedAt.get(node * ROW + pressure) ?? -Infinity) + evictionPressureTransitionPeriod;
  }

  /** The condition stays for a while after it was seen last. */
  #onRelieved(node: NodeId, pressure: number): void {
    if ((this.#pressures[node]! & pressure) === 0) return;
    if (this.#context.simulation.now < this.#reliefAt(node, pressure)) {
      this.#expectRelief(node, pressure);
      return;
    }
    this.#pressures[node]! &= ~pressure;
    this.#listener.onPressuresChanged(node, this.#pressures[node]!);
  }
}

const ROUND = kubeletParameters.evictionRound.value;
