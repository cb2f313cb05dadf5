// NodeResourcesBalancedAllocation: nodes whose CPU and memory are used alike are preferred. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.

import type { SchedulerPlugin } from '../plugin.js';

const share = (used: number, total: number): number => (total <= 0 ? 1 : Math.min(1, used / total));

/** 0 … 100: how alike the shares of CPU and memory in use are. */
export const balancedScore = (cpu: number, cpuTotal: number, memory: number, memoryTotal: number): number =>
  Math.floor((1 - Math.abs(share(cpu, cpuTotal) - share(memory, memoryTotal)) / 2) * 100);

export const balancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  meaning: 'nodes whose CPU and memory are used alike are preferred',
  isLocal: true,
  create: ({ context, nodes }) => {
    const { cpuUsed, cpuTotal, memoryUsed, memoryTotal } = nodes;
    return {
      // What is asked for counts here, and not the least amount that pods are taken to need.
      score: ({ template }, node) =>
        balancedScore(
          cpuUsed[node]! + template.cpuRequestMillis,
          cpuTotal[node]!,
          memoryUsed[node]! + template.memoryRequestBytes,
          memoryTotal[node]!,
        ),
      weight: context.spec.controlPlane.balancedWeight,
    };
  },
};
