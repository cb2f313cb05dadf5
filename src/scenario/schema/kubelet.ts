// Fields of KubeletConfiguration, of one node pool. Part of the scenario's format.

import { z } from 'zod';
import type { EvictionSignal } from '../../cluster/index.js';
import {
  duration,
  field,
  K,
  optional,
  otherwise,
  PERCENTAGE,
  planned,
  positive,
  quantity,
  section,
} from '../../format/fields.js';
import { parseQuantity } from '../../format/units.js';
import { MAX_PODS_DEFAULT } from '../defaults.js';
import { featureGates } from './feature-gates.js';

export const KUBELET_DEFAULTS = K('pkg/kubelet/apis/config/v1beta1/defaults.go');

const reserved = z.strictObject({
  cpu: otherwise(quantity, '0', 'CPU', { unit: 'cores' }),
  memory: otherwise(quantity, '0', 'memory', { unit: 'bytes' }),
});

/** Of a signal: so much, or a percentage of what there is. */
const threshold = z
  .union([z.string(), z.number()], { error: 'must be a quantity or a percentage, such as 500Mi or 5%' })
  .refine((value) => PERCENTAGE.test(String(value)) || parseQuantity(value) !== undefined, {
    error: (issue) =>
      `"${String(issue.input)}" is neither a quantity nor a percentage up to 100%; write it as Kubernetes does: 500Mi, 5%`,
  });

/** Signals that are modelled, and what is measured. */
const LEFT_OF: Readonly<Record<EvictionSignal, string>> = {
  'memory.available': 'available memory',
  'nodefs.available': 'free space on the disk',
  'imagefs.available': 'free space on the disk, which images share with the files of pods,',
  'pid.available': 'free process ids',
};

export const HARD_EVICTION_DEFAULTS: { readonly [S in EvictionSignal]?: string | number } = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'imagefs.available': '15%',
};

/** A field for each signal, with its type and meaning. */
const signals = <T extends z.ZodType>(of: (signal: EvictionSignal) => readonly [T, string]) =>
  Object.fromEntries((Object.keys(LEFT_OF) as EvictionSignal[]).map((signal) => [signal, optional(...of(signal))])) as {
    readonly [S in EvictionSignal]: z.ZodOptional<T>;
  };

const inodes = () => planned(z.union([z.string(), z.number()]), 'minimum that must be available');

export const kubelet = z.strictObject({
  kubeAPIQPS: otherwise(positive, 50, 'requests per second to the API server', {
    source: KUBELET_DEFAULTS,
  }),
  kubeAPIBurst: otherwise(z.int().min(1), 100, 'burst of requests to the API server', {
    source: KUBELET_DEFAULTS,
  }),
  registryPullQPS: otherwise(z.number().min(0), 5, 'image pulls started per second; 0: no limit', {
    source: KUBELET_DEFAULTS,
  }),
  registryBurst: otherwise(z.int().min(1), 10, 'burst of image pulls', { source: KUBELET_DEFAULTS }),
  serializeImagePulls: optional(z.boolean(), 'one image pull at a time', {
    default: 'true; false if maxParallelImagePulls is 2 or more',
    source: KUBELET_DEFAULTS,
  }),
  maxParallelImagePulls: optional(z.int().min(1), 'image pulls at a time', {
    default: 'no limit',
    source: KUBELET_DEFAULTS,
  }),
  maxPods: optional(z.int().min(1), 'pods on a node', { default: `${MAX_PODS_DEFAULT}`, source: KUBELET_DEFAULTS }),
  crashLoopBackOff: optional(
    z.strictObject({
      maxContainerRestartPeriod: optional(duration, 'longest restart back-off, 1s to 300s', {
        default: '300s',
        source: 'KEP-5593',
      }),
    }),
    'restart back-off',
  ),
  syncFrequency: otherwise(duration, '1m', 'base period of pod re-syncs, jittered by up to half', {
    source: KUBELET_DEFAULTS,
  }),
  featureGates: featureGates('kubelet'),
  fileCheckFrequency: otherwise(
    duration,
    '20s',
    'how often the static pod directory is read again; in between, inotify reports changes',
    { source: KUBELET_DEFAULTS },
  ),
  httpCheckFrequency: planned(duration, 'how often the static-pod URL is read'),
  staticPodPath: optional(
    z.string().min(1),
    'directory of Pod manifests, or one such file, relative to the scenario: every node of the pool runs them as static pods',
    { default: 'none' },
  ),
  eventRecordQPS: planned(positive, 'events per second'),
  eventBurst: planned(z.int(), 'burst of events'),
  nodeStatusUpdateFrequency: otherwise(
    duration,
    '10s',
    'how often the node status is computed, and sent if it has changed',
    {
      source: KUBELET_DEFAULTS,
    },
  ),
  nodeStatusReportFrequency: planned(duration, 'how often an unchanged node status is sent'),
  nodeLeaseDurationSeconds: otherwise(
    z.int().min(1),
    40,
    'duration of the node lease, which is renewed four times in that time',
    {
      unit: 's',
      source: KUBELET_DEFAULTS,
    },
  ),
  cpuManagerPolicy: otherwise(
    z.enum(['none', 'static']),
    'none',
    'static: a container of a Guaranteed pod that asks for whole cores has them for itself',
    { source: KUBELET_DEFAULTS },
  ),
  failSwapOn: otherwise(z.boolean(), true, 'the kubelet does not start on a node that has swap', {
    source: KUBELET_DEFAULTS,
  }),
  memorySwap: section(
    z.strictObject({
      swapBehavior: otherwise(
        z.enum(['NoSwap', 'LimitedSwap']),
        'NoSwap',
        'LimitedSwap: containers of Burstable pods have of the swap what they request of the memory; from Kubernetes 1.30 on',
        { source: `${KUBELET_DEFAULTS}; KEP-2400` },
      ),
    }),
    'what containers may do with swap',
  ),
  cpuCFSQuota: otherwise(z.boolean(), true, 'CPU limits are enforced', { source: KUBELET_DEFAULTS }),
  cpuCFSQuotaPeriod: otherwise(duration, '100ms', 'period over which a CPU limit is enforced, 1ms to 1s', {
    source: KUBELET_DEFAULTS,
  }),
  runtimeRequestTimeout: otherwise(duration, '2m', 'time limit of CRI calls; RunPodSandbox has twice that', {
    source: KUBELET_DEFAULTS,
  }),
  imageMinimumGCAge: otherwise(
    duration,
    '2m',
    'minimum time since the last use of an image before it is garbage-collected',
    {
      source: KUBELET_DEFAULTS,
    },
  ),
  imageGCHighThresholdPercent: otherwise(
    z.int().min(0).max(100),
    85,
    'disk usage above which image garbage collection begins',
    {
      unit: '%',
      source: KUBELET_DEFAULTS,
    },
  ),
  imageGCLowThresholdPercent: otherwise(
    z.int().min(0).max(100),
    80,
    'disk usage down to which image garbage collection frees space',
    {
      unit: '%',
      source: KUBELET_DEFAULTS,
    },
  ),
  podPidsLimit: planned(z.int(), 'processes per pod'),
  evictionHard: optional(
    z.strictObject({
      ...signals((signal) => [threshold, `${LEFT_OF[signal]} below which pods are evicted at once`]),
      'nodefs.inodesFree': inodes(),
      'imagefs.inodesFree': inodes(),
    }),
    'hard eviction thresholds; who sets one has no defaults for the others',
    {
      default: Object.entries(HARD_EVICTION_DEFAULTS)
        .map(([signal, least]) => `${signal} ${least}`)
        .join(', '),
      source: K('pkg/kubelet/eviction/defaults_linux.go'),
    },
  ),
  mergeDefaultEvictionSettings: otherwise(
    z.boolean(),
    false,
    'whether thresholds that evictionHard does not set have their defaults all the same',
    { source: KUBELET_DEFAULTS },
  ),
  evictionSoft: optional(
    z.strictObject(signals((signal) => [threshold, `${LEFT_OF[signal]} below which pods are evicted with grace`])),
    'soft eviction thresholds',
    { default: 'none' },
  ),
  evictionSoftGracePeriod: optional(
    z.strictObject(signals(() => [duration, 'how long the shortage must last'])),
    'how long a soft threshold must be met before pods are evicted',
  ),
  evictionMaxPodGracePeriod: otherwise(
    z.int().min(0),
    0,
    'grace of a pod that is evicted for a soft threshold, at most',
    { unit: 's', source: KUBELET_DEFAULTS },
  ),
  shutdownGracePeriod: otherwise(duration, '0s', 'how long pods have when the machine is told to go off (NodeReboot)', {
    source: KUBELET_DEFAULTS,
  }),
  shutdownGracePeriodCriticalPods: otherwise(duration, '0s', 'how much of that is for critical pods, in the end', {
    source: KUBELET_DEFAULTS,
  }),
  shutdownGracePeriodByPodPriority: optional(
    z.array(
      z.strictObject({
        priority: field(z.int(), 'pods of this priority and above'),
        shutdownGracePeriodSeconds: field(z.int().min(0), 'how long they have', { unit: 's' }),
      }),
    ),
    'instead of these two: by priority, the lowest first',
  ),
  evictionPressureTransitionPeriod: otherwise(
    duration,
    '5m',
    'how long a node stays under pressure after the pressure was last observed',
    {
      source: KUBELET_DEFAULTS,
    },
  ),
  systemReserved: section(reserved, 'reserved for the system, not available to pods', {
    default: 'nothing',
    source: KUBELET_DEFAULTS,
  }),
  kubeReserved: section(reserved, 'reserved for kubelet and runtime, not available to pods', {
    default: 'nothing',
    source: KUBELET_DEFAULTS,
  }),
});
