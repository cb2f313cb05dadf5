// Every container restart and why it happened. Part of the kubelet; restarts.csv is written from it.

import { type Context, containersOf, type PodId } from '../../cluster/index.js';
import { type ContainersView, EXIT_REASON_NAMES } from '../../cri/index.js';
import type { Counter } from '../../metrics/index.js';
import type { ContainerRecords } from './container-records.js';

export type RestartReason = Exclude<(typeof EXIT_REASON_NAMES)[number], 'none'>;

/** What ended the run before. */
export const RESTART_REASONS: readonly RestartReason[] = EXIT_REASON_NAMES.filter((name) => name !== 'none');

export interface Restart {
  /** Start of the new run, ns. */
  readonly time: number;
  readonly pod: PodId;
  readonly containerIndex: number;
  readonly reason: RestartReason;
  readonly exitCode: number;
  /** End of the old run until the start of the new one, ns. */
  readonly away: number;
  /** Back-off in force at the start, ns; 0 if there was none. */
  readonly backOff: number;
  /** Restarts of this container so far, this one included. */
  readonly restarts: number;
}

export class RestartLog {
  readonly entries: Restart[] = [];
  readonly #context: Context;
  readonly #containers: ContainersView;
  readonly #records: ContainerRecords;
  readonly #counters: Record<RestartReason, Counter>;

  constructor(context: Context, containers: ContainersView, records: ContainerRecords) {
    this.#context = context;
    this.#containers = containers;
    this.#records = records;
    this.#counters = Object.fromEntries(
      RESTART_REASONS.map((reason) => [
        reason,
        context.recorder.counter('kube_pod_container_status_restarts_total', reason),
      ]),
    ) as Record<RestartReason, Counter>;
    context.recorder.own({
      reset: () => {
        this.entries.length = 0;
      },
    });
  }

  /**
   * Notes that a container that has run before is about to run again. Init containers that had done their work and do it again
   * in a new sandbox are no restarts: nobody missed them.
   */
  add(c: number): void {
    const t = this.#containers;
    const { role } = containersOf(this.#context, t.pod[c]!)[t.index[c]!]!;
    if (role === 'init' && t.exitCode[c] === 0) return;
    const { now } = this.#context.simulation;
    const reason = EXIT_REASON_NAMES[t.exitReason[c]!] as RestartReason;
    this.#counters[reason].add();
    this.entries.push({
      time: now,
      pod: t.pod[c]!,
      containerIndex: t.index[c]!,
      reason,
      exitCode: t.exitCode[c]!,
      away: now - t.finishedAt[c]!,
      backOff: this.#records.backOffDelay(c),
      restarts: t.run[c]!,
    });
  }
}
