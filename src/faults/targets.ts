// Whom faults hit: the fields that say so, and what goes on with each node that is hit. Part of the faults.

import { z } from 'zod';
import type { FaultDetails, FaultSpec, NodeId, NodeTarget } from '../cluster/index.js';
import {
  field,
  NOT_A_PERCENTAGE,
  ns,
  OURS,
  optional,
  otherwise,
  type Path,
  PERCENTAGE,
  part,
  someTime,
} from '../format/index.js';
import type { FaultHit, FaultReach, FaultReader, NodesInput, Undo } from './fault.js';

/** Which nodes are hit: the fields of {@link NodesInput}. */
export const NODES_HIT = {
  nodes: otherwise(part, 1, 'how many of the nodes, chosen by the seed'),
  pool: optional(z.string(), 'node pool from which they are taken', { default: 'all pools' }),
  zone: optional(z.string(), 'zone from which they are taken', { default: 'all zones' }),
};

/** A duration without which it lasts to the end of the run. */
export const untilEnd = (description: string) => optional(someTime, description, { default: 'to the end of the run' });
export const lasts = (text: string | undefined): number => (text === undefined ? Infinity : ns(text));

/** How long something is away that comes back by itself. */
export const away = (length: string, description: string) => otherwise(someTime, length, description, { source: OURS });

/** A share of something that is left. */
export const leftShare = (what: string) => field(z.string().regex(PERCENTAGE, { error: NOT_A_PERCENTAGE }), what);

/** How many times as long something takes. */
export const longer = (what: string) => field(z.number().min(1).max(10_000), what);

export interface OnNodes extends FaultDetails {
  readonly duration: number;
  readonly nodes: NodeTarget;
}

/** Reads a fault of nodes that has no other details than how long it lasts. */
export const readNodes = (
  input: NodesInput & { readonly duration?: string | undefined },
  at: Path,
  reader: FaultReader,
): OnNodes => ({ nodes: reader.nodes(input, at), duration: lasts(input.duration) });

/**
 * Hits nodes one after another. @param hit returns how the fault ends on that node, if that has to be told.
 * @param among `all`: what is done to the objects of nodes is done to those that are down, too.
 */
export function hitNodes(
  { nodes: target }: FaultSpec & OnNodes,
  reach: FaultReach,
  hit: (node: NodeId) => unknown,
  among: 'running' | 'all' = 'running',
): FaultHit {
  const nodes = reach.pickNodes(target, among);
  const pods = nodes.flatMap((node) => reach.api.podsOf(node));
  const undos = nodes.map(hit).filter((undo): undo is Undo => typeof undo === 'function');
  return {
    nodes,
    pods,
    undo: () => {
      for (const undo of undos) undo();
    },
  };
}
