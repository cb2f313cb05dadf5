// Which pods of a ReplicaSet go first when it has too many: a pure rule. Part of the workload controllers.
// Source: ActivePodsWithRanks in pkg/controller/controller_utils.go.

import { PodPhase } from '../../cluster/index.js';

/** A pod as the order looks at it; instants in ns. */
export interface RankedPod {
  readonly pod: number;
  readonly hasNode: boolean;
  /** One of {@link PodPhase}. */
  readonly phase: number;
  readonly isReady: boolean;
  /** Annotation controller.kubernetes.io/pod-deletion-cost. */
  readonly deletionCost: number;
  /** Pods of the same owner on its node, itself included. */
  readonly siblings: number;
  /** Since when it is ready; -Infinity: since before the run. */
  readonly readySince: number;
  /** Most restarts of one of its containers. */
  readonly restarts: number;
  /** -Infinity: before the run. */
  readonly created: number;
  /** Stands for its UID, which is random. */
  readonly uid: number;
}

/** Negative if `a` is to be deleted before `b`. */
export function deletionOrder(a: RankedPod, b: RankedPod, now: number): number {
  if (a.hasNode !== b.hasNode) return a.hasNode ? 1 : -1;
  if (a.phase !== b.phase) return rankOfPhase(a.phase) - rankOfPhase(b.phase);
  if (a.isReady !== b.isReady) return a.isReady ? 1 : -1;
  if (a.deletionCost !== b.deletionCost) return a.deletionCost - b.deletionCost;
  if (a.siblings !== b.siblings) return b.siblings - a.siblings;
  if (a.isReady && a.readySince !== b.readySince) return byAge(a.readySince, b.readySince, a, b, now);
  if (a.restarts !== b.restarts) return b.restarts - a.restarts;
  if (a.created !== b.created) return byAge(a.created, b.created, a, b, now);
  return a.uid - b.uid || a.pod - b.pod;
}

const rankOfPhase = (phase: number): number => (phase === PodPhase.Pending ? 0 : 1);

/** The younger first; of those that are about as old, by chance: ages count by their powers of two. */
function byAge(since: number, other: number, a: RankedPod, b: RankedPod, now: number): number {
  const difference = magnitude(now - since) - magnitude(now - other);
  return difference || a.uid - b.uid || a.pod - b.pod;
}

/** Whole part of the binary logarithm of an age in whole ns; -1 of none. */
function magnitude(age: number): number {
  if (!(age > 0)) return -1;
  if (age === Infinity) return MAGNITUDE_MAX;
  const high = Math.floor(age / WORD);
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(age);
}
const WORD = 0x1_0000_0000;
const MAGNITUDE_MAX = 64;
