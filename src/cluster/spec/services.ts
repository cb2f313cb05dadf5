// Services and NetworkPolicies. Part of the cluster's spec.

import type { Duration, Instant } from '../../engine/index.js';
import type { Labels } from '../labels.js';

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
  /** Annotation topology-mode Auto: each endpoint is for a zone, by the CPU of the zones; instead of a preference. */
  readonly isTopologyAware?: true;
  readonly selector: Labels;
  /** Indices of the workloads whose pods it selects, or some of whose. */
  readonly workloads: readonly number[];
  /** It selects by the names or numbers of pods: each pod of a workload is looked at. */
  readonly isByPod?: true;
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
