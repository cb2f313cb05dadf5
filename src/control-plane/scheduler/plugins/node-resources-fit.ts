// NodeResourcesFit: room for the pod's requests, and which nodes are filled first. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/noderesources.

import type { NodeId } from '../../../cluster/index.js';
import type { NodeInfo } from '../node-info.js';
import type { PodToPlace, SchedulerPlugin } from '../plugin.js';

const free = (used: number, total: number): number =>
  total <= 0 || used > total ? 0 : Math.floor(((total - used) * 100) / total);
const inUse = (used: number, total: number): number =>
  total <= 0 || used > total ? 0 : Math.floor((used * 100) / total);

/** 0 … 100: the free share after placing the pod, mean over CPU and memory (LeastAllocated). */
export const leastAllocatedScore = (cpu: number, cpuTotal: number, memory: number, memoryTotal: number): number =>
  Math.floor((free(cpu, cpuTotal) + free(memory, memoryTotal)) / 2);

/** 0 … 100: the share in use after placing the pod, mean over CPU and memory (MostAllocated). */
export const mostAllocatedScore = (cpu: number, cpuTotal: number, memory: number, memoryTotal: number): number =>
  Math.floor((inUse(cpu, cpuTotal) + inUse(memory, memoryTotal)) / 2);

/** Two functions and no choice between them: this is asked of every node for every pod. */
const leastAllocated =
  ({ cpuScored, cpuTotal, memoryScored, memoryTotal }: NodeInfo) =>
  ({ template }: PodToPlace, node: NodeId): number =>
    leastAllocatedScore(
      cpuScored[node]! + template.cpuScoredMillis,
      cpuTotal[node]!,
      memoryScored[node]! + template.memoryScoredBytes,
      memoryTotal[node]!,
    );
const mostAllocated =
  ({ cpuScored, cpuTotal, memoryScored, memoryTotal }: NodeInfo) =>
  ({ template }: PodToPlace, node: NodeId): number =>
    mostAllocatedScore(
      cpuScored[node]! + template.cpuScoredMillis,
      cpuTotal[node]!,
      memoryScored[node]! + template.memoryScoredBytes,
      memoryTotal[node]!,
    );

export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  meaning: 'pods a node, CPU and memory requests against allocatable',
  isLocal: true,
  holdsForChosenNode: true,
  create: ({ context, nodes }) => {
    const { podsUsed, podsTotal, cpuUsed, cpuTotal, memoryUsed, memoryTotal } = nodes;
    return {
      filter: ({ template }, node) =>
        podsUsed[node]! + 1 <= podsTotal[node]! &&
        cpuUsed[node]! + template.cpuRequestMillis <= cpuTotal[node]! &&
        memoryUsed[node]! + template.memoryRequestBytes <= memoryTotal[node]!,
      score: (context.spec.controlPlane.scoring === 'MostAllocated' ? mostAllocated : leastAllocated)(nodes),
      weight: 1,
      attemptDuration: (_, costs) => costs.schedulingAttempt.value,
    };
  },
};
