// Crash back-off: pure rules. Part of the kubelet.
// Source: doBackOff in pkg/kubelet/kuberuntime/kuberuntime_manager.go and client-go's flowcontrol back-off table. The delay
// counts from the end of the last run; the first restart creates the entry and is not delayed.

import { type BackOff, longerBackOff } from '../../cluster/index.js';
import { kubeletParameters } from '../parameters.js';

/** No entry of the back-off table: its `delay` is 0. */
export const NO_BACK_OFF: BackOff = { delay: 0, updatedAt: 0 };

/**
 * When the container may start.
 * @param finishedAt end of its latest ended run that the kubelet knows of; NaN if there is none.
 * @returns `now` if it may start, else the end of the back-off.
 */
export function backOffEnd(entry: BackOff, finishedAt: number, now: number): number {
  if (Number.isNaN(finishedAt) || entry.delay === 0 || expired(entry, now)) return now;
  return Math.max(now, finishedAt + entry.delay);
}

/**
 * The entry after a start that follows an ended run.
 * @param delayInitial first delay, 10 s unless the kubelet is configured otherwise. @param delayMax longest.
 */
export function nextBackOff(
  entry: BackOff,
  finishedAt: number,
  now: number,
  delayInitial: number,
  delayMax: number,
): BackOff {
  if (Number.isNaN(finishedAt)) return entry;
  const rule = { initial: delayInitial, max: delayMax, expiresAfter: kubeletParameters.backOffReset.value };
  return longerBackOff(entry.delay === 0 ? undefined : entry, now, rule);
}

/**
 * An entry that was not updated for ten minutes is thrown away by housekeeping, also while it holds up a container. (Up to
 * two seconds of its period are left out.)
 */
function expired(entry: BackOff, now: number): boolean {
  return now - entry.updatedAt > kubeletParameters.backOffReset.value;
}

/**
 * When a failed sync is tried again: a pure rule of the pod worker.
 * @param backOffUntil earliest end of a back-off that failed it, NaN if something else did. @param u uniform draw.
 * @param tickPhase phase of the 1 s tick that serves the work queue.
 */
export function retryAt(now: number, backOffUntil: number, atExpiry: boolean, u: number, tickPhase: number): number {
  const { errorRetry, retryMax, retryJitter } = kubeletParameters;
  const wanted =
    atExpiry && !Number.isNaN(backOffUntil)
      ? Math.min(Math.max(0, backOffUntil - now), retryMax.value)
      : errorRetry.value;
  return nextTick(now, now + Math.round(wanted * (1 + retryJitter.value * u)), tickPhase);
}

/** When a pod is synced again after a sync that found nothing wrong: `frequency` times 1 to 1.5, on the 1 s tick. */
export function resyncAt(now: number, frequency: number, u: number, tickPhase: number): number {
  return nextTick(now, now + Math.round(frequency * (1 + kubeletParameters.retryJitter.value * u)), tickPhase);
}

function nextTick(now: number, due: number, tickPhase: number): number {
  const period = kubeletParameters.workQueueTick.value;
  return Math.max(now, tickPhase + Math.ceil((due - tickPhase) / period) * period);
}
