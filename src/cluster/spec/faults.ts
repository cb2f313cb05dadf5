// What goes wrong, or is done, and when. Part of the cluster's spec.

import type { Instant } from '../../engine/index.js';

/** So many, or a percentage of what there is. */
export type CountOrPercent = { readonly percent: number } | { readonly count: number };

/** How many of n that is; the division comes last, so that 7 % of 100 is 7. */
export function amountOf(part: CountOrPercent, n: number, round: (amount: number) => number): number {
  return 'count' in part ? part.count : round((part.percent * n) / 100);
}

/** Which nodes a fault hits: of some pools, perhaps of one zone, so many of them by chance. */
export interface NodeTarget {
  /** Indices of node pools. */
  readonly pools: readonly number[];
  readonly zone?: string;
  readonly amount: CountOrPercent;
}

/** What of a fault its own type knows, beside what the others may ask of it. */
export interface FaultDetails {
  /** How long it lasts, ns; Infinity: until the end of the run; 0 or absent: it is done at once. */
  readonly duration?: number;
  /** Nodes that it hits. */
  readonly nodes?: NodeTarget;
  /** Indices of the workloads that it hits, or whose pods. */
  readonly workloads?: readonly number[];
  readonly [detail: string]: unknown;
}

/** Something that goes wrong, or is done to the cluster, in the course of a run. */
export interface FaultSpec extends FaultDetails {
  /** Name of one of the catalogue's faults. */
  readonly type: string;
  readonly at: Instant;
}
