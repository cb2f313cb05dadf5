// What a chart is asked for: points of results, and what a user has chosen about it. Part of the charts.

import type { MetricDefinitions } from '../../metrics/index.js';
import { parseSelector } from '../../scenario/index.js';
import type { Limit } from './figure.js';
import type { Layout } from './layout.js';
import { metricsOf, pointsOfResults, type ResultPoint, type ResultTables } from './result-tables.js';

export interface ChartRequest {
  readonly points: readonly ResultPoint[];
  /** Those that the results may have. */
  readonly metrics: MetricDefinitions;
  /** Where parameters go, if not where they go by themselves. */
  readonly layout: Partial<Layout>;
  /** Axes that are to be logarithmic, or not; undefined: as the figures are spread. */
  readonly log: { readonly x: boolean | undefined; readonly y: boolean | undefined };
}

/** A request in which nothing is chosen. */
export const plainRequest = (results: readonly ResultTables[]): ChartRequest => ({
  points: pointsOfResults(results),
  metrics: metricsOf(results),
  layout: {},
  log: { x: undefined, y: undefined },
});

/** Bounds of the thresholds on a metric. */
export function limitsOf({ points, metrics }: ChartRequest, metric: string): Limit[] {
  const found = new Map<string, Limit>();
  for (const point of points) {
    for (const row of point.rows('thresholds.csv')) {
      if (row.unit !== 'seconds' || !isOnWhole(row.metric!, metric, metrics)) continue;
      found.set(row.expression!, { y: Number(row.bound), text: row.expression! });
    }
  }
  return [...found.values()];
}

/** Whether the selector of a threshold is a metric with all its label sets. */
function isOnWhole(selector: string, metric: string, metrics: MetricDefinitions): boolean {
  const selected = parseSelector(selector, { metrics });
  return !('message' in selected) && selected.metric === metric && selected.matchers.length === 0;
}
