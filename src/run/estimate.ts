// How much memory a run will take, before it begins. Part of the run.

import { type ClusterSpec, podsWanted, type WorkloadSpec } from '../cluster/index.js';

// Bytes by kind of thing, from the widths of the tables' columns, rounded up. Peaks of the whole process that were seen
// with first-look: 245 MiB for 5,000 nodes and 150,000 pods over 2 minutes (estimate 633), 128 MiB for 1,000 nodes and
// 30,000 pods over 2 minutes, and up to 344 MiB for three modes of an hour each in one process (estimate 331).
const BYTES_PER_POD = 1500;
const BYTES_PER_CONTAINER = 400;
const BYTES_PER_NODE = 6000;
const BYTES_PER_SERVICE = 1500;
const BYTES_PER_ENDPOINT = 8;
/** What stays of a pod when its point is finished: its row, until the tables are written. */
const BYTES_PER_FINISHED_POD = 250;
/** Time series and histograms of a finished point. */
const BYTES_PER_POINT = 4 << 20;
/** Endpoints assumed behind a service. */
const ENDPOINTS_PER_WORKLOAD = 100;
/** Node.js itself, and what its garbage collector leaves lying between two rounds. */
const BYTES_FIXED = 256 << 20;

/** Pods at the start, or wanted later. */
export function podCount(spec: ClusterSpec): number {
  return spec.workloads.reduce((sum, workload) => sum + podsOf(spec, workload), 0);
}

const podsOf = ({ nodePools }: ClusterSpec, workload: WorkloadSpec): number =>
  podsWanted(
    workload,
    nodePools,
    nodePools.reduce((sum, { count }) => sum + count, 0),
  );

/** Rough estimate of a run's memory in bytes; each rolling update brings pods once more. */
export function estimateMemoryBytes(spec: ClusterSpec): number {
  const nodes = spec.nodePools.reduce((sum, pool) => sum + pool.count, 0);
  let pods = 0;
  let containers = 0;
  spec.workloads.forEach((workload) => {
    const replicas = podsOf(spec, workload);
    const all = replicas + workload.updates.length * workload.replicas;
    pods += all;
    containers += all * workload.template.containers.length;
  });
  return (
    BYTES_FIXED +
    pods * BYTES_PER_POD +
    containers * BYTES_PER_CONTAINER +
    nodes * BYTES_PER_NODE +
    spec.services.length * BYTES_PER_SERVICE +
    spec.services.reduce((sum, service) => sum + service.workloads.length, 0) *
      BYTES_PER_ENDPOINT *
      ENDPOINTS_PER_WORKLOAD
  );
}

/** Rough estimate of what is kept of a finished point, in bytes. */
export function estimateKeptBytes(spec: ClusterSpec): number {
  return BYTES_PER_POINT + podCount(spec) * BYTES_PER_FINISHED_POD;
}
