// The end of a run as people read it: the question, a table that answers it, what stands out. Part of the report.

import { Histogram, type MetricName } from '../metrics/index.js';
import type { FinishedPoint, RunResult } from '../run/index.js';
import { formatDuration } from '../scenario/index.js';

export interface SummaryOptions {
  readonly name: string;
  readonly question: string;
  readonly seed: string;
  readonly points: readonly FinishedPoint[];
}

interface KeyFigure {
  readonly heading: string;
  readonly value: (point: FinishedPoint) => string;
  /** Left out if it is empty or nothing at every point. */
  readonly optional?: boolean;
}

/** All samples of a metric, whatever their labels; undefined if there are none. */
const samplesOf = (point: FinishedPoint, metric: MetricName): Histogram | undefined => {
  const found = point.result.series.filter((series) => series.metric === metric && series.histogram.count > 0);
  return found.length < 2 ? found[0]?.histogram : Histogram.merged(found.map(({ histogram }) => histogram));
};

const quantile =
  (metric: MetricName, q: number) =>
  (point: FinishedPoint): string => {
    const histogram = samplesOf(point, metric);
    return histogram === undefined ? '-' : formatDuration(histogram.quantile(q));
  };

const failedShare = (point: FinishedPoint): string => {
  const all = point.result.connections.reduce((sum, row) => sum + row.connections, 0);
  if (all === 0) return '-';
  const failed = point.result.connections.reduce((sum, row) => sum + (row.outcome === 'ok' ? 0 : row.connections), 0);
  return failed === 0 ? '0' : grouped(Math.max(1, Math.round((failed / all) * 1e6)));
};

/** How fast the busiest node started pods, and what was full then; undefined where no node started so many at once. */
function busiest({ result }: FinishedPoint): { perSecond: string; full: string } | undefined {
  const most = result.nodeStarts.reduce<RunResult['nodeStarts'][number] | undefined>(
    (best, row) => (best === undefined || row.pods > best.pods ? row : best),
    undefined,
  );
  if (most === undefined || most.pods < MANY_STARTS) return undefined;
  const perSecond = most.pods / (most.startingTime / 1e9);
  if (perSecond < 1) return undefined;
  const full = [
    ...(most.diskBusy > FULL ? ['disk'] : []),
    ...(most.cpuBusy > FULL ? ['cpu'] : []),
    ...(most.apiClientBusy > FULL ? ['api-client'] : []),
  ];
  return { perSecond: String(Number(perSecond.toPrecision(3))), full: full.length === 0 ? 'nothing' : full.join('+') };
}

/** Starts of pods on one node that say something about what it can do. */
const MANY_STARTS = 50;
/** Share of the time beyond which a resource counts as full. */
const FULL = 0.95;

const KEY_FIGURES: readonly KeyFigure[] = [
  { heading: 'POD-START-P50', value: quantile('kubelet_pod_start_sli_duration_seconds', 0.5), optional: true },
  { heading: 'POD-START-P99', value: quantile('kubelet_pod_start_sli_duration_seconds', 0.99), optional: true },
  { heading: 'NODE-STARTS/S', value: (point) => busiest(point)?.perSecond ?? '-', optional: true },
  { heading: 'FULL', value: (point) => busiest(point)?.full ?? '-', optional: true },
  { heading: 'READY-P99', value: quantile('kubelapse_pod_ready_duration_seconds', 0.99), optional: true },
  {
    heading: 'RESTARTS',
    value: (point) => String(point.result.restarts.length),
    optional: true,
  },
  { heading: 'SYNC-P99', value: quantile('kubeproxy_sync_proxy_rules_duration_seconds', 0.99), optional: true },
  { heading: 'PROGRAM-P99', value: quantile('kubeproxy_network_programming_duration_seconds', 0.99), optional: true },
  {
    heading: 'PROXY-CPU',
    value: ({ result }) => {
      const cores = result.proxy.cpuTime / result.proxy.nodes / (result.spec.duration - result.spec.warmup);
      return cores === 0 ? '-' : `${Number((cores * 1000).toPrecision(3))}m`;
    },
    optional: true,
  },
  { heading: 'LOOKUP-P50', value: quantile('kubelapse_first_packet_lookup_duration_seconds', 0.5), optional: true },
  { heading: 'LOOKUP-P99', value: quantile('kubelapse_first_packet_lookup_duration_seconds', 0.99), optional: true },
  { heading: 'FAILED-PER-MILLION', value: failedShare, optional: true },
];

/** 1234567 as 1,234,567, whatever the locale. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** Kubectl-style table, the question above it and the counts below; ends with a newline. */
export function summaryText(options: SummaryOptions): string {
  const { points } = options;
  const first = points[0];
  if (first === undefined) return '';
  const figures = KEY_FIGURES.filter(
    ({ value, optional }) => !optional || points.some((point) => !['-', '', '0'].includes(value(point))),
  );
  const parameterNames = first.parameters.map(({ name }) => name);
  const header = [
    ...(parameterNames.length > 0 ? parameterNames.map((n) => n.toUpperCase()) : ['SCENARIO']),
    ...figures.map((f) => f.heading),
  ];
  const rows = points.map((point) => [
    ...(parameterNames.length > 0 ? point.parameters.map(({ value }) => String(value)) : [options.name]),
    ...figures.map(({ value }) => value(point)),
  ]);
  const lines: string[] = [];
  if (options.question !== '') lines.push(options.question, '');
  lines.push(...answers(points), '');
  lines.push(...alignedTable([header, ...rows]));
  lines.push(
    '',
    `seed ${options.seed}   ${range(points, 'node')}   ${range(points, 'pod')}   ${range(points, 'service')}   ` +
      `${simulated(points)} simulated${points.length > 1 ? ` at ${points.length} points` : ''}   ` +
      `${grouped(points.reduce((sum, point) => sum + point.result.counts.eventsExecuted, 0))} events`,
  );
  return `${lines.join('\n')}\n`;
}

/** `1 node`, `30,000 nodes`, or `3,000-30,000 nodes` where the points of a sweep differ. */
function range(points: readonly FinishedPoint[], what: 'node' | 'pod' | 'service'): string {
  const values = points.map((point) => point.result.counts[`${what}s`]);
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (least === most) return plural(least, what);
  return `${grouped(least)}-${grouped(most)} ${what}s`;
}

const plural = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;

function simulated(points: readonly FinishedPoint[]): string {
  const durations = points.map((point) => point.result.spec.duration);
  const least = Math.min(...durations);
  const most = Math.max(...durations);
  return least === most ? formatDuration(least) : `${formatDuration(least)} to ${formatDuration(most)}`;
}

/** One sentence a finding: what a reader would say after looking at the table. */
function answers(points: readonly FinishedPoint[]): string[] {
  return points.length === 1 ? singleAnswer(points[0]!) : comparisonAnswer(points);
}

function singleAnswer(point: FinishedPoint): string[] {
  const lines: string[] = [];
  const start = samplesOf(point, 'kubelet_pod_start_sli_duration_seconds');
  if (start !== undefined) {
    lines.push(
      `${plural(start.count, 'pod')} started: half within ${formatDuration(start.quantile(0.5))}, 99 % within ${formatDuration(start.quantile(0.99))} (image pulls left out).`,
    );
  }
  lines.push(...stageAnswer(point), ...neverReadyAnswer(point), ...restartAnswer(point), ...homelessAnswer([point]));
  return lines;
}

/** Pods created in the run that never were ready although nobody deleted them, by workload of the manifest. */
function neverReadyAnswer({ result }: FinishedPoint): string[] {
  const { pods, spec } = result;
  const waited = new Map<string, number>();
  let never = 0;
  for (let pod = 0; pod < pods.count; pod++) {
    const { created, ready, deleted } = pods.stamps;
    const workload = spec.workloads[pods.workload[pod]!]!;
    if (workload.kind === 'Job' || Number.isNaN(created[pod]!)) continue;
    if (!Number.isNaN(ready[pod]!) || !Number.isNaN(deleted[pod]!)) continue;
    never++;
    waited.set(workload.manifestName, (waited.get(workload.manifestName) ?? 0) + 1);
  }
  if (never === 0) return [];
  const most = [...waited].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 5);
  return [
    `${plural(never, 'pod')} never became ready: ${most.map(([name, n]) => `${name} ${grouped(n)}`).join(', ')}.`,
  ];
}

function homelessAnswer(points: readonly FinishedPoint[]): string[] {
  if (points.every((point) => point.result.counts.unschedulablePods === 0)) return [];
  const counts = points.map((point) => {
    const count = grouped(point.result.counts.unschedulablePods);
    return points.length === 1 ? count : `${nameOf(point)} ${count}`;
  });
  return [
    points.length === 1
      ? `${plural(points[0]!.result.counts.unschedulablePods, 'pod')} found no node.`
      : `Pods that found no node: ${counts.join(', ')}.`,
  ];
}

/** Where the median start spends its time; stages that take nothing are left out. */
function stageAnswer({ result }: FinishedPoint): string[] {
  const byStage = new Map<string, Histogram[]>();
  for (const { metric, labels, histogram } of result.series) {
    const stage = /stage=(\w+)$/.exec(labels)?.[1];
    if (metric !== 'kubelapse_pod_start_stage_duration_seconds' || histogram.count === 0 || stage === undefined)
      continue;
    byStage.set(stage, [...(byStage.get(stage) ?? []), histogram]);
  }
  const stages = [...byStage].map(([stage, pools]) => ({ stage, median: Histogram.merged(pools).quantile(0.5) }));
  const shown = stages.filter(({ median }) => median > 0).sort((a, b) => b.median - a.median);
  if (shown.length === 0) return [];
  return [`Median by stage: ${shown.map(({ stage, median }) => `${stage} ${formatDuration(median)}`).join(', ')}.`];
}

function restartAnswer({ result }: FinishedPoint): string[] {
  if (result.restarts.length === 0) return ['No container was restarted.'];
  const by = new Map<string, number>();
  for (const { pod, reason } of result.restarts) {
    const { app, manifestName } = result.spec.workloads[result.pods.workload[pod]!]!;
    const key = `${manifestName === app ? app : `${app}/${manifestName}`} ${reason}`;
    by.set(key, (by.get(key) ?? 0) + 1);
  }
  const parts = [...by].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 5);
  const ordinary = result.spec.workloads.filter(({ kind }) => kind !== 'StaticPod');
  const spared = new Set(ordinary.map(({ app, manifestName }) => `${app}/${manifestName}`));
  for (const { pod } of result.restarts) {
    const { app, manifestName } = result.spec.workloads[result.pods.workload[pod]!]!;
    spared.delete(`${app}/${manifestName}`);
  }
  const none = [...spared].slice(0, 5).map((name) => `${name} 0`);
  return [
    `${plural(result.restarts.length, 'container restart')}: ${[...parts.map(([key, count]) => `${key} ${grouped(count)}`), ...none].join(', ')}.`,
  ];
}

function comparisonAnswer(points: readonly FinishedPoint[]): string[] {
  const lines: string[] = [];
  const rank = (what: string, metric: MetricName, q: number): void => {
    const known = points.flatMap((point) => {
      const histogram = samplesOf(point, metric);
      return histogram === undefined ? [] : [{ point, value: histogram.quantile(q) }];
    });
    if (known.length < 2) return;
    known.sort((a, b) => a.value - b.value);
    const best = known[0]!;
    const rest = known
      .slice(1)
      .map(({ point, value }) => `${nameOf(point)} ${formatDuration(value)} (${ratio(value, best.value)})`);
    lines.push(`${what}: ${nameOf(best.point)} ${formatDuration(best.value)}, ${rest.join(', ')}.`);
  };
  rank('First packet to a service, median', 'kubelapse_first_packet_lookup_duration_seconds', 0.5);
  rank('Network programming, 99 %', 'kubeproxy_network_programming_duration_seconds', 0.99);
  const restarts = points.map((point) => point.result.restarts.length);
  if (restarts.some((n) => n > 0)) {
    lines.push(`Container restarts: ${points.map((point, i) => `${nameOf(point)} ${restarts[i]}`).join(', ')}.`);
  }
  lines.push(...homelessAnswer(points));
  return lines;
}

/** `iptables`, or `count=3` where the value alone would be read as a figure. */
const nameOf = (point: FinishedPoint): string =>
  point.parameters
    .map(({ name, value }) => (/^[a-z]/i.test(String(value)) && typeof value === 'string' ? value : `${name}=${value}`))
    .join('/');

function ratio(value: number, base: number): string {
  const quotient = value / base;
  return quotient < 1.005 ? 'the same' : `${Number(quotient.toPrecision(3))}x`;
}

/** Columns three spaces apart, text to the left, numbers to the right. */
export function alignedTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const numeric = rows[0]!.map((_, i) => rows.slice(1).every((row) => /^[-\d]/.test(row[i]!)));
  return rows.map((row) =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('   ')
      .trimEnd(),
  );
}
