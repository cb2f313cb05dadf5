// Which nodes a pod may run on for what they are: labels, names and taints. Pure rules of the scheduler, of DaemonSets and of
// kubelets. Part of the cluster vocabulary.
// Source: pkg/scheduler/framework/plugins/{nodeaffinity,tainttoleration}, component-helpers/scheduling/corev1.

import type { Context } from './context.js';
import type { NodeId, WorkloadId } from './ids.js';
import { type LabelSelector, meetsRequirement } from './labels.js';
import { HOSTNAME, type NodeTable } from './node-table.js';
import {
  type HostPort,
  NodePressure,
  type NodeSelectorTerm,
  type PodTemplate,
  type TaintSpec,
  type TolerationSpec,
} from './spec/index.js';

/** Whether a node meets all requirements of a selector. */
const meetsLabels = (selector: LabelSelector, nodes: NodeTable, node: NodeId): boolean =>
  selector.every((requirement) => meetsRequirement(requirement, nodes.labelOf(node, requirement.key)));

/** Whether a node meets a term; one without any requirement meets nothing. */
export function meetsTerm({ labels, names }: NodeSelectorTerm, nodes: NodeTable, node: NodeId): boolean {
  if (labels.length === 0 && names.length === 0) return false;
  if (!meetsLabels(labels, nodes, node)) return false;
  return names.every(({ operator, values }) => values.includes(nodes.nameOf(node)) === (operator === 'In'));
}

/** What of a pod says which nodes it may run on for what they are. */
export type NodeDemand = Pick<PodTemplate, 'nodeSelector' | 'nodeAffinity'>;

/** Whether a node meets a pod's node selector and required node affinity. */
export function meetsAffinity({ nodeSelector, nodeAffinity }: NodeDemand, nodes: NodeTable, node: NodeId): boolean {
  for (const key of Object.keys(nodeSelector)) if (nodes.labelOf(node, key) !== nodeSelector[key]) return false;
  return nodeAffinity.length === 0 || nodeAffinity.some((term) => meetsTerm(term, nodes, node));
}

/** Whether a term says something of single nodes, and not only of kinds of nodes. */
export const isAboutNames = ({ labels, names }: NodeSelectorTerm): boolean =>
  names.length > 0 || labels.some(({ key }) => key === HOSTNAME);

/** Whether two nodes of one kind may differ in whether they meet the affinity. */
export const looksAtNames = ({ nodeSelector, nodeAffinity }: NodeDemand): boolean =>
  Object.hasOwn(nodeSelector, HOSTNAME) || nodeAffinity.some(isAboutNames);

/** Whether a toleration is for a taint (Toleration.ToleratesTaint). */
const matchesTaint = ({ key, operator, value, effect }: TolerationSpec, taint: TaintSpec): boolean =>
  (effect === undefined || effect === taint.effect) &&
  (key === undefined ? operator === 'Exists' : key === taint.key) &&
  (operator === 'Exists' || value === taint.value);

/** Whether one of the tolerations is for the taint. */
export const tolerates = (tolerations: readonly TolerationSpec[], taint: TaintSpec): boolean =>
  tolerations.some((toleration) => matchesTaint(toleration, taint));

/**
 * How long a pod stays under NoExecute taints, ns; Infinity: for ever. Of the tolerations that a taint has the first one counts,
 * and of the taints the one that is put up with for the shortest time (getMinTolerationTime in pkg/controller/tainteviction).
 */
export function evictionDelay(tolerations: readonly TolerationSpec[], taints: readonly TaintSpec[]): number {
  let least = Infinity;
  for (const taint of taints) {
    const first = tolerations.find((toleration) => matchesTaint(toleration, taint));
    if (first === undefined) return 0;
    least = Math.min(least, first.seconds ?? Infinity);
  }
  return least;
}

/** The first taint that keeps the pod away; undefined if it tolerates all but those that are only to be avoided. */
export const untolerated = (
  { tolerations }: Pick<PodTemplate, 'tolerations'>,
  taints: readonly TaintSpec[],
): TaintSpec | undefined =>
  taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));

/** How many taints the pod had better avoid. */
export const softTaints = ({ tolerations }: Pick<PodTemplate, 'tolerations'>, taints: readonly TaintSpec[]): number =>
  taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint)).length;

/** A taint that Kubernetes itself gives to nodes. */
export const ownTaint = (key: string, effect: TaintSpec['effect'] = 'NoSchedule'): TaintSpec => ({
  key: `node.kubernetes.io/${key}`,
  value: '',
  effect,
});
export const MEMORY_PRESSURE = ownTaint('memory-pressure');
/** A node that is cordoned. */
export const UNSCHEDULABLE = ownTaint('unschedulable');

/** Taints that follow from what a node is short of, bits of {@link NodePressure}. */
export const pressureTaints = (pressures: number): TaintSpec[] =>
  PRESSURE_TAINTS.flatMap(([bit, taint]) => ((pressures & bit) === 0 ? [] : [taint]));
const PRESSURE_TAINTS = [
  [NodePressure.Memory, MEMORY_PRESSURE],
  [NodePressure.Disk, ownTaint('disk-pressure')],
  [NodePressure.Pid, ownTaint('pid-pressure')],
] as const;

/** Taints that do not only keep new pods away. */
export const evictingTaints = (taints: readonly TaintSpec[]): TaintSpec[] =>
  taints.filter(({ effect }) => effect === 'NoExecute');

/**
 * Whether a pod of a template may be placed on a node for its name, labels and taints.
 * @param taints of the node now; those that it always has if left out.
 */
export function isAllowed(
  template: PodTemplate,
  nodes: NodeTable,
  node: NodeId,
  taints: readonly TaintSpec[] = nodes.poolOf(node).taints,
): boolean {
  const isNamed = template.nodeName === undefined || template.nodeName === nodes.nameOf(node);
  return isNamed && meetsAffinity(template, nodes, node) && untolerated(template, taints) === undefined;
}

/** Nodes that the template of a workload allows, rising. */
export const eligibleNodes = ({ spec, nodes }: Context, workload: WorkloadId): number[] =>
  allowedNodes(spec.workloads[workload]!.template, nodes);

/** Nodes that a template allows, rising. */
export function allowedNodes(template: PodTemplate, nodes: NodeTable): number[] {
  const allowed: number[] = [];
  if (looksAtNames(template) || template.nodeName !== undefined) {
    for (let node = 0; node < nodes.count; node++) if (isAllowed(template, nodes, node)) allowed.push(node);
    return allowed;
  }
  const kinds = new Map<number, boolean>();
  for (let node = 0; node < nodes.count; node++) {
    const kind = nodes.kindOf[node]!;
    let may = kinds.get(kind);
    if (may === undefined) {
      may = isAllowed(template, nodes, node);
      kinds.set(kind, may);
    }
    if (may) allowed.push(node);
  }
  return allowed;
}

const ANY_ADDRESS = '0.0.0.0';

/** Whether two host ports cannot be on one node: 0.0.0.0 stands for all of its addresses. */
export const clashes = (one: HostPort, other: HostPort): boolean =>
  one.port === other.port &&
  one.protocol === other.protocol &&
  (one.ip === other.ip || one.ip === ANY_ADDRESS || other.ip === ANY_ADDRESS);
