// NodeName: a pod that names its node goes nowhere else. Part of the scheduler.
// Such a pod is on its node when it is created, and no scheduler is asked; a profile may look at it all the same.
// Source: pkg/scheduler/framework/plugins/nodename.

import type { SchedulerPlugin } from '../plugin.js';

export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  meaning: 'the node that a pod names',
  isLocal: true,
  create: ({ context: { nodes } }) => ({
    prepare: ({ template }) => {
      const { nodeName: name } = template;
      if (name === undefined) return undefined;
      return {
        filter: (node) => (nodes.nameOf(node) === name ? 0 : 1),
        reasons: () => ["node(s) didn't match the requested node name"],
        isFinal: () => true,
        helps: () => false,
      };
    },
  }),
};
