// Why pods went where they went, plugin by plugin, for pods that somebody asked about; and why others have no node. Part of the
// results: a table.

import { nodeNameOf } from '../../cluster/index.js';
import type { PendingPod, PlacementRow } from '../../control-plane/index.js';
import type { RunResult } from '../run-result.js';
import { type Cell, column, podName, seconds, type Table, workloadOf } from '../table.js';

/** What one plugin said of one node for one pod, or why a pod has no node. */
interface Row {
  readonly result: RunResult;
  readonly pod: number;
  readonly placement?: PlacementRow;
  readonly pending?: PendingPod;
}

const number = (value: number | undefined): Cell => (value === undefined || Number.isNaN(value) ? '' : value);

export const scheduling: Table<Row> = {
  file: 'scheduling.csv',
  meaning:
    'for pods that are asked for (spec.explainPlacement, --explain-placement), one row per attempt, node that was looked at and plugin; after them one row per pod without a node at the end of the run',
  columns: [
    column('pod', '', 'name of the pod', ({ result, pod }) => podName(result, pod)),
    column('namespace', '', 'its namespace', ({ result, pod }) => workloadOf(result, pod).namespace),
    column('attempt', 'attempts', 'attempts for the pod, from 1', ({ placement }) => number(placement?.attempt)),
    column('time_seconds', 's', 'when it was decided', ({ placement }) =>
      placement === undefined ? '' : seconds(placement.at),
    ),
    column('node', '', 'node that was looked at', ({ result, placement }) =>
      placement === undefined ? '' : nodeNameOf(result.nodes, placement.node),
    ),
    column('chosen', '', 'true: the pod went there', ({ placement }) => placement?.isChosen ?? ''),
    column('plugin', '', 'plugin of the scheduler', ({ placement }) => placement?.plugin ?? ''),
    column(
      'refusal',
      '',
      'why it kept the pod away from the node; empty if it did not',
      ({ placement }) => placement?.refusal ?? '',
    ),
    column('raw_score', '', 'its score before the nodes are compared', ({ placement }) => number(placement?.raw)),
    column('score', '', 'its score, 0 to 100', ({ placement }) => number(placement?.score)),
    column('weight', '', 'weight of its scores', ({ placement }) =>
      placement?.weight === 0 ? '' : number(placement?.weight),
    ),
    column('total_score', '', 'sum of the scores of all plugins by weight', ({ placement }) =>
      number(placement?.total),
    ),
    column(
      'message',
      '',
      'why it has no node at the end of the run, as Kubernetes says it',
      ({ pending }) => pending?.message ?? '',
    ),
  ],
  *rows({ result }) {
    for (const placement of result.placements) yield { result, pod: placement.pod, placement };
    for (const pending of result.pending) yield { result, pod: pending.pod, pending };
  },
};
