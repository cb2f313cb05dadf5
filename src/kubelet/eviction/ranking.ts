// Whom a kubelet evicts, first to last: pure rules. Part of the kubelet.
// Source: rankMemoryPressure, rankDiskPressureFunc and rankPIDPressure in pkg/kubelet/eviction/helpers.go.

import type { PodId } from '../../cluster/index.js';

/** A pod that may be evicted. */
export interface Candidate {
  readonly pod: PodId;
  readonly priority: number;
  /** What it holds of what the node is short of, and what it has asked for of that. */
  readonly held: number;
  readonly requested: number;
}

type Order = (a: Candidate, b: Candidate) => number;

const excess = ({ held, requested }: Candidate): number => held - requested;
const overRequestFirst: Order = (a, b) => Number(excess(b) > 0) - Number(excess(a) > 0);
const lowPriorityFirst: Order = (a, b) => a.priority - b.priority;
const mostExcessFirst: Order = (a, b) => excess(b) - excess(a);
const olderFirst: Order = (a, b) => a.pod - b.pod;

const sorted = (candidates: readonly Candidate[], orders: readonly Order[]): Candidate[] =>
  [...candidates].sort((a, b) => {
    for (const order of orders) if (order(a, b) !== 0) return order(a, b);
    return 0;
  });

/** Of memory or disk: who holds more than it has asked for, the lowest priority, then by how much more. */
export const byExcess = (candidates: readonly Candidate[]): Candidate[] =>
  sorted(candidates, [overRequestFirst, lowPriorityFirst, mostExcessFirst, olderFirst]);

/** Of processes, which nobody can ask for: the lowest priority, then who has most. */
export const byAmount = (candidates: readonly Candidate[]): Candidate[] =>
  sorted(candidates, [lowPriorityFirst, mostExcessFirst, olderFirst]);
