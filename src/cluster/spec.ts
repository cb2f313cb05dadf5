// What a cluster is made of before anything happens: node pools, pod templates, workloads, services, clients, faults.
// Part of the cluster vocabulary. Plain frozen data in the model's own units (whole ns, bytes, millicores); the scenario
// module makes it from YAML, run/assemble gives each component its part.

import type { Distribution, Duration, Instant } from '../engine/index.js';
import type { ParameterSet } from './parameter.js';
import type { VersionProfile } from './versions.js';

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

/**
 * A trouble that an application falls into while it serves: `hung` answers nothing any more (its socket still accepts),
 * `slow` answers probes with another latency, `unready` says no to readiness probes only.
 */
export interface EpisodeSpec {
  readonly state: 'hung' | 'slow' | 'unready';
  /** From the time it serves, or from the end of the episode before. */
  readonly after: Distribution;
  /** How long it lasts; until the container is restarted if absent. */
  readonly lasts?: Distribution;
  /** Time to answer a probe meanwhile; `slow` only. */
  readonly probeLatency?: Distribution;
}

/** What an application does, which no manifest says. Distributions in ns. */
export interface ContainerBehavior {
  /** Process start until it answers, with all the CPU it wants. */
  readonly startup: Distribution;
  /** Time to answer a probe once it serves, with all the CPU it wants. */
  readonly probeLatency: Distribution;
  /** SIGTERM until the process exits; it serves until then. */
  readonly shutdown: Distribution;
  /** Time of hooks that run a command or ask over HTTP. */
  readonly postStart: Distribution;
  readonly preStop: Distribution;
  /** Share of the postStart hooks that fail, 0 … 1. */
  readonly postStartFailures: number;
  /** CPU it uses while it starts and while it serves, millicores. */
  readonly startupCpuMillis: number;
  readonly servingCpuMillis: number;
  /** Memory it holds from its start, and what it grows to, in a straight line; nothing is known of it if absent. */
  readonly memory?: MemoryBehavior;
  /** How it works off requests; at once if absent. */
  readonly serve?: ServeSpec;
  /** At most {@link EPISODES_MAX}. */
  readonly episodes: readonly EpisodeSpec[];
  /** The process ends by itself so long after its start, with this code; it runs for ever if absent. */
  readonly exit?: { readonly after: Distribution; readonly code: number; readonly isOutOfMemory?: boolean };
}

/** How an application works off requests. */
export interface ServeSpec {
  /** Requests that it works on at a time; the others wait, first come first served. */
  readonly concurrency: number;
  /** Time of one request at a CPU of its own, ns. */
  readonly time: Distribution;
  /** Connections that may wait to be taken in: further ones are not answered, and knock again. */
  readonly backlog: number;
  /** CPU that a request uses, ns. */
  readonly cpuTime: number;
}

export interface MemoryBehavior {
  readonly startBytes: number;
  /** It holds so much when that time has passed, and no more then. */
  readonly reaches?: { readonly bytes: number; readonly after: Distribution };
}

/** Troubles are kept as the bits of one byte. */
export const EPISODES_MAX = 6;

/**
 * `init`: runs before the others and must end with 0; `sidecar`: an init container with restartPolicy Always, which is to
 * run before what follows it goes on, and beside it from then on.
 */
export type ContainerRole = 'init' | 'sidecar' | 'main';

/** A lifecycle hook; a `sleep` knows its own time, the time of others is the application's business. */
export interface HookSpec {
  readonly handler: 'exec' | 'httpGet' | 'tcpSocket' | 'sleep';
  readonly sleep: Duration;
}

/** One of a container's restartPolicyRules: exit codes upon which it is restarted whatever its policy says. */
export interface RestartRule {
  readonly operator: 'In' | 'NotIn';
  readonly exitCodes: readonly number[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly probes: readonly ProbeSpec[];
  readonly behavior: ContainerBehavior;
  readonly memoryRequestBytes: number;
  /** Infinity: no limit. */
  readonly memoryLimitBytes: number;
  /** Its own, or the pod's. */
  readonly restartPolicy: RestartPolicy;
  readonly restartRules: readonly RestartRule[];
  readonly postStart?: HookSpec;
  readonly preStop?: HookSpec;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface PodTemplate {
  /** Init containers and sidecars first, in their order, then the others. */
  readonly containers: readonly ContainerSpec[];
  readonly cpuRequestMillis: number;
  readonly memoryRequestBytes: number;
  /** Requests as the scheduler's score sees them: a container without one counts as 100 m and 200 MiB. */
  readonly cpuScoredMillis: number;
  readonly memoryScoredBytes: number;
  readonly restartPolicy: RestartPolicy;
  readonly qosClass: 'Guaranteed' | 'Burstable' | 'BestEffort';
  readonly terminationGracePeriod: Duration;
  /** So long after its kubelet took it in a pod has failed, whatever it does; Infinity: never. ns. */
  readonly activeDeadline: number;
  /** It uses its node's network: no CNI plugin has anything to do with it. */
  readonly hostNetwork: boolean;
  /** By a priority class of Kubernetes' own: never evicted for want of memory; `node`: spared by the OOM killer too. */
  readonly critical: 'no' | 'cluster' | 'node';
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly TolerationSpec[];
  /** Required node affinity: the node must meet one of these; any node if there is none. */
  readonly nodeAffinity: readonly NodeTerm[];
  /** Preferred node affinity: weights 1 … 100 that count for a node. */
  readonly preferredNodes: readonly { readonly weight: number; readonly term: NodeTerm }[];
  /** Required affinity and anti-affinity to pods of workloads. */
  readonly podAffinity: readonly PodAffinityTerm[];
  readonly topologySpread: readonly TopologySpreadConstraint[];
  /** How long it stays on a node that is not ready, or not to be reached; Infinity: for ever. ns. */
  readonly notReadyToleration: number;
  readonly unreachableToleration: number;
}

/** One requirement on the labels of a node. */
export interface NodeRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}
/** All of its requirements must be met. */
export type NodeTerm = readonly NodeRequirement[];

/** What counts as one place: a node, or a zone. */
export type Topology = 'node' | 'zone';

export interface PodAffinityTerm {
  readonly isAnti: boolean;
  readonly topology: Topology;
  /** Indices of the workloads whose pods are meant. */
  readonly workloads: readonly number[];
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topology: Topology;
  readonly workloads: readonly number[];
  /** DoNotSchedule; otherwise it counts in the score only. */
  readonly isHard: boolean;
}

/** A toleration of a taint; an absent key or effect stands for all. */
export interface TolerationSpec {
  readonly key?: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string;
  readonly effect?: TaintSpec['effect'];
}

/** What all workloads of a kind have in common. */
export interface WorkloadTraits {
  /** What follows the workload's name in a pod's: a running number, nothing, or the node's name. */
  readonly podSuffix: 'ordinal' | 'none' | 'node';
  /** As many pods as `replicas`, one on each node that the template allows, or one on each node of the workload's pool. */
  readonly placement: 'replicas' | 'eligible-nodes' | 'pool';
  /** Its pods come from a file on their node: their kubelet looks after them, and their API objects are mirrors. */
  readonly isStatic: boolean;
  /** Its pods end by themselves: one that never is ready lacks nothing. */
  readonly runsToCompletion: boolean;
}

/** Parts of the control plane on which it depends whether the API server answers. */
export type ControlPlaneComponent = 'kube-apiserver' | 'etcd';

/** What a workload asks of its controller beside its template; a kind uses what it knows. */
export interface WorkloadSettings {
  /** Pods wanted; for a Job its parallelism; ignored for a DaemonSet. */
  readonly replicas: number;
  /** Pods that must succeed; Jobs only. */
  readonly completions: number;
  /** Rolling update of a Deployment, in pods. */
  readonly maxSurge: number;
  /** Rolling update of a Deployment or a DaemonSet, in pods. */
  readonly maxUnavailable: number;
  /** Of a DaemonSet, instead: a percentage of its nodes, rounded up. */
  readonly maxUnavailablePercent?: number;
  /** Deployments with strategy Recreate: all old pods end before the first new one is created. */
  readonly recreate: boolean;
  /** Time that a new pod must be ready to count as available. */
  readonly minReady: Duration;
  /** A rollout without progress for so long has failed, and says so. */
  readonly progressDeadline: Duration;
  /** Failed pods of a Job after which it has failed. */
  readonly backoffLimit: number;
  /** Time after which a Job has failed; Infinity: never. ns. */
  readonly activeDeadline: number;
  /** StatefulSets with podManagementPolicy OrderedReady create one pod at a time. */
  readonly ordered: boolean;
}

/** How many pods a workload wants. @param eligible nodes that its template allows. */
export function podsWanted(
  { traits, replicas, pool }: WorkloadSpec,
  nodePools: readonly NodePoolSpec[],
  eligible: number,
): number {
  switch (traits.placement) {
    case 'replicas':
      return replicas;
    case 'eligible-nodes':
      return eligible;
    case 'pool':
      return nodePools[pool!]!.count;
  }
}

export interface WorkloadSpec extends WorkloadSettings {
  /** Name of one of the catalogue's kinds. */
  readonly kind: string;
  readonly traits: WorkloadTraits;
  readonly namespace: string;
  /** Name in the cluster, with the copy's number. */
  readonly name: string;
  /** Name in the manifest. */
  readonly manifestName: string;
  readonly app: string;
  readonly template: PodTemplate;
  /** Templates that its rolling updates bring, in order; they have the same containers. */
  readonly updates: readonly PodTemplate[];
  /** When it is created; undefined: its pods run when the simulation begins. */
  readonly createdAt?: Instant;
  /** Index of the node pool whose nodes have its file; StaticPods only. */
  readonly pool?: number;
  /** StaticPods only: it is a part of this control plane. */
  readonly component?: ControlPlaneComponent;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** One port of a Service: with the cluster IP, a virtual address of its own for kube-proxy. */
export interface ServicePortSpec {
  /** Empty if it has none. */
  readonly name: string;
  readonly port: number;
  /** Port of the pods; 0: a name that none of them has. */
  readonly targetPort: number;
  readonly protocol: Protocol;
  /** Every node listens for it on a port of its own. */
  readonly hasNodePort: boolean;
}

/** Which endpoints traffic may be sent to: all, or those on the node that it reached. */
export type TrafficPolicy = 'Cluster' | 'Local';

export interface ServiceSpec {
  readonly namespace: string;
  readonly name: string;
  readonly manifestName: string;
  readonly app: string;
  /** At least one. */
  readonly ports: readonly ServicePortSpec[];
  /** Addresses beside the cluster IP: external IPs, and those of its load balancer. */
  readonly externalIps: number;
  readonly loadBalancerIps: number;
  /** Sources that the load balancer lets in; 0: all. */
  readonly sourceRanges: number;
  readonly internalTrafficPolicy: TrafficPolicy;
  /** Of traffic to node ports, external IPs and load balancers. */
  readonly externalTrafficPolicy: TrafficPolicy;
  /** Each node tells a load balancer on a port of its own whether it has an endpoint. */
  readonly hasHealthCheckNodePort: boolean;
  /** A client keeps its endpoint until it has not come for so long; 0: each connection is balanced by itself. */
  readonly affinityTimeout: Duration;
  /** Endpoints that are preferred, if there are any. */
  readonly trafficDistribution: 'none' | 'PreferSameZone' | 'PreferSameNode';
  /** Indices of the workloads whose pods it selects. */
  readonly workloads: readonly number[];
  readonly publishNotReadyAddresses: boolean;
  /** When it is created; undefined: it is programmed everywhere when the simulation begins. */
  readonly createdAt?: Instant;
}

/** Ports that a policy lets through, from … to, both included. */
export interface PolicyPort {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

export interface PolicyRule {
  /** It names no peer: everybody is let through. */
  readonly isEverybody: boolean;
  /** Indices of workloads whose pods are let through, in lists that policies may share. */
  readonly workloads: readonly (readonly number[])[];
  /** Addresses outside the pod network are. */
  readonly outside: boolean;
  /** A block that holds every address is named, which is about pods too where the plugin looks at addresses. */
  readonly isAnyAddress: boolean;
  /** All ports if there are none. */
  readonly ports: readonly PolicyPort[];
}

export interface NetworkPolicySpec {
  readonly namespace: string;
  readonly name: string;
  readonly manifestName: string;
  readonly app: string;
  /** Indices of the workloads whose pods it selects. */
  readonly workloads: readonly number[];
  /** What may come in, and go out; undefined: the policy is not about that. */
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
  /** When it is created; undefined: it is in force everywhere when the simulation begins. */
  readonly createdAt?: Instant;
}

export interface TaintSpec {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface NodePoolSpec {
  readonly name: string;
  readonly count: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Zones over which the nodes are spread in turn; at least one. */
  readonly zones: readonly string[];
  readonly taints: readonly TaintSpec[];
  /** What the machine has. */
  readonly cpuCapacityMillis: number;
  readonly memoryCapacityBytes: number;
  /** Allocatable to pods. */
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly pods: number;
  /** Name of one of the catalogue's runtimes. */
  readonly containerRuntime: string;
  /** Kind of the disk that runtime and images lie on. */
  readonly disk: 'ssd' | 'hdd';
  /** Space for images, and what of it is used by other things; Infinity: never full. */
  readonly diskBytes: number;
  readonly diskUsedBytes: number;
  readonly downloadBytesPerSecond: number;
  readonly kernel: KernelVersion;
  /** Whether the iptables command writes the kernel's old tables or goes through nftables. */
  readonly iptablesBackend: IptablesBackend;
  readonly kubelet: KubeletSpec;
}

/** What the iptables command writes. */
export type IptablesBackend = 'legacy' | 'nft';

/** Version of Linux as one number that orders them: 5.15 is 5015. */
export type KernelVersion = number;

export const kernelVersion = (major: number, minor: number): KernelVersion => major * 1000 + minor;

/** Limits and choices of the control plane. */
export interface ControlPlaneSpec {
  readonly schedulerQps: number;
  readonly schedulerBurst: number;
  readonly scoring: 'LeastAllocated' | 'MostAllocated';
  /** Weight of the balanced use of CPU and memory beside the strategy's 1. */
  readonly balancedWeight: number;
  /** Attempts a second at most; Infinity: what an attempt takes is the limit. */
  readonly schedulerPodsPerSecond: number;
  readonly controllerQps: number;
  readonly controllerBurst: number;
  readonly nodeMonitorGracePeriod: Duration;
  readonly endpointUpdatesBatchPeriod: Duration;
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
  /** Memory left below which pods are evicted. */
  readonly evictionMemoryBytes: number;
  /** How long a node stays under pressure after it was last seen so. */
  readonly evictionPressureTransitionPeriod: Duration;
  readonly eventedPleg: boolean;
  /** A single pod is relisted right after a sync that did something. */
  readonly relistsOnDemand: boolean;
}

export interface NetworkSpec {
  /** Name of one of the catalogue's plugins, and of one of its variants. */
  readonly plugin: string;
  readonly variant: string;
  /** The pod network: its first address, prefix length, and that of a node's part. */
  readonly podCidr: { readonly base: number; readonly prefix: number; readonly nodePrefix: number };
  /** MTU of the line between the nodes, bytes. */
  readonly lineMtu: number;
  /** What pods are told; the line’s less the plugin's header if absent. */
  readonly podMtu?: number;
}

export interface KubeProxySpec {
  /** What brings a connection to an endpoint: name of one of the catalogue's modes. */
  readonly mode: string;
  /** Of a mode that has load balancers: the name of one. */
  readonly scheduler: string;
  /** net.ipv4.vs.conn_reuse_mode if it is set. */
  readonly connReuseMode?: 0 | 1;
  /** Entries of a node's table of connections: so many a core, at least so many. */
  readonly conntrackMaxPerCore: number;
  readonly conntrackMin: number;
  readonly minSyncPeriod: Duration;
  readonly syncPeriod: Duration;
  /** Partial syncs where the mode has them. */
  readonly syncsPartially: boolean;
  /** A local-traffic detector or masqueradeAll: one more rule a service. */
  readonly masquerades: boolean;
}

export interface ImageSpec {
  readonly compressedBytes: number;
  /** Layers, those of the base included; the default of the CRI if absent. */
  readonly layers?: number;
  /** Image whose layers are the first of this one. */
  readonly base?: string;
  /** On every node from the start. */
  readonly present: boolean;
}

/** Request rate per second that moves in straight lines between points. */
export interface RateStage {
  readonly duration: Duration;
  readonly target: number;
}

/** When requests come. */
export type ArrivalSpec =
  /** Whatever became of those before. */
  | {
      readonly kind: 'open';
      readonly stages: readonly RateStage[];
      /** Name of one of the catalogue's traffic shapes, and what it was told beside it. */
      readonly process: string;
      readonly settings?: object;
    }
  /** At these instants, ns, not falling. */
  | { readonly kind: 'trace'; readonly times: readonly number[] }
  /** So many clients send one after the other, with a pause after each answer. */
  | { readonly kind: 'closed'; readonly clients: number; readonly think: Distribution };

/** Where requests come from: processes of all nodes, pods of an application, or outside the cluster. */
export type ClientSource =
  | { readonly kind: 'nodes' }
  | { readonly kind: 'app'; readonly app: string }
  | { readonly kind: 'outside' };

export interface TrafficSpec {
  readonly from: ClientSource;
  /** Indices of the services; each connection goes to one of them, all alike. */
  readonly services: readonly number[];
  readonly address: 'clusterIP' | 'nodePort' | 'loadBalancer';
  /** Index of the port that is meant, of each of the services. */
  readonly ports: readonly number[];
  readonly arrivals: ArrivalSpec;
  /** Real connections that one simulated connection stands for. */
  readonly weight: number;
  /** Requests that a connection carries, one after the other; and the pause from an answer to the next. */
  readonly requestsPerConnection: number;
  readonly requestInterval: Distribution;
  /** Bytes of a request and of its answer; 0: they fit into a packet. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** A client gives a request up after so long. */
  readonly timeout: Duration;
  /** How often it tries again what has failed, and how long it waits before the first time, doubled at each. */
  readonly retries: number;
  readonly retryBackOff: Duration;
}

/** So many, or a percentage of what there is. */
export type CountOrPercent = { readonly percent: number } | { readonly count: number };

/** How many of n that is; the division comes last, so that 7 % of 100 is 7. */
export function amountOf(part: CountOrPercent, n: number, round: (amount: number) => number): number {
  return 'count' in part ? part.count : round((part.percent * n) / 100);
}

/** Which nodes a fault hits: of some pools, perhaps of one zone, so many of them by chance. */
export interface NodeTarget {
  /** Indices of node pools. */
  readonly pools: readonly number[];
  readonly zone?: string;
  readonly amount: CountOrPercent;
}

/** What of a fault its own type knows, beside what the others may ask of it. */
export interface FaultDetails {
  /** How long it lasts, ns; Infinity: until the end of the run; 0 or absent: it is done at once. */
  readonly duration?: number;
  /** Nodes that it hits. */
  readonly nodes?: NodeTarget;
  /** Indices of the workloads that it hits, or whose pods. */
  readonly workloads?: readonly number[];
  readonly [detail: string]: unknown;
}

/** Something that goes wrong, or is done to the cluster, in the course of a run. */
export interface FaultSpec extends FaultDetails {
  /** Name of one of the catalogue's faults. */
  readonly type: string;
  readonly at: Instant;
}

/** Everything a run needs but its seed. */
export interface ClusterSpec {
  readonly name: string;
  /** The numbers of the model as the profiles leave them; the defaults if left out. */
  readonly parameters?: ParameterSet;
  readonly question: string;
  readonly version: VersionProfile;
  readonly duration: Duration;
  readonly warmup: Duration;
  readonly nodePools: readonly NodePoolSpec[];
  readonly network: NetworkSpec;
  readonly controlPlane: ControlPlaneSpec;
  readonly kubeProxy: KubeProxySpec;
  readonly workloads: readonly WorkloadSpec[];
  readonly services: readonly ServiceSpec[];
  readonly networkPolicies: readonly NetworkPolicySpec[];
  readonly images: Readonly<Record<string, ImageSpec>>;
  /** What the registry can send to all nodes together; Infinity: no bound. */
  readonly registryBytesPerSecond: number;
  readonly traffic: readonly TrafficSpec[];
  readonly faults: readonly FaultSpec[];
}
