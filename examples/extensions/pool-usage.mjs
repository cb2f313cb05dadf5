// A table: how full each node pool is when the run ends.
import { column, defineExtension } from 'kubelapse/extension';

/** @type {import('kubelapse/extension').Table<{ pool: string, nodes: number, pods: number, ready: number, cpu: number }>} */
const poolUsage = {
  file: 'pool_usage.csv',
  meaning: 'one row per point and node pool: what is bound to its nodes when the run ends',
  columns: [
    column('node_pool', '', 'name of the node pool', ({ pool }) => pool),
    column('nodes', 'nodes', 'nodes of the pool', ({ nodes }) => nodes),
    column('pods', 'pods', 'pods bound to them', ({ pods }) => pods),
    column('ready', 'pods', 'of these, those that are ready', ({ ready }) => ready),
    column('cpu_requested_ratio', 'ratio', 'share of the allocatable CPU that they ask for', ({ cpu }) => cpu),
  ],
  *rows({ result: { spec, nodes, pods, objects } }) {
    for (const [index, { name, count, cpuMillis }] of spec.nodePools.entries()) {
      const row = { pool: name, nodes: count, pods: 0, ready: 0, cpu: 0 };
      for (let pod = 0; pod < pods.count; pod++) {
        const node = pods.node[pod];
        if (node < 0 || nodes.pool[node] !== index || objects.pods.gone[pod] === 1) continue;
        row.pods += 1;
        row.ready += objects.pods.ready[pod];
        row.cpu += spec.workloads[pods.workload[pod]].template.cpuRequestMillis / (cpuMillis * count);
      }
      yield { ...row, cpu: Number(row.cpu.toPrecision(6)) };
    }
  },
};

export default defineExtension({ name: 'pool-usage', version: '1.0.0', parts: { tables: [poolUsage] } });
