// SchedulingGates: a pod with gates is not tried until they are gone. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/schedulinggates.

import type { SchedulerPlugin } from '../plugin.js';

export const schedulingGates: SchedulerPlugin = {
  name: 'SchedulingGates',
  meaning: 'pods with scheduling gates are not tried',
  isLocal: true,
  create: () => ({
    // As the API server writes it into the pod's condition.
    gate: ({ template }) =>
      template.schedulingGates.length === 0 ? undefined : 'Scheduling is blocked due to non-empty scheduling gates',
  }),
};
