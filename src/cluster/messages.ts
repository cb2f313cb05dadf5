// What components say to each other, and the only door through which they say it. Part of the cluster vocabulary.
// Components never call each other: they write to the API server and observe writes through watches. This file holds the
// messages and the part of the API server that other components use; control-plane/api-server/api-server.ts implements it.

import type { Duration } from '../engine/index.js';
import type { PodAnswer, PodSizes } from './api-objects.js';
import type { NodeId, PodId } from './ids.js';
import type { ServiceLog } from './service-log.js';
import type { PodTemplate, TaintSpec } from './spec/index.js';

/** What happened to a pod object. */
export const PodChange = { Created: 0, Bound: 1, Status: 2, Deleted: 3, Removed: 4, Resized: 5 } as const;
export type PodChange = (typeof PodChange)[keyof typeof PodChange];

/** The status that a message carries, packed into a whole number: ready, has an address, all containers run, phase. */
export type PodStatusBits = number;

export function statusBits(phase: number, ready: boolean, hasAddress: boolean, allRunning: boolean): PodStatusBits {
  return (ready ? 1 : 0) | (hasAddress ? 2 : 0) | (allRunning ? 4 : 0) | (phase << 3);
}
export const isReady = (status: PodStatusBits): boolean => (status & 1) !== 0;
export const hasAddress = (status: PodStatusBits): boolean => (status & 2) !== 0;
export const isAllRunning = (status: PodStatusBits): boolean => (status & 4) !== 0;
export const phaseOf = (status: PodStatusBits): number => status >> 3;

/** What a status says beside that. */
export interface PodStatusDetails {
  /** Restarts of all containers. */
  readonly restarts: number;
  /** End of the last container, ns; NaN: they have not all ended. */
  readonly finishedAt: number;
  /** Exit codes by container, -1 of those that have not ended. */
  readonly exitCodes: readonly number[];
  /** It has the condition DisruptionTarget. */
  readonly isDisrupted: boolean;
}

/** A component that watches pods. */
export interface PodWatcher {
  /** The component's. */
  readonly name: string;
  /** The changes that it observes. */
  readonly wants: readonly PodChange[];
  /** A selector: only pods on such nodes, -1 being none; all if left out. */
  selects?(node: NodeId): boolean;
  /** @param readyTransition when the Ready condition changed last, in whole seconds as objects have it, ns; NaN: never. */
  onPodChanged(pod: PodId, change: PodChange, status: PodStatusBits, readyTransition: number): void;
}

/** A component that watches nodes. What it observes of one node comes in the order in which it happened. */
export interface NodeWatcher {
  /** The component's. */
  readonly name: string;
  /** The Ready condition of a Node object has changed, to one of {@link NodeReady}. */
  onReadyChanged?(node: NodeId, ready: number): void;
  /** @param pressures bits of {@link NodePressure}. */
  onPressureChanged?(node: NodeId, pressures: number): void;
  /** The taints of a Node object have changed: those of its pool, and those that it was given since. */
  onTaintsChanged?(node: NodeId, taints: readonly TaintSpec[]): void;
  /** The Node object lists an image, or does not any more. */
  onImageChanged?(node: NodeId, image: string, isThere: boolean): void;
}

/** `read`: of one object. */
export type RequestKind = 'read' | 'write';

/** The API server as a client sees it. */
export interface ApiAccess {
  readonly services: ServiceLog;
  /** Every kubelet observes binding, deletion and status of its own node's pods, and which mirrors of static pods there are. */
  watchPodsOfNodes(onPodChanged: (pod: PodId, change: PodChange, status: PodStatusBits) => void): void;
  /** Called at each new entry of the service log. */
  watchServices(onCommitted: (position: number) => void): void;
  /** The answer to a LIST of the pods that are bound to a node, in order of creation. */
  listPods(node: NodeId): readonly PodAnswer[];
  /** The answer to a GET of a pod: whether there is one. */
  hasPod(pod: PodId): boolean;
  /** The answer to a GET of a node: whether its conditions are these. */
  hasConditions(node: NodeId, isReady: boolean, pressures: number): boolean;
  /** How long a request takes. @param u uniform draw. */
  requestDuration(kind: RequestKind, u: number): Duration;
  /** How long a change takes to reach a watcher. @param u uniform draw. */
  watchDuration(u: number): Duration;
  /** @param readyTransition when the Ready condition changed last, NaN if never; ns. */
  patchPodStatus(pod: PodId, status: PodStatusBits, readyTransition: number, details?: PodStatusDetails): void;
  /** Writes what of a pod's status only the controller of pods that run to completion acts upon. */
  patchPodDetails(pod: PodId, details: PodStatusDetails): void;
  /** What a pod is to have and has of CPU and memory; undefined: nobody has asked for another size. */
  sizesOf(pod: PodId): PodSizes | undefined;
  /** The kubelet has given a pod its new size. */
  patchPodSize(pod: PodId, size: PodTemplate): void;
  /** Creates the mirror object of a static pod; nothing if there is one. */
  createMirrorPod(pod: PodId): void;
  /** Deletes the object; nothing if there is none. */
  removePod(pod: PodId): void;
  /** Whether a request from the node would be answered: the API server runs, and the network carries. */
  isReachable(node: NodeId): boolean;
  /** Called when a node's requests are answered again after they were not. */
  onReachable(onReachable: (node: NodeId) => void): void;
  /** The kubelet of a node renews its lease from now on, or does not any more. */
  setHeartbeat(node: NodeId, beats: boolean): void;
  /** {@link NodeTable.isOnNetwork} of a node has changed. */
  onNetworkChanged(node: NodeId): void;
  /** The kubelet's own word on its node. */
  patchNodeReady(node: NodeId, isReady: boolean): void;
  patchNodePressure(node: NodeId, pressures: number): void;
  patchNodeImage(node: NodeId, image: string, isThere: boolean): void;
}
