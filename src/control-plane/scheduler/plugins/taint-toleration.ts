// TaintToleration: taints that a pod does not tolerate keep it away. Part of the scheduler.

import { toleratesHardTaints, toleratesSoftTaints } from '../../node-affinity.js';
import type { SchedulerPlugin } from '../plugin.js';

export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  meaning: 'taints that a pod does not tolerate',
  isLocal: true,
  create: () => ({
    filterKind: (template, { taints }) => toleratesHardTaints(template, taints),
    scoreKind: (template, { taints }) => (toleratesSoftTaints(template, taints) ? 100 : 0),
    // Of the default profile (pkg/scheduler/apis/config/v1/default_plugins.go).
    weight: 3,
  }),
};
