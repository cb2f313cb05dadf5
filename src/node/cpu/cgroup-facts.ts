// What the cgroups of a pod are told, by its template: weights, and whose class it is in. Part of the machine; pure rules.
// Source: pkg/kubelet/cm (pod_container_manager_linux.go, qos_container_manager_linux.go).

import type { ContainerSpec, PodTemplate } from '../../cluster/index.js';
import { linearWeight, quadraticWeight } from './weights.js';

/** How an OCI runtime turns a request into a weight: all did it in proportion until 2025. */
export type WeightFormula = 'linear' | 'quadratic';

export interface CgroupFacts {
  readonly qosClass: PodTemplate['qosClass'];
  readonly weight: number;
  /** By container. */
  readonly weights: readonly number[];
}

/** A container without a request takes its limit for one. */
const requestOf = ({ cpuRequestMillis, cpuLimitMillis }: ContainerSpec): number =>
  cpuRequestMillis > 0 || cpuLimitMillis === Infinity ? cpuRequestMillis : cpuLimitMillis;

export function cgroupFacts(
  { qosClass, cpuRequestMillis, containers }: PodTemplate,
  formula: WeightFormula,
): CgroupFacts {
  const weightOf = formula === 'linear' ? linearWeight : quadraticWeight;
  return {
    qosClass,
    weight: linearWeight(cpuRequestMillis),
    weights: containers.map((container) => weightOf(requestOf(container))),
  };
}
