// What a cluster is made of before anything happens: node pools, pod templates, workloads, services, clients, faults.
// Part of the cluster vocabulary. Plain frozen data in the model's own units (whole ns, bytes, millicores); the scenario
// module makes it from YAML, run/assemble gives each component its part.

import type { Distribution, Duration, Instant } from '../engine/index.js';
import type { VersionProfile } from './version.js';

export const PROBE_TYPES = ['startup', 'liveness', 'readiness'] as const;
export type ProbeType = (typeof PROBE_TYPES)[number];
export type ProbeHandler = 'exec' | 'httpGet' | 'tcpSocket' | 'grpc';

export interface ProbeSpec {
  readonly type: ProbeType;
  readonly handler: ProbeHandler;
  readonly initialDelay: Duration;
  readonly period: Duration;
  readonly timeout: Duration;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  /** Grace of a kill by this probe; the pod's if absent. */
  readonly terminationGracePeriod?: Duration;
}

/** What an application does, which no manifest says. Distributions in ns. */
export interface ContainerBehavior {
  /** Process start until it answers. */
  readonly startup: Distribution;
  /** Time to answer a probe once it serves. */
  readonly probeLatency: Distribution;
  /** SIGTERM until the process exits; it serves until then. */
  readonly shutdown: Distribution;
  /** The process ends by itself so long after its start, with this code; it runs for ever if absent. */
  readonly exit?: { readonly after: Distribution; readonly code: number };
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly probes: readonly ProbeSpec[];
  readonly behavior: ContainerBehavior;
  /** Whole time of a preStop hook that sleeps. */
  readonly preStopSleep: Duration;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface PodTemplate {
  readonly containers: readonly ContainerSpec[];
  readonly cpuRequestMillis: number;
  readonly memoryRequestBytes: number;
  /** Requests as the scheduler's score sees them: a container without one counts as 100 m and 200 MiB. */
  readonly cpuScoredMillis: number;
  readonly memoryScoredBytes: number;
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriod: Duration;
  readonly nodeSelector: Readonly<Record<string, string>>;
}

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'Pod';

export interface WorkloadSpec {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  /** Name in the cluster, with the copy's number. */
  readonly name: string;
  /** Name in the manifest. */
  readonly manifestName: string;
  readonly app: string;
  readonly template: PodTemplate;
  /** Pods wanted; for a Job its parallelism; ignored for a DaemonSet. */
  readonly replicas: number;
  /** Pods that must succeed; Jobs only. */
  readonly completions: number;
  /** Rolling update, in pods; Deployments only. */
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Deployments with strategy Recreate: all old pods end before the first new one is created. */
  readonly recreate: boolean;
  /** StatefulSets with podManagementPolicy OrderedReady create one pod at a time. */
  readonly ordered: boolean;
  /** When it is created; undefined: its pods run when the simulation begins. */
  readonly createdAt?: Instant;
}

export interface ServiceSpec {
  readonly namespace: string;
  readonly name: string;
  readonly manifestName: string;
  readonly app: string;
  /** Number of ports: each is a virtual address of its own for kube-proxy. */
  readonly ports: number;
  /** Indices of the workloads whose pods it selects. */
  readonly workloads: readonly number[];
  readonly publishNotReadyAddresses: boolean;
  /** When it is created; undefined: it is programmed everywhere when the simulation begins. */
  readonly createdAt?: Instant;
}

export interface NodePoolSpec {
  readonly name: string;
  readonly count: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Allocatable to pods. */
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly pods: number;
  readonly containerRuntime: 'containerd' | 'cri-o';
  readonly kubelet: KubeletSpec;
}

export interface KubeletSpec {
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
  readonly registryPullQps: number;
  readonly registryBurst: number;
  readonly serializeImagePulls: boolean;
  /** Infinity: no limit. */
  readonly maxParallelImagePulls: number;
  readonly maxContainerRestartPeriod: Duration;
}

export const NETWORK_PLUGINS = ['flannel', 'weave', 'calico', 'cilium'] as const;
export type NetworkPlugin = (typeof NETWORK_PLUGINS)[number];

export const PROXY_MODES = ['iptables', 'ipvs', 'nftables'] as const;
export type ProxyMode = (typeof PROXY_MODES)[number];

export interface KubeProxySpec {
  readonly mode: ProxyMode;
  readonly minSyncPeriod: Duration;
  readonly syncPeriod: Duration;
  /** A local-traffic detector or masqueradeAll: one more rule a service. */
  readonly masquerades: boolean;
}

export interface ImageSpec {
  readonly compressedBytes: number;
  /** On every node from the start. */
  readonly present: boolean;
}

/** Request rate in connections per second that moves in straight lines between points. */
export interface RateStage {
  readonly duration: Duration;
  readonly target: number;
}

export interface TrafficSpec {
  /** App whose pods are the clients; undefined: every node opens connections. */
  readonly fromApp?: string;
  /** Indices of the services; each connection goes to one of them, all alike. */
  readonly services: readonly number[];
  readonly stages: readonly RateStage[];
  readonly arrivals: 'poisson' | 'constant';
  /** Real connections that one simulated connection stands for. */
  readonly weight: number;
}

/** So many, or a percentage of what there is. */
export type CountOrPercent = { readonly percent: number } | { readonly count: number };

/** How many of n that is; the division comes last, so that 7 % of 100 is 7. */
export function amountOf(part: CountOrPercent, n: number, round: (amount: number) => number): number {
  return 'count' in part ? part.count : round((part.percent * n) / 100);
}

export type FaultSpec =
  | {
      readonly type: 'RollingUpdate';
      readonly at: Instant;
      readonly workloads: readonly number[];
      /** Image of the first container from then on. */
      readonly image?: string;
    }
  | {
      readonly type: 'ReadinessFlap';
      readonly at: Instant;
      readonly duration: Duration;
      readonly workloads: readonly number[];
      /** Ready pods of each workload that are hit. */
      readonly pods: CountOrPercent;
    };

/** Everything a run needs but its seed. */
export interface ClusterSpec {
  readonly name: string;
  readonly question: string;
  readonly version: VersionProfile;
  readonly duration: Duration;
  readonly warmup: Duration;
  readonly nodePools: readonly NodePoolSpec[];
  readonly networkPlugin: NetworkPlugin;
  readonly kubeProxy: KubeProxySpec;
  readonly workloads: readonly WorkloadSpec[];
  readonly services: readonly ServiceSpec[];
  readonly images: Readonly<Record<string, ImageSpec>>;
  readonly traffic: readonly TrafficSpec[];
  readonly faults: readonly FaultSpec[];
}
