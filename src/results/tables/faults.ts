// What faults hit, and what followed. Part of the results: a table.

import { deletedAfter, evictedAfter, type FaultOfRun, restartsAfter } from '../fault-effects.js';
import { column, seconds, type Table } from '../table.js';

export const faults: Table<FaultOfRun> = {
  file: 'faults.csv',
  meaning:
    'one row per fault of the scenario, with what it hit and what happened there until the next fault hit the same',
  columns: [
    column('fault', '', 'number of the entry in spec.faults', ({ record }) => record.fault),
    column('type', '', 'kind of fault', ({ result, record }) => result.spec.faults[record.fault]!.type),
    column('begins_seconds', 's', 'start', ({ record }) => seconds(record.begins)),
    column('ends_seconds', 's', 'end; empty if it outlasts the run', ({ result, record }) =>
      record.ends < result.spec.duration ? seconds(record.ends) : '',
    ),
    column('nodes_total', 'nodes', 'nodes hit', ({ record }) => record.nodes.size),
    column('pods_total', 'pods', 'pods hit, or on the nodes hit', ({ record }) => record.pods.size),
    column('restarts_total', 'restarts', 'container restarts there afterwards', (row) => restartsAfter(row).length),
    column(
      'evicted_total',
      'pods',
      'for a fault that makes nodes evict pods: pods that the nodes it hit have evicted since',
      evictedAfter,
    ),
    column(
      'deleted_total',
      'pods',
      'of the pods in pods_total, those deleted afterwards, if the fault may lead to that',
      deletedAfter,
    ),
  ],
  *rows({ result }) {
    for (const record of result.faults) yield { result, record };
  },
};
