// What a Prometheus would have seen: counters and histograms at the instants at which it scrapes. Part of the metrics.
// A sample is kept where something has changed, with the one before it, so that a rate does not smear the change; and one a minute.

import type { Recorder } from './recorder.js';

/** The state of one series at one scrape. */
export interface ScrapedSample {
  /** ns. */
  readonly time: number;
  readonly count: number;
  /** ns, or plain; of a counter its value. */
  readonly sum: number;
  /** Samples in each bucket of the exported bounds, not added up; empty for a counter. */
  readonly boundCounts: Float64Array;
}

export interface ScrapedSeries {
  readonly metric: string;
  readonly labels: string;
  /** Upper bounds, ns; empty for a counter. */
  readonly bounds: readonly number[];
  readonly samples: ScrapedSample[];
}

/** Longest time without a sample: rates over a few minutes see more than one. */
const KEPT_ALIVE = 60e9;

export class Scrapes {
  readonly #series = new Map<string, ScrapedSeries & { readonly isCounter: boolean; skipped: number }>();

  /** Takes in all series as they are. @param isLast keep a sample of each, whatever has changed. */
  take(recorder: Recorder, time: number, isLast = false): void {
    for (const { metric, labels, histogram } of recorder.allSeries()) {
      const { count, sum, bounds } = histogram;
      this.#keep(metric, labels, bounds, { time, count, sum }, histogram.boundCounts, isLast);
    }
    for (const { metric, labels, value } of recorder.allCounters()) {
      this.#keep(metric, labels, [], { time, count: 0, sum: value }, NONE, isLast);
    }
  }

  /** By name and labels; histograms that never had a sample are left out. */
  get series(): readonly ScrapedSeries[] {
    const used = [...this.#series].filter(([, { isCounter, samples }]) => isCounter || samples.at(-1)!.count > 0);
    return used
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { metric, labels, bounds, samples }]) => ({ metric, labels, bounds, samples }));
  }

  #keep(
    metric: string,
    labels: string,
    bounds: readonly number[],
    state: Omit<ScrapedSample, 'boundCounts'>,
    boundCounts: ArrayLike<number>,
    isLast: boolean,
  ): void {
    const key = `${metric}{${labels}}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { metric, labels, bounds, samples: [], isCounter: boundCounts === NONE, skipped: -1 };
      this.#series.set(key, series);
    }
    const last = series.samples.at(-1);
    const isSame = last !== undefined && last.count === state.count && last.sum === state.sum;
    if (isSame && state.time - last.time < KEPT_ALIVE && !isLast) {
      series.skipped = state.time;
      return;
    }
    if (last !== undefined && !isSame && series.skipped > last.time && series.skipped < state.time)
      series.samples.push({ ...last, time: series.skipped });
    if (last?.time === state.time) series.samples.pop();
    series.samples.push({ ...state, boundCounts: Float64Array.from(boundCounts) });
  }
}

const NONE = new Float64Array(0);
