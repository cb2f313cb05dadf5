// Syncs of kube-proxy by kind and cause. Part of the results: a table.

import type { RunResult } from '../run-result.js';
import { column, rounded, SECOND, seconds, statistics, type Table } from '../table.js';

interface SyncRow {
  readonly result: RunResult;
  readonly row: RunResult['syncs'][number];
}

export const proxySyncs: Table<SyncRow> = {
  file: 'proxy_syncs.csv',
  meaning: 'the syncs of all kube-proxies, by what triggered them',
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column(
      'trigger',
      '',
      'changes: of services or endpoints; start: the first after the process started; forced: an hour had passed; retry: the previous one had failed; canary: its chains were missing',
      ({ row }) => row.trigger,
    ),
    column('kind', '', 'full or partial', ({ row }) => (row.isFull ? 'full' : 'partial')),
    column('syncs_total', 'syncs', 'syncs of all nodes', ({ row }) => row.duration.count),
    column('failed_total', 'syncs', 'of those, failed ones', ({ row }) => row.failed),
    column('changes_total', 'writes', 'writes of EndpointSlices that they processed', ({ row }) => row.changes),
    column('changes_mean', 'writes', 'of these, by one sync', ({ row }) =>
      rounded(row.changes / row.duration.count, row.duration.count),
    ),
    column('lines_mean', 'lines', 'lines handed to iptables-restore by one sync; 0 in other modes', ({ row }) =>
      rounded(row.lines / row.duration.count, row.duration.count),
    ),
    column('lock_wait_seconds_total', 's', 'time spent waiting for the iptables lock', ({ row }) =>
      seconds(row.lockWait),
    ),
    ...statistics<SyncRow>(
      ({ row }) => row.duration,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    for (const row of result.syncs) yield { result, row };
  },
};
