// All nodes of a run. Part of the cluster vocabulary.
// What a machine is like: it runs, it can be reached, which only faults change. What its Node object says is the API server's
// (api-objects.ts).

import { type EntityKey, entityKey, keyWithin } from '../engine/index.js';
import type { NodeId } from './ids.js';
import type { Labels } from './labels.js';
import type { NodePoolSpec } from './spec/index.js';

/** Status of the Ready condition of a Node object. */
export const NodeReady = { True: 0, False: 1, Unknown: 2 } as const;

export const HOSTNAME = 'kubernetes.io/hostname';
export const ZONE = 'topology.kubernetes.io/zone';

/** Labels of the nodes of a pool that stand in a zone, without what each has of its own: its host name. */
export const nodeLabels = ({ labels }: Pick<NodePoolSpec, 'labels'>, zone: string): Labels => ({
  ...labels,
  [ZONE]: zone,
  'failure-domain.beta.kubernetes.io/zone': zone,
});

/** How many of `count` nodes stand in the zone of that index: they take the zones in turn. */
export const nodesInZone = (count: number, zones: number, index: number): number => Math.ceil((count - index) / zones);

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

/** What all nodes of one pool in one zone have in common. */
export interface NodeKind {
  /** Their labels but for the host name. */
  readonly labels: Labels;
  readonly pool: NodePoolSpec;
  readonly zone: string;
}

export class NodeTable implements NodeColumns {
  readonly count: number;
  readonly pools: readonly NodePoolSpec[];
  readonly pool: Uint16Array;
  readonly zone: Uint16Array;
  readonly zones: readonly string[];
  /** Nodes of one pool in one zone are of one kind: they have the same labels but for their host names. */
  readonly kindOf: Uint32Array;
  readonly kinds: readonly NodeKind[];

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
    const kinds = new Map<string, number>();
    const made: NodeKind[] = [];
    this.kindOf = Uint32Array.from({ length: this.count }, (_, i) => {
      const key = `${this.pool[i]} ${this.zone[i]}`;
      const known = kinds.get(key);
      if (known !== undefined) return known;
      const [pool, zone] = [this.poolOf(i), this.zoneOf(i)];
      kinds.set(key, made.length);
      made.push({ labels: nodeLabels(pool, zone), pool, zone });
      return made.length - 1;
    });
    this.kinds = made;
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

  kind(node: NodeId): NodeKind {
    return this.kinds[this.kindOf[node]!]!;
  }

  /** The value of a label; undefined if the node has none of that key. */
  labelOf(node: NodeId, key: string): string | undefined {
    if (key === HOSTNAME) return this.nameOf(node);
    const { labels } = this.kind(node);
    return Object.hasOwn(labels, key) ? labels[key] : undefined;
  }

  /** The node of that name; -1 if there is none. */
  called(name: string): NodeId {
    let first = 0;
    for (const pool of this.pools) {
      const number = name.startsWith(`${pool.name}-`) ? name.slice(pool.name.length + 1) : '';
      if (/^(0|[1-9]\d*)$/.test(number) && Number(number) < pool.count) return first + Number(number);
      first += pool.count;
    }
    return -1;
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
