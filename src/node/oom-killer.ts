// The kernel's OOM killer: who is killed when a node has no memory left. Part of the machine.
// Source: pkg/kubelet/qos/policy.go for what a container's quality of service adds to its score.

import type { ContainerId } from '../cluster/index.js';

/** A container that may be killed. */
export interface OomCandidate {
  readonly container: ContainerId;
  /** Bytes, more than 0. */
  readonly held: number;
  /** Bytes. */
  readonly requested: number;
  /** Of its pod; Guaranteed also if the pod is critical to its node. */
  readonly qosClass: string;
}

/** The container with the greatest score, the first of several; -1 if there is none. @param capacity of the node, bytes. */
export function oomVictim(candidates: Iterable<OomCandidate>, capacity: number): ContainerId {
  let worst = -1;
  let worstScore = -Infinity;
  for (const { container, held, requested, qosClass } of candidates) {
    const score = oomScore(held, requested, capacity, qosClass);
    if (score <= worstScore) continue;
    worst = container;
    worstScore = score;
  }
  return worst;
}

/** Who the kernel kills first: a pure rule. The share of the memory held, in thousandths, and what its QoS class adds. */
export function oomScore(held: number, requested: number, capacity: number, qos: string): number {
  const share = (held * 1000) / capacity;
  if (qos === 'BestEffort') return share + 1000;
  if (qos === 'Guaranteed') return share - 997;
  return share + Math.min(999, Math.max(2, 1000 - (1000 * requested) / capacity));
}
