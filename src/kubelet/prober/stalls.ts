// How much later a container answers because of its CPU limit. Part of the prober; a pure rule.
// A probe comes at any phase of the container's period; what else runs in the container uses the same limit.

import type { CpuLimit } from '../../cluster/index.js';
import { besideOf, throttledRun } from '../../node/index.js';

/** Delays, ns, rising; each as likely as the others. Empty: none. */
export type Stalls = readonly number[];
export const NO_STALLS: Stalls = [];

/** Phases of a period that stand for all. */
const PHASES = 32;

/**
 * @param cpuTime that the answer needs, ns. @param usedMillis what else runs in the container: 1,000 for each thread that always
 * wants to run.
 */
export function stallsOf(cpuTime: number, { amount, period }: CpuLimit, usedMillis: number): Stalls {
  if (amount === Infinity) return NO_STALLS;
  const beside = besideOf(usedMillis / 1000, { amount, period });
  const delays = Array.from({ length: PHASES }, (_, i) => {
    const phase = ((i + 0.5) / PHASES) * period;
    return throttledRun(cpuTime, 1, { amount, period }, phase, beside).duration - cpuTime;
  }).sort((a, b) => a - b);
  return delays.at(-1) === 0 ? NO_STALLS : delays;
}

/** Those that have been asked for: the same things are at the same odds. */
export class StallsTable {
  readonly #known = new Map<string, Stalls>();

  of(cpuTime: number, limit: CpuLimit, usedMillis: number): Stalls {
    // Alone, what fits into one period is never stopped.
    if (limit.amount === Infinity || (usedMillis === 0 && cpuTime <= limit.amount)) return NO_STALLS;
    const key = `${cpuTime}/${limit.amount}/${limit.period}/${usedMillis}`;
    const known = this.#known.get(key) ?? stallsOf(cpuTime, limit, usedMillis);
    this.#known.set(key, known);
    return known;
  }
}
