// What a plugin of the scheduler is: the contract, after the scheduling framework (pkg/scheduler/framework). Part of the
// scheduler; a file a plugin under plugins/, and the catalogue lists them.
// Filters say where a pod may run; of the nodes that are left the one with the greatest sum of scores by weight wins.

import type { Context, NodeId, PluginChoice, PodTemplate, WorkloadId } from '../../cluster/index.js';
import type { FieldReader, Path } from '../../format/index.js';
import type { controlPlaneCosts } from '../parameters.js';
import type { NodeInfo } from './node-info.js';
import type { PodGroup, PodGroups } from './pod-groups.js';
import type { Topologies } from './topologies.js';

/**
 * A pod that looks for a node: pods of one group are alike. A plugin that is `isLocal` knows its template only; to look at anything
 * else of it throws.
 */
export interface PodToPlace {
  /** Index of its workload. */
  readonly workload: WorkloadId;
  readonly template: PodTemplate;
  readonly group: PodGroup;
}

export interface SchedulerPlugin {
  /** As Kubernetes calls it. */
  readonly name: string;
  readonly meaning: string;
  /** What it says of a node changes only with what the scheduler believes of that node: it need not be asked again. */
  readonly isLocal: boolean;
  /** Of its scores in the default profile, 1 … 100; one if left out. */
  readonly weight?: number;
  /** How its arguments in a profile's pluginConfig are read; it takes none if left out. */
  readonly args?: PluginArgs;
  /** What the short fields of a scenario change of it in the default profile. */
  shortcut?(fields: SchedulerShortcuts): Partial<Pick<PluginChoice, 'weight' | 'args'>>;
  /** Makes the plugin of one profile of one cluster. @param args as its own `args.read` has them; undefined: its defaults. */
  create(parts: PluginParts, args?: unknown): PluginOfCluster;
}

/** Fields of `spec.controlPlane.scheduler` that stand for a part of a KubeSchedulerConfiguration. */
export interface SchedulerShortcuts {
  readonly scoringStrategy: 'LeastAllocated' | 'MostAllocated';
  readonly balancedAllocationWeight: number;
}

/** Arguments of a plugin. */
export interface PluginArgs {
  /** Fields that are read; others are refused. */
  readonly fields: readonly string[];
  /** @param at path of the arguments. */
  read(reader: FieldReader, at: Path): unknown;
}

export interface PluginParts {
  readonly context: Context;
  readonly nodes: NodeInfo;
  /** Pods with the same labels, and where they are. */
  readonly groups: PodGroups;
  /** Places by labels of nodes. */
  readonly topologies: Topologies;
}

/** Something that happened which may help a pod that no node could take. */
export type SchedulingEvent =
  | { readonly kind: 'podPlaced' | 'podEnding' | 'podGone'; readonly group: PodGroup; readonly node: NodeId }
  | { readonly kind: 'nodeChanged'; readonly node: NodeId };

export interface PluginOfCluster {
  /** Why such a pod is not tried at all; undefined if it may be. */
  gate?(pod: PodToPlace): string | undefined;
  /** What it has to say of pods of a group; undefined if nothing. Asked once for many pods. */
  prepare?(pod: PodToPlace): PreparedPlugin | undefined;
  /** What it would do for a pod that no node can take, in a sentence. @param curable nodes from which the removal of pods would help. */
  postFilter?(pod: PodToPlace, curable: readonly NodeId[]): string | undefined;
  /** How long an attempt with such a pod takes for it, ns: that of the slowest plugin counts. */
  attemptDuration?(template: PodTemplate, costs: typeof controlPlaneCosts): number;
}

/** A plugin that has something to say of the pods of a group. */
export interface PreparedPlugin {
  /** Whether a node may take such a pod: 0 if it may, else a number that stands for the reasons, below 2^40. */
  filter?(node: NodeId): number;
  /** What that number stands for, as Kubernetes says it; one sentence a reason. */
  reasons?(why: number): readonly string[];
  /** Whether no removal of pods would change that. */
  isFinal?(why: number): boolean;
  /** What the node is worth, 0 … 100. */
  score?(node: NodeId): number;
  /** The same for all nodes that may take the pod, where one is compared with the others: fills `scores` in, in their order. */
  scoreAll?(nodes: Int32Array, count: number, scores: Float64Array): void;
  /** What such a score is made of, for explanations. */
  rawScore?(node: NodeId): number;
  /** Whether an event may help a pod that its filter has kept away; any of the kinds that it names if left out. */
  helps?(event: SchedulingEvent): boolean;
  /** Kinds of events that may help; all if left out. */
  readonly wakes?: readonly SchedulingEvent['kind'][];
  /** Whether what it says rests on something that has changed: it is prepared anew. */
  isStale?(): boolean;
  /** Nobody asks any more: it need not keep up to date. */
  close?(): void;
}

/** Scores by what nodes have of something: the most becomes 100, or 0 if less is better (DefaultNormalizeScore). */
export function normaliseToMost(scores: Float64Array, count: number, isLessBetter: boolean): void {
  let most = 0;
  for (let i = 0; i < count; i++) if (scores[i]! > most) most = scores[i]!;
  for (let i = 0; i < count; i++) {
    const share = most === 0 ? 0 : Math.floor((100 * scores[i]!) / most);
    scores[i] = isLessBetter ? 100 - share : share;
  }
}
