// What each metric came to. Part of the results: a table.

import { type HistogramData, histogramOf } from '../../metrics/index.js';
import { column, EMPTY, SECOND, statistics, type Table } from '../table.js';

interface SummaryRow {
  readonly metric: string;
  readonly labels: string;
  readonly unit: string;
  readonly scale: number;
  readonly histogram?: HistogramData;
  readonly total: number;
}

export const summary: Table<SummaryRow> = {
  file: 'summary.csv',
  meaning: 'one row per point, metric and label set; quantiles are within 0.4 %',
  columns: [
    column('metric', '', 'name of the metric', (row) => row.metric),
    column('labels', '', 'label=value pairs', (row) => row.labels),
    column('unit', '', 'unit of the figures in this row', (row) => row.unit),
    column('samples', 'samples', 'number of samples; empty for a counter', (row) => row.histogram?.count ?? ''),
    column('total', 'unit', 'sum of the samples, or value of the counter', (row) => row.total / row.scale),
    ...statistics<SummaryRow>(
      (row) => row.histogram ?? EMPTY,
      (row) => row.scale,
      '',
      'unit',
    ),
  ],
  *rows({ result }) {
    for (const { metric, labels, unit, histogram } of result.series) {
      const scale = unit === 'seconds' ? SECOND : 1;
      yield { metric, labels, unit, scale, histogram, total: histogramOf(histogram).sum };
    }
    for (const { metric, labels, value } of result.counters)
      yield { metric, labels, unit: 'total', scale: 1, total: value };
  },
};
