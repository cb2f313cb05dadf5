// NodeUnschedulable: cordoned nodes take only pods that tolerate it. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/nodeunschedulable.

import { tolerates, UNSCHEDULABLE } from '../../../cluster/index.js';
import type { SchedulerPlugin } from '../plugin.js';

export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  meaning: 'cordoned nodes',
  isLocal: true,
  create: ({ context: { nodes } }) => ({
    prepare: ({ template }) => {
      const isSomeCordoned = nodes.pools.some(({ isUnschedulable }) => isUnschedulable);
      if (!isSomeCordoned || tolerates(template.tolerations, UNSCHEDULABLE)) return undefined;
      return {
        filter: (node) => (nodes.poolOf(node).isUnschedulable ? 1 : 0),
        reasons: () => ['node(s) were unschedulable'],
        isFinal: () => true,
        helps: () => false,
      };
    },
  }),
};
