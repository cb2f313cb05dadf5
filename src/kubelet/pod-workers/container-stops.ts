// Containers that are being stopped, and when the worker that waits for them goes on. Part of the kubelet.
// How long a container takes is planned when its stop begins. One that ends sooner, by itself or because it was told before, is
// not waited for: StopContainer returns when the process is gone.

import type { Context, PodId } from '../../cluster/index.js';
import { ContainerState, type ContainersView } from '../../cri/index.js';
import type { PodStartupLatencyTracker } from '../latency/pod-startup-latency-tracker.js';
import type { PodWorkerTable } from './pod-worker-table.js';
import type { PodWorkers } from './pod-workers.js';

export interface ContainerStopsParts {
  readonly context: Context;
  readonly containers: ContainersView;
  readonly workers: PodWorkerTable;
  readonly podWorkers: PodWorkers;
  readonly latency: PodStartupLatencyTracker;
}

class StopColumns {
  /** What the runtime needs after the end of a container that is being stopped, NaN if it is not; ns. */
  call = new Float64Array(0);
  began = new Float64Array(0);
}

/** Stops one kind of thing: a container within a sync, or all of a pod that ends. */
export class ContainerStops {
  readonly #parts: ContainerStopsParts;
  readonly #columns: StopColumns;
  readonly #stopped: (pod: PodId, at: number) => void;

  /** @param name of the step with which the worker goes on. */
  constructor(parts: ContainerStopsParts, name: string, onStopped: (pod: PodId) => void) {
    this.#parts = parts;
    const { context, containers, latency, podWorkers, workers } = parts;
    this.#columns = containers.with(new StopColumns(), { call: Number.NaN });
    this.#stopped = podWorkers.step(name, (pod) => {
      // All were gone sooner, and the worker has gone on already.
      if (workers.stopsAt[pod] !== context.simulation.now) return;
      workers.stopsAt[pod] = Number.NaN;
      workers.forEachContainer(pod, (c) => {
        const call = this.#columns.call[c]!;
        if (Number.isNaN(call)) return;
        this.#columns.call[c] = Number.NaN;
        const ended = containers.finishedAt[c]! - this.#columns.began[c]!;
        latency.seriesOf(pod).operations.stopContainer.record(Math.max(0, ended) + call);
      });
      onStopped(pod);
    });
  }

  /** A stop of the pod's containers begins: none is awaited yet. */
  begin(pod: PodId): void {
    this.#parts.workers.forEachContainer(pod, (c) => {
      this.#columns.call[c] = Number.NaN;
    });
  }

  /** One of them is told to end. @param call what the runtime needs after its end, ns. */
  add(c: number, call: number): void {
    this.#columns.call[c] = call;
    this.#columns.began[c] = this.#parts.context.simulation.now;
  }

  /** The worker goes on at `end` if nobody ends sooner. */
  awaitAll(pod: PodId, end: number): void {
    this.#parts.workers.stopsAt[pod] = end;
    this.#stopped(pod, end);
  }

  /** A container has ended: if it was the last one that was waited for, the worker goes on when the runtime says so. */
  onExited(pod: PodId): void {
    const { containers, context, workers } = this.#parts;
    if (Number.isNaN(workers.stopsAt[pod]!)) return;
    let rest = 0;
    let isOver = true;
    workers.forEachContainer(pod, (c) => {
      const call = this.#columns.call[c]!;
      if (Number.isNaN(call)) return;
      if (containers.state[c] === ContainerState.Running) isOver = false;
      else rest = Math.max(rest, call);
    });
    const at = context.simulation.now + rest;
    if (!isOver || at >= workers.stopsAt[pod]!) return;
    this.awaitAll(pod, at);
  }
}
