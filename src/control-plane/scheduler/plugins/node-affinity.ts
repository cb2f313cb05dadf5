// NodeAffinity: node selector, required and preferred node affinity. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/nodeaffinity.

import type { NodeId, NodeSelectorTerm, NodeTable } from '../../../cluster/index.js';
import { isAboutNames, looksAtNames, meetsAffinity, meetsTerm } from '../../../cluster/index.js';
import { type FieldReader, nodeAffinityAt, type Path } from '../../../format/index.js';
import { normaliseToMost, type SchedulerPlugin } from '../plugin.js';

/** Affinity that an administrator adds to that of all pods of a profile. */
interface AddedAffinity {
  readonly required: readonly NodeSelectorTerm[];
  readonly preferred: readonly { readonly weight: number; readonly term: NodeSelectorTerm }[];
}

const NONE: AddedAffinity = { required: [], preferred: [] };

/** Asks once for a kind of node where nodes of one kind do not differ. */
function byKind<T>(nodes: NodeTable, isByName: boolean, ask: (node: NodeId) => T): (node: NodeId) => T {
  if (isByName) return ask;
  const known: T[] = [];
  return (node) => {
    const kind = nodes.kindOf[node]!;
    if (!(kind in known)) known[kind] = ask(node);
    return known[kind]!;
  };
}

export const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  meaning: 'node selector, required and preferred node affinity',
  isLocal: true,
  weight: 2,
  args: {
    fields: ['addedAffinity.**'],
    read: (reader: FieldReader, at: Path): AddedAffinity => {
      return nodeAffinityAt(reader, [...at, 'addedAffinity']);
    },
  },
  create: ({ context: { nodes } }, args = NONE) => {
    const added = args as AddedAffinity;
    return {
      prepare: ({ template }) => {
        const preferred = [...template.preferredNodes, ...added.preferred].filter(({ weight }) => weight !== 0);
        const isBound = Object.keys(template.nodeSelector).length > 0 || template.nodeAffinity.length > 0;
        if (!isBound && preferred.length === 0 && added.required.length === 0) return undefined;
        const meetsAdded = byKind(nodes, added.required.some(isAboutNames), (node) =>
          added.required.some((term) => meetsTerm(term, nodes, node)),
        );
        const meetsOwn = byKind(nodes, looksAtNames(template), (node) => meetsAffinity(template, nodes, node));
        const worth = byKind(
          nodes,
          preferred.some(({ term }) => isAboutNames(term)),
          (node) => preferred.reduce((sum, { weight, term }) => sum + (meetsTerm(term, nodes, node) ? weight : 0), 0),
        );
        return {
          ...(isBound || added.required.length > 0
            ? {
                filter: (node: NodeId) =>
                  added.required.length > 0 && !meetsAdded(node) ? 2 : isBound && !meetsOwn(node) ? 1 : 0,
              }
            : {}),
          reasons: (why) => [
            why === 2
              ? "node(s) didn't match scheduler-enforced node affinity"
              : "node(s) didn't match Pod's node affinity/selector",
          ],
          isFinal: () => true,
          helps: () => false,
          ...(preferred.length === 0
            ? {}
            : {
                rawScore: worth,
                scoreAll: (of: Int32Array, count: number, scores: Float64Array) => {
                  for (let i = 0; i < count; i++) scores[i] = worth(of[i]!);
                  normaliseToMost(scores, count, false);
                },
              }),
        };
      },
      attemptDuration: ({ nodeAffinity: required, preferredNodes }, costs) =>
        required.length > 0 || preferredNodes.length > 0 ? costs.attemptWithNodeAffinity.value : 0,
    };
  },
};
