// What the kubelet says of its pods, from the PLEG's cache and the results of the probes. Part of the kubelet; the status
// manager takes it from here to the API server.

import {
  type Context,
  containersOf,
  isStatic,
  type PodId,
  PodPhase,
  type PodStatusDetails,
  templateOf,
} from '../../cluster/index.js';
import { ContainerState, type ContainersView } from '../../cri/index.js';
import { type Column, type EventKind, type RandomStream, sample } from '../../engine/index.js';
import type { PodStartupLatencyTracker } from '../latency/pod-startup-latency-tracker.js';
import type { ContainerCacheView } from '../pleg/container-cache.js';
import { type ContainerRecords, WaitingReason } from '../pod-workers/container-records.js';
import { type PodWorkerTable, WorkerPhase } from '../pod-workers/pod-worker-table.js';
import { mayRestart } from '../pod-workers/restart-policy.js';
import type { Sandboxes } from '../pod-workers/sandboxes.js';
import type { Prober } from '../prober/prober.js';
import type { ContainerStatuses } from './container-statuses.js';
import type { PodStatus, StatusManager } from './status-manager.js';

export interface PodStatusesParts {
  readonly context: Context;
  readonly containers: ContainersView;
  readonly cache: ContainerCacheView;
  readonly stored: ContainerStatuses;
  readonly records: ContainerRecords;
  readonly workers: PodWorkerTable;
  readonly sandboxes: Sandboxes;
  readonly prober: Prober;
  readonly statusManager: StatusManager;
  readonly latency: PodStartupLatencyTracker;
}

export class PodStatuses {
  readonly #context: Context;
  readonly #containers: ContainersView;
  readonly #cache: ContainerCacheView;
  readonly #stored: ContainerStatuses;
  readonly #records: ContainerRecords;
  readonly #workers: PodWorkerTable;
  readonly #sandboxes: Sandboxes;
  readonly #prober: Prober;
  readonly #manager: StatusManager;
  readonly #latency: PodStartupLatencyTracker;
  /** Of pods that have readiness gates, once their containers have been ready. */
  readonly #gates = new Map<PodId, 'waiting' | 'open'>();
  readonly #gateTimes: RandomStream;
  readonly #gateOpened: EventKind;

  constructor(parts: PodStatusesParts) {
    this.#context = parts.context;
    this.#containers = parts.containers;
    this.#cache = parts.cache;
    this.#stored = parts.stored;
    this.#records = parts.records;
    this.#workers = parts.workers;
    this.#sandboxes = parts.sandboxes;
    this.#prober = parts.prober;
    this.#manager = parts.statusManager;
    this.#latency = parts.latency;
    const { simulation, streams } = parts.context;
    this.#gateTimes = streams.stream('readiness-gates');
    this.#gateOpened = simulation.on('readiness-gates/open', (pod) => {
      this.#gates.set(pod, 'open');
      // A kubelet that is not there learns of it when it lists its pods.
      if (this.#workers.phase[pod] === WorkerPhase.Sync && this.#manager.hasStatus(pod)) this.amend(pod);
    });
  }

  /** Hands the status manager the pod's status as the cache and the prober have it. */
  set(pod: PodId): void {
    const status = this.of(pod);
    if (status.allRunning) this.#latency.knownRunning(pod);
    const moved: number[] = [];
    this.#workers.forEachContainer(pod, (c) => {
      if (this.#stored.take(c)) moved.push(c);
    });
    this.#manager.set(pod, status);
    for (const c of moved) this.#prober.reconsider(c);
  }

  /**
   * A result of a probe, or the sandbox, goes into the status that is stored: what else has happened to the containers
   * meanwhile is for the next sync to tell.
   */
  amend(pod: PodId): void {
    const { state, run } = this.#stored;
    this.#manager.set(pod, this.#statusOf(pod, state, run));
  }

  /** The pod's status as the cache and the prober have it. */
  of(pod: PodId): PodStatus {
    const { state, run } = this.#cache;
    return this.#statusOf(pod, state, run);
  }

  /** What the API server is told beside that. @param hasEnded only then anybody asks how. */
  detailsOf(pod: PodId, hasEnded: boolean): PodStatusDetails {
    const { run } = this.#cache;
    let restarts = 0;
    this.#workers.forEachContainer(pod, (c) => {
      if (run[c]! > 1) restarts += run[c]! - 1;
    });
    const isDisrupted = this.#workers.isEvicted[pod] === 1;
    if (restarts === 0 && !hasEnded && !isDisrupted) return NOTHING_MORE;
    return { restarts, isDisrupted, ...(hasEnded ? this.#endOf(pod) : NO_END) };
  }

  #endOf(pod: PodId): Pick<PodStatusDetails, 'finishedAt' | 'exitCodes'> {
    const { run, state } = this.#cache;
    let finishedAt = -Infinity;
    const exitCodes: number[] = [];
    this.#workers.forEachContainer(pod, (c) => {
      const isOver = run[c]! > 0 && state[c] === ContainerState.Exited;
      exitCodes.push(isOver ? this.#containers.exitCode[c]! : -1);
      finishedAt = isOver ? Math.max(finishedAt, this.#containers.finishedAt[c]!) : Number.NaN;
    });
    return { finishedAt: Number.isFinite(finishedAt) ? finishedAt : Number.NaN, exitCodes };
  }

  phaseOf(pod: PodId): number {
    const { state, run } = this.#cache;
    return this.#phaseOf(pod, state, run);
  }

  /** @param states of the containers, and their runs, as whoever asks knows them. */
  #statusOf(pod: PodId, states: Column, runs: Column): PodStatus {
    const w = this.#workers;
    const phase = this.#phaseOf(pod, states, runs);
    // A pod that has ended is not ready, whatever still runs of it.
    let ready = this.#sandboxes.isThere(pod) && phase <= PodPhase.Running;
    let allRunning = true;
    let hasAddress = false;
    const specs = containersOf(this.#context, pod);
    w.forEachContainer(pod, (c, index) => {
      const run = runs[c]!;
      const running = states[c] === ContainerState.Running;
      if (run > 0) hasAddress = true;
      const { role } = specs[index]!;
      // Init containers that have done their work are no part of the pod's readiness; a sidecar is.
      if (role === 'init') return;
      if (!running && role === 'main') allRunning = false;
      if (!running || !this.#prober.isStarted(c, run) || !this.#prober.isReady(c, run)) ready = false;
    });
    // The mirror of a static pod is not the status manager's to delete.
    const mayGo = w.deletionRequested[pod] === 1 && !isStatic(this.#context, pod);
    const finished = w.phase[pod] === WorkerPhase.Finished && mayGo;
    const isReady = ready && this.#areGatesOpen(pod);
    const inDetail = this.#detailOf(pod, states, runs);
    const detail = ready === isReady ? inDetail : mix(inDetail, 1);
    return { phase, ready: isReady, hasAddress, allRunning, finished, detail };
  }

  /** Whether the pod's readiness gates are met; somebody looks after that as soon as its containers are ready. */
  #areGatesOpen(pod: PodId): boolean {
    const { readinessGates } = templateOf(this.#context, pod);
    if (readinessGates === undefined) return true;
    const since = this.#gates.get(pod);
    if (since !== undefined || readinessGates.open === undefined) return since === 'open';
    const { pods, simulation } = this.#context;
    const after = Math.round(sample(readinessGates.open, this.#gateTimes.uniform(pods.keyOf(pod), 0)));
    this.#gates.set(pod, 'waiting');
    simulation.schedule(simulation.now + after, this.#gateOpened, pod);
    return false;
  }

  /** A pod that is ready when the run begins: its gates have been met. */
  openGates(pod: PodId): void {
    if (templateOf(this.#context, pod).readinessGates !== undefined) this.#gates.set(pod, 'open');
  }

  /** What a status says beside that: of each container its run, state, probes and why it waits; whether the sandbox is there. */
  #detailOf(pod: PodId, states: Column, runs: Column): number {
    const records = this.#records;
    let detail = this.#sandboxes.isKnown(pod) ? 1 : 0;
    this.#workers.forEachContainer(pod, (c) => {
      const run = runs[c]!;
      const isRunning = states[c] === ContainerState.Running;
      const started = isRunning && this.#prober.isStarted(c, run) ? 1 : 0;
      const ready = started === 1 && this.#prober.isReady(c, run) ? 1 : 0;
      const reason = records.waitingReason(c);
      const waiting = reason === WaitingReason.CrashLoopBackOff ? records.backOffDelay(c) / 1e9 : 0;
      detail = mix(mix(mix(detail, run * 4 + states[c]!), started * 2 + ready), reason);
      detail = mix(detail, waiting);
    });
    return detail;
  }

  #phaseOf(pod: PodId, states: Column, runs: Column): number {
    const t = this.#containers;
    const specs = containersOf(this.#context, pod);
    let phase: number = PodPhase.Succeeded;
    let isPending = false;
    const { rejected, isOverdue, isEvicted } = this.#workers;
    let isFailed = rejected[pod] !== 0 || isOverdue[pod] === 1 || isEvicted[pod] === 1;
    this.#workers.forEachContainer(pod, (c, index) => {
      const spec = specs[index]!;
      const hasEnded = runs[c]! > 0 && states[c] === ContainerState.Exited;
      const isOver = hasEnded && !mayRestart(spec, t.exitCode[c]!);
      if (spec.role === 'init') {
        // One that failed for good takes the pod with it; one that has not ended well holds the others up.
        if (isOver && t.exitCode[c] !== 0) isFailed = true;
        return;
      }
      if (spec.role === 'sidecar') return;
      if (runs[c] === 0) isPending = true;
      else if (!isOver) phase = PodPhase.Running;
      else if (t.exitCode[c] !== 0 && phase === PodPhase.Succeeded) phase = PodPhase.Failed;
    });
    if (isFailed) return PodPhase.Failed;
    return isPending ? PodPhase.Pending : phase;
  }

  /** Whether a started container of the pod has a readiness probe that does not say yes. */
  hasUnready(pod: PodId): boolean {
    let found = false;
    this.#workers.forEachContainer(pod, (c) => {
      if (this.#isUnready(c)) found = true;
    });
    return found;
  }

  #isUnready(c: number): boolean {
    const isRunning = this.#cache.state[c] === ContainerState.Running;
    return isRunning && this.#prober.isStarted(c) && !this.#prober.isReady(c);
  }

  /** Pokes the readiness workers of containers that are started and not ready, as every sync does. */
  triggerReadiness(pod: PodId): void {
    this.#workers.forEachContainer(pod, (c) => {
      if (this.#isUnready(c)) this.#prober.triggerReadiness(c, this.#stored.run[c] === this.#cache.run[c]);
    });
  }
}

/** Mixes one more whole number into a hash of 32 bits. */
const mix = (hash: number, value: number): number => (Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 15)) | 0;

const NO_END = { finishedAt: Number.NaN, exitCodes: [] };
/** Of a pod that has come to nothing out of the ordinary: most of them. */
const NOTHING_MORE: PodStatusDetails = { restarts: 0, isDisrupted: false, ...NO_END };
