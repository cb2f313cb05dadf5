// The status manager: from the kubelet's view of a pod to the API server, one pod after another. Part of the kubelet.
// Each update is a GET and a PATCH on the kubelet's main client, each costing a token; so a full lane makes readiness late.

import {
  type ApiAccess,
  type Context,
  growColumns,
  isReady,
  isStatic,
  type PodStatusBits,
  RateLimiter,
  statusBits,
} from '../cluster/index.js';
import { type EventKind, type Instant, tickAfter } from '../engine/index.js';
import type { Series } from '../metrics/index.js';
import { kubeletParameters } from './parameters.js';

/** What the kubelet says of a pod. */
export interface PodStatus {
  readonly phase: number;
  readonly ready: boolean;
  readonly hasAddress: boolean;
  /** All containers run: what the start-up metrics wait for. */
  readonly allRunning: boolean;
  /** The pod has ended and its object may go. */
  readonly finished: boolean;
}

/** What the API server is told, and below it whether the pod has ended and a one: there is a status. */
const bitsOf = ({ phase, ready, hasAddress, allRunning, finished }: PodStatus): number =>
  (statusBits(phase, ready, hasAddress, allRunning) << 2) | (finished ? 2 : 0) | 1;
const toldOf = (bits: number): PodStatusBits => bits >> 2;
/** The status bits of an event's argument are below this; above stands the epoch. */
const EPOCH = 1024;
const isFinished = (bits: number): boolean => (bits & 2) !== 0;

/** What the status manager knows of each pod, as flat columns. */
class StatusTable {
  /** Latest status, packed; 0: none yet. */
  stored = new Int32Array(0);
  /** What the API server was last told. */
  reported = new Int32Array(0);
  changedAt = new Float64Array(0);
  /** When the Ready condition changed last, as the kubelet has it; NaN: not since the run began. */
  readyTransition = new Float64Array(0);
  updates = new Int32Array(0);
  queued = new Uint8Array(0);
  /** One more whenever the kubelet forgets the pod. */
  epoch = new Int32Array(0);

  ensure(pod: number): void {
    if (pod >= this.stored.length) growColumns(this, Math.max(1024, pod * 2), { readyTransition: Number.NaN });
  }
}

export class StatusManager {
  readonly #context: Context;
  readonly #api: ApiAccess;
  readonly #onReported: (pod: number, told: PodStatusBits) => void;
  readonly #limiters: RateLimiter[];
  readonly #patched: EventKind;
  readonly #pods = new StatusTable();
  readonly #lanes: number[][];
  readonly #busy: Uint8Array;
  /** By node: the Ready condition's transition in the update under way. */
  readonly #sentTransition: Float64Array;
  readonly #syncDuration: readonly Series[];
  readonly #reconciled: EventKind;
  readonly #reconcilePhase: Float64Array;
  readonly #podsOn: (node: number) => readonly number[];

  /** @param podsOn pods that the kubelet of a node knows of. */
  constructor(
    context: Context,
    api: ApiAccess,
    podsOn: (node: number) => readonly number[],
    onReported: (pod: number, told: PodStatusBits) => void,
  ) {
    this.#context = context;
    this.#api = api;
    this.#podsOn = podsOn;
    this.#reconciled = context.simulation.on('status-manager/reconcile', (node) => this.#onReconcile(node));
    const phases = context.streams.stream('status-manager/reconcile-phase');
    this.#reconcilePhase = Float64Array.from({ length: context.nodes.count }, (_, node) =>
      phases.below(kubeletParameters.statusReconcile.value, node, 0),
    );
    this.#onReported = onReported;
    this.#limiters = Array.from({ length: context.nodes.count }, (_, node) => {
      const { kubeApiQps, kubeApiBurst } = context.nodes.poolOf(node).kubelet;
      return new RateLimiter(kubeApiQps, kubeApiBurst);
    });
    this.#lanes = Array.from({ length: context.nodes.count }, () => []);
    this.#busy = new Uint8Array(context.nodes.count);
    this.#sentTransition = new Float64Array(context.nodes.count);
    this.#syncDuration = context.nodes.pools.map((pool) =>
      context.recorder.series('kubelet_pod_status_sync_duration_seconds', pool.name),
    );
    this.#patched = context.simulation.on('status-manager/patched', (pod, bits) => this.#onPatched(pod, bits));
  }

  /** Takes a token of the node's main client for a request that may go out from then on; returns when it does. */
  takeToken(node: number, from: Instant = this.#context.simulation.now): Instant {
    const at = this.#limiters[node]!.take(from);
    this.#context.journal?.requestSent?.(node, at);
    return at;
  }

  /** The status that the API server already has when the run begins. */
  seed(pod: number, status: PodStatus): void {
    this.#pods.ensure(pod);
    this.#pods.stored[pod] = bitsOf(status);
    this.#pods.reported[pod] = bitsOf(status);
  }

  /** The kubelet stops: what it had not yet said is lost, but not what the API server knows. */
  forget(pod: number): void {
    if (pod >= this.#pods.stored.length) return;
    this.#pods.stored[pod] = 0;
    this.#pods.queued[pod] = 0;
    this.#pods.epoch[pod]! += 1;
  }

  /** The kubelet stops: its lane is empty. */
  forgetNode(node: number): void {
    this.#lanes[node] = [];
    this.#busy[node] = 0;
  }

  /** The watch brings a status: if somebody else wrote it, it is put right at the next look. */
  onSeen(pod: number, told: PodStatusBits): void {
    if (!this.hasStatus(pod) || isReady(told) || !isReady(toldOf(this.#pods.reported[pod]!))) return;
    this.#pods.reported[pod] = (told << 2) | 1;
    this.#reconcileLater(this.#context.pods.node[pod]!);
  }

  /** Requests of the node are answered again. */
  onReachable(node: number): void {
    if (this.#lanes[node]!.length > 0) this.#reconcileLater(node);
  }

  /** A static pod has a mirror object now: what is known of the pod can be told. */
  onMirrored(pod: number): void {
    this.#pods.reported[pod] = 0;
    this.#reconcileLater(this.#context.pods.node[pod]!);
  }

  /** The status of a static pod without a mirror is kept to itself. */
  #hasObject(pod: number): boolean {
    return this.#context.pods.gone[pod] === 0 || !isStatic(this.#context, pod);
  }

  #reconcileLater(node: number): void {
    const { simulation } = this.#context;
    const period = kubeletParameters.statusReconcile.value;
    const phase = (this.#reconcilePhase[node]! % period) as Instant;
    simulation.schedule(tickAfter(phase, period, simulation.now), this.#reconciled, node);
  }

  /** Queues every pod whose status the API server does not have. */
  #onReconcile(node: number): void {
    for (const pod of this.#podsOn(node)) {
      if (!this.hasStatus(pod) || this.#pods.stored[pod] === this.#pods.reported[pod]) continue;
      if (!this.#hasObject(pod)) continue;
      if (this.#pods.queued[pod] === 1) continue;
      this.#pods.queued[pod] = 1;
      this.#lanes[node]!.push(pod);
    }
    this.#next(node);
  }

  hasStatus(pod: number): boolean {
    return pod < this.#pods.stored.length && this.#pods.stored[pod] !== 0;
  }

  /** Stores a status; a change is sent as soon as the node's lane is free. */
  set(pod: number, status: PodStatus): void {
    this.#pods.ensure(pod);
    this.#context.journal?.statusSet?.(pod, status.ready, status.allRunning);
    const bits = bitsOf(status);
    if (this.#pods.stored[pod] === bits) return;
    if (this.#pods.stored[pod] === this.#pods.reported[pod]) this.#pods.changedAt[pod] = this.#context.simulation.now;
    if (status.ready !== isReady(toldOf(this.#pods.stored[pod]!)))
      this.#pods.readyTransition[pod] = this.#context.simulation.now;
    this.#pods.stored[pod] = bits;
    if (!this.#hasObject(pod)) return;
    const node = this.#context.pods.node[pod]!;
    if (this.#pods.queued[pod] === 0) {
      this.#pods.queued[pod] = 1;
      this.#lanes[node]!.push(pod);
    }
    this.#next(node);
  }

  #next(node: number): void {
    const lane = this.#lanes[node]!;
    if (this.#busy[node] === 1 || lane.length === 0 || !this.#api.isReachable(node)) return;
    const { simulation } = this.#context;
    const pod = lane.shift()!;
    this.#pods.queued[pod] = 0;
    this.#busy[node] = 1;
    const n = this.#pods.updates[pod]!++;
    const got = this.takeToken(node) + this.#api.requestDuration('read', pod, n);
    let end = this.takeToken(node, got as Instant) + this.#api.requestDuration('write', pod, n);
    const bits = this.#pods.stored[pod]!;
    this.#sentTransition[node] = this.#pods.readyTransition[pod]!;
    if (isFinished(bits)) {
      end = this.takeToken(node, end as Instant) + this.#api.requestDuration('write', pod, n + 1);
    }
    simulation.schedule(end as Instant, this.#patched, pod, this.#pods.epoch[pod]! * EPOCH + bits);
  }

  #onPatched(pod: number, argument: number): void {
    const { simulation, nodes, pods } = this.#context;
    const node = pods.node[pod]!;
    const bits = argument % EPOCH;
    // The kubelet that sent it is gone, and its request with it.
    if (Math.floor(argument / EPOCH) !== this.#pods.epoch[pod]) return;
    if (!this.#hasObject(pod)) {
      this.#busy[node] = 0;
      this.#next(node);
      return;
    }
    if (!this.#api.isReachable(node)) {
      this.#busy[node] = 0;
      this.#lanes[node]!.push(pod);
      this.#pods.queued[pod] = 1;
      return;
    }
    const unchanged = bits === this.#pods.reported[pod];
    this.#pods.reported[pod] = bits;
    this.#busy[node] = 0;
    if (!unchanged) {
      this.#syncDuration[nodes.pool[node]!]!.record(simulation.now - this.#pods.changedAt[pod]!);
      this.#pods.changedAt[pod] = simulation.now;
      this.#api.patchPodStatus(pod, toldOf(bits), this.#sentTransition[node]!);
      this.#onReported(pod, toldOf(bits));
      if (isFinished(bits)) this.#api.removePod(pod);
    }
    this.#next(node);
  }
}
