// What containers used of CPU, and what their limits did. Part of the results: a table.

import type { ContainerCpuRow } from '../run-result.js';
import { column, SECOND, seconds, sixDigits, type Table } from '../table.js';

export const containerCpu: Table<ContainerCpuRow> = {
  file: 'container_cpu.csv',
  meaning:
    'CPU of containers of which the scenario says that they use some, and what their limits did: all pods of a workload together',
  columns: [
    column('app', '', 'application', (row) => row.app),
    column('workload', '', 'workload as in the manifest', (row) => row.workload),
    column('container', '', 'container', (row) => row.container),
    column('usage_seconds_total', 's', 'CPU time (container_cpu_usage_seconds_total)', (row) => seconds(row.used)),
    column(
      'periods_total',
      'periods',
      'periods of the limit in which a thread wanted to run (container_cpu_cfs_periods_total)',
      (row) => Math.round(row.periods),
    ),
    column('throttled_periods_total', 'periods', 'of those, periods in which it was stopped', (row) =>
      Math.round(row.throttledPeriods),
    ),
    column('throttled_ratio', 'ratio', 'their share; CPUThrottlingHigh fires above 0.25', (row) =>
      row.periods > 0 ? sixDigits(row.throttledPeriods / row.periods) : '',
    ),
    column('throttled_seconds_total', 's', 'time for which threads were stopped, each by itself', (row) =>
      seconds(row.throttledTime),
    ),
    column(
      'waiting_seconds_total',
      's',
      'time for which a thread lacked CPU, by its limit or its node (container_pressure_cpu_waiting_seconds_total)',
      (row) => seconds(row.waitingTime),
    ),
  ],
  *rows({ result }) {
    for (const row of result.containerCpu) if (row.used >= SECOND / 1e3 || row.throttledPeriods > 0) yield row;
  },
};
