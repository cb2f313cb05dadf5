// The places of a topology: nodes that have one value of a label are in one place. Part of the scheduler.

import { HOSTNAME, type NodeId, type NodeTable } from '../../cluster/index.js';

/** Nodes by the value that they have of one label. */
export interface Topology {
  readonly key: string;
  /** Number of the place in which a node is; -1 if it has no such label. */
  readonly placeOf: Int32Array;
  /** How many places there are. */
  readonly places: number;
  /** Each node is a place of its own. */
  readonly isHostname: boolean;
  /** All nodes have such a label. */
  readonly isComplete: boolean;
  /** Counts of places that nobody needs any more: all are 0. */
  readonly spare: Int32Array[];
}

export class Topologies {
  readonly #nodes: NodeTable;
  readonly #known = new Map<string, Topology>();

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
  }

  of(key: string): Topology {
    let topology = this.#known.get(key);
    if (topology === undefined) {
      topology = topologyOf(this.#nodes, key);
      this.#known.set(key, topology);
    }
    return topology;
  }

  /** Nodes that have the labels of all these topologies; undefined if all nodes have. */
  static withAll(topologies: readonly Topology[]): ((node: NodeId) => boolean) | undefined {
    const incomplete = topologies.filter(({ isComplete }) => !isComplete);
    return incomplete.length === 0 ? undefined : (node) => incomplete.every(({ placeOf }) => placeOf[node]! >= 0);
  }
}

function topologyOf(nodes: NodeTable, key: string): Topology {
  const isHostname = key === HOSTNAME;
  if (isHostname) {
    const placeOf = Int32Array.from({ length: nodes.count }, (_, node) => node);
    return { key, isHostname, places: nodes.count, placeOf, isComplete: true, spare: [] };
  }
  const values = new Map<string, number>();
  const ofKind = nodes.kinds.map(({ labels }) => {
    if (!Object.hasOwn(labels, key)) return -1;
    const value = labels[key]!;
    if (!values.has(value)) values.set(value, values.size);
    return values.get(value)!;
  });
  const placeOf = Int32Array.from({ length: nodes.count }, (_, node) => ofKind[nodes.kindOf[node]!]!);
  return { key, isHostname, places: values.size, placeOf, isComplete: !placeOf.includes(-1), spare: [] };
}
