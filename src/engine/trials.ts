// Runs of independent trials, drawn at once. Part of the engine.
// A ticker whose ticks each "succeed" with a small probability need not be executed tick by tick: the number of ticks
// until the first success is geometric, and one draw gives it. When the odds change, the rest is drawn again, which is
// exact because a geometric wait has no memory.

import { logOneMinus } from './arithmetic.js';

/**
 * How many trials until the first success, counting the successful one: 1, 2, 3, …, or Infinity if p is 0.
 * @param p probability of success of one trial, 0 … 1. @param u uniform draw on (0, 1).
 */
export function trialsUntilSuccess(p: number, u: number): number {
  if (p <= 0) return Infinity;
  if (p >= 1) return 1;
  return 1 + Math.floor(logOneMinus(u) / logOneMinus(p));
}
