// NodeResourcesBalancedAllocation: nodes whose resources are used alike are preferred. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.

import type { NodeId } from '../../../cluster/index.js';
import type { FieldReader, Path } from '../../../format/index.js';
import type { SchedulerPlugin } from '../plugin.js';
import { useOf, type WeightedResource, weightedResourcesAt } from './node-resources-fit.js';
import { balance, balanceGained } from './resource-scores.js';

const DEFAULTS: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

export const balancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  meaning: 'nodes whose resources are used alike are preferred',
  isLocal: true,
  weight: 1,
  args: {
    fields: ['resources[].name', 'resources[].weight'],
    read: (reader: FieldReader, at: Path) => {
      const resources = weightedResourcesAt(reader, [...at, 'resources']);
      resources.forEach(({ weight }, i) => {
        if (weight !== 1) reader.error([...at, 'resources', i, 'weight'], `must be 1, not ${weight}`);
      });
      return resources;
    },
  },
  shortcut: ({ balancedAllocationWeight: weight }) => ({ weight }),
  create: ({ context, nodes: info }, args = DEFAULTS) => {
    const comparesBefore = context.spec.version.balancesByDifference;
    return {
      // What is asked for counts here, and not the least amount that pods are taken to need.
      prepare: ({ template }) => {
        const uses = (args as readonly WeightedResource[]).flatMap(
          ({ name }) => useOf(info, template, name, false) ?? [],
        );
        if (uses.every(({ asked }) => asked === 0)) return undefined;
        const shares: number[] = [];
        const of = (node: NodeId, isWith: boolean): number => {
          shares.length = 0;
          for (const { total, used, asked } of uses) {
            if (total[node] === 0) continue;
            shares.push(Math.min(1, (used[node]! + (isWith ? asked : 0)) / total[node]!));
          }
          return balance(shares);
        };
        const [cpu, memory, more] = uses;
        if (cpu !== undefined && memory !== undefined && more === undefined) {
          return { score: ofTwo(cpu, memory, comparesBefore) };
        }
        return {
          score: comparesBefore ? (node) => balanceGained(of(node, true), of(node, false)) : (node) => of(node, true),
        };
      },
    };
  },
};

type Use = NonNullable<ReturnType<typeof useOf>>;

/** Of two resources, which is the usual case: nothing is allocated. */
function ofTwo(one: Use, two: Use, comparesBefore: boolean): (node: NodeId) => number {
  const share = ({ total, used }: Use, node: NodeId, more: number): number => {
    const part = (used[node]! + more) / total[node]!;
    return Math.min(1, part);
  };
  const alike = (node: NodeId, first: number, second: number): number => {
    if (one.total[node] === 0 || two.total[node] === 0) return 100;
    const apart = share(one, node, first) - share(two, node, second);
    return Math.floor((1 - (apart < 0 ? -apart : apart) / 2) * 100);
  };
  if (!comparesBefore) return (node) => alike(node, one.asked, two.asked);
  return (node) => balanceGained(alike(node, one.asked, two.asked), alike(node, 0, 0));
}
