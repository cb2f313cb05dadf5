// Numbers of the container runtime. Durations are distributions in ns.

import { type Parameter, parameter } from '../cluster/index.js';
import { type Distribution, lognormal, milliseconds, mixture, uniform } from '../engine/index.js';

const ms = (median: number, sigma: number): Distribution => lognormal(milliseconds(median), sigma);

/** A rare slow sandbox beside the usual ones. */
const withOutlier = (usual: Distribution): Distribution =>
  mixture(
    { weight: 0.99, distribution: usual },
    { weight: 0.01, distribution: uniform(milliseconds(1000), milliseconds(5000)) },
  );

const CRIO_CRITEST =
  'CRI-O critest benchmark, saschagrunert/performabot#26 (2019), mean and standard deviation of 20 samples, as a lognormal';

export interface RuntimeParameters {
  readonly runPodSandbox: Parameter<Distribution>;
  readonly createContainer: Parameter<Distribution>;
  readonly startContainer: Parameter<Distribution>;
  readonly stopContainer: Parameter<Distribution>;
  readonly stopPodSandbox: Parameter<Distribution>;
}

const createContainer = parameter(ms(117, 0.28), 's', 'CreateContainer', `${CRIO_CRITEST}; containerd assumed equal`);
const stopContainer = parameter(ms(46, 0.29), 's', 'StopContainer beside the time the process takes', CRIO_CRITEST);
const stopPodSandbox = parameter(
  ms(100, 0.1),
  's',
  'StopPodSandbox without CNI DEL',
  'no published figure without DEL; assumed out of 240 ms with it (CRI-O critest, 2019)',
);

export const containerdParameters: RuntimeParameters = {
  runPodSandbox: parameter(
    withOutlier(ms(65, 0.35)),
    's',
    'RunPodSandbox without CNI ADD; one in a hundred takes 1-5 s longer',
    'half of the 0.130 s mean with CNI in kubernetes-sigs/agent-sandbox#1275 (2026), the split assumed; outlier: kubernetes#66672, its share assumed',
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
};

export const crioParameters: RuntimeParameters = {
  runPodSandbox: parameter(
    withOutlier(ms(210, 0.3)),
    's',
    'RunPodSandbox without CNI ADD; one in a hundred takes 1-5 s longer',
    `${CRIO_CRITEST}, less a bridge-type ADD; outlier: kubernetes#66672, its share assumed`,
  ),
  createContainer,
  startContainer: parameter(ms(28, 0.39), 's', 'StartContainer', CRIO_CRITEST),
  stopContainer,
  stopPodSandbox,
};

export const imageParameters = {
  pullOverhead: parameter(
    lognormal(milliseconds(500), 0.25),
    's',
    'resolving and everything that does not depend on size, per pull',
    'containerd docs/snapshotters/erofs.md (2026): busybox 0.58 s and alpine 0.60 s less one small layer',
  ),
  layers: parameter(8, 'layers', 'layers of an image', 'no checkable figure; a median of 8 is often quoted'),
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
  compressedBytes: parameter(
    85_000_000,
    'bytes',
    'compressed size of an image the scenario says nothing about',
    'median 245 MB uncompressed (enterno.io, 2026, method not checkable) divided by 2.9 (containerd#2886)',
  ),
} as const;
