// Nodes that are not ready, or short of memory, as far as the scheduler has observed: nothing new is placed there. Part of the
// scheduler. In Kubernetes taints say so, which the node lifecycle controller keeps in step with the conditions.

import { toleratesPressure } from '../../../cluster/index.js';
import type { SchedulerPlugin } from '../plugin.js';

export const nodeConditions: SchedulerPlugin = {
  name: 'NodeConditions',
  meaning: 'nodes that are ready, and not short of memory for pods that ask for none',
  isLocal: true,
  create: ({ nodes }) => ({
    filter: ({ template }, node) =>
      nodes.notReady[node] === 0 &&
      (nodes.isShort[node] === 0 || template.qosClass !== 'BestEffort' || toleratesPressure(template)),
  }),
};
