// Who used the CPU of the nodes. Part of the results: a table.

import { nodeNameOf } from '../../cluster/index.js';
import type { NodeCpuRow, RunResult } from '../run-result.js';
import { column, seconds, sixDigits, type Table } from '../table.js';

interface Row {
  readonly result: RunResult;
  readonly row: NodeCpuRow;
}

/** Components as Kubernetes writes them. */
const NAMES: Readonly<Record<NodeCpuRow['component'], string>> = {
  kernel: 'kernel',
  kubelet: 'kubelet',
  runtime: 'container-runtime',
  kubeProxy: 'kube-proxy',
  networkAgent: 'network-plugin',
  pods: 'pods',
  all: 'all',
};

export const nodeCpu: Table<Row> = {
  file: 'node_cpu.csv',
  meaning: 'who used how much CPU on the nodes of each pool: on average, at rest and at the peak',
  columns: [
    column('node_pool', '', 'node pool', ({ row }) => row.pool),
    column(
      'component',
      '',
      'kernel (packets), kubelet, container-runtime with its shims, kube-proxy, network-plugin, pods (what is said of their containers), all',
      ({ row }) => NAMES[row.component],
    ),
    column('mean_cores', 'cores', 'used on average, by a node', ({ row }) => sixDigits(row.mean)),
    column('rest_cores', 'cores', 'used in the ten seconds in which it was least, mean of the nodes', ({ row }) =>
      sixDigits(row.least),
    ),
    column('peak_cores', 'cores', 'used in the ten seconds in which it was most, on the node where it was', ({ row }) =>
      sixDigits(row.most),
    ),
    column('peak_node', '', 'that node', ({ result, row }) => nodeNameOf(result.nodes, row.mostNode)),
    column(
      'waiting_seconds_total',
      's',
      'of all: time for which somebody lacked CPU, on all nodes together (node_pressure_cpu_waiting_seconds_total)',
      ({ row }) => (row.component === 'all' ? seconds(row.lacked) : ''),
    ),
  ],
  *rows({ result }) {
    for (const row of result.nodeCpu) yield { result, row };
  },
};
