// The kernel's OOM killer: who dies when a node has no memory left. Part of the kubelet, which sets the scores.
// Source: pkg/kubelet/qos/policy.go for what a container's quality of service adds.

import { type Context, type NodeId, templateOf } from '../../cluster/index.js';
import type { Applications } from '../containers/applications.js';
import { ContainerState, type ContainerTable } from '../containers/container-table.js';
import type { PodWorkerTable } from '../pod-workers/pod-worker-table.js';

export interface OomParts {
  readonly context: Context;
  readonly containers: ContainerTable;
  readonly workers: PodWorkerTable;
  readonly applications: Applications;
}

/** The running container with the greatest score among those of some pods of one node; -1 if none holds memory. */
export function oomVictim(parts: OomParts, node: NodeId, podsOn: readonly number[]): number {
  const { context, containers: t, workers, applications } = parts;
  const { memoryCapacityBytes } = context.nodes.poolOf(node);
  let worst = -1;
  let worstScore = -Infinity;
  for (const pod of podsOn) {
    const { containers, critical, qosClass } = templateOf(context, pod);
    const quality = critical === 'node' ? 'Guaranteed' : qosClass;
    workers.forEachContainer(pod, (c, index) => {
      const held = applications.memoryOf(c);
      if (t.state[c] !== ContainerState.Running || held <= 0) return;
      const score = oomScore(held, containers[index]!.memoryRequestBytes, memoryCapacityBytes, quality);
      if (score <= worstScore) return;
      worst = c;
      worstScore = score;
    });
  }
  return worst;
}

/** Who the kernel kills first: a pure rule. The share of the memory held, in thousandths, and what its QoS class adds. */
export function oomScore(held: number, requested: number, capacity: number, qos: string): number {
  const share = (held * 1000) / capacity;
  if (qos === 'BestEffort') return share + 1000;
  if (qos === 'Guaranteed') return share - 997;
  return share + Math.min(999, Math.max(2, 1000 - (1000 * requested) / capacity));
}
