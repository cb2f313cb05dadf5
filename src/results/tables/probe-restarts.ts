// What probes led to. Part of the results: a table.

import type { ProbeResultRow } from '../run-result.js';
import { column, SECOND, seconds, type Table } from '../table.js';

interface ProbeRow extends ProbeResultRow {
  readonly hours: number;
}

export const probeRestarts: Table<ProbeRow> = {
  file: 'probe_restarts.csv',
  meaning: 'probes and the restarts they caused, by workload of the manifest (copies added up), container and probe',
  columns: [
    column('app', '', 'application', (row) => row.app),
    column('workload', '', 'workload as in the manifest', (row) => row.workload),
    column('container', '', 'container', (row) => row.container),
    column('probe_type', '', 'startup, liveness or readiness', (row) => row.probeType),
    column('pods_total', 'pods', 'pod incarnations', (row) => row.pods),
    column('probes_total', 'probes', 'probes carried out', (row) => row.probes),
    column('failures_total', 'probes', 'of those, failed ones', (row) => row.failures),
    column('restarts_total', 'restarts', 'restarts by this probe', (row) => row.restarts),
    column('restarts_per_pod_hour', '1/h', 'restarts by this probe, per pod incarnation and hour measured', (row) =>
      row.pods > 0 ? row.restarts / row.pods / row.hours : '',
    ),
    column('first_restart_seconds', 's', 'instant of the first of them', (row) => seconds(row.firstRestart)),
    column('backoff_max_seconds', 's', 'longest back-off in force at one of them', (row) => seconds(row.backOffMax)),
    column(
      'unready_seconds_total',
      's',
      'time for which pods of the workload were not ready after having been ready, not counting deletion; the same in each of its rows',
      (row) => seconds(row.unreadyTime),
    ),
  ],
  *rows({ result }) {
    const hours = (result.spec.duration - result.spec.warmup) / SECOND / 3600;
    for (const row of result.probes) yield { ...row, hours };
  },
};
