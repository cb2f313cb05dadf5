// Client-side rate limiting, as client-go's token bucket does it. Part of the cluster vocabulary.
// Kept as one number, the theoretical arrival time, instead of tokens: exact in whole ns, no drift.

import type { Instant } from '../engine/index.js';

/** A bucket of `burst` tokens refilled `qps` times a second; waiters are served in the order in which they asked. */
export class RateLimiter {
  readonly #interval: number;
  readonly #tolerance: number;
  #theoreticalArrival = 0;

  /** @param qps tokens per second, > 0; Infinity: no limit. @param burst tokens held at most, >= 1. */
  constructor(qps: number, burst: number) {
    this.#interval = Math.round(1e9 / qps);
    this.#tolerance = this.#interval * (burst - 1);
  }

  /** Takes one token and returns when the caller may go on: now, or the end of its wait. */
  take(now: Instant): Instant {
    const at = Math.max(now, this.#theoreticalArrival - this.#tolerance);
    this.#theoreticalArrival = Math.max(this.#theoreticalArrival, at) + this.#interval;
    return at;
  }

  /** Takes one token if one is there; false if not, and then none is taken. */
  tryTake(now: Instant): boolean {
    if (this.#theoreticalArrival - this.#tolerance > now) return false;
    this.take(now);
    return true;
  }
}
