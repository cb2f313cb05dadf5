// Node pools, how their kubelets are configured, and the images that they pull. Part of the cluster's spec.

import type { Duration } from '../../engine/index.js';

export interface TaintSpec {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface NodePoolSpec {
  readonly name: string;
  readonly count: number;
  /** Of all its nodes, with those that kubelet and cloud give; zone and host name are added to them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Zones over which the nodes are spread in turn; at least one. */
  readonly zones: readonly string[];
  readonly taints: readonly TaintSpec[];
  /** Nothing new is placed on its nodes: they are cordoned. */
  readonly isUnschedulable: boolean;
  /** What the machine has. */
  readonly cpuCapacityMillis: number;
  readonly memoryCapacityBytes: number;
  /** Swap that containers may use: what the machine has where the kubelet's swapBehavior is LimitedSwap, 0 otherwise. */
  readonly swapBytes: number;
  /** Allocatable to pods. */
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly pods: number;
  /** Allocatable beside them, by name: `ephemeral-storage`, `hugepages-2Mi`, `nvidia.com/gpu`; bytes, or a count. */
  readonly resources: Readonly<Record<string, number>>;
  /** Name of one of the catalogue's runtimes. */
  readonly containerRuntime: string;
  /** Kind of the disk that runtime and images lie on. */
  readonly disk: DiskType;
  /** What begins the processes of containers. */
  readonly ociRuntime: 'runc' | 'crun';
  /** How that turns CPU requests of containers into weights. */
  readonly containerWeights: 'linear' | 'quadratic';
  /** Space for images and the files of pods, and what of it is used by other things; Infinity: never full. */
  readonly diskBytes: number;
  readonly diskUsedBytes: number;
  /** Processes that there may be at a time: kernel.pid_max. */
  readonly pidMax: number;
  /** Speed of one core against a server core of about 2021. */
  readonly cpuSpeed: number;
  /** What the disk writes in a second, bytes; that of its kind if absent. */
  readonly diskBytesPerSecond?: number;
  /** How its runtime pulls images. */
  readonly pulls: PullSpec;
  readonly downloadBytesPerSecond: number;
  readonly kernel: KernelVersion;
  /** Whether the iptables command writes the kernel's old tables or goes through nftables. */
  readonly iptablesBackend: IptablesBackend;
  readonly kubelet: KubeletSpec;
}

export const DISK_TYPES = ['ssd', 'hdd', 'gp2', 'gp3', 'nvme', 'nvme-volatile'] as const;
export type DiskType = (typeof DISK_TYPES)[number];

/** What of its node a kubelet watches, as its configuration names it. */
export type EvictionSignal = 'memory.available' | 'nodefs.available' | 'imagefs.available' | 'pid.available';

/** What a node is short of: the condition of its object, as a bit. */
export const NodePressure = { Memory: 1, Disk: 2, Pid: 4 } as const;

/** What nodes may run short of: bytes of memory, bytes on the disk, process ids. */
export type Supply = 'memory' | 'disk' | 'processes';

/** What each signal is about, and the condition of a node that is below a threshold of it; memory comes first. */
export const EVICTION_SIGNALS: Readonly<Record<EvictionSignal, { readonly of: Supply; readonly pressure: number }>> = {
  'memory.available': { of: 'memory', pressure: NodePressure.Memory },
  // Images and the files of pods share one file system.
  'nodefs.available': { of: 'disk', pressure: NodePressure.Disk },
  'imagefs.available': { of: 'disk', pressure: NodePressure.Disk },
  'pid.available': { of: 'processes', pressure: NodePressure.Pid },
};

export interface EvictionThreshold {
  readonly signal: EvictionSignal;
  /** Bytes, or processes, that must be left. */
  readonly least: number;
  /** Soft: the shortage must have lasted so long; absent: hard. */
  readonly softAfter?: Duration;
}

/** What of a signal is never for pods: that of its hard threshold; 0: none of it. */
export const keptBack = (thresholds: readonly EvictionThreshold[], signal: EvictionSignal): number =>
  thresholds.find((one) => one.signal === signal && one.softAfter === undefined)?.least ?? 0;

/** What the iptables command writes. */
export type IptablesBackend = 'legacy' | 'nft';

/** Version of Linux as one number that orders them: 5.15 is 5015. */
export type KernelVersion = number;

export const kernelVersion = (major: number, minor: number): KernelVersion => major * 1000 + minor;

export interface KubeletSpec {
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
  readonly registryPullQps: number;
  readonly registryBurst: number;
  readonly serializeImagePulls: boolean;
  /** Infinity: no limit. */
  readonly maxParallelImagePulls: number;
  readonly maxContainerRestartPeriod: Duration;
  /** First crash back-off. */
  readonly containerRestartPeriod: Duration;
  /** Shares of the image disk, 0 … 1. */
  readonly imageGcHigh: number;
  readonly imageGcLow: number;
  readonly imageMinimumGcAge: Duration;
  readonly syncFrequency: Duration;
  readonly fileCheckFrequency: Duration;
  readonly nodeStatusUpdateFrequency: Duration;
  /** Validity of the node lease, which is renewed after a quarter of it. */
  readonly nodeLeaseDuration: Duration;
  /** A call to the container runtime fails after so long; RunPodSandbox after twice that. */
  readonly runtimeRequestTimeout: Duration;
  /** cpuManagerPolicy static: containers of Guaranteed pods that ask for whole cores have them for themselves. */
  readonly hasStaticCpus: boolean;
  /** Whether CPU limits are enforced, and over what period. */
  readonly cpuCfsQuota: boolean;
  readonly cpuCfsQuotaPeriod: Duration;
  /** When pods are evicted because the node is short of something: the hard ones first, memory before the others. */
  readonly evictionThresholds: readonly EvictionThreshold[];
  /** Grace of a pod that is evicted for a soft threshold, at most. */
  readonly evictionMaxPodGracePeriod: Duration;
  /** What pods have when the machine is told to go off, by priority, the lowest first; empty: it goes off at once. */
  readonly shutdownBands: readonly { readonly priority: number; readonly seconds: number }[];
  /** How long a node stays under pressure after it was last seen so. */
  readonly evictionPressureTransitionPeriod: Duration;
  readonly eventedPleg: boolean;
  /** Images that were pulled with secrets are for those alone who have them. */
  readonly ensuresPullSecrets: boolean;
  /** It knows lifecycle.stopSignal. */
  readonly stopSignals: boolean;
  /** A single pod is relisted right after a sync that did something. */
  readonly relistsOnDemand: boolean;
}

/** How the container runtime of a node fetches and unpacks the layers of an image. */
export interface PullSpec {
  /** Layers of one image that are fetched at a time, and connections for each. */
  readonly layersAtOnce: number;
  readonly connectionsPerLayer: number;
  /** Layers of one image that are unpacked at a time; with one, in the order of the image. */
  readonly unpacksAtOnce: number;
  /** What inflates gzip: the runtime itself, or a program that it finds. */
  readonly decompressor: Decompressor;
  /** Name of one of the CRI's snapshotters. */
  readonly snapshotter: string;
}

export const DECOMPRESSORS = ['runtime', 'unpigz', 'igzip'] as const;
export type Decompressor = (typeof DECOMPRESSORS)[number];

export const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What one layer of an image holds. */
export interface LayerSpec {
  /** Bytes in the registry, and on the disk of a node. */
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly files: number;
}

export interface ImageSpec {
  readonly compressedBytes: number;
  /** The default ratio of the CRI to what is compressed, if absent. */
  readonly uncompressedBytes?: number;
  /** By the default size of a file of the CRI if absent. */
  readonly files?: number;
  /** Layers, those of the base included, as equal parts of what the base does not hold; the default of the CRI if absent. */
  readonly layers?: number;
  /** Its own layers one by one, after those of the base; they make up the sizes above. */
  readonly ownLayers?: readonly LayerSpec[];
  /** How many these and those of the base are. */
  readonly allLayers?: number;
  /** gzip if absent. */
  readonly compression?: Compression;
  /** Image whose layers are the first of this one. */
  readonly base?: string;
  /** On every node from the start. */
  readonly present: boolean;
  /** Share of its bytes that its containers read when they start, where they are fetched as they are read; the CRI's default if absent. */
  readonly readAtStart?: number;
}

/** Kinds of registries, by what one connection to them carries. */
export const REGISTRY_TYPES = ['docker-hub', 'ecr', 'near'] as const;
export type RegistryType = (typeof REGISTRY_TYPES)[number];

/** Where images come from: those whose names begin with its own and a slash, and all others for the first one. */
export interface RegistrySpec {
  /** Empty: of no name in particular. */
  readonly name: string;
  readonly type: RegistryType;
  /** What it sends to all nodes together, and to one, bytes a second; Infinity: no bound. */
  readonly bytesPerSecond: number;
  readonly nodeBytesPerSecond: number;
  /** Of one connection, in the median; that of its type if absent. */
  readonly connectionBytesPerSecond?: number;
  /** How long it takes to begin an answer, ns; the CRI's default if absent. */
  readonly firstByte?: Duration;
  /** Pulls that it answers in such a time to all nodes together; absent: as many as come. */
  readonly pullLimit?: { readonly pulls: number; readonly per: Duration };
  /** A cache between it and the nodes. */
  readonly mirror?: MirrorSpec;
  /** Nodes give each other what they have fetched. */
  readonly peers?: PeersSpec;
}

export interface MirrorSpec {
  readonly bytesPerSecond: number;
  readonly connectionBytesPerSecond?: number;
  /** It has everything from the start; otherwise what was asked for before. */
  readonly isWarm: boolean;
}

export const PEER_UNITS = ['layers', 'pieces'] as const;

export interface PeersSpec {
  /** A node gives others whole layers when it has them, or the pieces of one while it is still fetching it. */
  readonly unit: (typeof PEER_UNITS)[number];
  /** What one node takes, and gives, at most, bytes a second; Infinity: what its link carries. */
  readonly bytesPerSecond: number;
}
