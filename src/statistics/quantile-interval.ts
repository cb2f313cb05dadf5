// Confidence interval of a quantile from the ranks of the samples themselves, whatever their distribution: the number of
// samples below the true quantile is binomial (David and Nagaraja, Order Statistics, section 7.1). It takes the samples for
// independent. Part of the statistics.

import jStat from 'jstat';
import { CONFIDENCE } from './interval.js';

export interface Ranks {
  /** Rank of the sample that is the lower end, from 1; undefined if there are too few samples for one. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** Samples above which the binomial is as good as normal. */
const NORMAL_FROM = 100_000;

/** Ranks of the two samples between which the q-quantile lies with 95 % confidence at least. */
export function quantileRanks(samples: number, q: number): Ranks {
  const tail = (1 - CONFIDENCE) / 2;
  // The quantile is above sample l if l or more samples lie below it, and at or below sample u if fewer than u do.
  const low = lastRankAtMost(samples, q, tail);
  const high = firstRankAtLeast(samples, q, 1 - tail);
  return { low: low >= 1 ? low : undefined, high: high <= samples ? high : undefined };
}

/** The greatest rank l such that fewer than l samples lie below the quantile with probability `p` at most. */
function lastRankAtMost(n: number, q: number, p: number): number {
  if (n > NORMAL_FROM) return Math.floor(normalRank(n, q, p));
  return search(n, (rank) => binomialBelow(n, q, rank) > p) - 1;
}

function firstRankAtLeast(n: number, q: number, p: number): number {
  if (n > NORMAL_FROM) return Math.ceil(normalRank(n, q, p)) + 1;
  return search(n, (rank) => binomialBelow(n, q, rank) >= p);
}

const normalRank = (n: number, q: number, p: number): number =>
  n * q + jStat.normal.inv(p, 0, 1) * Math.sqrt(n * q * (1 - q));

/** The first rank of 0 … n + 1 for which it holds; it holds for all above, and for n + 1. */
function search(n: number, holds: (rank: number) => boolean): number {
  let low = 0;
  let high = n + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Probability that fewer than `rank` of n samples lie below the q-quantile. */
function binomialBelow(n: number, q: number, rank: number): number {
  if (rank <= 0) return 0;
  if (rank > n) return 1;
  return jStat.ibeta(1 - q, n - rank + 1, rank);
}
