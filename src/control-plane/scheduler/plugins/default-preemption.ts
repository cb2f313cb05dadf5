// DefaultPreemption: its place in the order, after all filters. Part of the scheduler.
// It puts nobody out: it says for which pods it would try to. Source: pkg/scheduler/framework/plugins/defaultpreemption.

import type { SchedulerPlugin } from '../plugin.js';
import { counted } from '../rejection.js';

export const defaultPreemption: SchedulerPlugin = {
  name: 'DefaultPreemption',
  meaning: 'pods of lower priority that would make room; it says so, and puts none of them out',
  isLocal: true,
  create: ({ context: { nodes, spec }, groups }) => ({
    postFilter: ({ template, group }, curable) => {
      if (!template.preempts) return 'preemption: not eligible due to preemptionPolicy=Never.';
      const on = new Set(curable);
      const lower = new Set<number>();
      for (let workload = 0; workload < spec.workloads.length; workload++) {
        for (const other of groups.ofWorkload(workload)) {
          if (other === group || other.template.priority >= template.priority) continue;
          for (const node of other.pods.keys()) if (on.has(node)) lower.add(node);
        }
      }
      if (lower.size > 0)
        return `preemption: ${lower.size} node(s) have pods of lower priority, which it may preempt; preemption is not modelled.`;
      const counts = new Map(
        [
          ['No preemption victims found for incoming pod', curable.length] as const,
          ['Preemption is not helpful for scheduling', nodes.count - curable.length] as const,
        ].filter(([, count]) => count > 0),
      );
      return `preemption: 0/${nodes.count} nodes are available: ${counted(counts)}.`;
    },
  }),
};
