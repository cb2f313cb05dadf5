// What a table of a result is: the contract. Part of the results; a file a table under tables/, and the catalogue lists them.
// Columns have names, units and meanings, and header, rows and the reference page come from these. Units are seconds, bytes,
// ratios and counts; a quantity that was not measured is an empty cell.

import { nodeNameOf, type PodId, podNameOf } from '../cluster/index.js';
import { Histogram, type HistogramData, histogramOf } from '../metrics/index.js';
import type { FinishedPoint, RunResult } from './run-result.js';

/** Tables that are made of those of all runs, beside the ones of the catalogue. */
export const POINT_TABLE_FILES: readonly string[] = ['estimates.csv', 'quantiles.csv', 'thresholds.csv'];
/** Columns with which the rows of a table begin. */
export const POINT_COLUMNS: readonly string[] = ['scenario', 'point', 'replication'];

export type Cell = string | number | boolean;

export interface Column<Row> {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
  readonly value: (row: Row) => Cell;
}

export interface Table<Row> {
  readonly file: string;
  readonly meaning: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: (point: FinishedPoint) => Iterable<Row>;
  /** Written only when asked for, if there are more rows than this. */
  readonly rowsMax?: number;
  /** Nobody reads it but charts and programs: a report shows it last. */
  readonly isForCharts?: boolean;
}

/** A table whose rows have any type: each has one of its own, used only inside it. */
// biome-ignore lint/suspicious/noExplicitAny: nobody else looks at a row
export type AnyTable = Table<any>;

export const SECOND = 1e9;

/** ns as seconds; empty if it never happened. */
export const seconds = (ns: number): Cell => (Number.isNaN(ns) ? '' : ns / SECOND);
export const column = <Row>(name: string, unit: string, meaning: string, value: (row: Row) => Cell): Column<Row> => ({
  name,
  unit,
  meaning,
  value,
});

/** Quantile columns of a histogram that holds ns (`scale` 1e9) or plain numbers (1). */
export function statistics<Row>(
  histogram: (row: Row) => HistogramData,
  scale: (row: Row) => number,
  suffix: string,
  unit: string,
): Column<Row>[] {
  const of = (name: string, meaning: string, value: (h: Histogram) => number): Column<Row> =>
    column(`${name}${suffix}`, unit, meaning, (row) => {
      const h = histogramOf(histogram(row));
      return rounded(value(h) / scale(row), h.count);
    });
  return [
    of('mean', 'arithmetic mean', (h) => h.mean),
    of('stddev', 'standard deviation', (h) => h.standardDeviation),
    of('min', 'smallest sample', (h) => h.min),
    of('p50', 'median', (h) => h.quantile(0.5)),
    of('p90', '90 % quantile', (h) => h.quantile(0.9)),
    of('p95', '95 % quantile', (h) => h.quantile(0.95)),
    of('p99', '99 % quantile', (h) => h.quantile(0.99)),
    of('max', 'largest sample', (h) => h.max),
  ];
}

/** No samples at all. */
export const EMPTY = new Histogram().toData();

/** A figure without the noise of its arithmetic. */
export const precise = (value: number): number => Number(value.toPrecision(9));
/** A figure of which no more than six digits are of interest. */
export const sixDigits = (value: number): number => Number(value.toPrecision(6));
/** The same of what may not be there: an empty cell. */
export const preciseCell = (value: number | undefined): Cell => (value === undefined ? '' : precise(value));
/** The same of a histogram, empty if it has no samples. */
export const rounded = (value: number, count: number): Cell => (count === 0 ? '' : precise(value));

export const workloadOf = (result: RunResult, pod: PodId) => result.spec.workloads[result.pods.workload[pod]!]!;
export const podName = ({ spec, pods, nodes }: RunResult, pod: PodId): string => podNameOf(spec, pods, nodes, pod);
export const nodeName = (result: RunResult, pod: PodId): string => {
  const node = result.pods.node[pod]!;
  return node < 0 ? '' : nodeNameOf(result.nodes, node);
};
