// NodeAffinity: node selector, required and preferred node affinity. Part of the scheduler.

import { meetsAffinity, preferredShare } from '../../node-affinity.js';
import type { SchedulerPlugin } from '../plugin.js';

export const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  meaning: 'node selector, required and preferred node affinity',
  isLocal: true,
  create: () => ({
    filterKind: (template, { labels }) => meetsAffinity(template, labels),
    scoreKind: (template, { labels }) => preferredShare(template, labels),
    // Of the default profile (pkg/scheduler/apis/config/v1/default_plugins.go).
    weight: 2,
    attemptDuration: ({ nodeAffinity, preferredNodes }, costs) =>
      nodeAffinity.length > 0 || preferredNodes.length > 0 ? costs.attemptWithNodeAffinity.value : 0,
  }),
};
