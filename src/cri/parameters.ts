// Numbers of the container runtime. Durations are distributions in ns.

import { type DiskType, type Fit, type Parameter, parameter, type RegistryType } from '../cluster/index.js';
import { lognormal, microseconds, milliseconds, uniform } from '../engine/index.js';

const AGENT_SANDBOX = 'kubernetes-sigs/agent-sandbox#1275 (2026)';

/** What the CRI calls of one pod with one container ask of its node, over its whole life. */
export const contentionParameters = {
  syncWritesStart: parameter(
    40,
    'writes',
    'synchronous writes of the runtime to start a pod with one container: half for the sandbox, a quarter for creating and for starting the container',
    `923,000 in a run of about 16,000 pods, ${AGENT_SANDBOX}; split between start and removal, and over the calls, assumed`,
  ),
  syncWritesStop: parameter(17, 'writes', 'and to remove it, with its sandbox', AGENT_SANDBOX),
  syncWriteSsd: parameter(
    milliseconds(1),
    'ns',
    'one synchronous write, on SSD; one at a time',
    'home-lab runbook (2026): 0.6-1.5 ms mean',
  ),
  syncWriteGp2: parameter(
    milliseconds(1.42),
    'ns',
    'the same on a gp2 volume of AWS',
    'etcd on EBS, retold at besthub.dev: 2,300-byte writes with fdatasync, m6i.xlarge, 900 IOPS: mean 1.42 ms',
  ),
  syncWriteGp3: parameter(
    milliseconds(0.7),
    'ns',
    'the same on a gp3 volume of AWS: more IOPS do not shorten it',
    'etcd on EBS, retold at besthub.dev: mean 0.70 ms at 3,000 IOPS, 1,105 writes/s; 1,129 at 6,000',
  ),
  syncWriteNvme: parameter(
    milliseconds(0.06),
    'ns',
    'the same on a local NVMe disk with power-loss protection',
    'no published figure; 0.03 to 0.1 ms are quoted',
  ),
  syncWriteNvmeVolatile: parameter(
    milliseconds(2),
    'ns',
    'the same on a local NVMe disk without, which has to write its cache out',
    'no published figure; 1 to 5 ms are quoted',
  ),
  syncWriteHdd: parameter(
    milliseconds(2.9),
    'ns',
    'one synchronous write on an HDD-class disk, merged with others',
    `${AGENT_SANDBOX}: 2.94 ms mean`,
  ),
  kubeletWrites: parameter(
    4,
    'writes',
    'synchronous writes of the kubelet for a pod: half when it starts, half when it is cleaned up',
    `${AGENT_SANDBOX}: 987 s of 15 ms each for about 16,000 pods`,
  ),
  kubeletWriteHdd: parameter(
    milliseconds(15),
    'ns',
    'one of these on an HDD-class disk, not merged with others',
    `${AGENT_SANDBOX}: 15 ms mean; a home-lab runbook (2026) has 15.8 ms`,
  ),
  cpuStart: parameter(
    milliseconds(450),
    'ns',
    'CPU of runtime, kubelet and CNI to start a pod with one container, split like the writes',
    `${AGENT_SANDBOX}: 45 % of 8 cores at 5 pods/s; 0.45 of 0.7 core seconds assumed for the start`,
  ),
  cpuStop: parameter(milliseconds(250), 'ns', 'and to remove it', `${AGENT_SANDBOX}; split assumed`),
} as const;

/** What grows with the pods of a node: systemd reads the table of mounts at each unit that it makes. */
export const densityParameters = {
  unit: parameter(milliseconds(3), 'ns', 'systemd makes or removes a unit, one at a time', 'no published figure'),
  unitPerMount: parameter(
    4000,
    'ns',
    'and for each mount of the node, whose table it reads',
    'own measurement (2026), Linux 6.18, 2 CPUs: one read of mountinfo takes 2 to 5 us for each mount',
  ),
  mounts: parameter(60, 'mounts', 'mounts of a node without pods', 'no published figure'),
  mountsPerPod: parameter(7, 'mounts', 'and for each pod with the volume of its token', 'no published figure'),
  usualPods: parameter(
    10,
    'pods',
    'pods of a node on which the times of calls were measured',
    'kubernetes#128422 (2024)',
  ),
} as const;

/** What a node does that has hardly any memory left: it throws away what it has read, and reads it again. */
export const reclaimParameters = {
  from: parameter(
    2,
    'ratio',
    'times the hard eviction threshold of memory.available below which it begins',
    'no published figure',
  ),
  most: parameter(
    5,
    'ratio',
    'how many times as long the disk works for a call of the runtime when nothing is left',
    'no published figure: binaries and layers are read again',
  ),
} as const;

/** What an OCI runtime saves against runc each time that it begins a process. */
export const ociParameters = {
  crun: parameter(
    milliseconds(16.5),
    'ns',
    'crun: saved at each process that it begins, against runc',
    'crun README (2026): 33.4 ms against 16.9 ms for a run of /bin/true',
  ),
} as const;

const CONTAINERD_RESTART = 'containerd#12142 (2025): 12.4 s with 300 pods, shims attached again one by one';

export const runtimeRestartParameters = {
  base: parameter(
    milliseconds(100),
    'ns',
    'a restart of the runtime on an empty node',
    `${CONTAINERD_RESTART}; split assumed`,
  ),
  perPod: parameter(milliseconds(41), 'ns', 'and for each pod on it', CONTAINERD_RESTART),
} as const;

export const imageParameters = {
  compression: parameter(
    2.86,
    'ratio',
    'bytes on disk for each byte fetched',
    'containerd#2886 (2018): 2.08 GB from 728 MB',
  ),
  nodeBytesPerSecond: parameter(
    1.25e9,
    'bytes/s',
    'link of a node if the scenario does not give it: 10 Gbit/s',
    'no published figure',
  ),
  layers: parameter(8, 'layers', 'layers of an image', 'no checkable figure; a median of 8 is often quoted'),
  compressedBytes: parameter(
    85_000_000,
    'bytes',
    'compressed size of an image if the scenario does not give it',
    'median 245 MB uncompressed (enterno.io, 2026, method not checkable) divided by 2.9 (containerd#2886)',
  ),
  bytesPerFile: parameter(
    32_000,
    'bytes',
    'uncompressed bytes for each file of an image',
    'Zhao et al., CLUSTER 2019: 167 TB of Docker Hub in 5.3 billion files, that number from memory; those of machine learning are larger',
  ),
  readAtStart: parameter(
    0.064,
    'ratio',
    'share of an image that its containers read when they start, where a lazy snapshotter fetches what is read',
    'Slacker (FAST 2016): 6.4 % in the mean of 57 images; JVMs and CUDA read far more',
  ),
} as const;

const AWS_SOCI = 'awslabs/data-on-eks, SOCI guide (2026)';

/** What pulling an image takes. CPU times are those of a core of speed 1, a server’s of about 2021. */
export const pullCosts = {
  pullOverhead: parameter(
    lognormal(milliseconds(500), 0.25),
    's',
    'asking for token, manifests and configuration, and everything else that does not depend on size, per pull',
    'containerd docs/snapshotters/erofs.md (2026): busybox 0.58 s and alpine 0.60 s less one small layer',
  ),
  answersPerPull: parameter(
    4,
    'answers',
    'answers of the registry that a pull waits for, one after another, before it fetches layers: part of the overhead',
    'containerd core/remotes/docker: challenge and token, index, manifest, configuration',
  ),
  firstByte: parameter(
    milliseconds(100),
    'ns',
    'from a request to the registry until its answer begins, if the scenario does not give it',
    'no published figure; 50 to 200 ms are usual',
  ),
  layerOverhead: parameter(
    milliseconds(50),
    'ns',
    'fixed cost of a layer: prepare 27 ms and commit 25 ms',
    'containerd contrib/aws snapshotter benchmark',
  ),
  fetchBytesPerSecond: parameter(
    190e6,
    'bytes/s',
    'one connection to a registry if the scenario does not say which, median',
    'containerd#13559 (2026): 2.7 GiB in about 15 s, Docker Hub to EC2',
  ),
  ecrBytesPerSecond: parameter(
    45e6,
    'bytes/s',
    'the same to Amazon ECR in its region',
    `${AWS_SOCI}: a few hundred Mbit/s, read as 25 to 60 MB/s`,
  ),
  nearBytesPerSecond: parameter(
    130e6,
    'bytes/s',
    'the same to a registry or cache beside the nodes: the runtime is the limit',
    'containerd#8160 (2023): 130 MB/s for each layer where curl had 2,400',
  ),
  connectionSpread: parameter(
    0.5,
    'sigma',
    'spread of connections around their median, lognormal',
    'no published figure',
  ),
  inflateBytesPerSecond: parameter(
    90e6,
    'bytes/s',
    'inflating gzip on one core, compressed bytes',
    'containerd#13559 (2026): 2.7 GiB in 30-35 s on EC2',
  ),
  writeBytesPerSecond: parameter(
    800e6,
    'bytes/s',
    'untarring and writing on one core, uncompressed bytes',
    'containerd#13559 (2026): under 12 s for a layer of 2.7 GiB compressed; its ratio of 2 to 2.9 and its files assumed',
  ),
  perFile: parameter(
    microseconds(70),
    'ns',
    'making one file of a layer',
    'own measurement (2026), Linux 6.18, ext4: 30 to 170 us of system time for a file of 4 KiB',
  ),
  unpigzSpeed: parameter(
    0.91,
    'ratio',
    'inflating by unpigz against the runtime itself; it goes on beside untarring',
    'containerd#2640 (2018): 330 MB/s of output against 363',
  ),
  igzipSpeed: parameter(
    1.6,
    'ratio',
    'inflating by igzip, or another fast library; it goes on beside untarring',
    'containerd#13559 (2026): 1.2 to 1.6 times as fast',
  ),
  zstdSpeed: parameter(
    4,
    'ratio',
    'decompressing zstd against inflating gzip',
    'no published figure; 700-1,000 MB/s of output are quoted',
  ),
  unpackSpread: parameter(0.2, 'sigma', 'spread of unpacking from pull to pull, lognormal', 'no published figure'),
  dirtyShare: parameter(
    0.2,
    'ratio',
    'share of a node’s memory that may hold what was written and does not lie on the disk yet',
    'Linux: vm.dirty_ratio 20; of all memory instead of what is free',
  ),
  busyDisk: parameter(
    10,
    'ratio',
    'how many times as long a synchronous write takes while the disk writes layers at its full rate',
    'no published figure for SSDs: a utilisation of 0.9',
  ),
  busyHdd: parameter(
    30,
    'ratio',
    'the same on a disk of HDD class',
    'home-lab runbook (2026): 15.8 ms usually, about 500 ms while 13 images are pulled',
  ),
  lazyRead: parameter(
    milliseconds(12),
    'ns',
    'one read of a lazy snapshotter: a round trip to the registry and back through FUSE',
    'no published figure; 5 to 20 ms are usual',
  ),
  lazyReadBytes: parameter(1e6, 'bytes', 'compressed bytes that one such read brings', 'no published figure'),
  lazyReads: parameter(8, 'reads', 'such reads at a time', 'no published figure; 4 to 16'),
  peerLookup: parameter(
    uniform(milliseconds(10), milliseconds(50)),
    's',
    'finding a peer that has a layer',
    'no published figure',
  ),
  peerSpread: parameter(
    0.25,
    'sigma',
    'how much longer or shorter a layer takes from peers than at their limit, lognormal',
    'uber/kraken README: 3 GB at 300 MB/s to 2,600 hosts, p50 10 s, p99 18 s',
  ),
} as const;

/** What one connection to a registry carries, in the median. */
export const connectionRate = (type: RegistryType, costs: typeof pullCosts): Parameter<number> =>
  ({ 'docker-hub': costs.fetchBytesPerSecond, ecr: costs.ecrBytesPerSecond, near: costs.nearBytesPerSecond })[type];

/** Writing to a disk, bytes a second, by its kind. */
export const diskThroughput: Readonly<Record<DiskType, Parameter<number>>> = {
  ssd: parameter(250e6, 'bytes/s', 'a network disk of SSD class', 'no checkable figure; 240 to 250 MB/s are quoted'),
  hdd: parameter(100e6, 'bytes/s', 'a network disk of HDD class', 'no published figure'),
  gp2: parameter(250e6, 'bytes/s', 'gp2 of AWS', 'no checkable figure: the most that a volume has'),
  gp3: parameter(131e6, 'bytes/s', 'gp3 of AWS as it comes; 629-1,049 MB/s can be bought', AWS_SOCI),
  nvme: parameter(1500e6, 'bytes/s', 'a local NVMe disk', 'no published figure; 1 to 3 GB/s are quoted'),
  'nvme-volatile': parameter(1500e6, 'bytes/s', 'the same without power-loss protection', 'no published figure'),
};

/** Which measurements tell the numbers of a runtime. */
export const RUNTIME_FITS: readonly Fit[] = [
  {
    what: 'restarts of the runtime',
    measures: ['runtime_restart_seconds'],
    group: 'cri.restart',
    unknowns: {
      perPod: 'measure nodes with two numbers of pods',
      base: 'measure nodes with two numbers of pods',
    },
  },
  {
    what: 'fetching images',
    measures: ['image_fetch_seconds'],
    group: 'cri.pulls',
    unknowns: { fetchBytesPerSecond: 'give the bytes that were fetched' },
    areRates: true,
  },
  {
    what: 'unpacking images',
    measures: ['image_unpack_seconds'],
    group: 'cri.pulls',
    unknowns: {
      inflateBytesPerSecond: 'give the compressed bytes that were unpacked',
      writeBytesPerSecond: 'measure images that are compressed more and less',
    },
    areRates: true,
  },
];
