// What makes pods. Part of the cluster's spec.

import type { Duration, Instant } from '../../engine/index.js';
import type { LabelSelector, OwnLabel } from '../labels.js';
import type { NodePoolSpec } from './nodes.js';
import type { PodTemplate } from './pods.js';

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
  /** Labels that its controller gives to its pods. */
  readonly ownLabels: readonly OwnLabel[];
  /** Its pods are those of a ReplicaSet or a StatefulSet: the scheduler's default constraints spread them. */
  readonly isSpread: boolean;
}

/** Parts of the control plane on which it depends whether the API server answers. */
export type ControlPlaneComponent = 'kube-apiserver' | 'etcd';

/** What a workload asks of its controller beside its template. */
export interface WorkloadSettings {
  /** Pods that it has when the run begins, or wants when it is created; ignored where nodes decide. */
  readonly replicas: number;
  /** Number in the name of its first pod; 0 if left out. */
  readonly firstOrdinal?: number;
  /** Time that a new pod must be ready to count as available. */
  readonly minReady: Duration;
  /** What its kind alone knows: plain data that only the kind's own file reads. */
  readonly details?: unknown;
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

/** A pod without a node when the simulation begins. */
export const WAITS = -1;
/** The same of one that nobody tries: it waits for something that is not modelled. */
export const HELD = -2;

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
  /** Which copy of its application's bundle it is of, from 0. */
  readonly copy: number;
  /** Whether its application is one of copies, be it of a single one. */
  readonly isCopied?: true;
  /** Which of the runs of its CronJob it is, from 0. */
  readonly run?: number;
  /** Labels by which it knows its pods; empty if its kind has none. */
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  /** Templates that its rolling updates bring, in order; they have the same containers. */
  readonly updates: readonly PodTemplate[];
  /**
   * Where its pods are when the simulation begins, by their place in it: the number of a node, {@link WAITS} or {@link HELD};
   * those beyond the list are placed as the scheduler would.
   */
  readonly placement?: readonly number[];
  /** When it is created; undefined: its pods run when the simulation begins. */
  readonly createdAt?: Instant;
  /** Index of the node pool whose nodes have its file; StaticPods only. */
  readonly pool?: number;
  /** StaticPods only: it is a part of this control plane. */
  readonly component?: ControlPlaneComponent;
}
