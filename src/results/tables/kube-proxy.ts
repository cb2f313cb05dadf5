// What kube-proxy did in all. Part of the results: a table.

import { type HistogramData, histogramOf } from '../../metrics/index.js';
import type { RunResult } from '../run-result.js';
import { quantileOf, seriesOf } from '../series.js';
import { column, SECOND, seconds, type Table } from '../table.js';

interface ProxyRow {
  readonly result: RunResult;
  readonly sync: HistogramData;
  readonly programming: HistogramData;
}

export const kubeProxy: Table<ProxyRow> = {
  file: 'kube_proxy.csv',
  meaning: 'the kube-proxies of all nodes together',
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column('nodes', 'nodes', 'nodes', ({ result }) => result.proxy.nodes),
    column('services', 'ports', 'service ports programmed at the end', ({ result }) => result.proxy.ports),
    column(
      'endpoints',
      'endpoints',
      'endpoints programmed at the end, once for each port',
      ({ result }) => result.proxy.endpoints,
    ),
    column(
      'rules',
      'rules',
      'nat rules (iptables), virtual and real servers (ipvs), elements and rules (nftables) or map entries (ebpf) of the first node at the end',
      ({ result }) => result.proxy.rules,
    ),
    column(
      'endpoint_changes_total',
      'writes',
      'writes of EndpointSlices',
      ({ result }) => result.counts.endpointChanges,
    ),
    column('syncs_total', 'syncs', 'syncs of all nodes', ({ result }) => result.proxy.syncs),
    column('full_syncs_total', 'syncs', 'of those, full ones', ({ result }) => result.proxy.fullSyncs),
    column('sync_mean_seconds', 's', 'mean duration of a sync', ({ sync }) =>
      sync.count === 0 ? '' : histogramOf(sync).mean / SECOND,
    ),
    column('sync_p50_seconds', 's', 'median duration of a sync', ({ sync }) => quantileOf(sync, 0.5)),
    column('sync_p99_seconds', 's', '99 % quantile of it', ({ sync }) => quantileOf(sync, 0.99)),
    column(
      'programming_samples',
      'samples',
      'changes of readiness times nodes',
      ({ programming }) => programming.count,
    ),
    column(
      'programming_p50_seconds',
      's',
      'exact median network programming latency; network_programming.csv has the estimate from the buckets of kube-proxy',
      ({ programming }) => quantileOf(programming, 0.5),
    ),
    column('programming_p99_seconds', 's', '99 % quantile of it', ({ programming }) => quantileOf(programming, 0.99)),
    column('cpu_seconds_total', 's', 'CPU time of all proxies', ({ result }) => seconds(result.proxy.cpuTime)),
    column(
      'cpu_ratio',
      'cores',
      'mean CPU of one proxy over the time measured',
      ({ result }) => result.proxy.cpuTime / result.proxy.nodes / (result.spec.duration - result.spec.warmup),
    ),
  ],
  *rows({ result }) {
    yield {
      result,
      sync: seriesOf(result, 'kubeproxy_sync_proxy_rules_duration_seconds'),
      programming: seriesOf(result, 'kubeproxy_network_programming_duration_seconds'),
    };
  },
};
