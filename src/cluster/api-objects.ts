// What the API server has of pods and nodes: the truth about their objects. Part of the cluster vocabulary.
// The API server alone owns these; a component knows what a watch has brought it or what it has asked for. They are handed to
// those who look at a run from outside: tables, samples, faults.

import { growColumns } from '../engine/index.js';
import type { PodId } from './ids.js';
import { NodeReady, type NodeTable } from './node-table.js';
import type { PodTable } from './pod-table.js';

/** What is known of objects, as plain data. */
export interface ObjectColumns {
  readonly pods: Readonly<Record<'phase' | 'ready' | 'gone', Uint8Array>> & { readonly readyTransition: Float64Array };
  readonly nodes: Readonly<Record<'ready' | 'memoryPressure', Uint8Array>>;
}

/** The objects of so many pods and of all nodes as they are now. */
export const objectsToData = ({ pods, nodes }: ApiObjects, count: number): ObjectColumns => ({
  pods: {
    phase: pods.phase.slice(0, count),
    ready: pods.ready.slice(0, count),
    gone: pods.gone.slice(0, count),
    readyTransition: pods.readyTransition.slice(0, count),
  },
  nodes: { ready: nodes.ready.slice(), memoryPressure: nodes.memoryPressure.slice() },
});

/** Status of pod objects, by pod. */
export class PodObjects {
  /** Values of {@link PodPhase}. */
  phase = new Uint8Array(0);
  ready = new Uint8Array(0);
  /** lastTransitionTime of the Ready condition, ns; NaN before the first. */
  readyTransition = new Float64Array(0);
  /** 1 from the moment the object is gone. */
  gone = new Uint8Array(0);

  ensure(pod: PodId): void {
    if (pod < this.phase.length) return;
    growColumns(this, Math.max(1024, pod * 2), { readyTransition: Number.NaN });
  }
}

/** Conditions of node objects, by node. */
export class NodeObjects {
  /** Ready condition, one of {@link NodeReady}. */
  readonly ready: Uint8Array;
  /** MemoryPressure condition: 1 while it is set. */
  readonly memoryPressure: Uint8Array;

  constructor({ count }: Pick<NodeTable, 'count'>) {
    this.ready = new Uint8Array(count).fill(NodeReady.True);
    this.memoryPressure = new Uint8Array(count);
  }
}

export interface ApiObjects {
  readonly pods: PodObjects;
  readonly nodes: NodeObjects;
}

/** A pod as the answer to a request has it. */
export interface PodAnswer {
  readonly pod: PodId;
  /** One of {@link PodPhase}. */
  readonly phase: number;
  readonly isReady: boolean;
  /** Its deletion timestamp is set. */
  readonly isDeleting: boolean;
}

export const answerOf = ({ phase, ready }: PodObjects, { stamps }: PodTable, pod: PodId): PodAnswer => ({
  pod,
  phase: phase[pod]!,
  isReady: ready[pod] === 1,
  isDeleting: !Number.isNaN(stamps.deleted[pod]!),
});
