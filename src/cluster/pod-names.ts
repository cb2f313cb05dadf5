// What a pod is called. Part of the cluster vocabulary.

import type { PodId } from './ids.js';
import { type NodeColumns, nodeNameOf } from './node-table.js';
import type { PodColumns } from './pod-table.js';
import type { ClusterSpec } from './spec/index.js';

/** A pod's name: its workload's with its ordinal, its node, or alone. */
export function podNameOf(
  spec: Pick<ClusterSpec, 'workloads'>,
  pods: Pick<PodColumns, 'workload' | 'ordinal' | 'node'>,
  nodes: Pick<NodeColumns, 'pools' | 'pool'>,
  pod: PodId,
): string {
  const { name, traits } = spec.workloads[pods.workload[pod]!]!;
  const node = pods.node[pod]!;
  switch (traits.podSuffix) {
    case 'ordinal':
      return `${name}-${pods.ordinal[pod]}`;
    case 'node':
      return `${name}-${node < 0 ? '' : nodeNameOf(nodes, node)}`;
    case 'none':
      return name;
  }
}
