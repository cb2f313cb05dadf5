// What a run came to, as programs ask for it: figures in the units that metrics state. Part of the library.

import { BUILT_IN, type Catalogue } from '../catalogue.js';
import { namedError } from '../extension/naming.js';
import { didYouMean } from '../format/index.js';
import { Histogram, histogramOf, labelPairs, type MetricDefinition } from '../metrics/index.js';
import type { AnyTable, Cell, FinishedPoint, RunResult } from '../results/index.js';
import { longName, suggestMetric } from '../scenario/index.js';

/** Values of labels by their names; of label sets that differ in others all are meant. */
export type Labels = Readonly<Record<string, string>>;

/** All samples of a metric: durations in seconds, anything else as it is. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** NaN, as all that follows, if there are no samples. */
  readonly mean: number;
  readonly standardDeviation: number;
  readonly min: number;
  readonly max: number;
  /** The smallest value such that a share `q` (0 < q <= 1) of the samples is at or below it, within 0.4 %. */
  quantile(q: number): number;
}

/** One metric with one set of labels. */
export interface Series {
  /** As Prometheus names it. */
  readonly metric: string;
  readonly labels: Labels;
}

/** A row of a table: cells by the names of their columns, empty text where nothing was measured. */
export type TableRow = Readonly<Record<string, Cell>>;

/** The end of a run. What it holds is {@link data}: plain, to be cloned, stored or sent to another thread. */
export class SimulationResult {
  readonly data: RunResult;
  readonly #catalogue: Catalogue;

  /**
   * @param data of a run, here or in another thread.
   * @param catalogue the parts that it was made of: their metrics and tables can be asked for. Default: kubelapse's own.
   */
  constructor(data: RunResult, catalogue: Catalogue = BUILT_IN) {
    this.data = data;
    this.#catalogue = catalogue;
  }

  /** Simulated time, s. */
  get duration(): number {
    return this.data.spec.duration / NS;
  }

  /** All series that have samples, and all counters, by name and labels. */
  get series(): Series[] {
    return [...this.data.series.filter(({ histogram }) => histogram.count > 0), ...this.data.counters].map(
      ({ metric, labels }) => ({ metric, labels: Object.fromEntries(labelPairs(labels)) }),
    );
  }

  /**
   * All samples of a histogram metric.
   * @param metric its name, or a short one such as `pod_start`. @param labels which of its label sets; default: all of them.
   * Throws a RangeError if there is no such metric or label, or it is a counter.
   */
  distribution(metric: string, labels: Labels = {}): Distribution {
    const { name, definition } = this.#metric(metric, 'histogram', labels);
    const found = this.data.series.filter((series) => series.metric === name && has(series.labels, labels));
    const all =
      found.length === 0 ? new Histogram() : Histogram.merged(found.map(({ histogram }) => histogramOf(histogram)));
    const scale = definition.unit === 'seconds' ? NS : 1;
    const orNaN = (value: number): number => (all.count === 0 ? Number.NaN : value / scale);
    return {
      count: all.count,
      sum: all.sum / scale,
      mean: orNaN(all.mean),
      standardDeviation: orNaN(all.standardDeviation),
      min: orNaN(all.min),
      max: orNaN(all.max),
      quantile: (q) => {
        if (!(q > 0 && q <= 1)) throw new RangeError(`a quantile is above 0 and at most 1, not ${q}`);
        return all.quantile(q) / scale;
      },
    };
  }

  /**
   * A quantile of a histogram metric, such as `quantile('pod_start', 0.99)`: seconds, or what the metric counts; NaN without
   * samples. Throws a RangeError as {@link distribution} does.
   */
  quantile(metric: string, q: number, labels: Labels = {}): number {
    return this.distribution(metric, labels).quantile(q);
  }

  /** Mean of a histogram metric in the same units; NaN without samples. */
  mean(metric: string, labels: Labels = {}): number {
    return this.distribution(metric, labels).mean;
  }

  /**
   * Value of a counter, the sum over the label sets that are meant; 0 if it never moved. Throws a RangeError if there is no such
   * metric or label, or it is a histogram.
   */
  total(metric: string, labels: Labels = {}): number {
    const { name } = this.#metric(metric, 'counter', labels);
    return this.data.counters
      .filter((counter) => counter.metric === name && has(counter.labels, labels))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /**
   * A quantity that is sampled over time, such as `kubelapse_pods_ready`: instants in s. Throws a RangeError that tells what there is if
   * there is no such quantity.
   */
  timeSeries(metric: string): { readonly time: number; readonly value: number }[] {
    const found = this.data.timeSeries.filter((point) => point.metric === metric);
    if (found.length === 0) {
      const names = [...new Set(this.data.timeSeries.map((point) => point.metric))];
      const hint = didYouMean(metric, names) ?? `there are: ${names.join(', ')}`;
      throw new RangeError(`nothing is sampled over time that is called "${metric}"; ${hint}`);
    }
    return found.map(({ time, value }) => ({ time: time / NS, value }));
  }

  /** Rows of a table, such as `pods.csv`; docs/reference/outputs.md lists them. Throws a RangeError if there is no such table. */
  table(file: string): TableRow[] {
    const table = this.#catalogue.tables.get(file);
    const point: FinishedPoint = { index: 0, parameters: [], replication: 0, result: this.data };
    const rowsOf = (one: AnyTable): TableRow[] =>
      Array.from(one.rows(point), (row) => Object.fromEntries(one.columns.map((c) => [c.name, c.value(row)])));
    try {
      return rowsOf(table);
    } catch (error) {
      throw namedError(error, this.#catalogue, ({ tables }) => void rowsOf(tables.get(file)));
    }
  }

  #metric(
    name: string,
    type: MetricDefinition['type'],
    labels: Labels,
  ): { readonly name: string; readonly definition: MetricDefinition } {
    const metrics = this.#catalogue.metricDefinitions;
    const long = longName(name, metrics);
    if (!this.#catalogue.metrics.has(long)) {
      const isForeign = [...this.data.series, ...this.data.counters].some(({ metric }) => metric === name);
      const hint = isForeign
        ? 'it is of an extension: hand over the catalogue that the run had'
        : suggestMetric(name, metrics);
      throw new RangeError(`no metric is called "${name}"; ${hint}`);
    }
    const found = this.#catalogue.metrics.get(long);
    if (found.type !== type) {
      const instead = type === 'counter' ? 'quantile, mean or distribution' : 'total';
      throw new RangeError(`${found.name} is a ${found.type}: ask for its ${instead}`);
    }
    for (const [label, value] of Object.entries(labels) as [string, unknown][]) {
      if (!found.labels.includes(label))
        throw new RangeError(`${found.name} has no label "${label}"; it has: ${found.labels.join(', ') || 'none'}`);
      if (typeof value !== 'string')
        throw new RangeError(`${found.name}: the value of label "${label}" must be text, not ${String(value)}`);
    }
    return { name: found.name, definition: found };
  }
}

const NS = 1e9;

/** Whether a label set has these values. */
function has(labels: string, wanted: Labels): boolean {
  const values = new Map(labelPairs(labels));
  return Object.entries(wanted).every(([name, value]) => values.get(name) === value);
}
