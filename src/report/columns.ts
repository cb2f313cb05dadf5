// The tables of a result and their columns, declared once: header, rows and the reference page come from this list.
// Part of the report. Units are seconds, bytes, ratios and counts; a quantity that was not measured is an empty cell.

import { POD_PHASE_NAMES, POD_STAGES, type PodStage } from '../cluster/index.js';
import { type Histogram, METRICS, type MetricName } from '../metrics/index.js';
import type { ProbeResultRow, RunResult } from '../run/index.js';
import { deletedAfter, evictedAfter, type FaultOfRun, faultOf, restartsAfter } from './fault-effects.js';
import { podStartBreakdown } from './pod-start-breakdown.js';
import { SERVICE_TABLES } from './service-tables.js';
import { column, EMPTY, nodeName, podName, SECOND, seconds, statistics, type Table, workloadOf } from './table.js';

interface SummaryRow {
  readonly metric: string;
  readonly labels: string;
  readonly unit: string;
  readonly scale: number;
  readonly histogram?: Histogram;
  readonly total: number;
}

const summary: Table<SummaryRow> = {
  file: 'summary.csv',
  meaning: 'one row a point, metric and label set; quantiles are within 0.4 %',
  columns: [
    column('metric', '', 'name of the metric', (row) => row.metric),
    column('labels', '', 'label=value pairs', (row) => row.labels),
    column('unit', '', 'unit of the figures in this row', (row) => row.unit),
    column('samples', 'samples', 'number of samples; empty for a counter', (row) => row.histogram?.count ?? ''),
    column('total', 'unit', 'sum of the samples, or value of the counter', (row) => row.total / row.scale),
    ...statistics<SummaryRow>(
      (row) => row.histogram ?? EMPTY,
      (row) => row.scale,
      '',
      'unit',
    ),
  ],
  *rows({ result }) {
    for (const { metric, labels, histogram } of result.series) {
      const { unit } = METRICS[metric as MetricName];
      const scale = unit === 'seconds' ? SECOND : 1;
      yield { metric, labels, unit, scale, histogram, total: histogram.sum };
    }
    for (const { metric, labels, value } of result.counters)
      yield { metric, labels, unit: 'total', scale: 1, total: value };
  },
};

interface PodRow {
  readonly result: RunResult;
  readonly pod: number;
}

const STAGE_MEANING: Readonly<Record<PodStage, string>> = {
  created: 'the API server has the object',
  scheduled: 'the scheduler has chosen a node',
  bound: 'the API server has the binding',
  observed: 'the kubelet hears of the pod, by its watch or in the list with which it begins',
  syncStarted: 'its worker begins the first sync',
  volumesMounted: 'the wait for volumes ends',
  sandboxReady: 'RunPodSandbox returns, CNI ADD included',
  containersStarted: 'the sync that started the containers ends',
  runningKnown: 'the kubelet has seen all containers run in a relist',
  runningReported: 'the API server has that status',
  runningObserved:
    'a watch brings it back: end of the start-up SLI; never, if the kubelet was restarted during the start',
  ready: 'the API server says Ready for the first time, whichever start that was',
  deleted: 'the deletion timestamp is set',
  deletionObserved: 'the kubelet hears of the deletion',
  stopped: 'StopContainer has returned for all containers, which have ended before; empty if one has started since',
  removed: 'the API object is gone',
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const pods: Table<PodRow> = {
  file: 'pods.csv',
  meaning:
    'one row a pod incarnation, with the instant of every stage since the start of the run; from observed to running_observed, and in the durations, it tells of one start in one sandbox: the first in which a kubelet saw all containers run, or the newest where none did; empty: not reached, or before the start',
  rowsMax: 5000,
  columns: [
    column('namespace', '', 'namespace', ({ result, pod }) => workloadOf(result, pod).namespace),
    column(
      'workload',
      '',
      'kind and name of the workload',
      ({ result, pod }) => `${workloadOf(result, pod).kind}/${workloadOf(result, pod).name}`,
    ),
    column('pod', '', 'name of the pod', ({ result, pod }) => podName(result, pod)),
    column('node', '', 'node, empty if it has none', ({ result, pod }) => nodeName(result, pod)),
    column(
      'generation',
      'templates',
      '0 for the first template, one more at each rolling update',
      ({ result, pod }) => result.pods.generation[pod]!,
    ),
    column(
      'phase',
      '',
      'phase at the end, or when the object went',
      ({ result, pod }) => POD_PHASE_NAMES[result.pods.phase[pod]!]!,
    ),
    ...POD_STAGES.map((stage) =>
      column<PodRow>(`${snake(stage)}_seconds`, 's', STAGE_MEANING[stage], ({ result, pod }) =>
        seconds(result.pods.stamps[stage][pod]!),
      ),
    ),
    column('cni_add_duration_seconds', 's', 'CNI ADD within the sandbox that became ready', ({ result, pod }) =>
      seconds(result.pods.stamps.cniAdd[pod]!),
    ),
    column(
      'image_wait_duration_seconds',
      's',
      'waiting for earlier pulls in that start, all containers',
      ({ result, pod }) => seconds(result.pods.stamps.imageWait[pod]!),
    ),
    column('image_pull_duration_seconds', 's', 'pulling in that start, all containers', ({ result, pod }) =>
      seconds(result.pods.stamps.imagePull[pod]!),
    ),
    column('create_duration_seconds', 's', 'CreateContainer, all containers, first start', ({ result, pod }) =>
      seconds(result.pods.stamps.create[pod]!),
    ),
    column('start_duration_seconds', 's', 'StartContainer, all containers, first start', ({ result, pod }) =>
      seconds(result.pods.stamps.start[pod]!),
    ),
  ],
  *rows({ result }) {
    for (let pod = 0; pod < result.pods.count; pod++) yield { result, pod };
  },
};

interface SyncLatencyRow {
  readonly pool: string;
  readonly what: 'pod_worker' | 'pod_start_stage' | 'runtime_operation';
  readonly operation: string;
  readonly histogram: Histogram;
}

const SYNC_LATENCY_METRICS: Readonly<Record<string, SyncLatencyRow['what']>> = {
  kubelet_pod_worker_duration_seconds: 'pod_worker',
  kubelapse_pod_start_stage_duration_seconds: 'pod_start_stage',
  kubelet_runtime_operations_duration_seconds: 'runtime_operation',
};

const syncLatency: Table<SyncLatencyRow> = {
  file: 'sync_latency.csv',
  meaning: 'kubelet sync latency by operation, pod start by stage, and CRI calls, by node pool',
  columns: [
    column('node_pool', '', 'node pool', (row) => row.pool),
    column('what', '', 'pod_worker, pod_start_stage or runtime_operation', (row) => row.what),
    column('operation_type', '', 'operation or stage', (row) => row.operation),
    column('samples', 'samples', 'number of samples', (row) => row.histogram.count),
    ...statistics<SyncLatencyRow>(
      (row) => row.histogram,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    for (const { metric, labels, histogram } of result.series) {
      const what = SYNC_LATENCY_METRICS[metric];
      if (what === undefined) continue;
      const [pool, operation] = labels.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1));
      yield { pool: pool!, what, operation: operation!, histogram };
    }
  },
};

interface ProbeRow extends ProbeResultRow {
  readonly hours: number;
}

const probeRestarts: Table<ProbeRow> = {
  file: 'probe_restarts.csv',
  meaning: 'probes and the restarts they caused, by workload of the manifest (copies added up), container and probe',
  columns: [
    column('app', '', 'application', (row) => row.app),
    column('workload', '', 'workload as in the manifest', (row) => row.workload),
    column('container', '', 'container', (row) => row.container),
    column('probe_type', '', 'startup, liveness or readiness', (row) => row.probeType),
    column('pods_total', 'pods', 'pod incarnations', (row) => row.pods),
    column('probes_total', 'probes', 'probes carried out', (row) => row.probes),
    column('failures_total', 'probes', 'of those, failed ones', (row) => row.failures),
    column('restarts_total', 'restarts', 'restarts by this probe', (row) => row.restarts),
    column('restarts_per_pod_hour', '1/h', 'restarts by this probe, per pod incarnation and hour measured', (row) =>
      row.pods > 0 ? row.restarts / row.pods / row.hours : '',
    ),
    column('first_restart_seconds', 's', 'instant of the first of them', (row) => seconds(row.firstRestart)),
    column('backoff_max_seconds', 's', 'longest back-off in force at one of them', (row) => seconds(row.backOffMax)),
    column(
      'unready_seconds_total',
      's',
      'time that pods of the workload were not ready after they had been, deletion left out; the same on each of its rows',
      (row) => seconds(row.unreadyTime),
    ),
  ],
  *rows({ result }) {
    const hours = (result.spec.duration - result.spec.warmup) / SECOND / 3600;
    for (const row of result.probes) yield { ...row, hours };
  },
};

interface RestartRow {
  readonly result: RunResult;
  readonly restart: RunResult['restarts'][number];
}

const restarts: Table<RestartRow> = {
  file: 'restarts.csv',
  meaning: 'one row a container restart: why, and how long it was away',
  columns: [
    column('time_seconds', 's', 'start of the new run', ({ restart }) => seconds(restart.time)),
    column('namespace', '', 'namespace', ({ result, restart }) => workloadOf(result, restart.pod).namespace),
    column('pod', '', 'name of the pod', ({ result, restart }) => podName(result, restart.pod)),
    column('node', '', 'node', ({ result, restart }) => nodeName(result, restart.pod)),
    column(
      'container',
      '',
      'container',
      ({ result, restart }) => workloadOf(result, restart.pod).template.containers[restart.containerIndex]!.name,
    ),
    column(
      'reason',
      '',
      'what ended the run before: liveness, startup, exit, oom, node, hook, or deleted: its static pod was to go, and came back',
      ({ restart }) => restart.reason,
    ),
    column('exit_code', '', 'exit code of the run before', ({ restart }) => restart.exitCode),
    column('away_seconds', 's', 'end of the run before until this start', ({ restart }) => seconds(restart.away)),
    column('backoff_seconds', 's', 'back-off now in force: what the next restart has to wait, doubled', ({ restart }) =>
      seconds(restart.backOff),
    ),
    column(
      'fault',
      '',
      'number of the last fault in spec.faults that hit the pod or its node before the run ended, and that may end one for this reason; empty if none did',
      ({ result, restart }) => faultOf(result, restart) ?? '',
    ),
    column('restart_count', 'restarts', 'restarts of this container so far', ({ restart }) => restart.restarts),
  ],
  *rows({ result }) {
    for (const restart of result.restarts) yield { result, restart };
  },
};

const faults: Table<FaultOfRun> = {
  file: 'faults.csv',
  meaning: 'one row a fault of the scenario, with what it hit and what followed there until the next fault hit it',
  columns: [
    column('fault', '', 'number of the entry in spec.faults', ({ record }) => record.fault),
    column('type', '', 'kind of fault', ({ result, record }) => result.spec.faults[record.fault]!.type),
    column('begins_seconds', 's', 'begin', ({ record }) => seconds(record.begins)),
    column('ends_seconds', 's', 'end; empty if it outlasts the run', ({ result, record }) =>
      record.ends < result.spec.duration ? seconds(record.ends) : '',
    ),
    column('nodes_total', 'nodes', 'nodes hit', ({ record }) => record.nodes.size),
    column('pods_total', 'pods', 'pods hit, or on the nodes hit', ({ record }) => record.pods.size),
    column('restarts_total', 'restarts', 'container restarts there afterwards', (row) => restartsAfter(row).length),
    column(
      'evicted_total',
      'pods',
      'of a fault that makes nodes evict: pods that those hit have evicted since',
      evictedAfter,
    ),
    column(
      'deleted_total',
      'pods',
      'of these pods, those that were deleted afterwards, if the fault may lead to that',
      deletedAfter,
    ),
  ],
  *rows({ result }) {
    for (const record of result.faults) yield { result, record };
  },
};

const nodeStartsTable: Table<{ readonly result: RunResult; readonly row: RunResult['nodeStarts'][number] }> = {
  file: 'node_starts.csv',
  meaning: 'the node of each pool that started the most pods, how fast, and what it was busy with meanwhile',
  columns: [
    column('node_pool', '', 'node pool', ({ row }) => row.pool),
    column('node', '', 'its node that started the most pods', ({ result, row }) => result.nodes.nameOf(row.node)),
    column('pods_started_total', 'pods', 'pods that it started', ({ row }) => row.pods),
    column(
      'starting_seconds',
      's',
      'time in which at least one pod was on its way, from when the kubelet heard of it',
      ({ row }) => seconds(row.startingTime),
    ),
    column('starts_per_second', 'pods/s', 'pods started in that time', ({ row }) =>
      Number((row.pods / (row.startingTime / SECOND)).toPrecision(6)),
    ),
    ...(
      [
        ['disk', 'diskBusy'],
        ['runtime_cpu', 'cpuBusy'],
        ['api_client', 'apiClientBusy'],
      ] as const
    ).map(([name, key]) =>
      column<{ readonly result: RunResult; readonly row: RunResult['nodeStarts'][number] }>(
        `${name}_busy_ratio`,
        'ratio',
        `work that the node’s ${name.replace('_', ' ')} was asked for in that time, as a share of it; 1: more than it could do`,
        ({ row }) => Number(row[key].toPrecision(6)),
      ),
    ),
  ],
  *rows({ result }) {
    for (const row of result.nodeStarts) yield { result, row };
  },
};

const timeSeries: Table<RunResult['timeSeries'][number]> = {
  file: 'timeseries.csv',
  meaning: 'sampled quantities over time',
  columns: [
    column('time_seconds', 's', 'instant', (row) => seconds(row.time)),
    column(
      'metric',
      '',
      'pods running and ready, endpoints, entries of the service log, nodes whose rules are behind it, restarts, failed requests',
      (row) => row.metric,
    ),
    column('value', '', 'value at that instant', (row) => row.value),
  ],
  rows: ({ result }) => result.timeSeries,
};

interface BucketRow {
  readonly metric: string;
  readonly labels: string;
  readonly bound: string;
  readonly count: number;
}

const histograms: Table<BucketRow> = {
  file: 'histogram.csv',
  meaning: 'cumulative bucket counts with the bounds that Kubernetes exports',
  columns: [
    column('metric', '', 'name of the metric', (row) => row.metric),
    column('labels', '', 'label=value pairs', (row) => row.labels),
    column('le_seconds', 's', 'upper bound', (row) => row.bound),
    column('count_total', 'samples', 'samples at or below it', (row) => row.count),
  ],
  *rows({ result }) {
    for (const { metric, labels, histogram } of result.series) {
      if (histogram.bounds.length === 0 || histogram.count === 0) continue;
      let sum = 0;
      for (let i = 0; i <= histogram.bounds.length; i++) {
        sum += histogram.boundCounts[i]!;
        const bound = i < histogram.bounds.length ? String(histogram.bounds[i]! / SECOND) : 'Inf';
        yield { metric, labels, bound, count: sum };
      }
    }
  },
};

/** All tables, in the order in which they are written. */
// biome-ignore lint/suspicious/noExplicitAny: each table has a row type of its own, used only inside it
export const TABLES: readonly Table<any>[] = [
  summary,
  pods,
  syncLatency,
  probeRestarts,
  restarts,
  faults,
  ...SERVICE_TABLES,
  nodeStartsTable,
  podStartBreakdown,
  timeSeries,
  histograms,
];
