// Two systems compared run by run with the same random numbers: what both have in common drops out of the difference
// (common random numbers; Law, section 11.2). Part of the statistics.

import { CONFIDENCE, type Estimate, estimateOf, studentQuantile, studentTwoSided } from './interval.js';

export interface PairedDifference extends Estimate {
  /** Probability of a difference as great as this if there is none; undefined for a single pair. */
  readonly pValue: number | undefined;
  /** Mean difference in standard deviations of the differences (Cohen's d for pairs); undefined where they do not vary. */
  readonly effectSize: number | undefined;
}

/** b less a, pair by pair; at least one pair. */
export function pairedDifference(a: readonly number[], b: readonly number[]): PairedDifference {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be paired with ${b.length}`);
  const estimate = estimateOf(a.map((value, i) => b[i]! - value));
  const { mean, standardDeviation, count } = estimate;
  if (standardDeviation === undefined) return { ...estimate, pValue: undefined, effectSize: undefined };
  // The same difference in every pair: no doubt about it, and none to divide by.
  if (standardDeviation === 0) return { ...estimate, pValue: mean === 0 ? 1 : 0, effectSize: undefined };
  const pValue = studentTwoSided(mean / (standardDeviation / Math.sqrt(count)), count - 1);
  return { ...estimate, pValue, effectSize: mean / standardDeviation };
}

/** b less a where the runs have nothing to do with each other (Welch); undefined if a side has a single value. */
export function welchDifference(a: readonly number[], b: readonly number[]): PairedDifference | undefined {
  const [one, two] = [estimateOf(a), estimateOf(b)];
  if (one.standardDeviation === undefined || two.standardDeviation === undefined) return undefined;
  const [variance, otherVariance] = [square(one.standardDeviation), square(two.standardDeviation)];
  const [s, t] = [variance / one.count, otherVariance / two.count];
  const mean = two.mean - one.mean;
  const error = Math.sqrt(s + t);
  const count = Math.min(one.count, two.count);
  if (error === 0) {
    const interval = { low: mean, high: mean };
    return { count, mean, standardDeviation: 0, interval, pValue: mean === 0 ? 1 : 0, effectSize: undefined };
  }
  const freedom = square(s + t) / (square(s) / (one.count - 1) + square(t) / (two.count - 1));
  const half = studentQuantile(1 - (1 - CONFIDENCE) / 2, freedom) * error;
  const pooled = Math.sqrt((variance + otherVariance) / 2);
  return {
    count,
    mean,
    standardDeviation: pooled,
    interval: { low: mean - half, high: mean + half },
    pValue: studentTwoSided(mean / error, freedom),
    effectSize: mean / pooled,
  };
}

const square = (x: number): number => x * x;
