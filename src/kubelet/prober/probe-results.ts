// What the sync loop makes of the results of probes: a new status, or a container that is to be killed. Part of the prober;
// source: pkg/kubelet/prober/results and handleProbeSync in pkg/kubelet/kubelet.go.

import type { ContainerId, PodId, ProbeSpec } from '../../cluster/index.js';
import { ContainerState, ExitReason } from '../../cri/index.js';
import { Operation, WorkerPhase } from '../pod-workers/pod-worker-table.js';
import type { SyncParts } from '../pod-workers/sync-pod.js';
import { ProbeResult } from './probe.js';

export class ProbeResults {
  readonly #parts: SyncParts;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  /** @param value one of {@link ProbeResult}, another one than before. */
  on(container: ContainerId, type: ProbeSpec['type'], value: number): void {
    if (type === 'readiness') this.#onReadiness(container);
    else if (value === ProbeResult.Failure) this.#onCondemned(container, type);
    else if (type === 'startup') this.#onStartup(container, value === ProbeResult.Success);
  }

  #onReadiness(container: ContainerId): void {
    const { containers, podWorkers, statuses, statusManager, workers } = this.#parts;
    const pod = containers.pod[container]!;
    if (workers.phase[pod]! >= WorkerPhase.Terminated) return;
    if (statusManager.hasStatus(pod) && this.#takesResults(pod)) statuses.amend(pod);
    podWorkers.wake(pod, Operation.Sync);
  }

  #onStartup(container: ContainerId, succeeded: boolean): void {
    const { containers, podWorkers, prober, statuses } = this.#parts;
    const pod = containers.pod[container]!;
    if (succeeded) {
      if (this.#takesResults(pod)) statuses.amend(pod);
      prober.reconsider(container);
    }
    podWorkers.wake(pod, Operation.Sync);
  }

  /** A sync loop that stands still takes no results of probes; it sets every status again when it goes on. */
  #takesResults(pod: PodId): boolean {
    const { context, podWorkers } = this.#parts;
    return !podWorkers.isPaused(context.pods.node[pod]!);
  }

  /** A container that does not run fails its probe too: that wakes the worker and condemns nothing. */
  #onCondemned(container: ContainerId, by: 'liveness' | 'startup'): void {
    const { condemned, containers, podWorkers, stored } = this.#parts;
    if (stored.state[container] === ContainerState.Running) {
      condemned.add(container, stored.run[container]!, by === 'liveness' ? ExitReason.Liveness : ExitReason.Startup);
    }
    podWorkers.wake(containers.pod[container]!, Operation.Sync);
  }
}
