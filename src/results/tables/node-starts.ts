// What nodes were busy with while they started pods. Part of the results: a table.

import { nodeNameOf } from '../../cluster/index.js';
import type { RunResult } from '../run-result.js';
import { column, SECOND, seconds, sixDigits, type Table } from '../table.js';

export const nodeStarts: Table<{ readonly result: RunResult; readonly row: RunResult['nodeStarts'][number] }> = {
  file: 'node_starts.csv',
  meaning: 'the node of each pool that started the most pods, how fast, and what it was busy with meanwhile',
  columns: [
    column('node_pool', '', 'node pool', ({ row }) => row.pool),
    column('node', '', 'its node that started the most pods', ({ result, row }) => nodeNameOf(result.nodes, row.node)),
    column('pods_started_total', 'pods', 'pods that it started', ({ row }) => row.pods),
    column(
      'starting_seconds',
      's',
      'time in which at least one pod was starting, from when its kubelet learned of it',
      ({ row }) => seconds(row.startingTime),
    ),
    column('starts_per_second', 'pods/s', 'pods started in that time', ({ row }) =>
      sixDigits(row.pods / (row.startingTime / SECOND)),
    ),
    ...(
      [
        ['disk', 'diskBusy'],
        ['runtime_cpu', 'cpuBusy'],
        ['api_client', 'apiClientBusy'],
      ] as const
    ).map(([name, key]) =>
      column<{ readonly result: RunResult; readonly row: RunResult['nodeStarts'][number] }>(
        `${name}_busy_ratio`,
        'ratio',
        `work that the node’s ${name.replace('_', ' ')} was given in that time, as a share of what it can do; 1: as much or more`,
        ({ row }) => sixDigits(row[key]),
      ),
    ),
    column('cpu_lacking_ratio', 'ratio', 'share of that time in which somebody on the node lacked CPU', ({ row }) =>
      sixDigits(row.cpuLacking),
    ),
  ],
  *rows({ result }) {
    for (const row of result.nodeStarts) yield { result, row };
  },
};
