// One probe result after another: the pure state machine of a probe worker. Part of the prober.
// Source: doProbe in pkg/kubelet/prober/worker.go.

import type { ProbeSpec } from '../../cluster/index.js';

/** A probe's outcome, and the value a worker has stored; Unknown is a startup worker's first value. */
export const ProbeResult = { Unknown: 0, Success: 1, Failure: 2 } as const;

export interface ProbeCounts {
  /** Value in the result store. */
  readonly value: number;
  /** Outcome of the last probe and how many like it came in a row; they survive a restart of the container. */
  readonly lastResult: number;
  readonly resultRun: number;
  readonly onHold: boolean;
}

/** The value written when a worker first sees a new run of its container. */
export function initialValue(spec: ProbeSpec): number {
  if (spec.type === 'readiness') return ProbeResult.Failure;
  return spec.type === 'liveness' ? ProbeResult.Success : ProbeResult.Unknown;
}

/**
 * The state after one more outcome. The worker goes on hold when the container is condemned, and a startup worker when it
 * has its result (1.32; before, only on failure, which probes a started container without effect).
 */
export function afterProbe(state: ProbeCounts, spec: ProbeSpec, outcome: number): ProbeCounts {
  const resultRun = outcome === state.lastResult ? state.resultRun + 1 : 1;
  const threshold = outcome === ProbeResult.Success ? spec.successThreshold : spec.failureThreshold;
  if (resultRun < threshold) return { ...state, lastResult: outcome, resultRun };
  const onHold = spec.type === 'startup' || (spec.type === 'liveness' && outcome === ProbeResult.Failure);
  return { value: outcome, lastResult: outcome, resultRun: onHold ? 0 : resultRun, onHold };
}

/** Whether one more outcome like the last would change nothing but a count. */
export function isSettled(state: ProbeCounts): boolean {
  return state.lastResult !== ProbeResult.Unknown && state.value === state.lastResult && !state.onHold;
}
