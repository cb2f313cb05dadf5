// How soon a DaemonSet's failed pod is replaced: a pure rule. Part of the control plane.
// Source: podsShouldBeOnNode in pkg/controller/daemon/daemon_controller.go and client-go's flowcontrol back-off, whose entry
// stands for one DaemonSet on one node.

import { type BackOff, isExpired, longerBackOff } from '../../cluster/index.js';
import { controlPlaneParameters } from '../parameters.js';

/**
 * What to do with a failed pod that was found at `now`.
 * @returns the new entry if it is to be deleted at once, else after how long it is to be looked at again, ns.
 */
export function onFailedPod(
  entry: BackOff | undefined,
  now: number,
): { readonly entry: BackOff } | { readonly again: number } {
  const { daemonSetBackOffInitial, daemonSetBackOffMax } = controlPlaneParameters;
  const { value: max } = daemonSetBackOffMax;
  const rule = { initial: daemonSetBackOffInitial.value, max, expiresAfter: 2 * max };
  const isHeld = !isExpired(entry, now, rule) && now - entry!.updatedAt < entry!.delay;
  return isHeld ? { again: entry!.delay } : { entry: longerBackOff(entry, now, rule) };
}
