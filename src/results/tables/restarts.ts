// Each restart of a container. Part of the results: a table.

import { faultOf } from '../fault-effects.js';
import type { RunResult } from '../run-result.js';
import { column, nodeName, podName, seconds, type Table, workloadOf } from '../table.js';

interface RestartRow {
  readonly result: RunResult;
  readonly restart: RunResult['restarts'][number];
}

export const restarts: Table<RestartRow> = {
  file: 'restarts.csv',
  meaning: 'one row per container restart: why, and how long it was down',
  columns: [
    column('time_seconds', 's', 'start of the new run', ({ restart }) => seconds(restart.time)),
    column('namespace', '', 'namespace', ({ result, restart }) => workloadOf(result, restart.pod).namespace),
    column('pod', '', 'name of the pod', ({ result, restart }) => podName(result, restart.pod)),
    column('node', '', 'node', ({ result, restart }) => nodeName(result, restart.pod)),
    column(
      'container',
      '',
      'container',
      ({ result, restart }) => workloadOf(result, restart.pod).template.containers[restart.containerIndex]!.name,
    ),
    column(
      'reason',
      '',
      'what ended the previous run: liveness, startup, exit, oom, node, hook, restart-all (of its pod, by a restart rule), resize, or deleted: its static pod was being removed, and came back',
      ({ restart }) => restart.reason,
    ),
    column('exit_code', '', 'exit code of the previous run', ({ restart }) => restart.exitCode),
    column('away_seconds', 's', 'from the end of the previous run until this start', ({ restart }) =>
      seconds(restart.away),
    ),
    column(
      'backoff_seconds',
      's',
      'back-off now in force, already doubled: what the next restart has to wait',
      ({ restart }) => seconds(restart.backOff),
    ),
    column(
      'fault',
      '',
      'number of the last fault in spec.faults that hit the pod or its node before the run ended, and that may end one for this reason; empty if none did',
      ({ result, restart }) => faultOf(result, restart) ?? '',
    ),
    column('restart_count', 'restarts', 'restarts of this container so far', ({ restart }) => restart.restarts),
  ],
  *rows({ result }) {
    for (const restart of result.restarts) yield { result, restart };
  },
};
