// How long a pod waits for its volumes, and which of them are images: pure rules. Part of the kubelet.
// Two background loops notice and mount; the pod worker looks now and then every 300 ms, so a start pays whole quanta.

import { type Context, type ImageVolumeSpec, type PodId, type PodTemplate, templateOf } from '../../cluster/index.js';
import { type Duration, type Instant, tickAtOrAfter } from '../../engine/index.js';
import { kubeletCosts, kubeletParameters } from '../parameters.js';

/**
 * When a worker that begins to wait at `now` goes on, for a pod with the projected token volume only.
 * @param loopPhase phase of the node's volume loops. @param tokenDuration time of the TokenRequest call, ns. @param mount time to mount the volume, ns.
 */
export function volumesMountedAt(
  now: Instant,
  loopPhase: Instant,
  tokenDuration: Duration,
  mount: number = kubeletCosts.mount.value,
): Instant {
  const { volumePopulatorPeriod, volumeReconcilerPeriod, volumePollPeriod } = kubeletParameters;
  const populated = tickAtOrAfter(loopPhase % volumePopulatorPeriod.value, volumePopulatorPeriod.value, now);
  // The reconciler runs half a period after the populator: neither waits for the other.
  const reconcilerPhase = (loopPhase + volumeReconcilerPeriod.value / 2) % volumeReconcilerPeriod.value;
  const reconciled = tickAtOrAfter(reconcilerPhase, volumeReconcilerPeriod.value, populated);
  const mounted = reconciled + tokenDuration + mount;
  return tickAtOrAfter(now, volumePollPeriod.value, mounted);
}

const NO_VOLUMES: readonly ImageVolumeSpec[] = [];

/** Volumes of a pod that are images, in their order. */
export const imageVolumesOf = (context: Context, pod: PodId): readonly ImageVolumeSpec[] =>
  templateOf(context, pod).imageVolumes ?? NO_VOLUMES;

/** The image that a container is made from, and those that it mounts. */
export function imagesUsedBy({ containers, imageVolumes = NO_VOLUMES }: PodTemplate, index: number): string[] {
  const mounted = imageVolumes.filter((volume) => volume.containers.includes(index));
  return [containers[index]!.image, ...mounted.map(({ image }) => image)];
}
