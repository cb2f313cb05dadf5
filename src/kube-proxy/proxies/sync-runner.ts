// When a sync may begin: pure rules of the bounded-frequency runner. Part of kube-proxy.

import { runnerParameters } from '../parameters.js';

/** What a runner remembers; times in ns. */
export interface RunnerState {
  readonly lastEnd: number;
  /** Old runner: theoretical arrival time of its token bucket. */
  readonly bucket: number;
}

/**
 * Start of a sync that is wanted from `wanted` on. New runner: one minimum interval after the end of the last sync
 * (pkg/proxy/runner). Old runner: a token bucket of two, counted from starts (pkg/util/async).
 */
export function syncStart(state: RunnerState, wanted: number, minSyncPeriod: number, waitsFromEnd: boolean): number {
  if (minSyncPeriod === 0) return Math.max(wanted, state.lastEnd);
  if (waitsFromEnd) return Math.max(wanted, state.lastEnd + minSyncPeriod);
  const tolerance = minSyncPeriod * (runnerParameters.burst.value - 1);
  return Math.max(wanted, state.lastEnd, state.bucket - tolerance);
}

/** The old runner's bucket after a start. */
export const bucketAfter = (bucket: number, start: number, minSyncPeriod: number): number =>
  Math.max(bucket, start) + minSyncPeriod;
