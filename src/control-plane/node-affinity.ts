// Which nodes a pod may run on for what they are: labels and taints. Pure rules of the scheduler.
// Source: pkg/scheduler/framework/plugins/{nodeaffinity,tainttoleration}, component-helpers/scheduling/corev1.

import {
  type NodeRequirement,
  type NodeTerm,
  type PodTemplate,
  selects,
  type TaintSpec,
  type TolerationSpec,
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

/** Whether a pod may be placed on nodes with these labels and taints. */
export function maySchedule(template: PodTemplate, labels: Labels, taints: readonly TaintSpec[]): boolean {
  if (!selects(template.nodeSelector, labels)) return false;
  const { nodeAffinity, tolerations } = template;
  if (nodeAffinity.length > 0 && !nodeAffinity.some((term) => meetsTerm(term, labels))) return false;
  return taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(tolerations, taint));
}

/** 0 … 100: how much such nodes are preferred, by preferred affinity and by taints that are only to be avoided. */
export function preference(template: PodTemplate, labels: Labels, taints: readonly TaintSpec[]): number {
  const weights = template.preferredNodes.map(({ weight }) => weight);
  const met = template.preferredNodes.map(({ weight, term }) => (meetsTerm(term, labels) ? weight : 0));
  const total = sum(weights);
  const avoided = taints.filter((t) => t.effect === 'PreferNoSchedule' && !tolerates(template.tolerations, t));
  // Weights of the default profile: node affinity 2, taints 3.
  return (total === 0 ? 0 : 2 * Math.floor((sum(met) * 100) / total)) + (avoided.length === 0 ? 300 : 0);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
