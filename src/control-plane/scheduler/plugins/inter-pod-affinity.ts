// InterPodAffinity: required affinity and anti-affinity to the pods that are there. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/interpodaffinity.

import type { Topology, WorkloadId } from '../../../cluster/index.js';
import type { SchedulerPlugin } from '../plugin.js';
import { PodCounts } from './pod-counts.js';

export const interPodAffinity: SchedulerPlugin = {
  name: 'InterPodAffinity',
  meaning: 'required affinity and anti-affinity to pods',
  isLocal: false,
  create: ({ context }) => {
    const counts = new PodCounts(context.nodes);
    /** Workloads whose anti-affinity is about a workload: it is kept away from them too. */
    const repelledBy = new Map<number, { workload: WorkloadId; topology: Topology }[]>();
    context.spec.workloads.forEach(({ template }, workload) => {
      for (const { isAnti, topology, workloads } of template.podAffinity) {
        for (const other of workloads) counts.count(other);
        if (!isAnti) continue;
        counts.count(workload);
        for (const other of workloads) {
          repelledBy.set(other, [...(repelledBy.get(other) ?? []), { workload, topology }]);
        }
      }
    });
    /** The first pod of a group that wants to be together may go anywhere. */
    const isFirstOfItsKind = (workload: WorkloadId, workloads: readonly number[]): boolean =>
      workloads.includes(workload) && workloads.every((other) => counts.total(other) === 0);
    return {
      concerns: ({ workload, template }) => template.podAffinity.length > 0 || repelledBy.has(workload),
      filter: ({ workload, template }, node) => {
        for (const { isAnti, topology, workloads } of template.podAffinity) {
          const there = counts.sumAt(workloads, topology, node);
          if (isAnti ? there > 0 : there === 0 && !isFirstOfItsKind(workload, workloads)) return false;
        }
        for (const { workload: other, topology } of repelledBy.get(workload) ?? []) {
          if (counts.at(other, topology, node) > 0) return false;
        }
        return true;
      },
      onBooked: (workload, node, by) => counts.change(workload, node, by),
      attemptDuration: ({ podAffinity }, costs) => {
        if (podAffinity.some(({ isAnti }) => !isAnti)) return costs.attemptWithPodAffinity.value;
        return podAffinity.length > 0 ? costs.attemptWithPodAntiAffinity.value : 0;
      },
    };
  },
};
