// What the pod workers remember of each container from sync to sync: back-off, failed attempts, why it waits. Part of the kubelet.

import type { BackOff, ContainerId } from '../../cluster/index.js';
import type { ContainersView } from '../../cri/index.js';

/** Why a container waits, as its status says. */
export const WaitingReason = { None: 0, CrashLoopBackOff: 1, ErrImagePull: 2, ImagePullBackOff: 3 } as const;

class RecordColumns {
  seenFinishedAt = new Float64Array(0);
  timedOut = new Int32Array(0);
  waiting = new Uint8Array(0);
  runsBefore = new Int32Array(0);
  backOffDelay = new Float64Array(0);
  backOffUpdatedAt = new Float64Array(0);
}

export class ContainerRecords {
  readonly #containers: ContainersView;
  readonly #columns: RecordColumns;

  constructor(containers: ContainersView) {
    this.#containers = containers;
    this.#columns = containers.with(new RecordColumns(), { seenFinishedAt: Number.NaN });
  }

  // The sync under way -------------------------------------------------------------------------------------------------

  /** A sync works on what it has read at its beginning. @param finishedAt end of the latest run that had ended, NaN: none; ns. */
  see(c: ContainerId, finishedAt: number): void {
    this.#columns.seenFinishedAt[c] = finishedAt;
  }

  /** End of the latest run that had ended when the sync under way began, NaN: none; ns. */
  seenFinishedAt(c: ContainerId): number {
    return this.#columns.seenFinishedAt[c]!;
  }

  // The sandbox --------------------------------------------------------------------------------------------------------

  /** The pod has a new sandbox: what ran before ran in another one. */
  enterSandbox(c: ContainerId): void {
    this.#columns.runsBefore[c] = this.#containers.run[c]!;
  }

  /** Starts before the pod's present sandbox was made. */
  runsBefore(c: ContainerId): number {
    return this.#columns.runsBefore[c]!;
  }

  // Attempts to start it -----------------------------------------------------------------------------------------------

  /** One of {@link WaitingReason}: why the last sync could not start it. */
  waitingReason(c: ContainerId): number {
    return this.#columns.waiting[c]!;
  }

  /** @param reason one of {@link WaitingReason}. */
  wait(c: ContainerId, reason: number): void {
    this.#columns.waiting[c] = reason;
  }

  /** The runtime has not answered in time. */
  addTimeout(c: ContainerId): void {
    this.#columns.timedOut[c]! += 1;
  }

  /** Attempts since its last start that the runtime did not answer in time. */
  timeouts(c: ContainerId): number {
    return this.#columns.timedOut[c]!;
  }

  started(c: ContainerId): void {
    this.#columns.waiting[c] = WaitingReason.None;
    this.#columns.timedOut[c] = 0;
  }

  // Back-off -----------------------------------------------------------------------------------------------------------

  backOff(c: ContainerId): BackOff {
    return { delay: this.#columns.backOffDelay[c]!, updatedAt: this.#columns.backOffUpdatedAt[c]! };
  }

  /** Back-off in force, ns; 0: none. */
  backOffDelay(c: ContainerId): number {
    return this.#columns.backOffDelay[c]!;
  }

  setBackOff(c: ContainerId, { delay, updatedAt }: BackOff): void {
    this.#columns.backOffDelay[c] = delay;
    this.#columns.backOffUpdatedAt[c] = updatedAt;
  }

  /** The back-off is forgotten: its kubelet has restarted, or its pod has. */
  forgetBackOff(c: ContainerId): void {
    this.#columns.backOffDelay[c] = 0;
  }
}
