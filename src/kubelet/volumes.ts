// How long a pod waits for its volumes: a pure rule. Part of the kubelet.
// Two background loops notice and mount; the pod worker looks now and then every 300 ms, so a start pays whole quanta.

import { type Duration, type Instant, tickAtOrAfter } from '../engine/index.js';
import { kubeletParameters } from './parameters.js';

/**
 * When a worker that begins to wait at `now` goes on, for a pod with the projected token volume only.
 * @param loopPhase phase of the node's volume loops. @param tokenDuration time of the TokenRequest call.
 */
export function volumesMountedAt(now: Instant, loopPhase: Instant, tokenDuration: Duration): Instant {
  const { volumePopulatorPeriod, volumeReconcilerPeriod, volumePollPeriod, mount } = kubeletParameters;
  const populated = tickAtOrAfter(
    (loopPhase % volumePopulatorPeriod.value) as Instant,
    volumePopulatorPeriod.value,
    now,
  );
  // The reconciler runs half a period after the populator: neither waits for the other.
  const reconcilerPhase = ((loopPhase + volumeReconcilerPeriod.value / 2) % volumeReconcilerPeriod.value) as Instant;
  const reconciled = tickAtOrAfter(reconcilerPhase, volumeReconcilerPeriod.value, populated);
  const mounted = (reconciled + tokenDuration + mount.value) as Instant;
  return tickAtOrAfter(now, volumePollPeriod.value, mounted);
}
