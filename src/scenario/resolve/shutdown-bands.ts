// Which pods have how long when a machine is told to go off, as a kubelet's configuration says it. Part of the scenario.
// Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go.

import type { KubeletSpec } from '../../cluster/index.js';
import { NS_PER_SECOND } from '../../engine/index.js';

type Bands = KubeletSpec['shutdownBands'];

/** SystemCriticalPriority, pkg/apis/scheduling/types.go. */
const SYSTEM_CRITICAL = 2_000_000_000;

/** The bands of shutdownGracePeriod and shutdownGracePeriodCriticalPods, ns (migrateConfig); none if there is no time at all. */
export function bandsOf(total: number, critical: number): Bands {
  if (total === 0) return [];
  return [
    { priority: -SYSTEM_CRITICAL, seconds: total - critical },
    { priority: SYSTEM_CRITICAL, seconds: critical },
  ];
}

/** Bands as shutdownGracePeriodByPodPriority has them, the lowest first; seconds. */
export const bandsByPriority = (
  all: readonly { readonly priority: number; readonly shutdownGracePeriodSeconds: number }[],
): Bands =>
  all
    .map(({ priority, shutdownGracePeriodSeconds }) => ({
      priority,
      seconds: shutdownGracePeriodSeconds * NS_PER_SECOND,
    }))
    .sort((a, b) => a.priority - b.priority);
