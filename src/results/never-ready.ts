// Pods that never got there: no latency tells of them. Part of the results.

import { type ClusterSpec, type ObjectColumns, type PodColumns, PodPhase } from '../cluster/index.js';

/** Pods created in the run that never were ready although nobody deleted them; those of Jobs, and what succeeded, left out. */
export function neverReady(
  pods: Pick<PodColumns, 'count' | 'stamps' | 'workload'>,
  objects: Pick<ObjectColumns['pods'], 'phase'>,
  spec: ClusterSpec,
): number[] {
  const { created, ready, deleted } = pods.stamps;
  const found: number[] = [];
  for (let pod = 0; pod < pods.count; pod++) {
    if (spec.workloads[pods.workload[pod]!]!.traits.runsToCompletion || Number.isNaN(created[pod]!)) continue;
    if (!Number.isNaN(ready[pod]!) || !Number.isNaN(deleted[pod]!)) continue;
    if (objects.phase[pod] !== PodPhase.Succeeded) found.push(pod);
  }
  return found;
}
