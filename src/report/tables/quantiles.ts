// quantiles.csv: the shape of every distribution, all replications of a point together. Part of the report.

import { Histogram } from '../../metrics/index.js';
import { column, precise, SECOND } from '../../results/index.js';
import { seriesOf } from './estimates.js';
import type { PointRuns, PointTable } from './point-runs.js';

interface QuantileRow {
  readonly metric: string;
  readonly labels: string;
  readonly unit: string;
  readonly samples: number;
  readonly share: number;
  readonly value: number;
}

/** Shares at which distributions are told; 0 is the least sample, 1 the greatest. */
const SHARES = [
  0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85,
  0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 1,
];

export const QUANTILES: PointTable<QuantileRow> = {
  file: 'quantiles.csv',
  meaning:
    'one row per point, metric, label set and quantile, all replications together: the distribution that a chart draws; it has no column replication',
  columns: [
    column('metric', '', 'name of the metric', (row) => row.metric),
    column('labels', '', 'label=value pairs', (row) => row.labels),
    column('unit', '', 'unit of the value', (row) => row.unit),
    column('samples', 'samples', 'samples of all replications', (row) => row.samples),
    column(
      'quantile_ratio',
      'ratio',
      'share of the samples at or below the value; 0: the smallest sample',
      (row) => row.share,
    ),
    column('value', 'unit', 'the quantile', (row) => precise(row.value)),
  ],
  rows: quantileRows,
};

function* quantileRows({ runs }: Pick<PointRuns, 'runs'>): Generator<QuantileRow> {
  for (const { metric, labels, unit, histograms } of seriesOf(runs)) {
    const scale = unit === 'seconds' ? SECOND : 1;
    const pooled = Histogram.merged(histograms);
    for (const share of SHARES) {
      const value = (share === 0 ? pooled.min : share === 1 ? pooled.max : pooled.quantile(share)) / scale;
      yield { metric, labels, unit, samples: pooled.count, share, value };
    }
  }
}
