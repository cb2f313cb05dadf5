// What a kind of workload is: the contract. Part of the workload controllers; a file a kind beside this one, and the
// catalogue lists them. A kind says all about itself: how its manifest is written, how its pods are named and placed, and
// what its controller does. Nothing else knows its name.

import type {
  Context,
  NodeId,
  PodId,
  PodTemplate,
  RestartPolicy,
  WorkloadId,
  WorkloadSettings,
  WorkloadSpec,
  WorkloadTraits,
} from '../../cluster/index.js';
import type { EventHandler, EventKind, Instant } from '../../engine/index.js';
import type { FieldReader, Path } from '../../format/index.js';
import type { WorkloadState } from './workload-state.js';

/** How a manifest of a kind is read. */
export interface WorkloadManifest {
  readonly apiVersion: string;
  /** Where the pod's own fields stand: `spec.template`, or the object itself. */
  readonly template: Path;
  /** Fields that are used beside those of the template; `.**` stands for everything below. */
  readonly fields: readonly string[];
  /** Its selector must match the labels of its template. */
  readonly hasSelector: boolean;
  readonly restartPolicies: readonly RestartPolicy[];
  /** Holds if the template does not say. */
  readonly restartPolicy: RestartPolicy;
  /**
   * What it asks of its controller; what is left out is as in {@link NO_SETTINGS}.
   * @param replicas that the scenario asks for instead of the manifest's.
   */
  read(reader: FieldReader, replicas: number | undefined): Partial<WorkloadSettings>;
  /** Fields of a spec that asks for so many pods. */
  sizedFor(pods: number): Readonly<Record<string, number>>;
  /** What its controller adds to a template. */
  added?(template: Pick<PodTemplate, 'tolerations' | 'hostNetwork'>): Partial<Pick<PodTemplate, Tolerations>>;
}
type Tolerations = 'tolerations' | 'notReadyToleration' | 'unreachableToleration';

/** What a controller may do: each request takes a token of its client and its time at the API server. */
export interface WorkloadHost {
  readonly context: Context;
  /** @param ordinal of a pod whose name is its own; left out: the next number. */
  create(workload: WorkloadState, ordinal?: number): void;
  /** Creates a pod that may run on that node only. */
  createOn(workload: WorkloadState, node: NodeId): void;
  delete(workload: WorkloadState, pod: PodId): void;
  /** Writes the workload's own object; the event of that update triggers another reconcile. */
  write(workload: WorkloadState): void;
  reconcileAt(workload: WorkloadState, at: Instant): void;
  stateOf(workload: WorkloadId): WorkloadState;
  /** Registers a kind of event; one that comes while the API server is unavailable waits until it is back. */
  whenAvailable(name: string, handler: EventHandler): EventKind;
}

/** The controller of all workloads of a kind in one run. Each method is optional but `reconcile`. */
export interface WorkloadController {
  /** Asks for what the workload lacks now: pods to create, pods to delete. */
  reconcile(workload: WorkloadState): void;
  /** The workload has been created, or exists when the run begins. */
  onCreated?(workload: WorkloadState): void;
  /** The workload has just been created; if left out, it is reconciled. */
  begin?(workload: WorkloadState): void;
  /** A pod that was not being deleted has ended by itself, or was refused by its node. */
  onEnded?(workload: WorkloadState, pod: PodId, succeeded: boolean): void;
  /** A pod's object is gone. */
  onRemoved?(workload: WorkloadState, pod: PodId): void;
  /** New pods are to be made from a new template. */
  onRollout?(workload: WorkloadState): void;
}

export interface WorkloadKind {
  readonly kind: string;
  readonly traits: WorkloadTraits;
  /** Undefined if no manifest is of this kind. */
  readonly manifest?: WorkloadManifest;
  /** Undefined if nobody looks after its pods but their kubelet. */
  readonly control?: (host: WorkloadHost) => WorkloadController;
}

/** Defaults of the settings that a kind does not read. Sources: pkg/apis/apps/v1/defaults.go, pkg/apis/batch/v1/defaults.go. */
export const NO_SETTINGS: Pick<WorkloadSpec, keyof WorkloadSettings> = {
  replicas: 1,
  completions: 0,
  maxSurge: 0,
  maxUnavailable: 1,
  recreate: false,
  minReady: 0 as WorkloadSettings['minReady'],
  progressDeadline: 600e9 as WorkloadSettings['progressDeadline'],
  backoffLimit: 6,
  activeDeadline: Infinity,
  ordered: false,
};

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
