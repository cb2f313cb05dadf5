// How soon a DaemonSet's failed pod is replaced: a pure rule. Part of the control plane.
// Source: podsShouldBeOnNode in pkg/controller/daemon/daemon_controller.go and client-go's flowcontrol back-off, whose entry
// stands for one DaemonSet on one node.

import { controlPlaneParameters } from '../parameters.js';

export interface FailedPodBackOff {
  /** ns. */
  readonly delay: number;
  /** When a failed pod was last deleted, ns. */
  readonly updatedAt: number;
}

/**
 * What to do with a failed pod that was found at `now`.
 * @returns the new entry if it is to be deleted at once, else after how long it is to be looked at again, ns.
 */
export function onFailedPod(
  entry: FailedPodBackOff | undefined,
  now: number,
): { readonly entry: FailedPodBackOff } | { readonly again: number } {
  const { daemonSetBackOffInitial, daemonSetBackOffMax } = controlPlaneParameters;
  const isFresh = entry === undefined || now - entry.updatedAt > 2 * daemonSetBackOffMax.value;
  if (isFresh) return { entry: { delay: daemonSetBackOffInitial.value, updatedAt: now } };
  if (now - entry.updatedAt < entry.delay) return { again: entry.delay };
  return { entry: { delay: Math.min(2 * entry.delay, daemonSetBackOffMax.value), updatedAt: now } };
}
