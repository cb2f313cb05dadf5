// Figures that several tables take from a result. Part of the results.

import { type HistogramData, histogramOf, type MetricName } from '../metrics/index.js';
import type { RunResult } from './run-result.js';
import { type Cell, EMPTY, rounded, SECOND } from './table.js';

export const seriesOf = (result: RunResult, metric: MetricName, labels = ''): HistogramData =>
  result.series.find((series) => series.metric === metric && series.labels === labels)?.histogram ?? EMPTY;

export const quantileOf = (h: HistogramData, q: number): Cell => rounded(histogramOf(h).quantile(q) / SECOND, h.count);

export const serviceOf = (result: RunResult, traffic: number): string =>
  result.spec.services[result.spec.traffic[traffic]!.services[0]!]!.manifestName;

/** Standard deviation over the mean. */
export function relativeDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, n) => sum + n, 0) / values.length;
  const square = values.reduce((sum, n) => sum + (n - mean) * (n - mean), 0) / values.length;
  return Math.sqrt(square) / mean;
}
