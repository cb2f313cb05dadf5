// What all replications of a point say together: one row a metric and statistic, with its uncertainty. Part of the report.
// Two intervals stand side by side. That of the mean of the replications' figures needs no assumption about the samples of
// one run; that of the pooled quantile takes samples for independent, and is all there is of a single run.

import { Histogram, type MetricUnit } from '../../metrics/index.js';
import { column, precise, preciseCell, SECOND } from '../../results/index.js';
import { type Estimate, estimateOf, type Interval, quantileRanks } from '../../statistics/index.js';
import type { RunRecord } from '../records/record.js';
import type { PointRuns, PointTable } from './point-runs.js';

export interface EstimateRow {
  readonly metric: string;
  /** `name=value` pairs, joined by commas. */
  readonly labels: string;
  readonly statistic: string;
  readonly unit: string;
  /** Samples of all replications; undefined for a counter. */
  readonly samples: number | undefined;
  /** The figure of each replication that has it, in its unit and in their order. */
  readonly values: readonly number[];
  readonly estimate: Estimate;
  /** The same figure of all samples together, and its interval if it is a quantile. */
  readonly pooled: number;
  readonly pooledInterval: Partial<Interval>;
}

const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** Statistics of a histogram, by name. */
const STATISTICS: Readonly<Record<string, (histogram: Histogram) => number>> = {
  mean: (h) => h.mean,
  ...Object.fromEntries(Object.entries(QUANTILES).map(([name, q]) => [name, (h: Histogram) => h.quantile(q)])),
  max: (h) => h.max,
};

/** All rows of a point: histograms by metric, labels and statistic; then counters. What has no samples is left out. */
export function* estimateRows({ runs }: Pick<PointRuns, 'runs'>): Generator<EstimateRow> {
  for (const { metric, labels, unit, histograms } of seriesOf(runs)) {
    const scale = unit === 'seconds' ? SECOND : 1;
    const pooled = Histogram.merged(histograms);
    for (const [statistic, of] of Object.entries(STATISTICS)) {
      const values = histograms.map((histogram) => of(histogram) / scale);
      yield {
        metric,
        labels,
        statistic,
        unit,
        samples: pooled.count,
        values,
        estimate: estimateOf(values),
        pooled: of(pooled) / scale,
        pooledInterval: quantileInterval(pooled, statistic, scale),
      };
    }
  }
  for (const { metric, labels, values } of countersOf(runs)) {
    const total = values.reduce((sum, value) => sum + value, 0);
    const row = { metric, labels, statistic: 'total', unit: 'total', samples: undefined, values };
    yield { ...row, estimate: estimateOf(values), pooled: total, pooledInterval: {} };
  }
}

/** Ends of the order-statistic interval of a quantile; nothing for other statistics, or where samples are too few. */
function quantileInterval(histogram: Histogram, statistic: string, scale: number): Partial<Interval> {
  if (!Object.hasOwn(QUANTILES, statistic)) return {};
  return sampleInterval(histogram, QUANTILES[statistic as keyof typeof QUANTILES], scale);
}

/** Ends of the order-statistic interval of a histogram's q-quantile, in its unit; an end is left out for want of samples. */
export function sampleInterval(histogram: Histogram, q: number, scale: number): Partial<Interval> {
  const { low, high } = quantileRanks(histogram.count, q);
  const at = (rank: number): number => histogram.quantile(rank / histogram.count) / scale;
  return { ...(low === undefined ? {} : { low: at(low) }), ...(high === undefined ? {} : { high: at(high) }) };
}

export interface RunSeries {
  readonly metric: string;
  readonly labels: string;
  readonly unit: MetricUnit;
  readonly histograms: Histogram[];
}

/** Histograms that have samples, of the replications in order, by metric and labels. */
export function seriesOf(runs: readonly RunRecord[]): RunSeries[] {
  const found = new Map<string, RunSeries>();
  for (const { series } of runs) {
    for (const { metric, labels, unit, histogram } of series) {
      if (histogram.count === 0) continue;
      const key = `${metric}{${labels}}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { metric, labels, unit, histograms: [Histogram.fromData(histogram)] });
      else known.histograms.push(Histogram.fromData(histogram));
    }
  }
  return byKey(found);
}

/** A counter that a replication does not have was never moved there: 0. */
function countersOf(runs: readonly RunRecord[]): { metric: string; labels: string; values: number[] }[] {
  const found = new Map<string, { metric: string; labels: string; values: number[] }>();
  runs.forEach(({ counters }, run) => {
    for (const { metric, labels, value } of counters) {
      const key = `${metric}{${labels}}`;
      let known = found.get(key);
      if (known === undefined) {
        known = { metric, labels, values: runs.map(() => 0) };
        found.set(key, known);
      }
      known.values[run] = value;
    }
  });
  return byKey(found);
}

const byKey = <T>(found: ReadonlyMap<string, T>): T[] =>
  [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

/** estimates.csv. */
export const ESTIMATES: PointTable<EstimateRow> = {
  file: 'estimates.csv',
  meaning:
    'one row per point, metric, label set and statistic, all replications together, with 95 % confidence intervals; it has no column replication',
  columns: [
    column('metric', '', 'name of the metric', (row) => row.metric),
    column('labels', '', 'label=value pairs', (row) => row.labels),
    column('statistic', '', 'mean, p50, p90, p95, p99, max; total of a counter', (row) => row.statistic),
    column('unit', '', 'unit of the figures in this row', (row) => row.unit),
    column('replications', 'runs', 'replications that have samples of it', (row) => row.estimate.count),
    column('samples', 'samples', 'samples of all of them; empty for a counter', (row) => row.samples ?? ''),
    column('mean', 'unit', 'mean of the replications’ figures', (row) => precise(row.estimate.mean)),
    column('stddev', 'unit', 'their standard deviation; empty for one replication', (row) =>
      preciseCell(row.estimate.standardDeviation),
    ),
    column('ci95_low', 'unit', 'lower end of the confidence interval of that mean, by Student’s t', (row) =>
      preciseCell(row.estimate.interval?.low),
    ),
    column('ci95_high', 'unit', 'upper end', (row) => preciseCell(row.estimate.interval?.high)),
    column('pooled', 'unit', 'the statistic of all samples together; the sum of a counter', (row) =>
      precise(row.pooled),
    ),
    column(
      'pooled_ci95_low',
      'unit',
      'lower end of the confidence interval of that quantile, from the ranks of the samples, which are assumed to be independent; empty if there are too few',
      (row) => preciseCell(row.pooledInterval.low),
    ),
    column('pooled_ci95_high', 'unit', 'upper end', (row) => preciseCell(row.pooledInterval.high)),
  ],
  rows: estimateRows,
};
