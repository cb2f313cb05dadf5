// Whether a kubelet takes a pod that was bound to its node. Part of the kubelet.
// Source: pkg/kubelet/lifecycle/predicate.go. A pod that is refused has failed for good: nobody tries it there again.

import {
  type Context,
  clashes,
  evictingTaints,
  isStatic,
  MEMORY_PRESSURE,
  meetsAffinity,
  type NodeId,
  NodePressure,
  type PodId,
  type PodTemplate,
  templateOf,
  tolerates,
  untolerated,
} from '../cluster/index.js';
import type { Counter } from '../metrics/index.js';

/** Why a pod is refused; the place in the list is the number kept with the pod, 0 for one that is not. */
export const REJECTION_REASONS = [
  '',
  'OutOfpods',
  'OutOfcpu',
  'OutOfmemory',
  'NodeAffinity',
  'Evicted',
  'NodePorts',
  'OutOfephemeral-storage',
  // Of a device, as its manager says it.
  'UnexpectedAdmissionError',
  'TaintToleration',
  'NodeShutdown',
] as const;
type Reason = (typeof REJECTION_REASONS)[number];
const numberOf = (reason: Reason): number => REJECTION_REASONS.indexOf(reason);

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
  /** By node: templates of the pods that take ports of it, or resources beside CPU and memory. */
  readonly #choosy = new Map<NodeId, readonly PodTemplate[]>();
  /** What pods that have been resized count as. */
  readonly #sizes = new Map<PodId, PodTemplate>();
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

  /** Refuses a pod for what its node is, whatever it asks for. @returns an index in {@link REJECTION_REASONS}. */
  refuse(reason: Reason): number {
    const refused = numberOf(reason);
    this.#rejections[refused - 1]!.add();
    return refused;
  }

  /** @param pressures what the node is short of, bits of NodePressure. Takes the pod in and returns 0, or refuses it and says why: an index in {@link REJECTION_REASONS}. */
  admit(pod: PodId, pressures = 0): number {
    const { nodes, pods } = this.#context;
    const node = pods.node[pod]!;
    const pool = nodes.poolOf(node);
    this.#sizes.delete(pod);
    const template = templateOf(this.#context, pod);
    if (pressures !== 0 && !this.#maySqueezeIn(pod, template, pressures)) return this.refuse('Evicted');
    const fits = rejectionOf(
      { pods: this.#pods[node]!, cpuMillis: this.#cpuMillis[node]!, memoryBytes: this.#memoryBytes[node]! },
      { pods: 1, cpuMillis: template.cpuRequestMillis, memoryBytes: template.memoryRequestBytes },
      pool,
    );
    const reason = this.#mismatchOf(template, node) || fits || this.#lackOf(template, node);
    if (reason === 0) this.#change(pod, 1);
    else this.#rejections[reason - 1]!.add();
    return reason;
  }

  /**
   * Whether a node that is short of something takes a pod: critical ones always; others only where nothing but memory is short, if
   * they have asked for some, or tolerate it (Admit in pkg/kubelet/eviction/eviction_manager.go).
   */
  #maySqueezeIn(pod: PodId, template: PodTemplate, pressures: number): boolean {
    if (template.critical !== 'no' || isStatic(this.#context, pod)) return true;
    if (pressures !== NodePressure.Memory) return false;
    return template.qosClass !== 'BestEffort' || tolerates(template.tolerations, MEMORY_PRESSURE);
  }

  /** What of its node the pod does not put up with; 0 if nothing. Of taints only those count that would evict it. */
  #mismatchOf(template: PodTemplate, node: NodeId): number {
    const { nodes } = this.#context;
    if (!meetsAffinity(template, nodes, node)) return numberOf('NodeAffinity');
    const evicting = evictingTaints(nodes.poolOf(node).taints);
    return untolerated(template, evicting) === undefined ? 0 : numberOf('TaintToleration');
  }

  /** Host ports that are taken, and resources of which too little is left; 0 if there are none. */
  #lackOf(template: PodTemplate, node: NodeId): number {
    const { hostPorts, resources } = template;
    const names = Object.keys(resources);
    if (hostPorts.length === 0 && names.length === 0) return 0;
    const here = this.#choosy.get(node) ?? [];
    if (hostPorts.some((port) => here.some((other) => other.hostPorts.some((taken) => clashes(port, taken)))))
      return numberOf('NodePorts');
    const pool = this.#context.nodes.poolOf(node);
    const short = names.find((name) => {
      const taken = here.reduce((sum, other) => sum + (other.resources[name] ?? 0), 0);
      // What the node does not have at all, kubelets pass over (removeMissingExtendedResources).
      return resources[name]! > 0 && taken + resources[name]! > (pool.resources[name] ?? Infinity);
    });
    if (short === undefined) return 0;
    return numberOf(short === 'ephemeral-storage' ? 'OutOfephemeral-storage' : 'UnexpectedAdmissionError');
  }

  /** A kubelet begins: it admits its pods again. */
  reset(node: NodeId): void {
    this.#pods[node] = 0;
    this.#cpuMillis[node] = 0;
    this.#memoryBytes[node] = 0;
    this.#choosy.delete(node);
  }

  /** A pod that was admitted is gone from its node, or has ended. */
  release(pod: PodId): void {
    this.#change(pod, -1);
    this.#sizes.delete(pod);
  }

  /** Counts a pod that is here with another size, if there is room for it now, or ever. */
  resize(pod: PodId, to: PodTemplate): 'fits' | 'deferred' | 'infeasible' {
    const node = this.#context.pods.node[pod]!;
    const pool = this.#context.nodes.poolOf(node);
    if (to.cpuRequestMillis > pool.cpuMillis || to.memoryRequestBytes > pool.memoryBytes) return 'infeasible';
    const from = this.#sizeOf(pod);
    const cpu = this.#cpuMillis[node]! - from.cpuRequestMillis + to.cpuRequestMillis;
    const memory = this.#memoryBytes[node]! - from.memoryRequestBytes + to.memoryRequestBytes;
    if (cpu > pool.cpuMillis || memory > pool.memoryBytes) return 'deferred';
    this.#change(pod, -1);
    this.#sizes.set(pod, to);
    this.#change(pod, 1);
    return 'fits';
  }

  #sizeOf(pod: PodId): PodTemplate {
    return this.#sizes.get(pod) ?? templateOf(this.#context, pod);
  }

  #change(pod: PodId, sign: 1 | -1): void {
    const node = this.#context.pods.node[pod]!;
    const template = this.#sizeOf(pod);
    this.#pods[node]! += sign;
    this.#cpuMillis[node]! += sign * template.cpuRequestMillis;
    this.#memoryBytes[node]! += sign * template.memoryRequestBytes;
    if (template.hostPorts.length === 0 && Object.keys(template.resources).length === 0) return;
    const here = this.#choosy.get(node) ?? [];
    const others = here.indexOf(template);
    this.#choosy.set(node, sign === 1 ? [...here, template] : here.filter((_, i) => i !== others));
  }
}
