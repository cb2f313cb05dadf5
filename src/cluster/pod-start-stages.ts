// The parts that a pod start is made of, by the stamps of the pod table. Part of the cluster vocabulary: the kubelet records
// them as they end, reports look at them again.

import type { PodId } from './ids.js';
import type { PodStamps } from './pod-table.js';

/** In the order in which they follow each other. */
export const POD_START_STAGES = [
  'schedule',
  'watch',
  'worker',
  'volumes',
  'sandbox',
  'cni',
  'image_pull',
  'image_refused',
  'create',
  'start',
  'pleg',
  'status',
  'observe',
] as const;
export type PodStartStage = (typeof POD_START_STAGES)[number];

/** How long a stage took of a pod whose start was observed to its end, ns. */
export function podStartStage(stamps: PodStamps, stage: PodStartStage, pod: PodId): number {
  switch (stage) {
    case 'schedule':
      return scheduled(stamps, pod) - stamps.created[pod]!;
    case 'watch':
      return stamps.observed[pod]! - scheduled(stamps, pod);
    case 'worker':
      return stamps.syncStarted[pod]! - stamps.observed[pod]!;
    case 'volumes':
      return stamps.volumesMounted[pod]! - stamps.syncStarted[pod]!;
    case 'sandbox':
      return stamps.sandboxReady[pod]! - stamps.volumesMounted[pod]! - (stamps.cniAdd[pod]! || 0);
    case 'cni':
      return stamps.cniAdd[pod]! || 0;
    case 'image_pull':
      return (stamps.imageWait[pod]! || 0) + (stamps.imagePull[pod]! || 0);
    case 'image_refused':
      return stamps.imageRefused[pod]! || 0;
    case 'create':
      return stamps.create[pod]! || 0;
    case 'start':
      return stamps.start[pod]! || 0;
    case 'pleg':
      return Math.max(0, stamps.runningKnown[pod]! - stamps.containersStarted[pod]!);
    case 'status':
      return stamps.runningReported[pod]! - stamps.runningKnown[pod]!;
    case 'observe':
      return stamps.runningObserved[pod]! - stamps.runningReported[pod]!;
  }
}

/** A pod that brought its node with it was never scheduled. */
const scheduled = ({ scheduled, bound }: PodStamps, pod: PodId): number =>
  Number.isNaN(scheduled[pod]!) ? bound[pod]! : scheduled[pod]!;
