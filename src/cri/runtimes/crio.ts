// CRI-O: a conmon for each container. Part of the CRI.

import { parameter } from '../../cluster/index.js';
import type { ContainerRuntime } from '../container-runtime.js';
import { CRIO_CRITEST, ms, SHARED_CALLS, withOutlier } from './shared.js';

const memory = {
  crioContainer: parameter(
    2_000_000,
    'bytes',
    'CRI-O: one conmon a container; no pause container unless a shared PID namespace asks for one',
    'no checkable figure; 1-2 MB',
  ),
} as const;

export const crio: ContainerRuntime = {
  name: 'cri-o',
  calls: {
    runPodSandbox: parameter(
      withOutlier(ms(201, 0.3)),
      's',
      'RunPodSandbox without CNI ADD; two in a thousand take 1-5 s',
      `${CRIO_CRITEST}, less a bridge-type ADD; outlier: kubernetes#66672, its share assumed as for containerd`,
    ),
    ...SHARED_CALLS,
    startContainer: parameter(ms(28, 0.39), 's', 'StartContainer', CRIO_CRITEST),
  },
  layersAtOnce: parameter(
    6,
    'layers',
    'layers of one image that are fetched at a time',
    'containers/image: copy/copy.go maxParallelDownloads, from memory',
  ),
  memory: (containers) => memory.crioContainer.value * containers,
  constants: { 'cri.memory': memory },
  versionPrefix: 'cri-o://',
};
