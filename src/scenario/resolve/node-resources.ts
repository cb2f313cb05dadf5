// What a node has beside CPU, memory and pods, and the labels that its kubelet and its cloud give it. Part of the scenario.

import type { Labels } from '../../cluster/index.js';
import type { Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { parseQuantity } from '../../format/units.js';
import type { ScenarioDocument } from '../schema/index.js';
import type { Report } from './behavior.js';

type Pool = ScenarioDocument['spec']['nodePools'][number];

/** Space for pods' files if nothing is said: the boot disk of a GKE node (cloud.google.com/kubernetes-engine/docs). */
const EPHEMERAL_STORAGE = 100e9;
const FIELDS = ['cpu', 'memory', 'pods', 'ephemeral-storage'];

/** Size of the file system that images and the files of pods share, bytes. */
export function diskBytesOf({ capacity, disk }: Pool): number {
  const size = disk.size ?? capacity['ephemeral-storage'];
  return size === undefined ? EPHEMERAL_STORAGE : parseQuantity(size)!;
}

/** Allocatable amounts by name. @param keptBack bytes of the disk that are not for pods. */
export function otherResources(pool: Pool, keptBack: number, at: Path, report: Report): Record<string, number> {
  const { cpu: _, memory: __, pods: ___, 'ephemeral-storage': storage, ...others } = pool.capacity;
  const bytes = storage === undefined ? diskBytesOf(pool) : parseQuantity(storage)!;
  const named = Object.entries(others as Readonly<Record<string, string | number>>).map(([name, text]) => {
    const amount = parseQuantity(text) ?? 0;
    const path: Path = [...at, 'capacity', name];
    const isDevice = name.includes('/');
    if (!isDevice && !name.startsWith('hugepages-'))
      report(
        path,
        'is not a resource of a node; accepted: cpu, memory, pods, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu',
        didYouMean(name, FIELDS),
      );
    else if (isDevice && !Number.isInteger(amount)) report(path, `must be a whole number, not ${JSON.stringify(text)}`);
    return [name, amount] as const;
  });
  return { 'ephemeral-storage': Math.max(0, bytes - keptBack), ...Object.fromEntries(named) };
}

/** Memory that is kept for huge pages. */
export const hugePageBytes = (resources: Readonly<Record<string, number>>): number =>
  Object.entries(resources).reduce((sum, [name, amount]) => sum + (name.startsWith('hugepages-') ? amount : 0), 0);

/**
 * Labels of the nodes of a pool: what the kubelet says of its machine, what the cloud says of it, and the pool's own.
 * Sources: pkg/kubelet/kubelet_node_status.go, k8s.io/cloud-provider/controllers/node.
 */
export function labelsOf({ name, os, arch, instanceType = name, region, labels = {} }: Pool): Labels {
  return {
    'kubernetes.io/os': os,
    'kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': os,
    'beta.kubernetes.io/arch': arch,
    'node.kubernetes.io/instance-type': instanceType,
    'beta.kubernetes.io/instance-type': instanceType,
    'topology.kubernetes.io/region': region,
    'failure-domain.beta.kubernetes.io/region': region,
    ...labels,
  };
}

/** Labels that each node has of its own, so that a pool cannot set them. */
export const OWN_NODE_LABELS: readonly string[] = [
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/zone',
];
