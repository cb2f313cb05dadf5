// How long a scenario takes with an extension, beside what it is compared with. Part of the contract kit, which reads no clock
// of its own.

import type { Catalogue } from '../catalogue.js';
import type { ClusterSpec } from '../cluster/index.js';
import { simulate } from '../run/index.js';

export interface BenchSide {
  readonly spec: ClusterSpec;
  readonly catalogue: Catalogue;
}

export interface BenchOutcome {
  /** Median time of a run, s. */
  readonly seconds: number;
  readonly baselineSeconds: number;
  /** The first over the second, of runs that follow each other: the median. */
  readonly ratio: number;
  readonly events: number;
}

/**
 * Runs two configurations in turn and compares how long they take.
 * @param now a clock in ms: `() => performance.now()`. @param rounds of both; default: 7.
 */
export function benchExtension(side: BenchSide, baseline: BenchSide, now: () => number, rounds = 7): BenchOutcome {
  const timed = ({ spec, catalogue }: BenchSide): { readonly seconds: number; readonly events: number } => {
    const begins = now();
    const { eventsExecuted } = simulate(spec, 'bench', { catalogue }).counts;
    return { seconds: (now() - begins) / 1000, events: eventsExecuted };
  };
  // What is compiled on the way is nobody's fault.
  timed(side);
  timed(baseline);
  const pairs = Array.from({ length: rounds }, () => ({ one: timed(side), other: timed(baseline) }));
  return {
    seconds: medianOf(pairs.map(({ one }) => one.seconds)),
    baselineSeconds: medianOf(pairs.map(({ other }) => other.seconds)),
    ratio: medianOf(pairs.map(({ one, other }) => one.seconds / other.seconds)),
    events: pairs[0]!.one.events,
  };
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
