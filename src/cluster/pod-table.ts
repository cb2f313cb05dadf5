// All pods of a run, one row an incarnation, as flat columns. Part of the cluster vocabulary.
// A row holds what the pod is (workload, node), and when it passed each stage; the state of its object is the API server's
// (api-objects.ts). Every component stamps the stages that it owns. Those of the start, from `observed` to
// `runningObserved`, and the parts are of one start in one sandbox: see kubelet/latency/pod-startup-latency-tracker.ts.

import { type EntityKey, growColumns, keyWithin } from '../engine/index.js';
import type { PodId, WorkloadId } from './ids.js';
import type { NodeTable } from './node-table.js';
import type { PodTemplate } from './spec/index.js';

/** Values of `phase`. */
export const PodPhase = { Pending: 0, Running: 1, Succeeded: 2, Failed: 3 } as const;
export const POD_PHASE_NAMES = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;

/** The stages that are stamped, in the order of a pod's life; instants in ns, NaN if not reached in the start that is told. */
export const POD_STAGES = [
  'created',
  'scheduled',
  'bound',
  'observed',
  'syncStarted',
  'volumesMounted',
  'sandboxReady',
  'containersStarted',
  'runningKnown',
  'runningReported',
  'runningObserved',
  'ready',
  'deleted',
  'deletionObserved',
  'stopped',
  'removed',
] as const;
export type PodStage = (typeof POD_STAGES)[number];

/** Durations within that start, in ns, summed over the containers; NaN if not measured. */
export const POD_PARTS = ['cniAdd', 'imageWait', 'imagePull', 'imageRefused', 'create', 'start'] as const;
export type PodPart = (typeof POD_PARTS)[number];

export type PodStamps = Record<PodStage | PodPart, Float64Array>;

const NEVER = Object.fromEntries([...POD_STAGES, ...POD_PARTS].map((name) => [name, Number.NaN]));

/** Pods as plain data, a place in each column a pod. */
export interface PodColumns {
  readonly count: number;
  readonly workload: Int32Array;
  /** Running number among the workload's pods; a StatefulSet's ordinal. */
  readonly ordinal: Int32Array;
  /** Which template of the workload it was made from: 0, then one more at each rolling update. */
  readonly generation: Int32Array;
  /** -1 until bound. */
  readonly node: Int32Array;
  /** The one node that its node affinity allows, as a DaemonSet's pods have it; -1: any. */
  readonly requiredNode: Int32Array;
  readonly stamps: PodStamps;
}

export class PodTable implements PodColumns {
  count = 0;
  readonly #workloads: readonly EntityKey[];
  readonly #nodes: Pick<NodeTable, 'keyOf'>;
  /** What names each pod in draws. */
  key = new Int32Array(0);
  /** Pods so far that were to take the same place in their workload: a name, or a node of their own. */
  readonly #incarnations = new Map<EntityKey, number>();
  workload = new Int32Array(0);
  ordinal = new Int32Array(0);
  generation = new Int32Array(0);
  node = new Int32Array(0);
  requiredNode = new Int32Array(0);
  /** Templates of pods that have been resized in place, as their containers have it now. */
  readonly resized = new Map<PodId, PodTemplate>();
  readonly stamps: PodStamps = Object.fromEntries(
    [...POD_STAGES, ...POD_PARTS].map((name) => [name, new Float64Array(0)]),
  ) as PodStamps;

  /** @param workloads what names each workload in draws. */
  constructor(workloads: readonly EntityKey[], nodes: Pick<NodeTable, 'keyOf'>) {
    this.#workloads = workloads;
    this.#nodes = nodes;
  }

  keyOf(pod: PodId): EntityKey {
    return this.key[pod]! as EntityKey;
  }

  /** Adds a pod and returns its number. */
  add(workload: WorkloadId, ordinal: number, generation: number, requiredNode = -1): number {
    const pod = this.count++;
    if (pod === this.workload.length) {
      growColumns(this, Math.max(1024, pod * 2), { node: -1 });
      growColumns(this.stamps, this.workload.length, NEVER);
    }
    this.requiredNode[pod] = requiredNode;
    this.workload[pod] = workload;
    this.ordinal[pod] = ordinal;
    this.generation[pod] = generation;
    this.key[pod] = this.#newKey(workload, requiredNode < 0 ? ordinal : this.#nodes.keyOf(requiredNode));
    return pod;
  }

  /** What is known of each pod now, as plain data of its own. */
  toData(): PodColumns {
    const { count } = this;
    return {
      count,
      workload: this.workload.slice(0, count),
      ordinal: this.ordinal.slice(0, count),
      generation: this.generation.slice(0, count),
      node: this.node.slice(0, count),
      requiredNode: this.requiredNode.slice(0, count),
      stamps: Object.fromEntries(
        Object.entries(this.stamps).map(([name, column]) => [name, column.slice(0, count)]),
      ) as PodStamps,
    };
  }

  /** A pod is known by its place in its workload; one that takes the place of another is somebody else. */
  #newKey(workload: WorkloadId, place: number): EntityKey {
    const key = keyWithin(this.#workloads[workload]!, place);
    const before = this.#incarnations.get(key) ?? 0;
    this.#incarnations.set(key, before + 1);
    return before === 0 ? key : keyWithin(key, before);
  }
}
