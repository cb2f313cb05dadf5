// Whether a kubelet takes a pod that was bound to its node. Part of the kubelet.
// Source: pkg/kubelet/lifecycle/predicate.go. A pod that is refused has failed for good: nobody tries it there again.

import { type Context, type NodeId, type PodId, selects, templateOf, toleratesPressure } from '../cluster/index.js';
import type { Counter } from '../metrics/index.js';

/** Why a pod is refused; the place in the list is the number kept with the pod, 0 for one that is not. */
export const REJECTION_REASONS = ['', 'OutOfpods', 'OutOfcpu', 'OutOfmemory', 'NodeAffinity', 'Evicted'] as const;

/** What is taken on a node, or asked for, or there. */
export interface Resources {
  readonly pods: number;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/** Index in {@link REJECTION_REASONS}. */
export function rejectionOf(taken: Resources, asked: Resources, allocatable: Resources): number {
  if (taken.pods + asked.pods > allocatable.pods) return 1;
  if (asked.cpuMillis > 0 && taken.cpuMillis + asked.cpuMillis > allocatable.cpuMillis) return 2;
  return asked.memoryBytes > 0 && taken.memoryBytes + asked.memoryBytes > allocatable.memoryBytes ? 3 : 0;
}

export class Admission {
  readonly #context: Context;
  readonly #pods: Int32Array;
  readonly #cpuMillis: Float64Array;
  readonly #memoryBytes: Float64Array;
  readonly #rejections: readonly Counter[];

  constructor(context: Context) {
    this.#context = context;
    const { nodes, recorder } = context;
    this.#pods = new Int32Array(nodes.count);
    this.#cpuMillis = new Float64Array(nodes.count);
    this.#memoryBytes = new Float64Array(nodes.count);
    this.#rejections = REJECTION_REASONS.slice(1).map((reason) =>
      recorder.counter('kubelet_admission_rejections_total', reason),
    );
  }

  /** @param isUnderPressure the node is short of memory. Takes the pod in and returns 0, or refuses it and says why: an index in {@link REJECTION_REASONS}. */
  admit(pod: PodId, isUnderPressure = false): number {
    const { nodes, pods } = this.#context;
    const node = pods.node[pod]!;
    const pool = nodes.poolOf(node);
    const template = templateOf(this.#context, pod);
    // A node that is short of memory takes no pod that has asked for none.
    if (isUnderPressure && template.qosClass === 'BestEffort' && !toleratesPressure(template)) {
      const refused = REJECTION_REASONS.indexOf('Evicted');
      this.#rejections[refused - 1]!.add();
      return refused;
    }
    const reason = selects(template.nodeSelector, nodes.labelsOf(node))
      ? rejectionOf(
          { pods: this.#pods[node]!, cpuMillis: this.#cpuMillis[node]!, memoryBytes: this.#memoryBytes[node]! },
          { pods: 1, cpuMillis: template.cpuRequestMillis, memoryBytes: template.memoryRequestBytes },
          pool,
        )
      : REJECTION_REASONS.indexOf('NodeAffinity');
    if (reason === 0) this.#change(pod, 1);
    else this.#rejections[reason - 1]!.add();
    return reason;
  }

  /** A kubelet begins: it admits its pods again. */
  reset(node: NodeId): void {
    this.#pods[node] = 0;
    this.#cpuMillis[node] = 0;
    this.#memoryBytes[node] = 0;
  }

  /** A pod that was admitted is gone from its node, or has ended. */
  release(pod: PodId): void {
    this.#change(pod, -1);
  }

  #change(pod: PodId, sign: 1 | -1): void {
    const node = this.#context.pods.node[pod]!;
    const template = templateOf(this.#context, pod);
    this.#pods[node]! += sign;
    this.#cpuMillis[node]! += sign * template.cpuRequestMillis;
    this.#memoryBytes[node]! += sign * template.memoryRequestBytes;
  }
}
