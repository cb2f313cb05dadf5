// How well simulated figures agree with published ones: pure rules. Part of the experiments.

import { medianOf } from '../errors.js';
import type { PublishedFigure } from './experiment-file.js';

/** A published figure and the simulator's for it. */
export interface Pair {
  readonly published: PublishedFigure;
  readonly simulated: number;
}

/** The published end that a simulated figure is held against: itself where it lies within a range or keeps a limit. */
export function nearest({ low, high }: Pick<PublishedFigure, 'low' | 'high'>, simulated: number): number {
  return Math.min(high, Math.max(low, simulated));
}

/** A limit says what a figure must not pass: it is kept or broken, and has no error. */
export const isLimit = ({ low, high }: Pick<PublishedFigure, 'low' | 'high'>): boolean =>
  low === 0 || high === Infinity;

export interface Agreement {
  /** Simulated over published; 1 within a published range or limit. */
  readonly ratio: number;
  /** Ratio less 1. */
  readonly error: number;
}

export function agreementOf({ published, simulated }: Pair): Agreement {
  const against = nearest(published, simulated);
  const ratio = against === simulated ? 1 : simulated / against;
  return { ratio, error: ratio - 1 };
}

/** How many times too large or too small, 1 or more. */
export const factorOf = (ratio: number): number => Math.max(ratio, 1 / ratio);

export interface Tally {
  readonly figures: number;
  /** Limits among them that are broken. */
  readonly broken: number;
  readonly limits: number;
  /** Of the absolute relative errors of values and ranges; NaN if there are none. */
  readonly median: number;
  /** Shares of values and ranges whose error is at most 20 %, and that are within a factor 2; NaN if there are none. */
  readonly withinFifth: number;
  readonly withinDouble: number;
  /** Worst factor; 1 if there are none. */
  readonly worst: number;
  /** Rank correlation over the pairs of unlike published figures of one metric; NaN if there are none. */
  readonly rank: number;
  readonly pairs: number;
}

/** @param groups figures of one experiment and metric each: orders are asked within them. */
export function tally(groups: readonly (readonly Pair[])[]): Tally {
  const all = groups.flat();
  const values = all.filter(({ published }) => !isLimit(published));
  const limits = all.filter(({ published }) => isLimit(published));
  const errors = values.map((pair) => Math.abs(agreementOf(pair).error));
  const orders = groups.map(inOrder);
  const pairs = orders.reduce((sum, group) => sum + group.pairs, 0);
  const right = orders.reduce((sum, group) => sum + group.right, 0);
  return {
    figures: all.length,
    limits: limits.length,
    broken: limits.filter((pair) => agreementOf(pair).ratio !== 1).length,
    median: medianOf(errors),
    withinFifth: shareOf(errors, (error) => error <= 0.2),
    withinDouble: shareOf(values, (pair) => factorOf(agreementOf(pair).ratio) <= 2),
    worst: values.reduce((worst, pair) => Math.max(worst, factorOf(agreementOf(pair).ratio)), 1),
    rank: pairs === 0 ? Number.NaN : (2 * right) / pairs - 1,
    pairs,
  };
}

const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  all.length === 0 ? Number.NaN : all.filter(holds).length / all.length;

/** What the model should reach, and what it is held against beside the bound of each experiment. */
export const GOALS = { usedMedian: 0.08, testedMedian: 0.2, testedWorst: 2, rank: 1 } as const;

/** Whether figures reach the goal: those that set a parameter, and those that did not. Nothing to say of none. */
export function reachesGoal(tested: Tally, used: Tally): boolean {
  const isUsed = used.median > GOALS.usedMedian;
  const isTested = tested.median > GOALS.testedMedian || tested.worst > GOALS.testedWorst || tested.rank < GOALS.rank;
  return !isUsed && !isTested && tested.broken === 0;
}

/**
 * Pairs of figures that were published as unlike, and how many of them are simulated in the same order; equal ones count
 * as half. Twice that share less one is Goodman and Kruskal's gamma, which is Kendall's tau without ties.
 */
function inOrder(group: readonly Pair[]): { pairs: number; right: number } {
  let pairs = 0;
  let right = 0;
  group.forEach((a, i) => {
    for (const b of group.slice(i + 1)) {
      if (isLimit(a.published) || isLimit(b.published)) continue;
      const sign = order(a.published, b.published);
      if (sign === 0) continue;
      pairs++;
      if (a.simulated === b.simulated) right += 0.5;
      else if (Math.sign(b.simulated - a.simulated) === sign) right++;
    }
  });
  return { pairs, right };
}

/** 1 if the second is surely more, -1 if it is surely less, 0 if nobody can say. */
function order(a: PublishedFigure, b: PublishedFigure): number {
  const slack = Math.max(a.precision, b.precision);
  if (b.low - a.high > slack) return 1;
  return a.low - b.high > slack ? -1 : 0;
}
