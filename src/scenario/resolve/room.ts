// Whether pods fit, in sum, on the nodes that they select. Part of the scenario.

import {
  HOSTNAME,
  type NodePoolSpec,
  nodeLabels,
  nodesInZone,
  podsWanted,
  selects,
  type WorkloadSpec,
} from '../../cluster/index.js';

/** What is short. */
export interface Shortage {
  readonly what: 'pods' | 'millicores' | 'bytes';
  readonly wanted: number;
  readonly room: number;
  readonly nodes: number;
  /** Labels of the nodes that are meant; empty: all. */
  readonly selector: Readonly<Record<string, string>>;
}

/** Of the nodes of one selector that have too little for the pods that ask for them; undefined if there are none. */
export function shortageOf(
  nodePools: readonly NodePoolSpec[],
  workloads: readonly WorkloadSpec[],
): Shortage | undefined {
  const selectors = new Map(
    workloads.map(({ template }) => [JSON.stringify(template.nodeSelector), template.nodeSelector]),
  );
  for (const selector of [{}, ...selectors.values()]) {
    // Of a single node the run itself says whether it is too small.
    if (Object.hasOwn(selector, HOSTNAME)) continue;
    const counts = nodePools.map((pool) => nodesSelected(pool, selector));
    const nodes = sum(counts);
    const wanting = workloads.filter(({ template }) => selects(selector, template.nodeSelector));
    // That no node is meant is told by itself.
    if (nodes === 0) continue;
    const pods = wanting.map((workload) => podsWanted(workload, nodePools, nodes));
    const room = (of: (pool: NodePoolSpec) => number): number => sum(nodePools.map((pool, i) => counts[i]! * of(pool)));
    const need = (of: (workload: WorkloadSpec) => number): number => sum(wanting.map((w, i) => pods[i]! * of(w)));
    const short = (
      [
        ['pods', need(() => 1), room((pool) => pool.pods)],
        ['millicores', need((w) => w.template.cpuRequestMillis), room((pool) => pool.cpuMillis)],
        ['bytes', need((w) => w.template.memoryRequestBytes), room((pool) => pool.memoryBytes)],
      ] as const
    ).find(([, wanted, there]) => wanted > there);
    if (short !== undefined) return { what: short[0], wanted: short[1], room: short[2], nodes, selector };
  }
  return undefined;
}

/** ` with disk=ssd`; empty for all nodes. */
export const selectorWords = (selector: Readonly<Record<string, string>>): string =>
  Object.entries(selector)
    .map(([key, value]) => ` with ${key}=${value}`)
    .join();

const nodesSelected = (pool: NodePoolSpec, selector: Readonly<Record<string, string>>): number =>
  sum(
    pool.zones.map((zone, i) =>
      selects(selector, nodeLabels(pool, zone)) ? nodesInZone(pool.count, pool.zones.length, i) : 0,
    ),
  );

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
