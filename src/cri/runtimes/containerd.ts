// containerd: a shim for each pod. Part of the CRI.

import { parameter } from '../../cluster/index.js';
import type { ContainerRuntime } from '../container-runtime.js';
import { ms, SHARED_CALLS, withOutlier } from './shared.js';

const memory = {
  containerdPod: parameter(
    12_000_000,
    'bytes',
    'containerd: one shim a pod, 11.0 MB, and the pause container',
    'containerd/rust-extensions and containerd#7878: 1,107 MB for 100 pods; the pause container’s 1 MB assumed',
  ),
} as const;

export const containerd: ContainerRuntime = {
  name: 'containerd',
  calls: {
    runPodSandbox: parameter(
      withOutlier(ms(53, 0.35)),
      's',
      'RunPodSandbox without CNI ADD; two in a thousand take 1-5 s',
      '0.130 s mean with CNI in kubernetes-sigs/agent-sandbox#1275 (2026), less the ADD of flannel; outlier: kubernetes#66672, its share assumed: kubernetes#137362 (2026) has a standard deviation of 0.23 s over 1,000 starts, which leaves room for few',
    ),
    ...SHARED_CALLS,
    startContainer: parameter(
      ms(45, 0.35),
      's',
      'StartContainer',
      'assumed from 33 ms for a runc run (crun README, 2026) plus input/output set-up',
    ),
  },
  layersAtOnce: parameter(
    3,
    'layers',
    'layers of one image that are fetched at a time',
    'containerd: internal/cri/config/config_unix.go max_concurrent_downloads',
  ),
  // concurrent_layer_fetch_buffer (containerd#10177), max_concurrent_unpacks (containerd#8881).
  since: { connectionsPerLayer: [2, 1], unpacksAtOnce: [2, 2] },
  memory: () => memory.containerdPod.value,
  constants: { 'cri.memory': memory },
  versionPrefix: 'containerd://',
};
