// Cilium's limiter of endpoint-create on one node (pkg/rate/api_limiter.go). Part of the CNI.
// It lets so many calls pass a second, and so many at a time; refuses what would wait too long; and adjusts both to how long
// calls take. What it has learnt dies with the agent, so that a burst after a restart meets the low limits of the start.

import { ciliumLimiterParameters } from '../parameters.js';

type LimiterParameters = typeof ciliumLimiterParameters;

export const REFUSED = -1;

export class CiliumLimiter {
  /** Calls that passed since the agent began. */
  #calls = 0;
  #factor = 1;
  readonly #times: number[] = [];
  /** Tokens there at an instant; fewer than none: they are promised. */
  #tokens: number;
  #at = 0;
  /** Calls that are not over, in no order: when each will be, and what it takes without waiting. */
  #underWay: { readonly end: number; readonly takes: number }[] = [];
  readonly #p: LimiterParameters;

  constructor(parameters: LimiterParameters = ciliumLimiterParameters) {
    this.#p = parameters;
    this.#tokens = parameters.burst.value;
  }

  /**
   * A call comes. @param takes time that it needs, waiting left out.
   * @returns how long it waits before it begins, or, below 0, that it is refused: at once ({@link REFUSED}), or after
   * having waited so long.
   */
  enter(now: number, takes: number): number {
    const p = this.#p;
    this.#takeIn(now);
    if (this.#calls++ < p.skipInitial.value) {
      this.#underWay.push({ end: now + takes, takes });
      return 0;
    }
    const { rate, burst, parallel } = this.#limits();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1e9) * rate);
    this.#at = now;
    const due = now + (this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / rate) * 1e9);
    const deadline = now + p.maxWait.value;
    if (due > deadline) return REFUSED;
    this.#tokens -= 1;
    // Then for one of the calls at a time.
    const ends = this.#underWay.map(({ end }) => end).filter((end) => end > due);
    const begins = ends.length < parallel ? due : ends.sort((a, b) => a - b)[ends.length - parallel]!;
    if (begins > deadline) return -p.maxWait.value;
    this.#underWay.push({ end: begins + takes, takes });
    return begins - now;
  }

  /** Calls that have come to their end adjust the limits, in the order of their ends. */
  #takeIn(now: number): void {
    const ended = this.#underWay.filter(({ end }) => end <= now).sort((a, b) => a.end - b.end);
    if (ended.length === 0) return;
    const p = this.#p;
    this.#underWay = this.#underWay.filter(({ end }) => end > now);
    this.#times.push(...ended.map(({ takes }) => takes));
    this.#times.splice(0, this.#times.length - p.meanOver.value);
    const mean = this.#times.reduce((sum, time) => sum + time, 0) / this.#times.length;
    this.#factor = adjustmentFactor(mean, p);
  }

  /** What the limits are by now. */
  #limits(): Limits {
    return adjusted(this.#factor, configured(this.#p));
  }
}

/** What the limits are multiplied by after calls that took so long on average. @param mean ns. */
export const adjustmentFactor = (mean: number, { estimate, factorMax }: LimiterParameters): number =>
  Math.min(factorMax.value, Math.max(1 / factorMax.value, estimate.value / mean));

interface Limits {
  readonly rate: number;
  readonly burst: number;
  readonly parallel: number;
}

const configured = ({ rate, burst, parallel }: LimiterParameters): Limits => ({
  rate: rate.value,
  burst: burst.value,
  parallel: parallel.value,
});

/**
 * The configured limits at an adjustment factor: the rate all of it, burst and parallel half of the way.
 * @param base configured values.
 */
export function adjusted(factor: number, base: Limits = configured(ciliumLimiterParameters)): Limits {
  const { rate, burst, parallel } = base;
  return {
    rate: rate * factor,
    burst: Math.max(1, burst + Math.round((burst * factor - burst) / 2)),
    parallel: Math.max(1, parallel + Math.trunc((parallel * factor - parallel) / 2)),
  };
}
