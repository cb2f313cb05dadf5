// Which pods stand behind a service: pure rules. Part of the EndpointSlice controller.

import { hasAddress, isReady, PodChange, PodPhase, type PodStatusBits, phaseOf } from '../cluster/index.js';

/** What the controller knows of a pod, as bits. */
export const PodView = { HasAddress: 1, Ready: 2, Terminating: 4 } as const;

/**
 * The pods that kube-proxy uses for a service: all that are ready; if none is, those that still serve while they end
 * (pkg/proxy/topology.go). Sorted, so that two lists compare by position.
 * @param pods candidates, rising. @param view bits of {@link PodView} by pod.
 */
export function usableEndpoints(pods: Iterable<number>, view: Uint8Array, publishNotReady: boolean): Int32Array {
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
  return Int32Array.from(ready.length > 0 ? ready : serving);
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

/** What of it the slices show: nothing of a pod without an address. */
export const inSlices = (view: number): number => ((view & PodView.HasAddress) === 0 ? 0 : view);
