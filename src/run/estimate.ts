// How much memory a run will take, before it begins. Part of the run.

import type { ClusterSpec } from '../cluster/index.js';

/** Bytes of one pod incarnation over all tables, measured at 150,000 pods (bench/whole-run) and rounded up. */
const BYTES_PER_POD = 1500;
const BYTES_PER_CONTAINER = 400;
const BYTES_PER_NODE = 6000;
const BYTES_PER_SERVICE = 1500;
const BYTES_PER_ENDPOINT = 8;
const BYTES_FIXED = 64 << 20;

/** Pods at the start, or wanted later. */
export function podCount(spec: ClusterSpec): number {
  const nodes = spec.nodePools.reduce((sum, pool) => sum + pool.count, 0);
  return spec.workloads.reduce((sum, workload) => sum + (workload.kind === 'DaemonSet' ? nodes : workload.replicas), 0);
}

/** Upper estimate of a run's memory in bytes; a rolling update counts its pods once more. */
export function estimateMemoryBytes(spec: ClusterSpec): number {
  const nodes = spec.nodePools.reduce((sum, pool) => sum + pool.count, 0);
  let pods = 0;
  let containers = 0;
  spec.workloads.forEach((workload) => {
    const replicas = workload.kind === 'DaemonSet' ? nodes : workload.replicas;
    pods += replicas;
    containers += replicas * workload.template.containers.length;
  });
  for (const fault of spec.faults) {
    if (fault.type !== 'RollingUpdate') continue;
    for (const workload of fault.workloads) {
      const { replicas, template } = spec.workloads[workload]!;
      pods += replicas;
      containers += replicas * template.containers.length;
    }
  }
  return (
    BYTES_FIXED +
    pods * BYTES_PER_POD +
    containers * BYTES_PER_CONTAINER +
    nodes * BYTES_PER_NODE +
    spec.services.length * BYTES_PER_SERVICE +
    spec.services.reduce((sum, service) => sum + service.workloads.length, 0) * BYTES_PER_ENDPOINT * 100
  );
}
