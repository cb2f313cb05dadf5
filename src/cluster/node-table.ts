// All nodes of a run. Part of the cluster vocabulary.
// What a machine is like: it runs, it can be reached, which only faults change. What its Node object says is the API server's
// (api-objects.ts).

import { type EntityKey, entityKey, keyWithin } from '../engine/index.js';
import type { NodeId } from './ids.js';
import type { NodePoolSpec } from './spec/index.js';

/** Status of the Ready condition of a Node object. */
export const NodeReady = { True: 0, False: 1, Unknown: 2 } as const;

/** Labels of the nodes of a pool that stand in a zone. */
export const nodeLabels = ({ labels }: NodePoolSpec, zone: string): Readonly<Record<string, string>> => ({
  ...labels,
  'topology.kubernetes.io/zone': zone,
});

/** How many of `count` nodes stand in the zone of that index: they take the zones in turn. */
export const nodesInZone = (count: number, zones: number, index: number): number => Math.ceil((count - index) / zones);

/** Whether labels meet a selector by equality: a node selector, a Service's selector, matchLabels. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
}

/** Nodes as plain data: what of them does not change in a run. */
export interface NodeColumns {
  readonly count: number;
  readonly pools: readonly NodePoolSpec[];
  /** Index into `pools`, by node. */
  readonly pool: Uint16Array;
  /** Index into `zones`, by node: the zones of a pool in turn. */
  readonly zone: Uint16Array;
  readonly zones: readonly string[];
}

/** `general-17`: the pool's name and the node's running number within it. */
export function nodeNameOf({ pools, pool }: Pick<NodeColumns, 'pools' | 'pool'>, node: NodeId): string {
  let first = 0;
  for (let i = 0; i < pool[node]!; i++) first += pools[i]!.count;
  return `${pools[pool[node]!]!.name}-${node - first}`;
}

export class NodeTable implements NodeColumns {
  readonly count: number;
  readonly pools: readonly NodePoolSpec[];
  readonly pool: Uint16Array;
  readonly zone: Uint16Array;
  readonly zones: readonly string[];

  /** What names each node in draws: its pool, and its running number within it. */
  readonly #keys: Int32Array;

  /** 1 while the machine runs. */
  readonly up: Uint8Array;
  /** 1 while its network reaches the other nodes and the API server. */
  readonly connected: Uint8Array;

  constructor(pools: readonly NodePoolSpec[]) {
    this.pools = pools;
    this.count = pools.reduce((sum, pool) => sum + pool.count, 0);
    this.pool = new Uint16Array(this.count);
    this.zone = new Uint16Array(this.count);
    this.zones = [...new Set(pools.flatMap((pool) => pool.zones))];
    this.#keys = new Int32Array(this.count);
    let node = 0;
    pools.forEach((pool, index) => {
      this.pool.fill(index, node, node + pool.count);
      const key = entityKey(pool.name);
      for (let i = 0; i < pool.count; i++) this.#keys[node + i] = keyWithin(key, i);
      const zones = pool.zones.map((zone) => this.zones.indexOf(zone));
      for (let i = 0; i < pool.count; i++) this.zone[node + i] = zones[i % zones.length]!;
      node += pool.count;
    });
    this.up = new Uint8Array(this.count).fill(1);
    this.connected = new Uint8Array(this.count).fill(1);
  }

  keyOf(node: NodeId): EntityKey {
    return this.#keys[node]! as EntityKey;
  }

  poolOf(node: NodeId): NodePoolSpec {
    return this.pools[this.pool[node]!]!;
  }

  zoneOf(node: NodeId): string {
    return this.zones[this.zone[node]!]!;
  }

  /** Labels of a node: those of its pool, and its zone. */
  labelsOf(node: NodeId): Readonly<Record<string, string>> {
    return nodeLabels(this.poolOf(node), this.zoneOf(node));
  }

  /** Whether packets between the node and others arrive. */
  isOnNetwork(node: NodeId): boolean {
    return this.up[node] === 1 && this.connected[node] === 1;
  }

  /** Whether packets go from one node to another and back; within a node they always do. */
  areConnected(one: number, other: number): boolean {
    return one === other || (this.isOnNetwork(one) && this.isOnNetwork(other));
  }

  nameOf(node: NodeId): string {
    return nodeNameOf(this, node);
  }

  /** What does not change, as plain data. */
  toData(): NodeColumns {
    const { count, pools, pool, zone, zones } = this;
    return { count, pools, pool, zone, zones };
  }
}
