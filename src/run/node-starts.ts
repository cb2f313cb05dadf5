// The busiest node of each pool: how fast it started pods, and what was full meanwhile. Part of the run.

import type { NodeStartsRow } from '../results/index.js';
import type { Components } from './components.js';

/** For each pool on whose nodes pods were started in the run, in the order of the pools. */
export function nodeStarts({ context, kubelets }: Components): NodeStartsRow[] {
  const { nodes } = context;
  const { started } = kubelets.nodeStarts;
  return nodes.pools.flatMap(({ name }, pool) => {
    let node = -1;
    for (let other = 0; other < nodes.count; other++) {
      if (nodes.pool[other] === pool && started[other]! > (node < 0 ? 0 : started[node]!)) node = other;
    }
    return node < 0 ? [] : [{ pool: name, node, pods: started[node]!, ...kubelets.nodeStarts.of(node) }];
  });
}
