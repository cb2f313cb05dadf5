// What a kind of workload is: the contract. Part of the workload controllers; a file a kind beside this one, and the
// catalogue lists them. A kind says all about itself: how its manifest is written, how its pods are named and placed, and
// what its controller does. Nothing else knows its name.

import type {
  Context,
  NodeId,
  OwnLabel,
  PodAnswer,
  PodId,
  PodTemplate,
  RestartPolicy,
  TaintSpec,
  WorkloadId,
  WorkloadPromises,
  WorkloadSettings,
  WorkloadSpec,
  WorkloadTraits,
} from '../../cluster/index.js';
import type { EventHandler, EventKind } from '../../engine/index.js';
import type { FieldReader, FieldTree, Path } from '../../format/index.js';
import type { WorkloadState } from './workload-state.js';

/** How a manifest of a kind is read. */
export interface WorkloadManifest {
  readonly apiVersion: string;
  /** Where the pod's own fields stand: `spec.template`, or the object itself. */
  readonly template: Path;
  /** Fields of its spec beside the template, with what is made of each. */
  readonly fields: FieldTree;
  /**
   * How its selector is written, which must match the labels of its template: with matchLabels and matchExpressions, or, of old,
   * as labels themselves, and then those of the template stand for one that is left out. `none`: it has no selector.
   */
  readonly selector: 'labelSelector' | 'labels' | 'none';
  readonly restartPolicies: readonly RestartPolicy[];
  /** Holds if the template does not say. */
  readonly restartPolicy: RestartPolicy;
  /**
   * What it asks of its controller; what is left out is as in {@link NO_SETTINGS}.
   * @param replicas that the scenario asks for instead of the manifest's.
   */
  read(reader: FieldReader, replicas: number | undefined): Partial<WorkloadSettings> & OwnLabels;
  /** Fields of a spec that asks for so many pods. */
  sizedFor(pods: number): Readonly<Record<string, number>>;
  /** What its controller adds to a template. */
  added?(template: Pick<PodTemplate, 'tolerations' | 'hostNetwork'>): Partial<Pick<PodTemplate, 'tolerations'>>;
}

/** A pod that is to be created. */
export interface NewPod {
  /** Number in its name; the next one of its workload if left out. */
  readonly ordinal?: number;
  /** It may run on that node only. */
  readonly node?: NodeId;
  /** Template that it is made from; the newest if left out. */
  readonly generation?: number;
}

/** What a controller may do: each request takes a token of its client and its time at the API server. */
export interface WorkloadHost {
  readonly context: Context;
  /**
   * Creates pods, one of the newest template if none is given. Several are sent in batches of 1, 2, 4 …, each when the one
   * before has been answered (slowStartBatch in pkg/controller/controller_utils.go).
   */
  create(workload: WorkloadState, pods?: readonly NewPod[]): void;
  /** @param isForced it may not stay, however many others there are. */
  delete(workload: WorkloadState, pod: PodId, isForced?: boolean): void;
  /**
   * Writes an object of the workload's own.
   * @param changed kind of event, of the workload's index and `argument`, when its watchers have observed that; another reconcile
   * if left out.
   */
  write(workload: WorkloadState, changed?: EventKind, argument?: number): void;
  /** The workload's object is deleted: the garbage collector deletes its pods. */
  collect(workload: WorkloadState): void;
  stateOf<Details>(workload: WorkloadId): WorkloadState<Details>;
  /** Taints of a node, as its object has said last. */
  taintsOf(node: NodeId): readonly TaintSpec[];
  /** What the API server says of a pod; undefined if its object is gone. */
  podOf(pod: PodId): PodAnswer | undefined;
  /** Registers a kind of event; one that comes while the API server is unavailable waits until it is back. */
  whenAvailable(name: string, handler: EventHandler): EventKind;
}

/** The controller of all workloads of a kind in one run. Each method is optional but `reconcile`. */
export interface WorkloadController {
  /** Asks for what the workload lacks now: pods to create, pods to delete. */
  reconcile(workload: WorkloadState): void;
  /** A pod that runs, and is ready, when the run begins. */
  seed?(workload: WorkloadState, pod: PodId): void;
  /** The workload has been created, or exists when the run begins. */
  onCreated?(workload: WorkloadState): void;
  /** The workload has just been created; if left out, it is reconciled. */
  begin?(workload: WorkloadState): void;
  /** One of its pods has been created. */
  onPodCreated?(workload: WorkloadState, pod: PodId): void;
  /** A pod that was not being deleted has ended by itself, or was refused by its node. */
  onEnded?(workload: WorkloadState, pod: PodId, succeeded: boolean): void;
  /** A pod that is being deleted has ended. */
  onTerminated?(workload: WorkloadState, pod: PodId, succeeded: boolean): void;
  /** Somebody else deletes a pod that had not ended. */
  onDeleted?(workload: WorkloadState, pod: PodId): void;
  /** A pod's object is gone. */
  onRemoved?(workload: WorkloadState, pod: PodId): void;
  /** New pods are to be made from a new template. */
  onRollout?(workload: WorkloadState): void;
  /** A node has other taints: those of {@link WorkloadHost.taintsOf}. */
  onTaintsChanged?(workload: WorkloadState, node: NodeId): void;
  /** Another number of pods is wanted. */
  onScaled?(workload: WorkloadState): void;
  /** It is suspended, or goes on. */
  onSuspended?(workload: WorkloadState, suspended: boolean): void;
}

/** Labels that its controller gives to the pods of one workload beside those that all of its kind have. */
export interface OwnLabels {
  readonly ownLabels?: readonly OwnLabel[];
}

/** When something is there in a run. */
export interface RunTime {
  /** ns. */
  readonly from: number;
  readonly until: number;
  /** ms since 1970 at time 0. */
  readonly epoch: number;
  /** More than these are refused: nobody needs to know how many. */
  readonly most: number;
}

export interface WorkloadKind {
  readonly kind: string;
  readonly traits: WorkloadTraits;
  /** Undefined if no manifest is of this kind. */
  readonly manifest?: WorkloadManifest;
  /**
   * Workloads that one of this kind makes by the clock, instead of being one itself.
   * @param time when it is made and when the run ends, ns; `epoch`: ms since 1970 at time 0.
   */
  runs?(settings: WorkloadSettings, time: RunTime): readonly { readonly name: string; readonly at: number }[];
  /** Whose client creates and deletes its pods; its own controller's if left out. */
  readonly podClient?: string;
  /**
   * What its controller promises of the pods of a workload, for those who check it; left out: nothing.
   * @param nodes that it wants pods on, where nodes decide.
   */
  promises?(workload: WorkloadState, nodes: () => number): Partial<WorkloadPromises>;
  /** Undefined if nobody looks after its pods but their kubelet. */
  readonly control?: (host: WorkloadHost) => WorkloadController;
}

/** Settings that a kind does not read. Sources: pkg/apis/apps/v1/defaults.go, pkg/apis/batch/v1/defaults.go. */
export const NO_SETTINGS: Pick<WorkloadSpec, 'replicas' | 'minReady'> = { replicas: 1, minReady: 0 };

/** Traits of most kinds. */
export const REPLICATED: WorkloadTraits = {
  podSuffix: 'ordinal',
  placement: 'replicas',
  isStatic: false,
  runsToCompletion: false,
  ownLabels: [],
  isSpread: false,
};

/** Where the templates of all kinds stand but a Pod's own. */
export const TEMPLATE: Path = ['spec', 'template'];
