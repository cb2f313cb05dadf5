// What the API server has of pods and nodes: the truth about their objects. Part of the cluster vocabulary.
// The API server alone owns these; a component knows what a watch has brought it or what it has asked for. They are handed to
// those who look at a run from outside: tables, samples, faults.

import { growColumns } from '../engine/index.js';
import type { PodId } from './ids.js';
import { NodeReady, type NodeTable } from './node-table.js';
import type { PodTable } from './pod-table.js';
import type { PodTemplate } from './spec/index.js';

/** What is known of objects, as plain data. */
export interface ObjectColumns {
  readonly pods: Readonly<Record<'phase' | 'ready' | 'gone', Uint8Array>> & { readonly readyTransition: Float64Array };
  readonly nodes: Readonly<Record<'ready' | 'pressures', Uint8Array>>;
}

/** The objects of so many pods and of all nodes as they are now. */
export const objectsToData = ({ pods, nodes }: ApiObjects, count: number): ObjectColumns => ({
  pods: {
    phase: pods.phase.slice(0, count),
    ready: pods.ready.slice(0, count),
    gone: pods.gone.slice(0, count),
    readyTransition: pods.readyTransition.slice(0, count),
  },
  nodes: { ready: nodes.ready.slice(), pressures: nodes.pressures.slice() },
});

/** Sizes of a pod that is resized in place: what it is to have, and what its kubelet has given it. */
export interface PodSizes {
  readonly desired: PodTemplate;
  readonly allocated: PodTemplate;
}

/** Status of pod objects, by pod. */
export class PodObjects {
  /** Values of {@link PodPhase}. */
  phase = new Uint8Array(0);
  ready = new Uint8Array(0);
  /** lastTransitionTime of the Ready condition, ns; NaN before the first. */
  readyTransition = new Float64Array(0);
  /** 1 from the moment the object is gone. */
  gone = new Uint8Array(0);
  /** Restarts of all its containers. */
  restarts = new Int32Array(0);
  /** End of the last of its containers, ns; NaN: they have not all ended. */
  finishedAt = new Float64Array(0);
  /** 1: it has the condition DisruptionTarget. */
  disrupted = new Uint8Array(0);
  /** Of pods that somebody has resized in place. */
  readonly sizes = new Map<PodId, PodSizes>();
  /** Of pods that have ended: exit codes of their containers by index, -1 of those that had none. */
  readonly exitCodes = new Map<PodId, readonly number[]>();

  ensure(pod: PodId): void {
    if (pod < this.phase.length) return;
    growColumns(this, Math.max(1024, pod * 2), { readyTransition: Number.NaN, finishedAt: Number.NaN });
  }
}

/** Conditions of node objects, by node. */
export class NodeObjects {
  /** Ready condition, one of {@link NodeReady}. */
  readonly ready: Uint8Array;
  /** Conditions MemoryPressure, DiskPressure and PIDPressure, bits of {@link NodePressure}. */
  readonly pressures: Uint8Array;

  constructor({ count }: Pick<NodeTable, 'count'>) {
    this.ready = new Uint8Array(count).fill(NodeReady.True);
    this.pressures = new Uint8Array(count);
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
  /** lastTransitionTime of the Ready condition, ns; NaN: none. */
  readonly readyTransition: number;
  /** Restarts of all its containers. */
  readonly restarts: number;
  /** Exit codes of its containers by index, -1 where there is none; undefined: it has not ended. */
  readonly exitCodes: readonly number[] | undefined;
  /** End of the last of its containers, ns; NaN: they have not all ended. */
  readonly finishedAt: number;
  /** It has the condition DisruptionTarget: something put it out. */
  readonly isDisrupted: boolean;
}

export const answerOf = (objects: PodObjects, { stamps }: PodTable, pod: PodId): PodAnswer => ({
  pod,
  phase: objects.phase[pod]!,
  isReady: objects.ready[pod] === 1,
  isDeleting: !Number.isNaN(stamps.deleted[pod]!),
  readyTransition: objects.readyTransition[pod]!,
  restarts: objects.restarts[pod]!,
  exitCodes: objects.exitCodes.get(pod),
  finishedAt: objects.finishedAt[pod]!,
  isDisrupted: objects.disrupted[pod] === 1,
});
