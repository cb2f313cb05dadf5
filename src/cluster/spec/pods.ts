// What a pod is made of, and where it may run. Part of the cluster's spec.

import type { Distribution, Duration } from '../../engine/index.js';
import type { LabelSelector, Labels } from '../labels.js';
import type { ContainerBehavior, ProbeSpec } from './application.js';
import type { TaintSpec } from './nodes.js';

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
  /** Action RestartAllContainers: upon them the whole pod begins anew in its sandbox, init containers and all. */
  readonly isForAll?: true;
}

export interface ContainerSpec {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly probes: readonly ProbeSpec[];
  readonly behavior: ContainerBehavior;
  /** 0: none. */
  readonly cpuRequestMillis: number;
  /** Infinity: no limit. */
  readonly cpuLimitMillis: number;
  readonly memoryRequestBytes: number;
  /** Infinity: no limit. */
  readonly memoryLimitBytes: number;
  /** Limit of ephemeral-storage; Infinity: none. */
  readonly diskLimitBytes: number;
  /** Its own, or the pod's. */
  readonly restartPolicy: RestartPolicy;
  readonly restartRules: readonly RestartRule[];
  readonly postStart?: HookSpec;
  readonly preStop?: HookSpec;
  /** resizePolicy RestartContainer: what cannot be changed in place without a restart. */
  readonly resizeRestarts?: readonly ('cpu' | 'memory')[];
  /** Number of the signal that ends it, where that is not SIGTERM. */
  readonly stopSignal?: number;
}

/** A volume that is an image, which the kubelet pulls before it starts what mounts it. */
export interface ImageVolumeSpec {
  readonly image: string;
  readonly imagePullPolicy: ContainerSpec['imagePullPolicy'];
  /** Indices of the containers that mount it. */
  readonly containers: readonly number[];
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface PodTemplate {
  /** Init containers and sidecars first, in their order, then the others. */
  readonly containers: readonly ContainerSpec[];
  /** Absent: it has none. */
  readonly imageVolumes?: readonly ImageVolumeSpec[];
  readonly cpuRequestMillis: number;
  readonly memoryRequestBytes: number;
  /** Requests as the scheduler's score sees them: a container without one counts as 100 m and 200 MiB. */
  readonly cpuScoredMillis: number;
  readonly memoryScoredBytes: number;
  readonly restartPolicy: RestartPolicy;
  readonly qosClass: 'Guaranteed' | 'Burstable' | 'BestEffort';
  readonly terminationGracePeriod: Duration;
  /** It has readiness gates, which somebody opens so long after its containers are ready; never if that is absent. */
  readonly readinessGates?: { readonly open?: Distribution };
  /** So long after its kubelet took it in a pod has failed, whatever it does; Infinity: never. ns. */
  readonly activeDeadline: number;
  /** Names of the secrets that it shows registries, with their namespace; absent: none. */
  readonly pullSecrets?: string;
  /** It uses its node's network: no CNI plugin has anything to do with it. */
  readonly hostNetwork: boolean;
  /** By a priority class of Kubernetes' own: never evicted for want of memory; `node`: spared by the OOM killer too. */
  readonly critical: 'no' | 'cluster' | 'node';
  /** Its manifest's; controllers add some of their own. */
  readonly labels: Labels;
  /** The value of its priority class: who is scheduled first. */
  readonly priority: number;
  /** preemptionPolicy: it may put pods of lower priority out. */
  readonly preempts: boolean;
  /** Name of the scheduler's profile that places it; nobody does if there is none. */
  readonly schedulerName: string;
  /** Names of scheduling gates: it is not tried until they are gone. */
  readonly schedulingGates: readonly string[];
  /** The node that its manifest names: no scheduler is asked. */
  readonly nodeName?: string;
  /** Asked for beside CPU and memory, by name; bytes, or a count. */
  readonly resources: Readonly<Record<string, number>>;
  /** Ports of its node that it takes. */
  readonly hostPorts: readonly HostPort[];
  readonly nodeSelector: Labels;
  readonly tolerations: readonly TolerationSpec[];
  /** Required node affinity: the node must meet one of these; any node if there is none. */
  readonly nodeAffinity: readonly NodeSelectorTerm[];
  /** Preferred node affinity: weights 1 … 100 that count for a node. */
  readonly preferredNodes: readonly { readonly weight: number; readonly term: NodeSelectorTerm }[];
  /** Affinity and anti-affinity to other pods, required and preferred. */
  readonly podAffinity: readonly PodAffinityTerm[];
  readonly topologySpread: readonly TopologySpreadConstraint[];
}

/** A port of a node: no two pods of one node may have the same. */
export interface HostPort {
  /** `0.0.0.0`: on all addresses of the node. */
  readonly ip: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

/** All of it must be met; a term without any requirement meets nothing. */
export interface NodeSelectorTerm {
  /** matchExpressions. */
  readonly labels: LabelSelector;
  /** matchFields on metadata.name. */
  readonly names: readonly { readonly operator: 'In' | 'NotIn'; readonly values: readonly string[] }[];
}

/** Which pods a term is about: labels and namespaces decide. */
export interface PodTerm {
  /** Undefined selects nothing, an empty one everything. */
  readonly selector?: LabelSelector;
  /** matchLabelKeys: labels that must be as the pod's own. */
  readonly sameLabels: readonly string[];
}

export interface PodAffinityTerm extends PodTerm {
  readonly isAnti: boolean;
  /** 0: required; else 1 … 100 that count for a place. */
  readonly weight: number;
  readonly topologyKey: string;
  /** The pod's own if neither these nor a selector of namespaces are given. */
  readonly namespaces: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  /** mismatchLabelKeys: labels that must not be as the pod's own. */
  readonly otherLabels: readonly string[];
}

export interface TopologySpreadConstraint extends PodTerm {
  readonly maxSkew: number;
  readonly topologyKey: string;
  /** DoNotSchedule; otherwise it counts in the score only. */
  readonly isHard: boolean;
  /** With fewer places than this, the emptiest one is taken to hold none. */
  readonly minDomains: number;
  /** nodeAffinityPolicy and nodeTaintsPolicy Honor: nodes that the pod may not run on do not count. */
  readonly honoursAffinity: boolean;
  readonly honoursTaints: boolean;
}

/** A toleration of a taint; an absent key or effect stands for all. */
export interface TolerationSpec {
  readonly key?: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string;
  readonly effect?: TaintSpec['effect'];
  /** tolerationSeconds: how long the pod stays under such a NoExecute taint, ns; absent: for ever. */
  readonly seconds?: number;
}
