// For how long pods that had been ready were not, as the API server has it: what their Services felt. Part of the control
// plane. A pod stops counting when it is deleted or has ended.

import type { Context, PodId } from '../../cluster/index.js';
import { grown } from '../../engine/index.js';

interface ReadinessChange {
  readonly wasReady: boolean;
  readonly isReady: boolean;
  readonly isOver: boolean;
}

export class ReadinessLog {
  /** By workload, ns; what is still open comes in with `settle`. */
  readonly unreadyTime: Float64Array;
  readonly #context: Context;
  /** Since when a pod is not ready any more, NaN if it is or never was. */
  #since = new Float64Array(0);

  constructor(context: Context) {
    this.#context = context;
    this.unreadyTime = new Float64Array(context.spec.workloads.length);
    context.recorder.own({
      settle: () => this.#settle(),
      reset: () => {
        this.#settle();
        this.unreadyTime.fill(0);
      },
    });
  }

  /** A status is about to be written. @param isOver the pod has ended, or is being deleted. */
  onStatus(pod: PodId, { wasReady, isReady, isOver }: ReadinessChange): void {
    const { simulation } = this.#context;
    if (pod >= this.#since.length) {
      const length = Math.max(1024, pod * 2);
      this.#since = grown(this.#since, new Float64Array(length).fill(Number.NaN));
    }
    if (isReady || isOver) this.close(pod);
    else if (wasReady && Number.isNaN(this.#since[pod]!)) this.#since[pod] = simulation.now;
  }

  /** Nobody waits for the pod to be ready any more, or it is. */
  close(pod: PodId): void {
    const since = this.#since[pod];
    if (since === undefined || Number.isNaN(since)) return;
    const { pods, simulation } = this.#context;
    this.unreadyTime[pods.workload[pod]!]! += simulation.now - since;
    this.#since[pod] = Number.NaN;
  }

  /** Adds up what is still open. */
  #settle(): void {
    this.#since.forEach((since, pod) => {
      if (Number.isNaN(since)) return;
      this.close(pod);
      this.#since[pod] = this.#context.simulation.now;
    });
  }
}
