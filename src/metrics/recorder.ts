// Where components leave what they measure. Part of the metrics.
// A component asks once for the series it needs and keeps it: recording is then a method call without a lookup.

import type { Instant } from '../engine/index.js';
import {
  METRICS,
  type MetricDefinition,
  type MetricDefinitions,
  type MetricName,
  type MetricUnit,
} from './definitions.js';
import { Histogram } from './histogram.js';

/** A histogram that ignores what happens before the warm-up has ended. */
export class Series {
  readonly metric: string;
  /** `name=value` pairs in the order of the definition, joined by commas. */
  readonly labels: string;
  readonly unit: MetricUnit;
  readonly histogram: Histogram;
  readonly #recorder: Recorder;

  constructor(recorder: Recorder, metric: string, { unit, bounds }: MetricDefinition, labels: string) {
    this.#recorder = recorder;
    this.metric = metric;
    this.labels = labels;
    this.unit = unit;
    this.histogram = new Histogram(bounds);
  }

  /** Takes in a value at the present instant. */
  record(value: number, weight = 1): void {
    if (this.#recorder.measuring) this.histogram.record(value, weight);
  }
}

/** A counter that ignores what happens before the warm-up has ended. */
export class Counter {
  readonly metric: string;
  readonly labels: string;
  value = 0;
  readonly #recorder: Recorder;

  constructor(recorder: Recorder, metric: string, labels: string) {
    this.#recorder = recorder;
    this.metric = metric;
    this.labels = labels;
  }

  add(amount = 1): void {
    if (this.#recorder.measuring) this.value += amount;
  }
}

/** One sampled quantity over time. */
export interface TimeSeriesPoint {
  readonly time: Instant;
  readonly metric: string;
  readonly value: number;
}

/** What a component counts by arithmetic, or in totals of its own. */
export interface Account {
  /** Brings it up to the present instant. What depends on how often that is done, as sums of fractions do, is left alone. */
  settle?(): void;
  /** Forgets what was counted so far: the warm-up ends. */
  reset?(): void;
  /** Writes it into series and counters; called once, when the run has ended and everything is settled. */
  record?(): void;
}

export class Recorder {
  /** False during the warm-up. */
  measuring = true;
  readonly #accounts: Account[] = [];
  readonly timeSeries: TimeSeriesPoint[] = [];
  readonly #series = new Map<string, Series>();
  readonly #counters = new Map<string, Counter>();
  readonly #definitions: MetricDefinitions;

  /** @param definitions all metrics that there are. */
  constructor(definitions: MetricDefinitions = METRICS) {
    this.#definitions = definitions;
  }

  /** The series of a histogram metric for these label values, given in the order of the definition. */
  series(metric: MetricName, ...labelValues: readonly string[]): Series {
    return this.seriesOf(metric, labelValues);
  }

  /** The counter of a metric for these label values. */
  counter(metric: MetricName, ...labelValues: readonly string[]): Counter {
    return this.counterOf(metric, labelValues);
  }

  /** The same of any metric that there is. Throws a RangeError if there is none of that name, or it has other labels. */
  seriesOf(metric: string, labelValues: readonly string[]): Series {
    const definition = this.#definitionOf(metric, 'histogram');
    const labels = labelText(metric, definition, labelValues);
    const key = `${metric}{${labels}}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(this, metric, definition, labels);
      this.#series.set(key, series);
    }
    return series;
  }

  counterOf(metric: string, labelValues: readonly string[]): Counter {
    const labels = labelText(metric, this.#definitionOf(metric, 'counter'), labelValues);
    const key = `${metric}{${labels}}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = new Counter(this, metric, labels);
      this.#counters.set(key, counter);
    }
    return counter;
  }

  #definitionOf(metric: string, type: MetricDefinition['type']): MetricDefinition {
    const definition = Object.hasOwn(this.#definitions, metric) ? this.#definitions[metric]! : undefined;
    if (definition === undefined) throw new RangeError(`no metric is called ${metric}`);
    if (definition.type !== type) throw new RangeError(`${metric} is a ${definition.type}, not a ${type}`);
    return definition;
  }

  /** Registers what a component counts itself; settled, reset and recorded in the order of registration. */
  own(account: Account): void {
    this.#accounts.push(account);
  }

  /**
   * Registers a total that only grows: the counter says by how much it grew since measuring began.
   * @param scale units of the total in one of the metric's.
   */
  ownTotal(metric: MetricName, total: () => number, scale = 1, ...labels: string[]): void {
    let before = 0;
    this.own({
      reset: () => {
        before = total();
      },
      record: () => {
        this.counter(metric, ...labels).value = (total() - before) / scale;
      },
    });
  }

  settle(): void {
    for (const account of this.#accounts) account.settle?.();
  }

  /** Measuring begins: what was counted during the warm-up is forgotten. */
  endWarmup(): void {
    for (const account of this.#accounts) account.reset?.();
    this.measuring = true;
  }

  /** The run has ended: everything that was counted is in series and counters. */
  finish(): void {
    this.settle();
    for (const account of this.#accounts) account.record?.();
  }

  sampleAt(time: Instant, metric: string, value: number): void {
    this.timeSeries.push({ time, metric, value });
  }

  /** All series, by name and labels. */
  allSeries(): readonly Series[] {
    return sorted([...this.#series.values()]);
  }

  allCounters(): readonly Counter[] {
    return sorted([...this.#counters.values()]);
  }
}

function labelText(metric: string, { labels: names }: MetricDefinition, values: readonly string[]): string {
  if (names.length !== values.length) {
    throw new RangeError(`${metric} has labels ${names.join(', ')}; got ${values.length} values`);
  }
  const odd = values.find((value) => !isLabelValue(value));
  if (odd !== undefined || values.includes(undefined as never)) {
    throw new RangeError(`${metric}: a label is one line of text without a comma, not ${JSON.stringify(odd)}`);
  }
  return names.map((name, i) => `${name}=${values[i]}`).join(',');
}

/** Label sets are kept as text, pairs joined by commas. */
const isLabelValue = (value: unknown): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are meant
  typeof value === 'string' && !/[,\u0000-\u001f\u007f]/.test(value);

/** The names and values of a label set as the recorder writes it, `name=value` pairs joined by commas. */
export const labelPairs = (labels: string): [string, string][] =>
  labels === ''
    ? []
    : labels.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);

function sorted<T extends { readonly metric: string; readonly labels: string }>(items: T[]): T[] {
  const key = (item: T): string => `${item.metric}{${item.labels}}`;
  return items.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
