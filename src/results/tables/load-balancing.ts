// How evenly endpoints were used. Part of the results: a table.

import type { PodId, ServiceId } from '../../cluster/index.js';
import type { RunResult } from '../run-result.js';
import { relativeDeviation } from '../series.js';
import { column, nodeName, podName, precise, type Table } from '../table.js';

interface BalanceRow {
  readonly result: RunResult;
  readonly service: ServiceId;
  /** -1: all of the service. */
  readonly pod: PodId;
  readonly requests: number;
  readonly total: number;
  readonly endpoints: number;
  readonly imbalance: { readonly relativeSd: number; readonly max: number };
}

/** Standard deviation and maximum of what endpoints had, in means. */
function imbalanceOf(requestsByPod: readonly number[]): BalanceRow['imbalance'] {
  const mean = requestsByPod.reduce((sum, n) => sum + n, 0) / requestsByPod.length;
  return { relativeSd: relativeDeviation(requestsByPod), max: Math.max(...requestsByPod) / mean };
}

export const loadBalancing: Table<BalanceRow> = {
  file: 'load_balancing.csv',
  meaning:
    'how the requests to a service were distributed over its endpoints: one row for the service, then one for each pod to which any were sent',
  rowsMax: 5000,
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column('service', '', 'name of the service', ({ result, service }) => result.spec.services[service]!.name),
    column('pod', '', 'name of the pod; empty for the service', ({ result, pod }) =>
      pod < 0 ? '' : podName(result, pod),
    ),
    column('node', '', 'its node', ({ result, pod }) => (pod < 0 ? '' : nodeName(result, pod))),
    column('endpoints', 'endpoints', 'pods of the service to which requests were sent', ({ endpoints }) => endpoints),
    column('requests_total', 'requests', 'requests sent to it, each attempt counted', (row) => row.requests),
    column('share_ratio', 'ratio', 'share of the service’s requests', ({ requests, total }) =>
      precise(requests / total),
    ),
    column(
      'relative_ratio',
      'ratio',
      'requests of the pod relative to an equal share',
      ({ requests, total, endpoints, pod }) => (pod < 0 ? '' : precise((requests * endpoints) / total)),
    ),
    column(
      'imbalance_ratio',
      'ratio',
      'standard deviation over the endpoints divided by their mean; only for a service',
      ({ imbalance, pod }) => (pod < 0 ? precise(imbalance.relativeSd) : ''),
    ),
    column(
      'max_ratio',
      'ratio',
      'most requests of one endpoint divided by the mean; only for a service',
      ({ imbalance, pod }) => (pod < 0 ? precise(imbalance.max) : ''),
    ),
  ],
  *rows({ result }) {
    for (const { service, requests: byPod } of result.serviceLoads) {
      const total = byPod.reduce((sum, row) => sum + row.requests, 0);
      const imbalance = imbalanceOf(byPod.map((row) => row.requests));
      const of = { result, service, total, endpoints: byPod.length, imbalance };
      yield { ...of, pod: -1, requests: total };
      for (const row of byPod) yield { ...of, pod: row.pod, requests: row.requests };
    }
  },
};
