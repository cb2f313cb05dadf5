// The nodes of a dump as pools: nodes that are alike together, each at a known place, so that pods find their nodes again. Part of
// the scenario.

import { MINOR_VERSION_MAX, MINOR_VERSION_MIN, nodesInZone, ZONE } from '../../cluster/index.js';
import { OWN_NODE_LABELS } from '../resolve/node-resources.js';
import type { Anonymiser } from './anonymise.js';
import type { Json, Texts } from './kube-types.js';
import { dnsName, unique } from './names.js';

/** A node, as far as it matters. */
export interface ImportedNode {
  /** In its own cluster; empty if it is assumed. */
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  /** Others that it has, as they are written. */
  readonly resources: Texts;
  readonly isUnschedulable: boolean;
  readonly reservedMillis: number;
  readonly reservedBytes: number;
  readonly labels: Texts;
  readonly taints: readonly Json[];
  readonly runtime: string;
  readonly kernel: string | undefined;
  readonly version: string;
}

export interface ImportedPool {
  readonly name: string;
  readonly count: number;
  readonly node: ImportedNode;
  readonly labels: Texts;
  readonly zones: readonly string[];
}

/** Labels by which clouds name the pool that a node is of. */
const POOL_LABELS = [
  'eks.amazonaws.com/nodegroup',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'karpenter.sh/nodepool',
  'node.kubernetes.io/instance-type',
];

interface Group {
  readonly nodes: ImportedNode[];
  readonly labels: Texts;
  readonly pool: string;
}

/**
 * Pools of nodes, and the names that nodes have in the scenario by those that they have in their cluster.
 * @param asked keys of labels that somebody asks for.
 */
export function poolsOf(
  nodes: readonly ImportedNode[],
  asked: ReadonlySet<string>,
  anonymiser: Anonymiser | undefined,
): { readonly pools: ImportedPool[]; readonly names: ReadonlyMap<string, string> } {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  const pools = groupsOf(nodes, asked)
    .flatMap(evenGroups)
    .map(({ nodes: members, labels, pool, zone }): ImportedPool => {
      const zones = zone === undefined ? zonesOf(members) : [zone];
      const own = dnsName(anonymiser?.name(pool, 'p') ?? pool);
      const zoneName = (text: string): string => dnsName(anonymiser?.name(text, 'z') ?? text);
      const name = unique(zone === undefined ? own : dnsName(`${own}-${zoneName(zone)}`), taken);
      // Those that are assumed have no name.
      for (const [i, node] of inTurns(members, zones).entries())
        if (node.name !== '') names.set(node.name, `${name}-${i}`);
      const [node] = members as [ImportedNode, ...ImportedNode[]];
      return {
        name,
        count: members.length,
        node: anonymiser === undefined ? node : anonymisedNode(node, anonymiser),
        labels: anonymiser?.labels(labels) ?? labels,
        zones: zones.map(zoneName),
      };
    });
  return { pools, names };
}

/** Nodes that are alike together. */
function groupsOf(nodes: readonly ImportedNode[], asked: ReadonlySet<string>): Group[] {
  const groups = new Map<string, Group>();
  for (const node of nodes) {
    const own = Object.entries(node.labels).filter(([key]) => asked.has(key) && !OWN_NODE_LABELS.includes(key));
    const labels = Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
    const pool = POOL_LABELS.flatMap((label) => node.labels[label] ?? [])[0] ?? 'nodes';
    const { cpu, memory, pods, resources, isUnschedulable, reservedMillis, taints, runtime, kernel } = node;
    const machine = [cpu, memory, pods, resources, isUnschedulable, reservedMillis, taints, runtime, kernel];
    const key = JSON.stringify([pool, ...machine, labels]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { nodes: [node], labels, pool });
    else known.nodes.push(node);
  }
  return [...groups.values()];
}

const zoneOf = ({ labels }: ImportedNode): string | undefined => labels[ZONE];
const nodesOfZone = (nodes: readonly ImportedNode[], zone: string): number =>
  nodes.filter((node) => zoneOf(node) === zone).length;

/** Zones of nodes, those with most nodes first: a pool's nodes take its zones in turn. */
function zonesOf(nodes: readonly ImportedNode[]): string[] {
  const zones = [...new Set(nodes.flatMap((node) => zoneOf(node) ?? []))];
  return zones.sort((a, b) => nodesOfZone(nodes, b) - nodesOfZone(nodes, a) || (a < b ? -1 : 1));
}

/** As it is if its zones have as many nodes as those of a pool have; else one group a zone. */
function evenGroups(group: Group): (Group & { readonly zone?: string })[] {
  const { nodes } = group;
  const zones = zonesOf(nodes);
  const isEven = zones.every((zone, i) => nodesOfZone(nodes, zone) === nodesInZone(nodes.length, zones.length, i));
  if (isEven) return [group];
  const homeless = nodes.filter((node) => zoneOf(node) === undefined);
  return [
    ...zones.sort().map((zone) => ({ ...group, nodes: nodes.filter((node) => zoneOf(node) === zone), zone })),
    ...(homeless.length === 0 ? [] : [{ ...group, nodes: homeless }]),
  ];
}

/** In the order in which the nodes of a pool stand in its zones. */
function inTurns(nodes: readonly ImportedNode[], zones: readonly string[]): readonly ImportedNode[] {
  if (zones.length < 2) return nodes;
  const byZone = zones.map((zone) => nodes.filter((node) => zoneOf(node) === zone));
  return nodes.map((_, i) => byZone[i % zones.length]![Math.floor(i / zones.length)]!);
}

const anonymisedNode = (node: ImportedNode, anonymiser: Anonymiser): ImportedNode => ({
  ...node,
  taints: anonymiser.object(node.taints, 'taints') as Json[],
  resources: anonymiser.object(node.resources, 'limits') as Record<string, string>,
});

/** The version that most nodes have, as near to it as is modelled; undefined if none says it. @param note is told of another one. */
export function versionOfNodes(nodes: readonly ImportedNode[], note: (text: string) => void): string | undefined {
  const counts = new Map<string, number>();
  for (const { version } of nodes) if (version !== '') counts.set(version, (counts.get(version) ?? 0) + 1);
  const [most] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  if (most === undefined) return undefined;
  const minor = Number(most[0].slice(2));
  const modelled = Math.min(MINOR_VERSION_MAX, Math.max(MINOR_VERSION_MIN, minor));
  if (modelled !== minor) note(`Kubernetes ${most[0]} is not modelled; 1.${modelled} is used instead`);
  return `1.${modelled}`;
}
