// Which nodes a pod may run on for what they are: labels and taints. Pure rules of the scheduler.
// Source: pkg/scheduler/framework/plugins/{nodeaffinity,tainttoleration}, component-helpers/scheduling/corev1.

import {
  type Context,
  type NodeId,
  type NodeRequirement,
  type NodeTerm,
  type PodTemplate,
  selects,
  type TaintSpec,
  type TolerationSpec,
  type WorkloadId,
} from '../cluster/index.js';

type Labels = Readonly<Record<string, string>>;

export function meetsTerm(term: NodeTerm, labels: Labels): boolean {
  return term.every((requirement) => meetsRequirement(requirement, labels));
}

function meetsRequirement({ key, operator, values }: NodeRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** Whether one of the tolerations is for the taint. */
export function tolerates(tolerations: readonly TolerationSpec[], taint: TaintSpec): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (effect === undefined || effect === taint.effect) &&
      (key === undefined ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === taint.value),
  );
}

/** Whether nodes with these labels meet a pod's node selector and required node affinity. */
export function meetsAffinity({ nodeSelector, nodeAffinity }: PodTemplate, labels: Labels): boolean {
  if (!selects(nodeSelector, labels)) return false;
  return nodeAffinity.length === 0 || nodeAffinity.some((term) => meetsTerm(term, labels));
}

/** Whether it tolerates all taints but those that are only to be avoided. */
export const toleratesHardTaints = ({ tolerations }: PodTemplate, taints: readonly TaintSpec[]): boolean =>
  taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(tolerations, taint));

/** Whether there is none that it had better avoid. */
export const toleratesSoftTaints = ({ tolerations }: PodTemplate, taints: readonly TaintSpec[]): boolean =>
  taints.every((taint) => taint.effect !== 'PreferNoSchedule' || tolerates(tolerations, taint));

/** Whether a pod may be placed on nodes with these labels and taints. */
export const maySchedule = (template: PodTemplate, labels: Labels, taints: readonly TaintSpec[]): boolean =>
  meetsAffinity(template, labels) && toleratesHardTaints(template, taints);

/** 0 … 100: how much of its preferred node affinity such nodes meet, by weight; 0 if it has none. */
export function preferredShare({ preferredNodes }: PodTemplate, labels: Labels): number {
  let total = 0;
  let met = 0;
  for (const { weight, term } of preferredNodes) {
    total += weight;
    if (meetsTerm(term, labels)) met += weight;
  }
  return total === 0 ? 0 : Math.floor((met * 100) / total);
}

/** Whether the template of a workload allows a node. */
export const isEligible = ({ spec, nodes }: Context, workload: WorkloadId, node: NodeId): boolean =>
  maySchedule(spec.workloads[workload]!.template, nodes.labelsOf(node), nodes.poolOf(node).taints);

/** Nodes that the template of a workload allows, rising. */
export function eligibleNodes(context: Context, workload: WorkloadId): number[] {
  const nodes: number[] = [];
  for (let node = 0; node < context.nodes.count; node++) if (isEligible(context, workload, node)) nodes.push(node);
  return nodes;
}
