// How much of a container's memory may lie in the swap of its node. Part of the machine.

import type { ContainerSpec, NodePoolSpec, PodTemplate } from '../cluster/index.js';

/**
 * LimitedSwap: a container of a Burstable pod has of the swap what it requests of the memory, unless that is its limit, bytes.
 * Source: Kubernetes: pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, configureContainerSwapResources; KEP-2400.
 */
export function limitedSwap(
  { memoryRequestBytes, memoryLimitBytes }: Pick<ContainerSpec, 'memoryRequestBytes' | 'memoryLimitBytes'>,
  { qosClass }: Pick<PodTemplate, 'qosClass'>,
  { swapBytes, memoryCapacityBytes }: Pick<NodePoolSpec, 'swapBytes' | 'memoryCapacityBytes'>,
): number {
  if (swapBytes === 0 || qosClass !== 'Burstable' || memoryRequestBytes === memoryLimitBytes) return 0;
  return Math.floor((memoryRequestBytes / memoryCapacityBytes) * swapBytes);
}
