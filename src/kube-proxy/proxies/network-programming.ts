// Network programming latency as its SLI defines it: from the change of a service or of its ready pods until a node's rules
// have it, 99 % quantile of the last five minutes over all nodes (kubernetes/community, sig-scalability/slos,
// network_programming_latency.md). Part of kube-proxy. Counts stand in the buckets that kube-proxy exports, so that the
// quantiles are those that Prometheus would compute.

import type { NodeId } from '../../cluster/index.js';
import { NS_PER_SECOND } from '../../engine/index.js';
import { bucketQuantile, metricDefinition } from '../../metrics/index.js';

/** Length of the windows, ns. */
const PROGRAMMING_WINDOW = 300 * NS_PER_SECOND;

const BOUNDS = metricDefinition('kubeproxy_network_programming_duration_seconds').bounds!;
const BUCKETS = BOUNDS.length + 1;

export class NetworkProgramming {
  readonly #byNode: Uint32Array;
  /** Windows that follow each other from time 0 on. */
  readonly #byWindow: Float64Array;
  readonly windows: number;
  readonly nodes: number;

  /** @param duration of the run, ns. */
  constructor(nodes: number, duration: number) {
    this.nodes = nodes;
    this.windows = Math.max(1, Math.ceil(duration / PROGRAMMING_WINDOW));
    this.#byNode = new Uint32Array(nodes * BUCKETS);
    this.#byWindow = new Float64Array(this.windows * BUCKETS);
  }

  /** Takes in `samples` changes of a node, at an instant. @param bucket of the metric's bounds, where their latency is. */
  record(node: NodeId, at: number, bucket: number, samples: number): void {
    this.#byNode[node * BUCKETS + bucket]! += samples;
    this.#byWindow[Math.min(this.windows - 1, Math.floor(at / PROGRAMMING_WINDOW)) * BUCKETS + bucket]! += samples;
  }

  reset(): void {
    this.#byNode.fill(0);
    this.#byWindow.fill(0);
  }

  /** All of it as plain data. */
  toData(): ProgrammingData {
    const { nodes, windows } = this;
    return { nodes, windows, byNode: this.#byNode.slice(), byWindow: this.#byWindow.slice() };
  }
}

/** Bucket counts of nodes and of windows, one after the other: plain data. */
export interface ProgrammingData {
  readonly nodes: number;
  readonly windows: number;
  readonly byNode: Uint32Array;
  readonly byWindow: Float64Array;
}

/** Of bucket counts, s; NaN without samples. */
export const programmingQuantile = (counts: ArrayLike<number>, q: number): number => bucketQuantile(BOUNDS, counts, q);

/** Bucket counts of a node. */
export const programmingOfNode = ({ byNode }: ProgrammingData, node: NodeId): ArrayLike<number> =>
  byNode.subarray(node * BUCKETS, (node + 1) * BUCKETS);

/** Bucket counts of a window. */
export const programmingOfWindow = ({ byWindow }: ProgrammingData, window: number): ArrayLike<number> =>
  byWindow.subarray(window * BUCKETS, (window + 1) * BUCKETS);

/** Begin of a window, ns. */
export const windowBegin = (window: number): number => window * PROGRAMMING_WINDOW;

/** Bucket counts of the whole run. */
export function programmingOfAll({ byWindow }: ProgrammingData): ArrayLike<number> {
  const all = new Float64Array(BUCKETS);
  byWindow.forEach((count, i) => {
    all[i % BUCKETS]! += count;
  });
  return all;
}
