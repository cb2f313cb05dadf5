// How fast the busiest node of each pool started pods, and what it was busy with meanwhile. Part of the run: it reads the
// stamps of the pods and the work that runtime and API client were asked for, when the run has ended.

import type { Components } from './components.js';
import type { NodeStarts } from './run-result.js';

/** For each pool on whose nodes pods were started in the run, in the order of the pools. */
export function nodeStarts({ context, kubelets }: Components): NodeStarts[] {
  const { nodes, pods } = context;
  const { observed, containersStarted } = pods.stamps;
  const started = new Int32Array(nodes.count);
  for (let pod = 0; pod < pods.count; pod++) if (containersStarted[pod]! >= 0) started[pods.node[pod]!]! += 1;
  return nodes.pools.flatMap(({ name, kubelet }, pool) => {
    let node = -1;
    for (let other = 0; other < nodes.count; other++) {
      if (nodes.pool[other] === pool && started[other]! > (node < 0 ? 0 : started[node]!)) node = other;
    }
    if (node < 0) return [];
    const spans: [number, number][] = [];
    for (let pod = 0; pod < pods.count; pod++) {
      if (pods.node[pod] === node && containersStarted[pod]! >= 0)
        spans.push([observed[pod]!, containersStarted[pod]!]);
    }
    const startingTime = coveredTime(spans);
    const share = (work: number): number => Math.min(1, work / startingTime);
    return [
      {
        pool: name,
        node,
        pods: started[node]!,
        startingTime,
        diskBusy: share(kubelets.runtimes.diskWork[node]!),
        cpuBusy: share(kubelets.runtimes.cpuWork[node]!),
        apiClientBusy: share((kubelets.statusManager.requests[node]! * 1e9) / kubelet.kubeApiQps),
      },
    ];
  });
}

/** Length of the union of spans of time. */
export function coveredTime(spans: readonly (readonly [begin: number, end: number])[]): number {
  let covered = 0;
  let until = -Infinity;
  for (const [begin, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    covered += Math.max(0, end - Math.max(begin, until));
    until = Math.max(until, end);
  }
  return covered;
}
