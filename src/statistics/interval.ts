// Means of replications and how far they may be off (Student's t). Part of the statistics.
// Replications differ in nothing but their seeds, so their figures are independent: what holds for one run's samples, which
// wait for each other in the same queues, does not trouble them (Law, Simulation Modeling and Analysis, chapter 9).

import jStat from 'jstat';

/** Share of such intervals that hold the true value. */
export const CONFIDENCE = 0.95;

export interface Estimate {
  /** Number of values. */
  readonly count: number;
  readonly mean: number;
  /** Divisor n - 1; undefined for a single value. */
  readonly standardDeviation: number | undefined;
  /** The mean's confidence interval; undefined for a single value. */
  readonly interval: Interval | undefined;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The mean of independent values, at least one, with its 95 % confidence interval. */
export function estimateOf(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new RangeError('no values to estimate from');
  // Of equal values it is that value: the rounding of a sum would make a difference out of nothing.
  const isOne = values.every((value) => value === values[0]);
  const mean = isOne ? values[0]! : values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean, standardDeviation: undefined, interval: undefined };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const standardDeviation = Math.sqrt(squares / (count - 1));
  const half = studentQuantile(1 - (1 - CONFIDENCE) / 2, count - 1) * (standardDeviation / Math.sqrt(count));
  return { count, mean, standardDeviation, interval: { low: mean - half, high: mean + half } };
}

/** Half the width of an estimate's interval as a share of its mean; 0 where nothing varies, undefined for a single value. */
export function relativeHalfWidth({ mean, interval }: Estimate): number | undefined {
  if (interval === undefined) return undefined;
  const half = (interval.high - interval.low) / 2;
  return half === 0 ? 0 : half / Math.abs(mean);
}

/** The p-quantile of Student's t distribution. */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  return jStat.studentt.inv(p, degreesOfFreedom);
}

/** Probability that |T| is at least as great as it is, if nothing but chance is at work. */
export function studentTwoSided(t: number, degreesOfFreedom: number): number {
  return Math.min(1, 2 * jStat.studentt.cdf(-Math.abs(t), degreesOfFreedom));
}
