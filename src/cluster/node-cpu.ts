// The CPU of the nodes as those see it who need it: the contract. Part of the cluster vocabulary, because all that runs on a node
// shares it; node/cpu.ts says how.

import type { Instant } from '../engine/index.js';
import type { NodeId } from './ids.js';
import type { PodTemplate } from './spec/index.js';

/** Who wants CPU: the kernel for packets, pods that have asked for it, pods that have not. */
export const CpuTier = { Kernel: 0, Requested: 1, BestEffort: 2 } as const;
export type CpuTier = (typeof CpuTier)[keyof typeof CpuTier];

/** The tier of a pod: it has asked for CPU if any of its containers has. */
export const cpuTierOf = ({ cpuRequestMillis }: PodTemplate): CpuTier =>
  cpuRequestMillis > 0 ? CpuTier.Requested : CpuTier.BestEffort;

export interface NodeCpu {
  /** @param listener called after a share of a node has changed. */
  onShareChanged(listener: (node: NodeId) => void): void;
  /** How fast work of a tier goes on against a node with CPU to spare: more than 0, at most 1. */
  share(node: NodeId, tier: CpuTier): number;
  /** CPU that is wanted on a node by all tiers, millicores. */
  demand(node: NodeId): number;
  /** Work that a tier could have done since the run began, ns at full share. */
  clock(node: NodeId, tier: CpuTier): number;
  /** When that clock will stand there if the share stays as it is. */
  instantAt(node: NodeId, tier: CpuTier, clock: number): Instant;
  /** Cores that are left to kubelet and runtime: what nobody else wants, and by their weight some at any rate. */
  systemCores(node: NodeId): number;
  /** A tier on the node wants more, or less. */
  changeDemand(node: NodeId, tier: CpuTier, byMillis: number): void;
  /** Something outside the pods leaves this share of the node's CPU, 1 being all of it. */
  setAvailableShare(node: NodeId, share: number): void;
}
