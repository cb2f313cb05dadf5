// What a metric that listens writes with: series and counters that look at each value. Part of the metrics.
// Components record what they have computed themselves; what comes from outside is refused at once where it would
// spoil a result later.

import type { Counter, Series } from './recorder.js';

/** The histogram of a label set. */
export interface Samples {
  /**
   * Takes in a value at the present instant: a whole number, 0 or more; ns where the unit of the metric is seconds. Throws a
   * RangeError at anything else. @param weight how many samples it stands for; default: 1.
   */
  record(value: number, weight?: number): void;
}

/** The counter of a label set. */
export interface Total {
  /** Counts on. Throws a RangeError if the amount is no number, or less than 0. @param amount default: 1. */
  add(amount?: number): void;
}

export const samplesOf = (series: Series): Samples => ({
  record: (value, weight = 1) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(notSample(series, value));
    if (!isAmount(weight)) throw new RangeError(`${series.metric}: a weight is a number, 0 or more, not ${weight}`);
    series.record(value, weight);
  },
});

export const totalOf = (counter: Counter): Total => ({
  add: (amount = 1) => {
    if (!isAmount(amount)) throw new RangeError(`${counter.metric}: a counter takes numbers, 0 or more, not ${amount}`);
    counter.add(amount);
  },
});

const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < Infinity;

const notSample = ({ metric, unit }: Series, value: unknown): string =>
  unit === 'seconds'
    ? `${metric}: takes whole numbers of nanoseconds, 0 or more, as now() tells them, not ${value}`
    : `${metric}: takes whole numbers, 0 or more, not ${value}`;
