// Histograms with Prometheus' buckets. Part of the results: a table.

import { column, SECOND, type Table } from '../table.js';

interface BucketRow {
  readonly metric: string;
  readonly labels: string;
  readonly bound: string;
  readonly count: number;
}

export const histograms: Table<BucketRow> = {
  file: 'histogram.csv',
  isForCharts: true,
  meaning: 'cumulative bucket counts with the bounds that Kubernetes exports',
  columns: [
    column('metric', '', 'name of the metric', (row) => row.metric),
    column('labels', '', 'label=value pairs', (row) => row.labels),
    column('le_seconds', 's', 'upper bound', (row) => row.bound),
    column('count_total', 'samples', 'samples at or below it', (row) => row.count),
  ],
  *rows({ result }) {
    for (const { metric, labels, histogram } of result.series) {
      if (histogram.bounds.length === 0 || histogram.count === 0) continue;
      let sum = 0;
      for (let i = 0; i <= histogram.bounds.length; i++) {
        sum += histogram.boundCounts[i]!;
        const bound = i < histogram.bounds.length ? String(histogram.bounds[i]! / SECOND) : 'Inf';
        yield { metric, labels, bound, count: sum };
      }
    }
  },
};
