// How many replications a wanted precision takes. Part of the experiments. The rule looks at finished runs only, never at a
// clock or at how many threads there are: the same scenario and seed need the same number everywhere.

import { figureValue, type PointRuns } from '../report/index.js';
import type { Precision } from '../scenario/index.js';
import { estimateOf, relativeHalfWidth } from '../statistics/index.js';

/** Replications before an interval is looked at: fewer say little about how much they vary. */
export const REPLICATIONS_FIRST = 5;
/** Replications are at most doubled before it is looked at again: the first intervals are rough. */
const GROWTH = 2;

/** Half the 95 % interval of the figure as a share of it; undefined if fewer than two replications have it. */
export function precisionOf({ figure }: Precision, { runs }: Pick<PointRuns, 'runs'>): number | undefined {
  const values = runs.flatMap((run) => figureValue(figure, run) ?? []);
  return values.length < 2 ? undefined : relativeHalfWidth(estimateOf(values));
}

/**
 * Replications to run next, in all, so that every point is precise enough; as many as there are if it is. The width of an
 * interval falls with the square root of the number of replications.
 * @param reached precision of each point.
 */
export function replicationsFor(reached: readonly (number | undefined)[], wanted: number, now: number): number {
  let needed = now;
  // Where no run has a sample, more runs hardly will.
  if (reached.every((share) => share === undefined)) return now;
  for (const share of reached) {
    if (share !== undefined && share <= wanted) continue;
    const factor = share === undefined ? Infinity : share / wanted;
    const estimate = Math.ceil(now * factor * factor);
    needed = Math.max(needed, Math.min(estimate, now * GROWTH), now + 1);
  }
  return needed;
}
