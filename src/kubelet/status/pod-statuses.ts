// What the kubelet says of its pods, from the PLEG's cache and the results of the probes. Part of the kubelet; the status
// manager takes it from here to the API server.

import { type Context, containersOf, isStatic, type PodId, PodPhase } from '../../cluster/index.js';
import { ContainerState, type ContainerTable, WaitingReason } from '../containers/container-table.js';
import type { PodStartupLatencyTracker } from '../latency/pod-startup-latency-tracker.js';
import { type PodWorkerTable, WorkerPhase } from '../pod-workers/pod-worker-table.js';
import { mayRestart } from '../pod-workers/restart-policy.js';
import type { Prober } from '../prober/prober.js';
import type { PodStatus, StatusManager } from './status-manager.js';

export class PodStatuses {
  readonly #context: Context;
  readonly #containers: ContainerTable;
  readonly #workers: PodWorkerTable;
  readonly #prober: Prober;
  readonly #manager: StatusManager;
  readonly #latency: PodStartupLatencyTracker;

  constructor(
    context: Context,
    containers: ContainerTable,
    workers: PodWorkerTable,
    prober: Prober,
    manager: StatusManager,
    latency: PodStartupLatencyTracker,
  ) {
    this.#context = context;
    this.#containers = containers;
    this.#workers = workers;
    this.#prober = prober;
    this.#manager = manager;
    this.#latency = latency;
  }

  /** Hands the status manager the pod's status as the cache and the prober have it. */
  set(pod: PodId): void {
    const t = this.#containers;
    const status = this.of(pod);
    if (status.allRunning) this.#latency.knownRunning(pod);
    const moved: number[] = [];
    this.#workers.forEachContainer(pod, (c) => {
      if (t.statusState[c] === t.cachedState[c] && t.statusRun[c] === t.cachedRun[c]) return;
      t.statusState[c] = t.cachedState[c]!;
      t.statusRun[c] = t.cachedRun[c]!;
      moved.push(c);
    });
    this.#manager.set(pod, status);
    for (const c of moved) this.#prober.reconsider(c);
  }

  /**
   * A result of a probe, or the sandbox, goes into the status that is stored: what else has happened to the containers
   * meanwhile is for the next sync to tell.
   */
  amend(pod: PodId): void {
    const { statusState, statusRun } = this.#containers;
    this.#manager.set(pod, this.#statusOf(pod, statusState, statusRun));
  }

  /** The pod's status as the cache and the prober have it. */
  of(pod: PodId): PodStatus {
    const { cachedState, cachedRun } = this.#containers;
    return this.#statusOf(pod, cachedState, cachedRun);
  }

  phaseOf(pod: PodId): number {
    const { cachedState, cachedRun } = this.#containers;
    return this.#phaseOf(pod, cachedState, cachedRun);
  }

  /** @param states of the containers, and their runs, as whoever asks knows them. */
  #statusOf(pod: PodId, states: Uint8Array, runs: Int32Array): PodStatus {
    const w = this.#workers;
    const phase = this.#phaseOf(pod, states, runs);
    // A pod that has ended is not ready, whatever still runs of it.
    let ready = w.hasSandbox[pod] === 1 && phase <= PodPhase.Running;
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
    return { phase, ready, hasAddress, allRunning, finished, detail: this.#detailOf(pod, states, runs) };
  }

  /** What a status says beside that: of each container its run, state, probes and why it waits; whether the sandbox is there. */
  #detailOf(pod: PodId, states: Uint8Array, runs: Int32Array): number {
    const t = this.#containers;
    let detail = this.#workers.sandboxKnown[pod]!;
    this.#workers.forEachContainer(pod, (c) => {
      const run = runs[c]!;
      const isRunning = states[c] === ContainerState.Running;
      const started = isRunning && this.#prober.isStarted(c, run) ? 1 : 0;
      const ready = started === 1 && this.#prober.isReady(c, run) ? 1 : 0;
      const waiting = t.waiting[c] === WaitingReason.CrashLoopBackOff ? t.backOffDelay[c]! / 1e9 : 0;
      detail = mix(mix(mix(detail, run * 4 + states[c]!), started * 2 + ready), t.waiting[c]!);
      detail = mix(detail, waiting);
    });
    return detail;
  }

  #phaseOf(pod: PodId, states: Uint8Array, runs: Int32Array): number {
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
    const isRunning = this.#containers.cachedState[c] === ContainerState.Running;
    return isRunning && this.#prober.isStarted(c) && !this.#prober.isReady(c);
  }

  /** Pokes the readiness workers of containers that are started and not ready, as every sync does. */
  triggerReadiness(pod: PodId): void {
    const t = this.#containers;
    this.#workers.forEachContainer(pod, (c) => {
      if (this.#isUnready(c)) this.#prober.triggerReadiness(c, t.statusRun[c] === t.cachedRun[c]);
    });
  }
}

/** Mixes one more whole number into a hash of 32 bits. */
const mix = (hash: number, value: number): number => (Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 15)) | 0;
