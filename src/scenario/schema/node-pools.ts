// The worker nodes. Part of the scenario's format.

import { z } from 'zod';
import { behavior } from '../../application/behavior-fields.js';
import { CONTAINER_RUNTIME_DEFAULT } from '../../catalogue.js';
import { DECOMPRESSORS, DISK_TYPES } from '../../cluster/index.js';
import { diskThroughput, imageParameters, SNAPSHOTTER_NAMES, SNAPSHOTTERS } from '../../cri/index.js';
import { field, name, OURS, optional, otherwise, quantity, section, someQuantity } from '../../format/fields.js';
import { MAX_PODS_DEFAULT } from '../defaults.js';
import { RESERVING_CLOUDS } from '../reserved.js';
import { KUBELET_DEFAULTS, kubelet } from './kubelet.js';

const { nodeBytesPerSecond } = imageParameters;

const GKE_DISK = 'boot disk of a GKE node (cloud.google.com/kubernetes-engine/docs)';

/** Beside these a node may have any other resource. */
const nodeCapacity = z
  .object({
    cpu: field(quantity, 'CPU of one node', { unit: 'cores' }),
    memory: field(quantity, 'memory of one node', { unit: 'bytes' }),
    pods: optional(z.int().min(1), 'pods on one node', { default: `${MAX_PODS_DEFAULT}`, source: KUBELET_DEFAULTS }),
    'ephemeral-storage': optional(
      quantity,
      'space for the files of pods; what nodefs.available of evictionHard keeps back is not allocatable',
      {
        unit: 'bytes',
        default: 'disk.size, or 100G if that is not given',
        source: GKE_DISK,
      },
    ),
  })
  .catchall(quantity);

/** @param runtimes names of the container runtimes that there are. */
export const nodePoolOf = (runtimes: readonly string[]) =>
  z.strictObject({
    name: field(name, 'name of the pool; its nodes are called <name>-<number>'),
    count: field(z.int().min(1).max(100_000), 'number of nodes', { unit: 'nodes' }),
    capacity: field(nodeCapacity, 'what one node has; any other resource by its name: hugepages-2Mi, nvidia.com/gpu'),
    nodeTypes: optional(
      z
        .array(
          z.strictObject({
            name: field(z.string().min(1), 'name of the type'),
            capacity: field(nodeCapacity, 'what one node of it has'),
            pricePerHour: field(z.number().positive(), 'what one node costs', { unit: 'any currency per hour' }),
          }),
        )
        .min(1),
      'types that the nodes of this pool may have: kubelapse plan --minimise cost chooses one and a count; a run ignores them',
    ),
    labels: optional(
      z.record(z.string(), z.string()),
      'labels of the nodes, beside those that kubelet and cloud give them: kubernetes.io/os, arch, hostname, node.kubernetes.io/instance-type, topology.kubernetes.io/zone and region, and their beta names',
    ),
    os: otherwise(z.enum(['linux', 'windows']), 'linux', 'what the label kubernetes.io/os says; the model is of Linux'),
    arch: otherwise(
      z.enum(['amd64', 'arm64', 's390x', 'ppc64le', 'riscv64']),
      'amd64',
      'what the label kubernetes.io/arch says',
      {
        source: OURS,
      },
    ),
    instanceType: optional(z.string().min(1), 'what the label node.kubernetes.io/instance-type says', {
      default: 'the name of the pool',
    }),
    region: otherwise(z.string().min(1), 'region', 'what the label topology.kubernetes.io/region says', {
      source: OURS,
    }),
    unschedulable: otherwise(z.boolean(), false, 'the nodes are cordoned: nothing new is placed there'),
    containerRuntime: optional(
      z.strictObject({
        name: optional(z.enum(runtimes), 'container runtime', { default: CONTAINER_RUNTIME_DEFAULT }),
        version: optional(
          z.string().regex(/^\d+\.\d+(\.\d+)?$/, { error: 'must be a version in quotes, such as "2.2"' }),
          'its version: containerd fetches ranges of one layer from 2.1 on, and unpacks several layers at a time from 2.2 on',
          { default: 'a recent one' },
        ),
        maxConcurrentDownloads: optional(z.int().min(1).max(100), 'layers of one image that are fetched at a time', {
          default: 'containerd 3, cri-o 6',
          source: 'containerd: max_concurrent_downloads; containers/image: maxParallelDownloads',
        }),
        connectionsPerLayer: otherwise(
          z.int().min(1).max(100),
          1,
          'connections over which one layer is fetched, in ranges (containerd: concurrent_layer_fetch_buffer)',
          { source: 'containerd: docs/cri/config.md' },
        ),
        unpacksAtOnce: otherwise(
          z.int().min(1).max(100),
          1,
          'layers of one image that are unpacked at a time (containerd: max_concurrent_unpacks)',
          { source: 'containerd: plugins/transfer/plugin.go' },
        ),
        snapshotter: otherwise(
          z.enum(SNAPSHOTTER_NAMES),
          'overlayfs',
          `what keeps the layers: ${SNAPSHOTTERS.map((one) => `${one.name} ${one.meaning}`).join('; ')}`,
        ),
        decompressor: otherwise(
          z.enum(DECOMPRESSORS),
          'runtime',
          'what inflates gzip: the runtime itself, or a program that lies on the node',
          { source: OURS },
        ),
      }),
      'container runtime, and how it pulls images',
      { default: CONTAINER_RUNTIME_DEFAULT },
    ),
    reservedBy: optional(
      z.enum(RESERVING_CLOUDS),
      'cloud whose formula says what is reserved for kubelet and system, where kubeReserved and systemReserved say nothing',
      { default: 'nobody: as kubeadm has it, nothing is reserved' },
    ),
    ociRuntime: section(
      z.strictObject({
        name: otherwise(z.enum(['runc', 'crun']), 'runc', 'what begins the processes of containers', { source: OURS }),
        version: optional(
          z.string().regex(/^\d+\.\d+(\.\d+)?$/, { error: 'must be a version in quotes, such as "1.3.1"' }),
          'its version: runc before 1.3.2 and crun before 1.23 give containers CPU weights in proportion to their requests',
          { default: 'a recent one' },
        ),
      }),
      'OCI runtime',
    ),
    kubelet: section(kubelet, 'fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1)'),
    behavior: optional(z.array(behavior), 'what the manifests of the static pods cannot say'),
    taints: optional(
      z.array(
        z.strictObject({
          key: field(z.string(), 'key'),
          value: otherwise(z.string(), '', 'value'),
          effect: field(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']), 'effect'),
        }),
      ),
      'taints of the nodes',
    ),
    zones: optional(z.array(name).min(1), 'zones over which the nodes are spread in turn', { default: 'one zone' }),
    disk: section(
      z.strictObject({
        type: otherwise(
          z.enum(DISK_TYPES),
          'ssd',
          'kind of disk, which decides how long a synchronous write takes: a network disk of SSD or HDD class, gp2 or gp3 of AWS, a local NVMe disk with power-loss protection or (nvme-volatile) without',
          { source: OURS },
        ),
        size: optional(quantity, 'space for images and the files of pods', {
          unit: 'bytes',
          default: 'capacity.ephemeral-storage, or 100G if that is not given',
          source: GKE_DISK,
        }),
        throughput: optional(someQuantity, 'what it writes in a second', {
          unit: 'bytes/s',
          default: `that of its type: ${Object.entries(diskThroughput)
            .map(([type, { value }]) => `${type} ${value / 1e6}M`)
            .join(', ')}`,
        }),
        used: otherwise(quantity, '0', 'space used by other things', { unit: 'bytes' }),
      }),
      'disk of the runtime, the images and the files of pods',
    ),
    cpuSpeed: otherwise(
      z.number().min(0.05).max(20),
      1,
      'speed of one core against a server core of about 2021: what runtime, agents and network do on it takes so many times less; the CPU of applications is that of these nodes',
      { source: OURS },
    ),
    swap: otherwise(quantity, 0, 'swap of a node', { unit: 'bytes', source: OURS }),
    pidMax: otherwise(z.int().min(1), 4_194_304, 'processes that a node may have at a time (kernel.pid_max)', {
      source: 'systemd: sysctl.d/50-pid-max.conf',
    }),
    kernel: otherwise(
      z.string().regex(/^\d{1,2}\.\d{1,3}(\.\d+)?$/, { error: 'must be a version of Linux in quotes, such as "6.8"' }),
      '6.8',
      'version of Linux',
      { default: '"6.8"', source: OURS },
    ),
    iptablesBackend: otherwise(
      z.enum(['legacy', 'nft']),
      'legacy',
      'whether the iptables command writes the kernel’s old tables, or goes through nftables (iptables-nft)',
      { source: OURS },
    ),
    downloadBandwidth: optional(
      someQuantity,
      'bandwidth of the link of one node, shared by its image pulls and, in each direction, the payload of requests',
      {
        unit: 'bytes/s',
        default: `${nodeBytesPerSecond.value / 1e6}M (${(nodeBytesPerSecond.value * 8) / 1e9} Gbit/s)`,
        source: OURS,
      },
    ),
  });
