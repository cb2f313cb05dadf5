// What a pod is made of, and where it may run. Part of the cluster's spec.

import type { Duration } from '../../engine/index.js';
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
