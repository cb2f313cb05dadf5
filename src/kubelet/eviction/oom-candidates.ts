// Whom the kernel may kill on a node that has no memory left, with what the kubelet has said of them. Part of the kubelet.

import type { Applications } from '../../application/index.js';
import { type Context, type PodId, templateOf } from '../../cluster/index.js';
import { ContainerState, type ContainersView } from '../../cri/index.js';
import type { OomCandidate } from '../../node/index.js';
import type { PodWorkerTable } from '../pod-workers/pod-worker-table.js';

export interface OomParts {
  readonly context: Context;
  readonly containers: ContainersView;
  readonly workers: PodWorkerTable;
  readonly applications: Applications;
}

/** The running containers of some pods that hold memory. */
export function oomCandidates(parts: OomParts, pods: readonly PodId[]): OomCandidate[] {
  const { context, containers: t, workers, applications } = parts;
  const candidates: OomCandidate[] = [];
  for (const pod of pods) {
    const { containers, critical, qosClass } = templateOf(context, pod);
    workers.forEachContainer(pod, (container, index) => {
      const held = applications.memory.of(container);
      if (t.state[container] !== ContainerState.Running || held <= 0) return;
      const requested = containers[index]!.memoryRequestBytes;
      candidates.push({ container, held, requested, qosClass: critical === 'node' ? 'Guaranteed' : qosClass });
    });
  }
  return candidates;
}
