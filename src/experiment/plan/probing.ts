// What replications say of one number: whether all thresholds hold there, fail, or more are needed. Part of the experiments.

import { type ThresholdResult, verdictOf } from '../../report/index.js';
import type { Finding } from './search.js';

/** Replications of a number before it is judged. */
export const REPLICATIONS_FIRST = 5;

/** `holds` if every threshold does with confidence; `fails` if one does with confidence; `undecided` otherwise. */
export function findingOf(results: readonly ThresholdResult[]): Finding {
  const verdicts = results.map(verdictOf);
  if (verdicts.includes('fails')) return 'fails';
  return verdicts.every((verdict) => verdict === 'holds') ? 'holds' : 'undecided';
}

/** Replications to run in all before it is judged again; undefined if that would be more than `most`. */
export function nextReplications(now: number, most: number): number | undefined {
  return now >= most ? undefined : Math.min(most, now * 2);
}
