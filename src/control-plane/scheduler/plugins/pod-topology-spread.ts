// PodTopologySpread: pods of workloads spread over nodes or zones. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/podtopologyspread.

import type { NodeId, PodTemplate, Topology } from '../../../cluster/index.js';
import type { SchedulerPlugin } from '../plugin.js';
import { PodCounts } from './pod-counts.js';

export const podTopologySpread: SchedulerPlugin = {
  name: 'PodTopologySpread',
  meaning: 'topology spread constraints',
  isLocal: false,
  create: ({ context, isEligible }) => {
    const { nodes, spec } = context;
    const counts = new PodCounts(nodes);
    for (const { template } of spec.workloads) {
      for (const { workloads } of template.topologySpread) for (const workload of workloads) counts.count(workload);
    }
    /** Pods in the node's place with one more, less those in the emptiest place that the pod might run in. */
    const skew = (workloads: readonly number[], topology: Topology, node: NodeId, template: PodTemplate): number => {
      const seen = new Set<number>();
      let least = Infinity;
      for (let other = 0; other < nodes.count && least > 0; other++) {
        const place = topology === 'node' ? other : nodes.zone[other]!;
        if (seen.has(place) || !isEligible(template, other)) continue;
        if (topology === 'zone') seen.add(place);
        least = Math.min(least, counts.sumAt(workloads, topology, other));
        if (topology === 'zone' && seen.size === nodes.zones.length) break;
      }
      return counts.sumAt(workloads, topology, node) + 1 - (least === Infinity ? 0 : least);
    };
    return {
      concerns: ({ template }) => template.topologySpread.length > 0,
      filter: ({ template }, node) =>
        template.topologySpread.every(
          ({ isHard, maxSkew, workloads, topology }) => !isHard || skew(workloads, topology, node, template) <= maxSkew,
        ),
      score: ({ template }, node) => {
        let score = 100;
        for (const { workloads, topology, isHard } of template.topologySpread) {
          if (!isHard) score = Math.min(score, 100 - 10 * (skew(workloads, topology, node, template) - 1));
        }
        return Math.max(0, score);
      },
      // Of the default profile (pkg/scheduler/apis/config/v1/default_plugins.go).
      weight: 2,
      onBooked: (workload, node, by) => counts.change(workload, node, by),
      attemptDuration: ({ topologySpread }, costs) => (topologySpread.length > 0 ? costs.attemptWithSpread.value : 0),
    };
  },
};
