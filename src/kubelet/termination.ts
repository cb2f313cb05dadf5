// How long it takes to stop a container: a pure rule. Part of the kubelet.

import type { Duration } from '../engine/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import { kubeletParameters } from './parameters.js';

/**
 * From the decision to stop a container to the end of its process. The preStop hook runs first, within the grace, and not
 * at all if there is none; its whole seconds are taken off the grace, of which two seconds are left at least between
 * SIGTERM and SIGKILL (pkg/kubelet/kuberuntime/kuberuntime_container.go).
 * @param shutdown what the application needs after SIGTERM.
 */
export function stopDuration(preStop: Duration, shutdown: Duration, grace: Duration): Duration {
  const hook = Math.min(preStop, grace);
  const left = grace - Math.floor(hook / NS_PER_SECOND) * NS_PER_SECOND;
  return (hook + Math.min(shutdown, Math.max(left, kubeletParameters.stopGraceMin.value))) as Duration;
}
