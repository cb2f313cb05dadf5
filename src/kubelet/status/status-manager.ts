// The status manager: from the kubelet's view of a pod to the API server. Part of the kubelet.
// What has changed is taken as a batch, each status as it is then, and worked off one pod after another: a GET, a PATCH where
// something differs, a DELETE for a pod that has ended, each costing a token of the kubelet's main client. What changes
// meanwhile waits for the next batch; so a full lane makes readiness late.

import {
  type ApiAccess,
  type Context,
  hasAddress,
  isAllRunning,
  isReady,
  type NodeId,
  type PodAnswer,
  type PodId,
  PodPhase,
  type PodStatusBits,
  type PodStatusDetails,
  phaseOf,
  RateLimiter,
  RequestTimes,
  statusBits,
} from '../../cluster/index.js';
import { type EventKind, growColumns, type Instant, type RandomStream, tickAfter } from '../../engine/index.js';
import type { Series } from '../../metrics/index.js';
import { kubeletParameters } from '../parameters.js';

/** What the kubelet says of a pod. */
export interface PodStatus {
  readonly phase: number;
  readonly ready: boolean;
  readonly hasAddress: boolean;
  /** All containers run: what the start-up metrics wait for. */
  readonly allRunning: boolean;
  /** The pod has ended and its object may go. */
  readonly finished: boolean;
  /** Everything else that stands in the status, as a number: it differs if anything of it does. */
  readonly detail: number;
}

/** What is reported to the API server, and below it whether the pod has ended and a one: there is a status. */
const bitsOf = ({ phase, ready, hasAddress, allRunning, finished }: PodStatus): number =>
  (statusBits(phase, ready, hasAddress, allRunning) << 2) | (finished ? 2 : 0) | 1;
const apiStatusOf = (bits: number): PodStatusBits => bits >> 2;
const isFinished = (bits: number): boolean => (bits & 2) !== 0;

/** What the status manager knows of each pod, as flat columns. */
class StatusTable {
  /** Newest status that the kubelet's watch has brought. */
  watched = new Uint8Array(0);
  /** It is a static pod without a mirror, as far as the watch says. */
  lacksMirror = new Uint8Array(0);
  /** Latest status, packed; 0: none yet. */
  stored = new Int32Array(0);
  storedDetail = new Int32Array(0);
  /** What was last reported to the API server; 0: nothing, or nobody knows. */
  reported = new Int32Array(0);
  reportedDetail = new Int32Array(0);
  changedAt = new Float64Array(0);
  /** When the Ready condition changed last, as the kubelet has it; NaN: not since the run began. */
  readyTransition = new Float64Array(0);
  updates = new Int32Array(0);
  /** It waits for the next batch. */
  queued = new Uint8Array(0);

  ensure(pod: PodId): void {
    if (pod >= this.stored.length) growColumns(this, Math.max(1024, pod * 2), { readyTransition: Number.NaN });
  }
}

/** A status as it was when its batch was taken. */
interface Snapshot {
  readonly pod: PodId;
  readonly bits: number;
  readonly detail: number;
  /** Instant of the Ready condition's transition; NaN: none. */
  readonly transition: number;
}

/** The one lane of a node. */
interface Lane {
  /** Pods that have changed since the last batch. */
  changed: number[];
  /** What is left of the batch under way. */
  batch: Snapshot[];
  /** Its update under way. */
  sending: Snapshot | undefined;
  /** Pods that could not be reported; also those of which nothing is left on the node. */
  unreported: Set<number>;
}

const emptyLane = (): Lane => ({ changed: [], batch: [], sending: undefined, unreported: new Set() });

export class StatusManager {
  readonly #context: Context;
  readonly #api: ApiAccess;
  readonly #onReported: (pod: PodId, status: PodStatusBits) => void;
  readonly #detailsOf: (pod: PodId, hasEnded: boolean) => PodStatusDetails;
  readonly #limiters: RateLimiter[];
  readonly #times: RequestTimes;
  readonly #patched: EventKind;
  readonly #pods = new StatusTable();
  /** Requests of the main client so far, by node. */
  readonly requests: Float64Array;
  readonly #lanes: Lane[];
  /** Pods with a status, by node, also those of which nothing else is left. */
  readonly #known: readonly Set<number>[];
  /** When a node looks next for what it has not reported. */
  readonly #reconcileAt: Float64Array;
  /** Updates sent so far, by node; one more whenever a kubelet stops: its last is void. */
  readonly #sent: Int32Array;
  readonly #order: RandomStream;
  readonly #syncDuration: readonly Series[];
  readonly #reconciled: EventKind;
  readonly #reconcilePhase: Float64Array;

  /** @param detailsOf what else a status says, as it is when it is written. */
  constructor(
    context: Context,
    api: ApiAccess,
    onReported: (pod: PodId, status: PodStatusBits) => void,
    detailsOf: (pod: PodId, hasEnded: boolean) => PodStatusDetails,
  ) {
    this.#context = context;
    this.#api = api;
    this.#detailsOf = detailsOf;
    this.#reconciled = context.simulation.on('status-manager/reconcile', (node) => this.#onReconcile(node));
    const phases = context.streams.stream('status-manager/reconcile-phase');
    this.#reconcilePhase = Float64Array.from({ length: context.nodes.count }, (_, node) =>
      phases.below(kubeletParameters.statusReconcile.value, context.nodes.keyOf(node), 0),
    );
    this.#onReported = onReported;
    this.#limiters = Array.from({ length: context.nodes.count }, (_, node) => this.#newLimiter(node));
    this.#times = new RequestTimes(api, context.streams, 'kubelet/status', (pod) => context.pods.keyOf(pod));
    this.#known = Array.from({ length: context.nodes.count }, () => new Set());
    this.#reconcileAt = new Float64Array(context.nodes.count);
    this.requests = new Float64Array(context.nodes.count);
    this.#lanes = Array.from({ length: context.nodes.count }, emptyLane);
    this.#sent = new Int32Array(context.nodes.count);
    this.#order = context.streams.stream('status-manager/batch-order');
    this.#syncDuration = context.nodes.pools.map((pool) =>
      context.recorder.series('kubelet_pod_status_sync_duration_seconds', pool.name),
    );
    this.#patched = context.simulation.on('status-manager/patched', (node, sent) => this.#onPatched(node, sent));
  }

  /** Takes a token of the node's main client for a request that may go out from then on; returns when it does. */
  takeToken(node: NodeId, from: Instant = this.#context.simulation.now): Instant {
    const at = this.#limiters[node]!.take(from);
    this.requests[node]! += 1;
    this.#context.journal?.requestSent?.(node, at);
    return at;
  }

  /** The status that the API server already has when the run begins. */
  seed(pod: PodId, status: PodStatus): void {
    this.#pods.ensure(pod);
    this.#pods.stored[pod] = this.#pods.reported[pod] = bitsOf(status);
    this.observe(pod, apiStatusOf(bitsOf(status)));
    this.#pods.storedDetail[pod] = this.#pods.reportedDetail[pod] = status.detail;
    this.#known[this.#context.pods.node[pod]!]!.add(pod);
  }

  /** The kubelet stops: what it had not yet said is lost, but not what the API server knows. */
  forget(node: NodeId): void {
    for (const pod of this.#known[node]!) {
      this.#pods.stored[pod] = 0;
      this.#pods.queued[pod] = 0;
      this.#pods.watched[pod] = 0;
    }
    this.#known[node]!.clear();
    this.#lanes[node] = emptyLane();
    this.#sent[node]! += 1;
    this.#limiters[node] = this.#newLimiter(node);
  }

  #newLimiter(node: NodeId): RateLimiter {
    const { kubeApiQps, kubeApiBurst } = this.#context.nodes.poolOf(node).kubelet;
    return new RateLimiter(kubeApiQps, kubeApiBurst);
  }

  /** The watch brings a status, whether anybody looks or not. */
  observe(pod: PodId, status: PodStatusBits): void {
    this.#pods.ensure(pod);
    this.#pods.watched[pod] = status;
  }

  /** The newest status that the watch, or the list, has brought. */
  watchedStatus(pod: PodId): PodStatusBits {
    return this.#pods.watched[pod] ?? 0;
  }

  /** The sync loop looks at what the watch has brought: if somebody else wrote it, it is put right at the next look. */
  onSeen(pod: PodId): void {
    const status = this.watchedStatus(pod);
    if (!this.hasStatus(pod) || isReady(status) || !isReady(apiStatusOf(this.#pods.reported[pod]!))) return;
    this.#pods.reported[pod] = (status << 2) | 1;
    this.#reportLater(pod);
  }

  /** The list of a kubelet that has begun brings a pod: what others wrote meanwhile is what the API server has. */
  onListed(answer: PodAnswer): void {
    const { pod, phase } = answer;
    this.#pods.ensure(pod);
    const { reported } = this.#pods;
    const status = apiStatusOf(reported[pod]!);
    const now = statusBits(phase, answer.isReady, hasAddress(status), isAllRunning(status));
    this.observe(pod, now);
    if (reported[pod] === 0 || (phaseOf(status) === phase && isReady(status) === answer.isReady)) return;
    reported[pod] = (now << 2) | (reported[pod]! & 3);
    if (this.#isToReport(pod)) this.#reportLater(pod);
  }

  /** Requests of the node are answered again. */
  onReachable(node: NodeId): void {
    if (this.#lanes[node]!.unreported.size > 0) this.#reconcileLater(node);
  }

  /** The watch, or the list, says whether a static pod has a mirror object. With a new one what is known can be told. */
  setMirrored(pod: PodId, isMirrored: boolean): void {
    this.#pods.ensure(pod);
    if (this.lacksMirror(pod) !== isMirrored) return;
    this.#pods.lacksMirror[pod] = isMirrored ? 0 : 1;
    this.#pods.watched[pod] = 0;
    if (!isMirrored) return;
    this.#pods.reported[pod] = 0;
    this.#reportLater(pod);
  }

  /** A static pod without a mirror, as far as its kubelet knows: its status is kept to itself. */
  lacksMirror(pod: PodId): boolean {
    return this.#pods.lacksMirror[pod] === 1;
  }

  /** What is to be reported of a pod waits for the next look. */
  #reportLater(pod: PodId): void {
    const node = this.#context.pods.node[pod]!;
    this.#lanes[node]!.unreported.add(pod);
    if (this.#api.isReachable(node)) this.#reconcileLater(node);
  }

  #reconcileLater(node: NodeId): void {
    const { simulation } = this.#context;
    const period = kubeletParameters.statusReconcile.value;
    const phase = this.#reconcilePhase[node]! % period;
    const at = tickAfter(phase, period, simulation.now);
    if (this.#reconcileAt[node] === at) return;
    this.#reconcileAt[node] = at;
    simulation.schedule(at, this.#reconciled, node);
  }

  /** Queues every pod whose status the API server does not have. */
  #onReconcile(node: NodeId): void {
    if (!this.#api.isReachable(node)) return;
    const lane = this.#lanes[node]!;
    for (const pod of lane.unreported) if (this.#isToReport(pod)) this.#enqueue(pod, node);
    lane.unreported.clear();
    this.#next(node);
  }

  hasStatus(pod: PodId): boolean {
    return pod < this.#pods.stored.length && this.#pods.stored[pod] !== 0;
  }

  /** Whether there is a status that the API server does not have, and somebody to tell it of. */
  #isToReport(pod: PodId): boolean {
    return this.hasStatus(pod) && this.#differs(pod) && !this.lacksMirror(pod);
  }

  #differs(pod: PodId): boolean {
    const { stored, reported, storedDetail, reportedDetail } = this.#pods;
    return stored[pod] !== reported[pod] || storedDetail[pod] !== reportedDetail[pod];
  }

  /** Stores a status; a change is sent with the next batch, at once if the node's lane is free. */
  set(pod: PodId, status: PodStatus): void {
    this.#pods.ensure(pod);
    this.#context.journal?.statusSet?.(pod, status.ready, status.allRunning);
    const { stored, storedDetail, changedAt, readyTransition } = this.#pods;
    const bits = bitsOf(status);
    if (stored[pod] === bits && storedDetail[pod] === status.detail) return;
    const { now } = this.#context.simulation;
    if (!this.#differs(pod)) changedAt[pod] = now;
    if (status.ready !== isReady(apiStatusOf(stored[pod]!))) readyTransition[pod] = now;
    stored[pod] = bits;
    storedDetail[pod] = status.detail;
    const node = this.#context.pods.node[pod]!;
    this.#known[node]!.add(pod);
    // What cannot be reported now fails at once, and is reported at the first reconcile after it can be.
    if (this.lacksMirror(pod)) return;
    if (!this.#api.isReachable(node)) {
      this.#reportLater(pod);
      return;
    }
    this.#enqueue(pod, node);
    this.#next(node);
  }

  #enqueue(pod: PodId, node: NodeId): void {
    if (this.#pods.queued[pod] === 1) return;
    this.#pods.queued[pod] = 1;
    this.#lanes[node]!.changed.push(pod);
  }

  /** Takes a batch: each changed pod with its status as it is now, in the random order of a map. */
  #takeBatch(lane: Lane): void {
    const pods = this.#pods;
    const place = (pod: PodId): number => this.#order.uniform(this.#context.pods.keyOf(pod), pods.updates[pod]!);
    const changed = lane.changed.length > 1 ? lane.changed.sort((a, b) => place(a) - place(b) || a - b) : lane.changed;
    lane.batch = changed.map((pod) => {
      pods.queued[pod] = 0;
      return {
        pod,
        bits: pods.stored[pod]!,
        detail: pods.storedDetail[pod]!,
        transition: pods.readyTransition[pod]!,
      };
    });
    lane.changed = [];
  }

  #next(node: NodeId): void {
    const lane = this.#lanes[node]!;
    if (lane.sending !== undefined) return;
    if (lane.batch.length === 0) this.#takeBatch(lane);
    const update = lane.batch.shift();
    if (update === undefined) return;
    lane.sending = update;
    const { pod, bits } = update;
    this.#pods.updates[pod]! += 1;
    let end = this.takeToken(node) + this.#times.next('read', pod);
    if (!this.#isKnown(update)) end = this.takeToken(node, end) + this.#times.next('write', pod);
    if (isFinished(bits)) end = this.takeToken(node, end) + this.#times.next('write', pod);
    this.#context.simulation.schedule(end, this.#patched, node, ++this.#sent[node]!);
  }

  /** Whether the API server has this status already. */
  #isKnown({ pod, bits, detail }: Snapshot): boolean {
    return this.#pods.reported[pod] === bits && this.#pods.reportedDetail[pod] === detail;
  }

  #onPatched(node: NodeId, sent: number): void {
    // The kubelet that sent it is gone, and its request with it.
    if (sent !== this.#sent[node]) return;
    const lane = this.#lanes[node]!;
    const update = lane.sending!;
    const { pod } = update;
    lane.sending = undefined;
    if (!this.#api.isReachable(node)) {
      // The rest of the batch fails like this one, and what has changed since.
      for (const failed of [update, ...lane.batch]) lane.unreported.add(failed.pod);
      for (const changed of lane.changed) {
        this.#pods.queued[changed] = 0;
        lane.unreported.add(changed);
      }
      lane.changed = [];
      lane.batch = [];
      return;
    }
    // The answer to its GET.
    if (this.#api.hasPod(pod)) {
      if (!this.#isKnown(update)) this.#report(node, update);
      if (isFinished(update.bits)) {
        this.#api.removePod(pod);
        this.#known[node]!.delete(pod);
      }
    } else if (isFinished(update.bits)) this.#known[node]!.delete(pod);
    this.#next(node);
  }

  #report(node: NodeId, { pod, bits, detail, transition }: Snapshot): void {
    const { simulation, nodes } = this.#context;
    const { reported, reportedDetail, changedAt } = this.#pods;
    const status = apiStatusOf(bits);
    const isNews = apiStatusOf(reported[pod]!) !== status || reported[pod] === 0;
    reported[pod] = bits;
    reportedDetail[pod] = detail;
    this.#syncDuration[nodes.pool[node]!]!.record(simulation.now - changedAt[pod]!);
    changedAt[pod] = simulation.now;
    const details = this.#detailsOf(pod, phaseOf(status) > PodPhase.Running);
    if (!isNews) {
      this.#api.patchPodDetails(pod, details);
      return;
    }
    this.#api.patchPodStatus(pod, status, transition, details);
    this.#onReported(pod, status);
  }
}
