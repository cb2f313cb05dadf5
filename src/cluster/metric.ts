// What a metric is that listens: the contract. Part of the cluster vocabulary; the catalogue lists them.
// Components write the metrics of Kubernetes themselves. A metric that listens is told of events instead, see journal.ts, and
// is then in tables, estimates, charts and OpenMetrics like any other.

import type { MetricDefinition, Samples, Total } from '../metrics/index.js';
import type { Journal, Observed } from './journal.js';

/** What a metric is handed for one run. */
export interface MetricParts extends Observed {
  /** Its histogram for these label values, in the order of `labels`: durations in ns, as whole numbers. Ask once, and keep it. */
  histogram(...labelValues: readonly string[]): Samples;
  /** Its counter for them. */
  counter(...labelValues: readonly string[]): Total;
}

export interface MetricType extends MetricDefinition {
  /** As Prometheus names it: with its unit at the end, and `_total` if it is a counter. */
  readonly name: string;
  /** Says what it wants to be told in one run; undefined: a component writes it. */
  listen?(parts: MetricParts): Journal;
}
