// Numbers of the container runtime. Durations are distributions in ns.

import { type Fit, type Parameter, parameter } from '../cluster/index.js';
import { type Distribution, lognormal, milliseconds, mixture, uniform } from '../engine/index.js';

const ms = (median: number, sigma: number): Distribution => lognormal(milliseconds(median), sigma);

/** A rare slow sandbox beside the usual ones. */
const withOutlier = (usual: Distribution): Distribution =>
  mixture(
    { weight: 0.998, distribution: usual },
    { weight: 0.002, distribution: uniform(milliseconds(1000), milliseconds(5000)) },
  );

const CRIO_CRITEST =
  'CRI-O critest benchmark, saschagrunert/performabot#26 (2019), mean and standard deviation of 20 samples, as a lognormal';

export interface RuntimeParameters {
  readonly runPodSandbox: Parameter<Distribution>;
  readonly createContainer: Parameter<Distribution>;
  readonly startContainer: Parameter<Distribution>;
  readonly stopContainer: Parameter<Distribution>;
  readonly stopPodSandbox: Parameter<Distribution>;
  readonly removeContainer: Parameter<Distribution>;
  readonly removePodSandbox: Parameter<Distribution>;
}

const createContainer = parameter(ms(117, 0.28), 's', 'CreateContainer', `${CRIO_CRITEST}; containerd assumed equal`);
const stopContainer = parameter(ms(46, 0.29), 's', 'StopContainer beside the time the process takes', CRIO_CRITEST);
const stopPodSandbox = parameter(
  ms(161, 0.1),
  's',
  'StopPodSandbox without CNI DEL',
  `${CRIO_CRITEST}: 240 ms, less the DEL of a bridge; containerd assumed equal`,
);

const removeContainer = parameter(ms(26, 0.15), 's', 'RemoveContainer', `${CRIO_CRITEST}; containerd assumed equal`);
const removePodSandbox = parameter(ms(55, 0.21), 's', 'RemovePodSandbox', `${CRIO_CRITEST}; containerd assumed equal`);

export const containerdParameters: RuntimeParameters = {
  runPodSandbox: parameter(
    withOutlier(ms(53, 0.35)),
    's',
    'RunPodSandbox without CNI ADD; two in a thousand take 1-5 s',
    '0.130 s mean with CNI in kubernetes-sigs/agent-sandbox#1275 (2026), less the ADD of flannel; outlier: kubernetes#66672, its share assumed: kubernetes#137362 (2026) has a standard deviation of 0.23 s over 1,000 starts, which leaves room for few',
  ),
  createContainer,
  startContainer: parameter(
    ms(45, 0.35),
    's',
    'StartContainer',
    'assumed from 33 ms for a runc run (crun README, 2026) plus input/output set-up',
  ),
  stopContainer,
  stopPodSandbox,
  removeContainer,
  removePodSandbox,
};

export const crioParameters: RuntimeParameters = {
  runPodSandbox: parameter(
    withOutlier(ms(201, 0.3)),
    's',
    'RunPodSandbox without CNI ADD; two in a thousand take 1-5 s',
    `${CRIO_CRITEST}, less a bridge-type ADD; outlier: kubernetes#66672, its share assumed as for containerd`,
  ),
  createContainer,
  startContainer: parameter(ms(28, 0.39), 's', 'StartContainer', CRIO_CRITEST),
  stopContainer,
  stopPodSandbox,
  removeContainer,
  removePodSandbox,
};

/** Memory that the runtime itself holds for what it runs. */
export const runtimeMemoryParameters = {
  containerdPod: parameter(
    12_000_000,
    'bytes',
    'containerd: one shim a pod, 11.0 MB, and the pause container',
    'containerd/rust-extensions and containerd#7878: 1,107 MB for 100 pods; the pause container’s 1 MB assumed',
  ),
  crioContainer: parameter(
    2_000_000,
    'bytes',
    'CRI-O: one conmon a container; no pause container unless a shared PID namespace asks for one',
    'no checkable figure; 1-2 MB',
  ),
} as const;

/** Bytes that a runtime holds for a pod. */
export const runtimeMemory = (runtime: 'containerd' | 'cri-o', containers: number): number =>
  runtime === 'containerd'
    ? runtimeMemoryParameters.containerdPod.value
    : runtimeMemoryParameters.crioContainer.value * containers;

const AGENT_SANDBOX = 'kubernetes-sigs/agent-sandbox#1275 (2026)';

/** What the CRI calls of one pod with one container ask of its node, over its whole life. */
export const contentionParameters = {
  syncWritesStart: parameter(
    40,
    'writes',
    'synchronous writes of the runtime to start a pod with one container: half for the sandbox, a quarter for creating and for starting the container',
    `923,000 in a run of about 16,000 pods, ${AGENT_SANDBOX}; split between start and removal, and over the calls, assumed`,
  ),
  syncWritesStop: parameter(17, 'writes', 'and to clear it away, with its sandbox', AGENT_SANDBOX),
  syncWriteSsd: parameter(
    milliseconds(1),
    'ns',
    'one synchronous write, on SSD; one at a time',
    'home-lab runbook (2026): 0.6-1.5 ms mean',
  ),
  syncWriteHdd: parameter(
    milliseconds(2.9),
    'ns',
    'one synchronous write on a spinning-class disk, merged with others',
    `${AGENT_SANDBOX}: 2.94 ms mean`,
  ),
  kubeletWrites: parameter(
    4,
    'writes',
    'and of the kubelet for a pod: half when it starts, half when it is cleared away',
    `${AGENT_SANDBOX}: 987 s of 15 ms each for about 16,000 pods`,
  ),
  kubeletWriteHdd: parameter(
    milliseconds(15),
    'ns',
    'one of them on a spinning-class disk, where it is not merged with others',
    `${AGENT_SANDBOX}: 15 ms mean; a home-lab runbook (2026) has 15.8 ms`,
  ),
  cpuStart: parameter(
    milliseconds(450),
    'ns',
    'CPU of runtime, kubelet and CNI to start a pod with one container, split as the writes',
    `${AGENT_SANDBOX}: 45 % of 8 cores at 5 pods/s; 0.45 of 0.7 core seconds assumed for the start`,
  ),
  cpuStop: parameter(milliseconds(250), 'ns', 'and to remove it', `${AGENT_SANDBOX}; split assumed`),
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
    'link of a node that the scenario says nothing about: 10 Gbit/s',
    'no published figure',
  ),
  layers: parameter(8, 'layers', 'layers of an image', 'no checkable figure; a median of 8 is often quoted'),
  compressedBytes: parameter(
    85_000_000,
    'bytes',
    'compressed size of an image the scenario says nothing about',
    'median 245 MB uncompressed (enterno.io, 2026, method not checkable) divided by 2.9 (containerd#2886)',
  ),
} as const;

/** What pulling an image takes. */
export const pullCosts = {
  pullOverhead: parameter(
    lognormal(milliseconds(500), 0.25),
    's',
    'resolving and everything that does not depend on size, per pull',
    'containerd docs/snapshotters/erofs.md (2026): busybox 0.58 s and alpine 0.60 s less one small layer',
  ),
  fetchStreams: parameter(
    3,
    'layers',
    'layers of one image that are fetched at a time',
    'containerd: internal/cri/config/config_unix.go max_concurrent_downloads',
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
    'one download stream',
    'containerd#13559 (2026): 2.7 GiB in about 15 s, Docker Hub to EC2',
  ),
  unpackBytesPerSecond: parameter(
    lognormal(62e6, 0.35),
    'bytes/s',
    'unpacking, compressed bytes per second; layers one after the other',
    'containerd#13559 (2026): 2.7 GiB in 42-47 s; its spread assumed',
  ),
} as const;

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
    unknowns: { unpackBytesPerSecond: 'give the bytes that were unpacked' },
    areRates: true,
  },
];
