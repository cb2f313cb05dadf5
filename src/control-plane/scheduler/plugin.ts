// What a plugin of the scheduler is: the contract, after the scheduling framework (pkg/scheduler/framework). Part of the
// scheduler; a file a plugin under plugins/, and the catalogue lists them.
// Filters say where a pod may run; of the nodes that are left the one with the greatest sum of scores by weight wins.

import type { Context, NodeId, PodTemplate, TaintSpec, WorkloadId } from '../../cluster/index.js';
import type { controlPlaneCosts } from '../parameters.js';
import type { NodeInfo } from './node-info.js';

/** A pod that looks for a node. */
export interface PodToPlace {
  /** Index of its workload. */
  readonly workload: WorkloadId;
  readonly template: PodTemplate;
}

/** What all nodes of one pool in one zone have in common. */
export interface NodeKind {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly TaintSpec[];
}

export interface SchedulerPlugin {
  /** As Kubernetes calls it. */
  readonly name: string;
  readonly meaning: string;
  /** What it says of a node changes only with what the scheduler believes of that node: it need not be asked again. */
  readonly isLocal: boolean;
  /** Its `filter` holds for a pod whose controller has chosen its node, too; what it says of a kind of node always does. */
  readonly holdsForChosenNode?: boolean;
  /** Makes the plugin of one cluster. */
  create(parts: PluginParts): PluginOfCluster;
}

export interface PluginParts {
  readonly context: Context;
  readonly nodes: NodeInfo;
  /** Whether a pod may run on a node for what the node is: what every plugin says of its kind. */
  readonly isEligible: (template: PodTemplate, node: NodeId) => boolean;
}

export interface PluginOfCluster {
  /** Whether it has anything to say of such pods; all if left out. */
  concerns?(pod: PodToPlace): boolean;
  /** Filter by what a node is: asked once for a template and a kind of node. */
  filterKind?(template: PodTemplate, kind: NodeKind): boolean;
  /** Score by what a node is, 0 … 100. */
  scoreKind?(template: PodTemplate, kind: NodeKind): number;
  /** Filter by what is on a node, or is said of it. */
  filter?(pod: PodToPlace, node: NodeId): boolean;
  /** Score by that, 0 … 100. */
  score?(pod: PodToPlace, node: NodeId): number;
  /** Of its scores. */
  readonly weight?: number;
  /** A pod was booked on a node, or is not any more (`by` -1). */
  onBooked?(workload: WorkloadId, node: NodeId, by: 1 | -1): void;
  /** How long an attempt with such a pod takes for it, ns: that of the slowest plugin counts. */
  attemptDuration?(template: PodTemplate, costs: typeof controlPlaneCosts): number;
}
