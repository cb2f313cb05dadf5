// How long syncs and relists took. Part of the results: a table.

import type { HistogramData } from '../../metrics/index.js';
import { column, SECOND, statistics, type Table } from '../table.js';

interface SyncLatencyRow {
  readonly pool: string;
  readonly what: 'pod_worker' | 'pod_start_stage' | 'runtime_operation';
  readonly operation: string;
  readonly histogram: HistogramData;
}

const SYNC_LATENCY_METRICS: Readonly<Record<string, SyncLatencyRow['what']>> = {
  kubelet_pod_worker_duration_seconds: 'pod_worker',
  kubelapse_pod_start_stage_duration_seconds: 'pod_start_stage',
  kubelet_runtime_operations_duration_seconds: 'runtime_operation',
};

export const syncLatency: Table<SyncLatencyRow> = {
  file: 'sync_latency.csv',
  meaning: 'kubelet sync latency by operation, pod start by stage, and CRI calls, by node pool',
  columns: [
    column('node_pool', '', 'node pool', (row) => row.pool),
    column('what', '', 'pod_worker, pod_start_stage or runtime_operation', (row) => row.what),
    column('operation_type', '', 'operation or stage', (row) => row.operation),
    column('samples', 'samples', 'number of samples', (row) => row.histogram.count),
    ...statistics<SyncLatencyRow>(
      (row) => row.histogram,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    for (const { metric, labels, histogram } of result.series) {
      const what = SYNC_LATENCY_METRICS[metric];
      if (what === undefined) continue;
      const [pool, operation] = labels.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1));
      yield { pool: pool!, what, operation: operation!, histogram };
    }
  },
};
