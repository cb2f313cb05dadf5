// The tables about services: kube-proxy, first packets, requests. Part of the report.

import type { Histogram, MetricName } from '../metrics/index.js';
import { CAUSE_MEANINGS, type RunResult } from '../run/index.js';
import { relativeDeviation } from './request-answers.js';
import {
  type Cell,
  column,
  EMPTY,
  nodeName,
  podName,
  precise,
  rounded,
  SECOND,
  seconds,
  statistics,
  type Table,
} from './table.js';

interface ProxyRow {
  readonly result: RunResult;
  readonly sync: Histogram;
  readonly programming: Histogram;
}

const seriesOf = (result: RunResult, metric: MetricName, labels = ''): Histogram =>
  result.series.find((series) => series.metric === metric && series.labels === labels)?.histogram ?? EMPTY;
const quantileOf = (h: Histogram, q: number): Cell => rounded(h.quantile(q) / SECOND, h.count);

const kubeProxy: Table<ProxyRow> = {
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
      sync.count === 0 ? '' : sync.mean / SECOND,
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
      'median network programming latency, as it was; network_programming.csv has what the buckets of kube-proxy make of it',
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

interface SyncRow {
  readonly result: RunResult;
  readonly row: RunResult['syncs'][number];
}

const proxySyncs: Table<SyncRow> = {
  file: 'proxy_syncs.csv',
  meaning: 'the syncs of all kube-proxies, by what called for them',
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column(
      'trigger',
      '',
      'changes: of services or endpoints; start: the first after the process began; forced: an hour had passed; retry: the one before had failed; canary: its chains were gone',
      ({ row }) => row.trigger,
    ),
    column('kind', '', 'full or partial', ({ row }) => (row.isFull ? 'full' : 'partial')),
    column('syncs_total', 'syncs', 'syncs of all nodes', ({ row }) => row.duration.count),
    column('failed_total', 'syncs', 'of those, failed ones', ({ row }) => row.failed),
    column('changes_total', 'writes', 'writes of EndpointSlices that they took in', ({ row }) => row.changes),
    column('changes_mean', 'writes', 'of them, by one sync', ({ row }) =>
      rounded(row.changes / row.duration.count, row.duration.count),
    ),
    column('lines_mean', 'lines', 'lines handed to iptables-restore by one sync; 0 in other modes', ({ row }) =>
      rounded(row.lines / row.duration.count, row.duration.count),
    ),
    column('lock_wait_seconds_total', 's', 'time spent waiting for the iptables lock', ({ row }) =>
      seconds(row.lockWait),
    ),
    ...statistics<SyncRow>(
      ({ row }) => row.duration,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    for (const row of result.syncs) yield { result, row };
  },
};

interface ProgrammingRow {
  readonly scope: 'cluster' | 'window' | 'node';
  readonly name: string;
  readonly begins: number;
  readonly counts: ArrayLike<number>;
  readonly programming: RunResult['programming'];
}

const samplesIn = (counts: ArrayLike<number>): number => Array.from(counts).reduce((sum, count) => sum + count, 0);
const fromBuckets =
  (q: number) =>
  (row: ProgrammingRow): Cell =>
    seconds(row.programming.quantile(row.counts, q) * SECOND);

const networkProgramming: Table<ProgrammingRow> = {
  file: 'network_programming.csv',
  meaning:
    'network programming latency as its SLI defines it, from the buckets that kube-proxy exports: of the whole run, of each five minutes over all nodes (the SLI), of each node',
  rowsMax: 20_000,
  columns: [
    column(
      'scope',
      '',
      'cluster: whole run, all nodes; window: five minutes, all nodes; node: whole run',
      (row) => row.scope,
    ),
    column('node', '', 'node; empty for the others', (row) => row.name),
    column('window_begins_seconds', 's', 'begin of the window; empty for the others', (row) => seconds(row.begins)),
    column('samples', 'samples', 'changes times nodes', (row) => samplesIn(row.counts)),
    column('p50_seconds', 's', 'median, in a straight line within its bucket', fromBuckets(0.5)),
    column('p90_seconds', 's', '90 % quantile', fromBuckets(0.9)),
    column('p99_seconds', 's', '99 % quantile: of a window, the SLI', fromBuckets(0.99)),
  ],
  *rows({ result }) {
    const { programming, nodes } = result;
    yield { programming, scope: 'cluster', name: '', begins: Number.NaN, counts: programming.ofAll() };
    for (let window = 0; window < programming.windows; window++) {
      const counts = programming.ofWindow(window);
      if (samplesIn(counts) > 0) {
        yield { programming, scope: 'window', name: '', begins: programming.beginOf(window), counts };
      }
    }
    for (let node = 0; node < programming.nodes; node++) {
      const counts = programming.ofNode(node);
      if (samplesIn(counts) > 0)
        yield { programming, scope: 'node', name: nodes.nameOf(node), begins: Number.NaN, counts };
    }
  },
};

interface LookupRow {
  readonly result: RunResult;
  readonly hop: 'both' | 'client' | 'endpoint';
  /** NaN: it has no place. */
  readonly low: number;
  readonly high: number;
  readonly duration: Histogram;
  readonly traversed: Histogram;
}

const figure = (value: number): Cell => Number(value.toPrecision(6));
const ratioOf = (value: number): Cell => (Number.isNaN(value) ? '' : value);

const serviceLookups: Table<LookupRow> = {
  file: 'service_lookups.csv',
  meaning:
    'what the first packet of a connection pays: on the node that chooses its endpoint, over all places of the service in the list and by tenths of it; and on the node of the endpoint, if that is another',
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column('services', 'ports', 'service ports programmed at the end', ({ result }) => result.proxy.ports),
    column('endpoints', 'endpoints', 'endpoints programmed at the end', ({ result }) => result.proxy.endpoints),
    column(
      'hop',
      '',
      'client: the node that chooses; endpoint: the other one; both: the sum for each connection that was sent to an endpoint',
      ({ hop }) => hop,
    ),
    column('position_low_ratio', 'ratio', 'places from this share of the list on …', ({ low }) => ratioOf(low)),
    column('position_high_ratio', 'ratio', '… to this one', ({ high }) => ratioOf(high)),
    column('connections_total', 'connections', 'connections looked up', ({ duration }) => duration.count),
    column('rules_mean', 'rules', 'mean of rules, list entries or hash lookups met', ({ traversed }) =>
      rounded(traversed.mean, traversed.count),
    ),
    column('rules_p50', 'rules', 'median', ({ traversed }) => rounded(traversed.quantile(0.5), traversed.count)),
    column('rules_p99', 'rules', '99 % quantile', ({ traversed }) =>
      rounded(traversed.quantile(0.99), traversed.count),
    ),
    column('cpu_seconds_total', 's', 'CPU that all of them took', ({ duration }) =>
      duration.count === 0 ? 0 : precise(duration.sum / SECOND),
    ),
    ...statistics<LookupRow>(
      (row) => row.duration,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    const at = (hop: 'client' | 'endpoint') => ({
      result,
      hop,
      duration: seriesOf(result, 'kubelapse_first_packet_hop_duration_seconds', `hop=${hop}`),
      traversed: seriesOf(result, 'kubelapse_first_packet_rules_traversed', `hop=${hop}`),
    });
    const duration = seriesOf(result, 'kubelapse_first_packet_lookup_duration_seconds');
    yield { result, hop: 'both', low: Number.NaN, high: Number.NaN, duration, traversed: EMPTY };
    yield { ...at('client'), low: 0, high: 1 };
    const bands = result.lookupBands.length;
    for (const { band, ...of } of result.lookupBands) {
      yield { result, hop: 'client', low: band / bands, high: (band + 1) / bands, ...of };
    }
    yield { ...at('endpoint'), low: Number.NaN, high: Number.NaN };
  },
};

interface RequestRow {
  readonly result: RunResult;
  readonly row: RunResult['requests'][number];
  readonly total: number;
}

const serviceOf = (result: RunResult, traffic: number): string =>
  result.spec.services[result.spec.traffic[traffic]!.services[0]!]!.manifestName;

const requests: Table<RequestRow> = {
  file: 'requests.csv',
  meaning: 'requests by traffic entry, outcome and cause, and how long they took',
  columns: [
    column('traffic', '', 'number of the entry in spec.traffic', ({ row }) => row.traffic),
    column('service', '', 'service as in the manifest', ({ result, row }) => serviceOf(result, row.traffic)),
    column(
      'weight',
      'requests',
      'real requests that one simulated request stands for',
      ({ result, row }) => result.spec.traffic[row.traffic]!.weight,
    ),
    column(
      'outcome',
      '',
      'ok; refused: nothing listens; timed_out: no answer before the client gave up; reset: the connection broke; unready: the application answers that it is not ready; no_endpoints: rejected by the rules; unfinished: the run ended first',
      ({ row }) => row.outcome,
    ),
    column(
      'cause',
      '',
      Object.entries(CAUSE_MEANINGS)
        .map(([cause, meaning]) => `${cause}: ${meaning}`)
        .join('; '),
      ({ row }) => row.cause,
    ),
    column('requests_total', 'requests', 'requests, by their weights', ({ row }) => row.requests),
    column('share_ratio', 'ratio', 'share of the entry’s requests', ({ row, total }) => figure(row.requests / total)),
    ...statistics<RequestRow>(
      ({ row }) => row.duration,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    for (const row of result.requests) {
      const total = result.requests.filter((r) => r.traffic === row.traffic).reduce((sum, r) => sum + r.requests, 0);
      yield { result, row, total };
    }
  },
};

interface BalanceRow {
  readonly result: RunResult;
  readonly service: number;
  /** -1: all of the service. */
  readonly pod: number;
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

const loadBalancing: Table<BalanceRow> = {
  file: 'load_balancing.csv',
  meaning:
    'how the requests to a service were shared by its endpoints: a row for the service, then one for each pod that had some',
  rowsMax: 5000,
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column('service', '', 'name of the service', ({ result, service }) => result.spec.services[service]!.name),
    column('pod', '', 'name of the pod; empty for the service', ({ result, pod }) =>
      pod < 0 ? '' : podName(result, pod),
    ),
    column('node', '', 'its node', ({ result, pod }) => (pod < 0 ? '' : nodeName(result, pod))),
    column('endpoints', 'endpoints', 'pods of the service that had requests', ({ endpoints }) => endpoints),
    column('requests_total', 'requests', 'requests that came to it, each try counted', (row) => row.requests),
    column('share_ratio', 'ratio', 'share of the service’s requests', ({ requests, total }) =>
      precise(requests / total),
    ),
    column('relative_ratio', 'ratio', 'of an equal share', ({ requests, total, endpoints, pod }) =>
      pod < 0 ? '' : precise((requests * endpoints) / total),
    ),
    column(
      'imbalance_ratio',
      'ratio',
      'standard deviation over the endpoints, in means; of a service',
      ({ imbalance, pod }) => (pod < 0 ? precise(imbalance.relativeSd) : ''),
    ),
    column('max_ratio', 'ratio', 'most that one endpoint had, in means; of a service', ({ imbalance, pod }) =>
      pod < 0 ? precise(imbalance.max) : '',
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

interface PathRow {
  readonly result: RunResult;
  readonly row: RunResult['networkPaths'][number];
}

const networkPaths: Table<PathRow> = {
  file: 'network_paths.csv',
  meaning: 'what a packet pays and how many bytes go from pod to pod, within a node and between two, and between hosts',
  columns: [
    column('variant', '', 'how packets are carried; host: no pod network', ({ row }) => row.variant),
    column('path', '', 'same_node or between_nodes', ({ row }) => row.path),
    column('line_mtu_bytes', 'bytes', 'MTU between the nodes', ({ row }) => row.lineMtu),
    column('pod_mtu_bytes', 'bytes', 'MTU of a pod', ({ row }) => row.figures.podMtu),
    column('header_bytes', 'bytes', 'around each packet between nodes', ({ row }) => row.figures.headerBytes),
    column('line_gbits_per_second', 'Gbit/s', 'link of a node; empty within a node', ({ row }) =>
      Number.isFinite(row.lineGbits) ? figure(row.lineGbits) : '',
    ),
    column('goodput_ratio', 'ratio', 'share of the line left to the bytes of a TCP connection', ({ row }) =>
      figure(row.figures.goodput),
    ),
    column('round_trip_seconds', 's', 'a small packet and its answer', ({ row }) => seconds(row.roundTrip)),
    column('connection_setup_seconds', 's', 'a new connection takes beyond its round trips', ({ row }) =>
      seconds(row.connectionSetup),
    ),
    column('tcp_one_stream_gbits_per_second', 'Gbit/s', 'one TCP connection', ({ row }) =>
      figure(row.figures.oneStream),
    ),
    column('tcp_many_streams_gbits_per_second', 'Gbit/s', 'eight TCP connections; empty within a node', ({ row }) =>
      Number.isFinite(row.figures.manyStreams) ? figure(row.figures.manyStreams) : '',
    ),
    column('send_cores_per_gbit', 'cores per Gbit/s', 'CPU of the sending node, eight connections', ({ row }) =>
      figure(row.figures.sendCpu),
    ),
    column('receive_cores_per_gbit', 'cores per Gbit/s', 'CPU of the receiving node, eight connections', ({ row }) =>
      figure(row.figures.receiveCpu),
    ),
    column('send_cores_per_gbit_one_stream', 'cores per Gbit/s', 'CPU of the sending node, one connection', ({ row }) =>
      figure(row.figures.sendCpuOneStream),
    ),
    column(
      'receive_cores_per_gbit_one_stream',
      'cores per Gbit/s',
      'CPU of the receiving node, one connection',
      ({ row }) => figure(row.figures.receiveCpuOneStream),
    ),
  ],
  *rows({ result }) {
    for (const row of result.networkPaths) yield { result, row };
  },
};

interface PolicyTableRow {
  readonly result: RunResult;
  readonly row: RunResult['policies'][number];
  readonly delay: Histogram;
}

const networkPolicies: Table<PolicyTableRow> = {
  file: 'network_policies.csv',
  meaning: 'NetworkPolicies: all together, then those of each manifest (copies added up)',
  columns: [
    column('variant', '', 'how the plugin works', ({ result }) => result.spec.network.variant),
    column('scope', '', 'cluster: all; policy: those of one manifest', ({ row }) => row.scope),
    column('app', '', 'application; empty for all', ({ row }) => row.app),
    column('policy', '', 'policy as in the manifest; empty for all', ({ row }) => row.policy),
    column('policies', 'policies', 'policies', ({ row }) => row.policies),
    column('pods', 'pods', 'pods that they select at the end', ({ row }) => row.pods),
    column('rules', 'rules', 'their rules', ({ row }) => row.rules),
    column('checked_total', 'connections', 'new connections that policies were asked about', ({ row }) =>
      Number.isNaN(row.checked) ? '' : row.checked,
    ),
    column(
      'denied_total',
      'connections',
      'of those, forbidden ones, each try counted; of a policy, those that it had a part in',
      ({ row }) => row.denied,
    ),
    column('applies_total', 'applies', 'times that an agent applied policies', ({ row }) =>
      Number.isNaN(row.applies) ? '' : row.applies,
    ),
    column('cpu_seconds_total', 's', 'CPU that they took', ({ row }) => seconds(row.cpuTime)),
    column('delay_samples', 'samples', 'policies that were written in the run, times nodes', ({ row, delay }) =>
      row.scope === 'cluster' ? delay.count : '',
    ),
    column('delay_p50_seconds', 's', 'median from writing a policy to a node that carries it out', ({ row, delay }) =>
      row.scope === 'cluster' ? quantileOf(delay, 0.5) : '',
    ),
    column('delay_p99_seconds', 's', '99 % quantile of it', ({ row, delay }) =>
      row.scope === 'cluster' ? quantileOf(delay, 0.99) : '',
    ),
  ],
  *rows({ result }) {
    const delay = seriesOf(result, 'kubelapse_network_policy_implementation_delay_seconds');
    for (const row of result.policies) yield { result, row, delay };
  },
};

// biome-ignore lint/suspicious/noExplicitAny: each table has a row type of its own, used only inside it
export const SERVICE_TABLES: readonly Table<any>[] = [
  kubeProxy,
  proxySyncs,
  networkProgramming,
  serviceLookups,
  requests,
  loadBalancing,
  networkPaths,
  networkPolicies,
];
