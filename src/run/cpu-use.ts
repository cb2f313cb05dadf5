// Who used how much CPU, for tables and metrics. Part of the run.

import { NODE_PARTS } from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import type { Recorder } from '../metrics/index.js';
import { type ContainerUse, NO_USE, useKey } from '../node/index.js';
import type { ContainerCpuRow, NodeCpuRow } from '../results/index.js';
import type { Components } from './components.js';

/** Of each node pool: what runs on every node, its pods, and all of it. */
export function nodeCpuRows({ context, cpus }: Components): NodeCpuRow[] {
  const { nodes } = context;
  return nodes.pools.flatMap(({ name, count }, pool) => {
    const first = nodes.pool.indexOf(pool);
    if (count === 0) return [];
    return [...NODE_PARTS, 'pods' as const, 'all' as const].map((component) => {
      const row = { pool: name, component, mean: 0, least: 0, most: 0, mostNode: first, lacked: 0 };
      for (let node = first; node < first + count; node++) {
        const { mean, least, most } = cpus.useOf(node, component);
        row.mean += mean / count;
        row.least += least / count;
        if (most > row.most) {
          row.most = most;
          row.mostNode = node;
        }
        if (component === 'all') row.lacked += cpus.lackedOn(node);
      }
      return row;
    });
  });
}

/** Of each container of a workload that used CPU, by what the scenario says of it. */
export function containerCpuRows({ context, cpus, traffic }: Components): ContainerCpuRow[] {
  const { pods, spec } = context;
  const byKey = new Map<number, ContainerUse>();
  for (const [key, use] of cpus.containerUses()) byKey.set(key, { ...use });
  const served = new Map<number, ContainerUse>();
  traffic.forEachThrottling((pod, index, { periods, throttledPeriods, throttledTime }) => {
    const key = useKey(pods.workload[pod]!, index);
    const use = served.get(key) ?? { ...NO_USE };
    served.set(key, use);
    use.periods += periods;
    use.throttledPeriods += throttledPeriods;
    use.throttledTime += throttledTime;
  });
  // Where each request is simulated its stops are known; what the container uses at large says less of them.
  for (const [key, use] of served) {
    const known = byKey.get(key) ?? { ...NO_USE };
    byKey.set(key, { ...use, used: known.used, waitingTime: Math.max(known.waitingTime, use.throttledTime) });
  }
  const rows = new Map<string, Omit<ContainerCpuRow, keyof ContainerUse> & ContainerUse>();
  spec.workloads.forEach(({ app, manifestName, template }, workload) => {
    template.containers.forEach(({ name }, index) => {
      const use = byKey.get(useKey(workload, index));
      if (use === undefined) return;
      const key = `${app}\n${manifestName}\n${name}`;
      const row = rows.get(key) ?? { app, workload: manifestName, container: name, ...NO_USE };
      rows.set(key, row);
      row.used += use.used;
      row.periods += use.periods;
      row.throttledPeriods += use.throttledPeriods;
      row.throttledTime += use.throttledTime;
      row.waitingTime += use.waitingTime;
    });
  });
  return [...rows.values()].map((row) => ({
    ...row,
    used: Math.round(row.used),
    throttledTime: Math.round(row.throttledTime),
    waitingTime: Math.round(row.waitingTime),
  }));
}

/** Writes the same into the counters that node exporter and cAdvisor have for it. */
export function countCpu(
  recorder: Recorder,
  nodes: readonly NodeCpuRow[],
  containers: readonly ContainerCpuRow[],
): void {
  for (const { component, pool, lacked } of nodes) {
    if (component === 'all')
      recorder.counter('node_pressure_cpu_waiting_seconds_total', pool).value = lacked / NS_PER_SECOND;
  }
  for (const { app, workload, container, ...use } of containers) {
    const labels = [app, workload, container] as const;
    recorder.counter('container_cpu_usage_seconds_total', ...labels).value = use.used / NS_PER_SECOND;
    recorder.counter('container_cpu_cfs_periods_total', ...labels).value = Math.round(use.periods);
    recorder.counter('container_cpu_cfs_throttled_periods_total', ...labels).value = Math.round(use.throttledPeriods);
    recorder.counter('container_cpu_cfs_throttled_seconds_total', ...labels).value = use.throttledTime / NS_PER_SECOND;
    recorder.counter('container_pressure_cpu_waiting_seconds_total', ...labels).value = use.waitingTime / NS_PER_SECOND;
  }
}
