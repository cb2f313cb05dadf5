// The CPU of the nodes as those see it who need it: the contract. Part of the cluster vocabulary, because all that runs on a node
// shares it; node/cpu/ says how.

import type { Instant } from '../engine/index.js';
import type { NodeId, PodId } from './ids.js';

/** What runs on every node beside the containers of its pods. */
export const NODE_PARTS = ['kernel', 'kubelet', 'runtime', 'networkAgent', 'kubeProxy'] as const;
export type NodePart = (typeof NODE_PARTS)[number];

/** A cgroup at the end of a branch, in which something runs: a number, to be asked for and handed back. */
export type CpuGroup = number;

/** How a container may use its limit. */
export interface CpuLimit {
  /** CPU time in each period, ns; Infinity: it has none. */
  readonly amount: number;
  /** ns. */
  readonly period: number;
  /** An instant at which one of its periods begins, ns. */
  readonly offset: number;
}

/** Who is told of changes after they have come. */
export interface CpuListener {
  /**
   * Something on a node without CPU to spare has become faster or slower.
   * @param offersOther so has what would begin there: by a quarter at least.
   */
  onNode(node: NodeId, offersOther: boolean): void;
  /** What a single container uses of its limit has changed, and its speed with it. */
  onContainer(pod: PodId, index: number): void;
}

export interface NodeCpu {
  onChanged(listener: CpuListener): void;

  // Who runs there --------------------------------------------------------------------------------------------------------

  partOf(node: NodeId, part: NodePart): CpuGroup;
  /** @param index of the container in the pod's template. */
  containerOf(pod: PodId, index: number): CpuGroup;
  /** Nobody needs the clock of a container any more; its group is void if it wants nothing. */
  leave(pod: PodId, index: number): void;
  /** A pod has been admitted to its node: kubelet and runtime look after it from now on. */
  addPod(pod: PodId): void;
  /** Nothing is left of a pod on its node. */
  removePod(pod: PodId): void;
  /** What a pod asks for has been changed in place by `apply`. */
  resize(pod: PodId, apply: () => void): void;

  // What they want, and get -------------------------------------------------------------------------------------------------

  /** A group wants more, or less, for as long as it says: millicores, 1,000 for each thread that always runs. */
  changeDemand(group: CpuGroup, byMillis: number): void;
  /**
   * The runtime of a node is to do so much more work, as soon as it can.
   * @param work CPU time, ns. @param first so much of it somebody waits for; the rest is done behind his back.
   * @returns when that will be done, and all that came before, if nothing changes; ns.
   */
  addRuntimeWork(node: NodeId, work: number, first: number): Instant;
  /**
   * kube-proxy begins a piece of work on one thread, which it will say the end of. While nobody else on the node could feel it, nobody
   * is told.
   * @returns how fast it goes on: more than 0, at most 1.
   */
  beginBriefly(node: NodeId): number;
  /** That work has ended. @param used CPU time, ns. */
  endBriefly(node: NodeId, used: number): void;
  /** How fast work that a group's demand stands for goes on against a node with CPU to spare: more than 0, at most 1. */
  speed(group: CpuGroup): number;
  /** How fast one thread more would run in a container, its limit left aside: more than 0, at most 1. */
  threadSpeed(pod: PodId, index: number): number;
  /** The same of a part of the node. */
  partSpeed(node: NodeId, part: NodePart): number;
  limitOf(pod: PodId, index: number): CpuLimit;
  /** What runs in a container, millicores: 1,000 for each thread that always wants to. */
  demandIn(pod: PodId, index: number): number;
  /** Cores that a container could have if it wanted all it can get, its limit left aside. */
  coresFor(pod: PodId, index: number): number;
  /** What something outside the pods leaves of a node's CPU, 0 … 1. */
  availableShare(node: NodeId): number;
  /** How long somebody on a node has lacked CPU, ns. */
  lackedOn(node: NodeId): number;
  /** CPU that is wanted on a node in all, millicores. */
  demand(node: NodeId): number;
  /** Work that a container could have done since its group was made, ns at full speed. */
  clock(group: CpuGroup): number;
  /** When that clock will stand there if the speed stays as it is. */
  instantAt(group: CpuGroup, clock: number): Instant;
  /** Something outside the pods leaves this share of the node's CPU, 1 being all of it: all runs so much slower. */
  setAvailableShare(node: NodeId, share: number): void;
}
