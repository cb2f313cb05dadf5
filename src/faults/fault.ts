// What a fault is: the contract, and what a fault may reach. One file a fault beside this one; the catalogue lists them.
// A fault says all about itself: how it is written in a scenario, how it begins and how that is undone, and what it can be
// blamed for afterwards. Nothing else knows its name.

import type { z } from 'zod';
import type { Behaviors } from '../application/behavior-fields.js';
import type {
  ClusterSpec,
  Context,
  CountOrPercent,
  FaultDetails,
  FaultSpec,
  NodeTarget,
  PodTemplate,
  WorkloadId,
} from '../cluster/index.js';
import type { ApiServer, WorkloadControllers } from '../control-plane/index.js';
import type { Path } from '../format/index.js';
import type { KubeProxies, ProxyMode, ServiceDataPath } from '../kube-proxy/index.js';
import type { Kubelets } from '../kubelet/index.js';
import type { XtablesLock } from '../node/index.js';
import type { Traffic } from '../traffic/index.js';

/** Which nodes are hit, as a scenario says it. */
export interface NodesInput {
  /** A count or a percentage. */
  readonly nodes: number | string;
  readonly pool?: string | undefined;
  readonly zone?: string | undefined;
}

/** What a scenario's reader finds for a fault: whom a target means. It says itself what is wrong with one. */
export interface FaultReader {
  /** Nodes that are hit, from the fields of {@link NODES_HIT}. */
  nodes(input: NodesInput, at: Path): NodeTarget;
  /** Indices of the workloads that `deployment/web` means: of every copy, or of the first ones. */
  workloads(target: string, copies: string | number | undefined, at: Path): number[];
  /** Indices of the static pods that `pod/etcd` means, of every pool that has one. */
  staticPods(target: string, at: Path): number[];
  /** What pods of a workload are made from when the run begins. */
  template(workload: WorkloadId): PodTemplate;
  /** Index of the node pool that runs a static pod. */
  poolOf(workload: WorkloadId): number | undefined;
  /** A template whose containers do what these entries say, and are otherwise what they were. */
  behaving(template: PodTemplate, behavior: Behaviors, at: Path): PodTemplate;
  report(path: Path, message: string, hint?: string): void;
}

/** What a fault may reach into. */
export interface FaultReach {
  readonly context: Context;
  readonly api: ApiServer;
  readonly workloads: WorkloadControllers;
  readonly kubelets: Kubelets;
  readonly proxies: KubeProxies;
  readonly xtablesLock: XtablesLock;
  readonly routing: ServiceDataPath;
  readonly traffic: Traffic;
  /** Nodes that are hit, of those that run, or of all: the same ones whatever else happens. */
  pickNodes(target: NodeTarget, among?: 'running' | 'all'): number[];
  /** Ready pods of each of the workloads that are hit. */
  pickPods(workloads: readonly number[], amount: CountOrPercent): number[];
  /**
   * Takes all but a share of something, 0 … 1, until it is let go of; of several faults that do, the least share counts.
   * @param apply is told what counts from now on. @returns how to let go.
   */
  leave(what: string, share: number, apply: (share: number) => void): Undo;
  /** Makes something so many times as long, in the same way: the greatest factor counts. */
  stretch(what: string, factor: number, apply: (factor: number) => void): Undo;
}

export type Undo = () => void;

/** What a fault hit, and how it ends. */
export interface FaultHit {
  readonly nodes: readonly number[];
  /** Pods that are hit themselves, or on the nodes that are. */
  readonly pods: readonly number[];
  readonly undo?: Undo;
}

/** What may follow from a fault, for the report. Plain data: it stands in the results. */
export interface Consequences {
  /** Why containers end because of it, as restarts.csv names it; undefined: for any reason. */
  readonly exits?: readonly string[];
  /** Controllers delete pods because of it: they replace them, or give their node up. */
  readonly deletes?: boolean;
  /** Nodes evict pods because of it. */
  readonly evicts?: boolean;
  /** It brings new pods, which one waits for. */
  readonly rollsOut?: boolean;
}

export interface FaultType {
  readonly type: string;
  readonly meaning: string;
  /** Fields beside `type` and `at`. */
  readonly fields: z.ZodRawShape;
  /** Reads a fault that met its fields. */
  read(input: object, at: Path, reader: FaultReader): FaultDetails;
  /** What it makes of the templates of its workloads, where it does. */
  updated?(input: object, template: PodTemplate, at: Path, reader: FaultReader): PodTemplate;
  begin(fault: FaultSpec, reach: FaultReach): FaultHit;
  readonly consequences: Consequences;
  /** Why it does nothing in a cluster, if it does not. */
  withoutEffect?(spec: ClusterSpec, mode: ProxyMode): string | undefined;
  /** Details of such faults as random tests are to have them, beside where and how long. */
  readonly examples: readonly object[];
}

/** A fault as its file writes it, with the types of its own fields and details. */
export interface TypedFault<F extends z.ZodRawShape, D extends FaultDetails>
  extends Omit<FaultType, 'fields' | 'read' | 'begin' | 'updated'> {
  readonly fields: F;
  read(input: z.infer<z.ZodObject<F>>, at: Path, reader: FaultReader): D;
  updated?(input: z.infer<z.ZodObject<F>>, template: PodTemplate, at: Path, reader: FaultReader): PodTemplate;
  begin(fault: FaultSpec & D, reach: FaultReach): FaultHit;
}

/** What `read` has returned is what `begin` is handed: the one place where that is taken on trust. */
export const faultType = <F extends z.ZodRawShape, D extends FaultDetails>(of: TypedFault<F, D>): FaultType =>
  of as unknown as FaultType;
