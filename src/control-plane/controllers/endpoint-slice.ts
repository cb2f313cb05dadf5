// Which pods stand behind a service: pure rules. Part of the EndpointSlice controller.

import { hasAddress, isReady, PodChange, PodPhase, type PodStatusBits, phaseOf } from '../../cluster/index.js';

/** What the controller knows of a pod, as bits. */
export const PodView = { HasAddress: 1, Ready: 2, Terminating: 4 } as const;

/** Endpoints that a kube-proxy may use: the first `ready` of them are ready, the others serve and end; both parts rise. */
export interface SliceEndpoints {
  readonly pods: Int32Array;
  readonly ready: number;
  /** Index of the zone that each of those is for, if they have hints. */
  readonly hints?: Uint16Array;
}

/**
 * What the slices of a service say that may be used; a pod that is neither ready nor serves is in them for nothing.
 * @param pods candidates, rising. @param view bits of {@link PodView} by pod.
 */
export function sliceEndpoints(pods: Iterable<number>, view: Uint8Array, publishNotReady: boolean): SliceEndpoints {
  const ready: number[] = [];
  const serving: number[] = [];
  for (const pod of pods) {
    const bits = view[pod]!;
    if ((bits & PodView.HasAddress) === 0) continue;
    const terminating = (bits & PodView.Terminating) !== 0;
    const isReady = (bits & PodView.Ready) !== 0;
    if (publishNotReady || (isReady && !terminating)) ready.push(pod);
    else if (isReady && terminating) serving.push(pod);
  }
  return { pods: Int32Array.from([...ready, ...serving]), ready: ready.length };
}

/** What the controller knows of a pod after a message. */
export function nextView(before: number, change: PodChange, status: PodStatusBits): number {
  switch (change) {
    case PodChange.Removed:
      return 0;
    case PodChange.Deleted:
      return before | PodView.Terminating;
    default: {
      const terminating = before & PodView.Terminating;
      if (!hasAddress(status) || phaseOf(status) > PodPhase.Running) return terminating;
      return PodView.HasAddress | (isReady(status) ? PodView.Ready : 0) | terminating;
    }
  }
}

/** Whether connections are to be sent to it. */
export const serves = (view: number): boolean =>
  (view & (PodView.HasAddress | PodView.Ready | PodView.Terminating)) === (PodView.HasAddress | PodView.Ready);

/** What of it the slices show: nothing of a pod without an address. */
export const inSlices = (view: number): number => ((view & PodView.HasAddress) === 0 ? 0 : view);
