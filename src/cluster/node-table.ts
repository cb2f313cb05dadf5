// All nodes of a run. Part of the cluster vocabulary.

import type { NodePoolSpec } from './spec.js';

export class NodeTable {
  readonly count: number;
  readonly pools: readonly NodePoolSpec[];
  /** Index into `pools`, by node. */
  readonly pool: Uint16Array;

  constructor(pools: readonly NodePoolSpec[]) {
    this.pools = pools;
    this.count = pools.reduce((sum, pool) => sum + pool.count, 0);
    this.pool = new Uint16Array(this.count);
    let node = 0;
    pools.forEach((pool, index) => {
      this.pool.fill(index, node, node + pool.count);
      node += pool.count;
    });
  }

  poolOf(node: number): NodePoolSpec {
    return this.pools[this.pool[node]!]!;
  }

  /** `general-17`: the pool's name and the node's running number within it. */
  nameOf(node: number): string {
    let first = 0;
    for (let i = 0; i < this.pool[node]!; i++) first += this.pools[i]!.count;
    return `${this.poolOf(node).name}-${node - first}`;
  }
}
