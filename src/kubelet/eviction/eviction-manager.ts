// The eviction manager: a node that runs short of memory gives up pods, one a round. Part of the kubelet.
// Source: pkg/kubelet/eviction/eviction_manager.go and helpers.go. A round is due every ten seconds; it is an event only
// where it will find too little left, which is arithmetic. (The real one looks at statistics that are up to 15 s old.)

import { type Context, isStatic, type NodeId, type PodId, templateOf } from '../../cluster/index.js';
import { type EventHandle, type EventKind, NO_EVENT, tickAtOrAfter } from '../../engine/index.js';
import type { Counter } from '../../metrics/index.js';
import type { NodeMemory } from '../../node/index.js';
import { kubeletParameters } from '../parameters.js';

export interface EvictionListener {
  isKubeletRunning(node: NodeId): boolean;
  /** Pods on a node that its kubelet knows of. */
  podsOn(node: NodeId): readonly number[];
  /** Bytes that a pod holds now; 0 for one that does not run. */
  memoryOf(pod: PodId): number;
  /** The node is under pressure from now on, or not any more: its status tells of it. */
  onPressureChanged(node: NodeId, isUnderPressure: boolean): void;
  /** The pod has failed, and is to be killed with so much grace, ns. Returns false if it is on its way out already. */
  evict(pod: PodId, grace: number): boolean;
}

export class EvictionManager {
  readonly #context: Context;
  readonly #memory: NodeMemory;
  readonly #listener: EvictionListener;
  readonly #phase: Float64Array;
  readonly #round: EventKind;
  readonly #relieved: EventKind;
  readonly #handle: Float64Array;
  readonly #dueAt: Float64Array;
  /** Pod whose end the next round waits for, by node; -1: none. */
  readonly #leaving: Int32Array;
  readonly #isUnderPressure: Uint8Array;
  readonly #observedAt: Float64Array;
  /** Since when the node has been found short at every round, NaN: it was not. */
  readonly #shortSince: Float64Array;
  readonly #evictions: Counter;

  constructor(context: Context, memory: NodeMemory, listener: EvictionListener) {
    const { nodes, recorder, simulation, streams } = context;
    this.#context = context;
    this.#memory = memory;
    this.#listener = listener;
    const phases = streams.stream('kubelet/eviction-phase');
    this.#phase = Float64Array.from({ length: nodes.count }, (_, node) =>
      phases.below(kubeletParameters.evictionRound.value, nodes.keyOf(node), 0),
    );
    this.#round = simulation.on('eviction-manager/round', (node) => this.#onRound(node));
    this.#relieved = simulation.on('eviction-manager/relieved', (node) => this.#onRelieved(node));
    this.#handle = new Float64Array(nodes.count).fill(NO_EVENT);
    this.#dueAt = new Float64Array(nodes.count);
    this.#leaving = new Int32Array(nodes.count).fill(-1);
    this.#isUnderPressure = new Uint8Array(nodes.count);
    this.#observedAt = new Float64Array(nodes.count).fill(-Infinity);
    this.#shortSince = new Float64Array(nodes.count).fill(Number.NaN);
    this.#evictions = recorder.counter('kubelet_evictions', 'memory.available');
  }

  isUnderPressure(node: NodeId): boolean {
    return this.#isUnderPressure[node] === 1;
  }

  /** What the node has left has changed, or its kubelet has begun. */
  reconsider(node: NodeId): void {
    if (this.#leaving[node]! >= 0 || !this.#listener.isKubeletRunning(node)) return;
    const at = this.#memory.reaches(node, this.#highest(node));
    if (at === Infinity) this.#schedule(node, Infinity);
    else this.#schedule(node, tickAtOrAfter(this.#phase[node]!, ROUND, at));
  }

  /** The kubelet stops: it forgets whom it was waiting for, and what it has seen. */
  stop(node: NodeId): void {
    this.#schedule(node, Infinity);
    this.#leaving[node] = -1;
    this.#isUnderPressure[node] = 0;
    this.#observedAt[node] = -Infinity;
    this.#shortSince[node] = Number.NaN;
  }

  /** Nothing is left of a pod: a round that waited for it comes with the next look, once a second. */
  onFinished(pod: PodId): void {
    const { simulation, pods } = this.#context;
    const node = pods.node[pod]!;
    if (this.#leaving[node] !== pod) return;
    const began = this.#dueAt[node]! - kubeletParameters.evictionWait.value;
    this.#schedule(node, tickAtOrAfter(began, kubeletParameters.evictionPoll.value, simulation.now));
  }

  /** Bytes below which the node is short, though pods may have some time left. */
  #highest(node: NodeId): number {
    const { evictionMemoryBytes, softEvictionMemoryBytes } = this.#context.nodes.poolOf(node).kubelet;
    return Math.max(evictionMemoryBytes, softEvictionMemoryBytes);
  }

  /** Grace of the pod that is to go now; undefined: the shortage has not lasted long enough. ns. */
  #graceNow(node: NodeId): ((pod: PodId) => number) | undefined {
    const { simulation, nodes } = this.#context;
    const { kubelet } = nodes.poolOf(node);
    if (this.#memory.available(node) <= kubelet.evictionMemoryBytes) return () => kubeletParameters.evictionGrace.value;
    if (simulation.now - this.#shortSince[node]! < kubelet.softEvictionGracePeriod) return undefined;
    return (pod) => Math.min(kubelet.evictionMaxPodGracePeriod, templateOf(this.#context, pod).terminationGracePeriod);
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
    this.#leaving[node] = -1;
    if (!this.#listener.isKubeletRunning(node)) return;
    if (this.#memory.available(node) > this.#highest(node)) {
      this.#shortSince[node] = Number.NaN;
      this.reconsider(node);
      return;
    }
    if (Number.isNaN(this.#shortSince[node]!)) this.#shortSince[node] = simulation.now;
    this.#observedAt[node] = simulation.now;
    if (this.#isUnderPressure[node] === 0) {
      this.#isUnderPressure[node] = 1;
      this.#listener.onPressureChanged(node, true);
      this.#expectRelief(node);
    }
    const grace = this.#graceNow(node);
    for (const pod of grace === undefined ? [] : this.#ranked(node)) {
      if (!this.#listener.evict(pod, grace!(pod))) continue;
      this.#evictions.add();
      this.#leaving[node] = pod;
      this.#schedule(node, simulation.now + kubeletParameters.evictionWait.value);
      return;
    }
    // Nobody is to be evicted, or nobody yet: it looks again at the next round.
    const next = tickAtOrAfter(this.#phase[node]!, ROUND, simulation.now + 1);
    this.#schedule(node, next);
  }

  /** Whom to evict, first to last: who holds more than it asked for, the lowest priority, then by how much. Critical and static pods stay. */
  #ranked(node: NodeId): number[] {
    const excess = new Map<number, number>();
    for (const pod of this.#listener.podsOn(node)) {
      const { critical, memoryRequestBytes } = templateOf(this.#context, pod);
      if (critical !== 'no' || isStatic(this.#context, pod)) continue;
      excess.set(pod, this.#listener.memoryOf(pod) - memoryRequestBytes);
    }
    return [...excess.keys()].sort((a, b) => {
      const isOver = (pod: PodId): number => (excess.get(pod)! > 0 ? 1 : 0);
      const priority = (pod: PodId): number => templateOf(this.#context, pod).priority;
      return isOver(b) - isOver(a) || priority(a) - priority(b) || excess.get(b)! - excess.get(a)! || a - b;
    });
  }

  #expectRelief(node: NodeId): void {
    const { nodes, simulation } = this.#context;
    const at = this.#observedAt[node]! + nodes.poolOf(node).kubelet.evictionPressureTransitionPeriod;
    simulation.schedule(Math.max(at, simulation.now), this.#relieved, node);
  }

  /** The condition stays for a while after it was seen last. */
  #onRelieved(node: NodeId): void {
    if (this.#isUnderPressure[node] === 0) return;
    const { nodes, simulation } = this.#context;
    const wait = nodes.poolOf(node).kubelet.evictionPressureTransitionPeriod;
    if (simulation.now < this.#observedAt[node]! + wait) {
      this.#expectRelief(node);
      return;
    }
    this.#isUnderPressure[node] = 0;
    this.#listener.onPressureChanged(node, false);
  }
}

const ROUND = kubeletParameters.evictionRound.value;
