// What can be known of a workload's pods before they are created: whether any node may take them. Part of the scenario.
// Pods that nobody can place are said at once, and not only when the run is over.

import {
  allowedNodes,
  type ClusterSpec,
  meetsAffinity,
  NodeTable,
  type PodTemplate,
  type SchedulerProfileSpec,
  tolerates,
  UNSCHEDULABLE,
  untolerated,
  type WorkloadSpec,
} from '../../cluster/index.js';

/** Why none of a workload's pods can run, and whether that is sure to be a slip where they run at the start. */
export interface Unplaceable {
  readonly field: string;
  readonly message: string;
  readonly hint?: string;
}

/** By workload that no node can take. Templates that are alike are looked at once. @param plugins names of all that there are. */
export function unplaceable(spec: ClusterSpec, plugins: readonly string[]): Map<number, Unplaceable> {
  const nodes = new NodeTable(spec.nodePools);
  const profiles = new Map(
    spec.controlPlane.scheduler.profiles.map((profile) => [profile.schedulerName, isUsual(profile, plugins)]),
  );
  const known = new Map<PodTemplate, Unplaceable | undefined>();
  const found = new Map<number, Unplaceable>();
  spec.workloads.forEach((workload, index) => {
    if (workload.traits.placement === 'pool') return;
    const { template } = workload;
    if (!known.has(template)) known.set(template, problemOf(workload, nodes, profiles));
    const problem = known.get(template);
    if (problem !== undefined) found.set(index, problem);
  });
  return found;
}

/** Whether all plugins filter as they do by default: of another profile nothing is known beforehand. */
const isUsual = (profile: SchedulerProfileSpec, plugins: readonly string[]): boolean =>
  plugins.every((name) =>
    profile.plugins.some((one) => one.name === name && one.points.length === 0 && one.args === undefined),
  );

/** @param profiles by name, whether each is the usual one. */
function problemOf(
  workload: WorkloadSpec,
  nodes: NodeTable,
  profiles: ReadonlyMap<string, boolean>,
): Unplaceable | undefined {
  const { template, traits } = workload;
  const { nodeName, schedulerName, schedulingGates } = template;
  if (nodeName !== undefined)
    return nodes.called(nodeName) >= 0
      ? undefined
      : {
          field: 'spec.nodeName',
          message: `there is no node "${nodeName}"`,
          hint: `nodes are called ${examples(nodes)}`,
        };
  if (!profiles.has(schedulerName)) {
    const hint = `schedulers: ${[...profiles.keys()].join(', ')}; spec.controlPlane.scheduler.configuration can have more profiles`;
    return { field: 'spec.schedulerName', message: `no scheduler is called "${schedulerName}"`, hint };
  }
  if (schedulingGates.length > 0) {
    const message = `its pods are never tried: nobody removes their scheduling gates (${schedulingGates.join(', ')})`;
    return { field: 'spec.schedulingGates', message };
  }
  const isKnown = traits.placement === 'eligible-nodes' || profiles.get(schedulerName) === true;
  if (!isKnown) return undefined;
  const allowed = allowedNodes(template, nodes);
  if (allowed.length === 0) return noNode(template, nodes);
  if (traits.placement === 'eligible-nodes') return undefined;
  const isOpen = (node: number): boolean =>
    !nodes.poolOf(node).isUnschedulable || tolerates(template.tolerations, UNSCHEDULABLE);
  const open = allowed.filter(isOpen);
  if (open.length === 0) {
    const message = 'all nodes that its pods may run on are cordoned (unschedulable)';
    return { field: 'metadata.name', message };
  }
  const missing = unknownTopology(template, nodes, open);
  if (missing !== undefined) return missing;
  const lack = lackOf(template, nodes, open);
  return lack === undefined
    ? undefined
    : { field: 'spec.containers', message: `no node is large enough for one of its pods: ${lack}` };
}

/** A topologyKey that no node has: a hard spread, or a required affinity to pods, is met nowhere. */
function unknownTopology(template: PodTemplate, nodes: NodeTable, among: readonly number[]): Unplaceable | undefined {
  const isThere = (key: string): boolean => among.some((node) => nodes.labelOf(node, key) !== undefined);
  const spread = template.topologySpread.find(({ isHard, topologyKey }) => isHard && !isThere(topologyKey));
  const affine = template.podAffinity.find(
    ({ isAnti, weight, topologyKey }) => !isAnti && weight === 0 && !isThere(topologyKey),
  );
  const of = (key: string, field: string): Unplaceable => ({
    field,
    message: `no node that its pods may run on has the label ${key}, which is the topologyKey of a constraint`,
  });
  if (spread !== undefined) return of(spread.topologyKey, 'spec.topologySpreadConstraints');
  return affine === undefined ? undefined : of(affine.topologyKey, 'spec.affinity.podAffinity');
}

/** Labels keep them away from all nodes, or taints from those that are left. */
function noNode(template: PodTemplate, nodes: NodeTable): Unplaceable {
  const met: number[] = [];
  for (let node = 0; node < nodes.count; node++) if (meetsAffinity(template, nodes, node)) met.push(node);
  if (met.length === 0) {
    const asked = Object.entries(template.nodeSelector).map(([key, value]) => `${key}=${value}`);
    const what = asked.length > 0 ? ` (${asked.join(',')})` : '';
    return {
      field: template.nodeAffinity.length > 0 ? 'spec.affinity.nodeAffinity' : 'spec.nodeSelector',
      message: `no node has the labels that its pods ask for${what}`,
      hint: 'compare it with labels and zones of the node pools; see docs/guides/nodes.md for the labels that every node has',
    };
  }
  const taints = new Set(
    met.map((node) => {
      const { key, value, effect } = untolerated(template, nodes.poolOf(node).taints)!;
      return `${key}=${value}:${effect}`;
    }),
  );
  return {
    field: 'spec.tolerations',
    message: `its pods tolerate no node that they select: ${[...taints].join(', ')}`,
  };
}

/** What every one of these nodes has too little of; undefined if one has enough of everything. */
function lackOf(template: PodTemplate, nodes: NodeTable, among: readonly number[]): string | undefined {
  const pools = new Set(among.map((node) => nodes.poolOf(node)));
  const most = (of: (pool: ReturnType<NodeTable['poolOf']>) => number): number => Math.max(...[...pools].map(of));
  const asked: readonly (readonly [string, number, number])[] = [
    ['millicores of cpu', template.cpuRequestMillis, most((pool) => pool.cpuMillis)],
    ['bytes of memory', template.memoryRequestBytes, most((pool) => pool.memoryBytes)],
    ...Object.entries(template.resources).map(
      ([name, amount]) => [name, amount, most((pool) => pool.resources[name] ?? 0)] as const,
    ),
  ];
  const short = asked.find(([, need, have]) => need > have);
  return short === undefined
    ? undefined
    : `it asks for ${short[1]} ${short[0]}, of which a node has ${short[2]} at most`;
}

const examples = ({ pools }: NodeTable): string =>
  pools
    .slice(0, 3)
    .map(({ name, count }) => (count === 1 ? `${name}-0` : `${name}-0 to ${name}-${count - 1}`))
    .join(', ');
