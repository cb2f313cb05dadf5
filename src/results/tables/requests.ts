// What became of requests. Part of the results: a table.

import { CAUSE_MEANINGS } from '../../traffic/index.js';
import type { RunResult } from '../run-result.js';
import { serviceOf } from '../series.js';
import { column, SECOND, sixDigits, statistics, type Table } from '../table.js';

interface RequestRow {
  readonly result: RunResult;
  readonly row: RunResult['requests'][number];
  readonly total: number;
}

export const requests: Table<RequestRow> = {
  file: 'requests.csv',
  meaning: 'requests by traffic entry, outcome and cause, and how long they took',
  columns: [
    column('traffic', '', 'number of the entry in spec.traffic', ({ row }) => row.traffic),
    column('service', '', 'service as in the manifest', ({ result, row }) => serviceOf(result, row.traffic)),
    column(
      'weight',
      'requests',
      'real requests that one simulated request stands for',
      ({ result, row }) => result.spec.traffic[row.traffic]!.weight,
    ),
    column(
      'outcome',
      '',
      'ok; refused: nothing listens; timed_out: no answer before the client gave up; reset: the connection broke; unready: the application answers that it is not ready; no_endpoints: rejected by the rules; unfinished: the run ended first',
      ({ row }) => row.outcome,
    ),
    column(
      'cause',
      '',
      Object.entries(CAUSE_MEANINGS)
        .map(([cause, meaning]) => `${cause}: ${meaning}`)
        .join('; '),
      ({ row }) => row.cause,
    ),
    column('requests_total', 'requests', 'requests, weighted', ({ row }) => row.requests),
    column('share_ratio', 'ratio', 'share of the entry’s requests', ({ row, total }) =>
      sixDigits(row.requests / total),
    ),
    ...statistics<RequestRow>(
      ({ row }) => row.duration,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    for (const row of result.requests) {
      const total = result.requests.filter((r) => r.traffic === row.traffic).reduce((sum, r) => sum + r.requests, 0);
      yield { result, row, total };
    }
  },
};
