// Sampled quantities over time. Part of the results: a table.

import type { RunResult } from '../run-result.js';
import { column, seconds, type Table } from '../table.js';

export const timeSeries: Table<RunResult['timeSeries'][number]> = {
  file: 'timeseries.csv',
  isForCharts: true,
  meaning: 'sampled quantities over time',
  columns: [
    column('time_seconds', 's', 'instant', (row) => seconds(row.time)),
    column(
      'metric',
      '',
      'pods running and ready, endpoints, entries of the service log, nodes whose rules are behind it, restarts, failed requests',
      (row) => row.metric,
    ),
    column('value', '', 'value at that instant', (row) => row.value),
  ],
  rows: ({ result }) => result.timeSeries,
};
