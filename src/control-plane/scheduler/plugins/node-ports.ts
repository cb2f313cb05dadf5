// NodePorts: two pods of a node cannot have one host port. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/nodeports.

import { clashes } from '../../../cluster/index.js';
import type { SchedulerPlugin } from '../plugin.js';

export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  meaning: 'host ports that are free',
  isLocal: true,
  create: ({ nodes }) => ({
    prepare: ({ template: { hostPorts } }) => {
      if (hostPorts.length === 0) return undefined;
      return {
        filter: (node) => {
          const taken = nodes.portsOn(node);
          return hostPorts.some((port) => taken.some((other) => clashes(port, other))) ? 1 : 0;
        },
        reasons: () => ["node(s) didn't have free ports for the requested pod ports"],
        wakes: ['podGone'],
        helps: (event) =>
          event.kind === 'podGone' &&
          event.group.template.hostPorts.some((port) => hostPorts.some((wanted) => clashes(port, wanted))),
      };
    },
  }),
};
