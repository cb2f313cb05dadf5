// The end of a run as people read it: the question, a table that answers it, what stands out. Part of the report.

import type { MetricName } from '../metrics/index.js';
import type { FinishedPoint } from '../run/index.js';
import { formatDuration } from '../scenario/index.js';
import { answers } from './answers.js';
import { busiest, samplesOf } from './figures.js';
import { answered, failedShare, imbalance } from './request-answers.js';
import { figure, grouped, plural } from './words.js';

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

const quantile =
  (metric: MetricName, q: number) =>
  (point: FinishedPoint): string => {
    const histogram = samplesOf(point, metric);
    return histogram === undefined ? '-' : formatDuration(histogram.quantile(q));
  };

/** Of the requests that succeeded. */
const requestQuantile =
  (q: number) =>
  (point: FinishedPoint): string => {
    const histogram = answered(point);
    return histogram === undefined ? '-' : formatDuration(histogram.quantile(q));
  };

const failedPerMillion = (point: FinishedPoint): string => {
  const share = failedShare(point);
  if (share === undefined) return '-';
  return share === 0 ? '0' : grouped(Math.max(1, Math.round(share * 1e6)));
};

const threeDigits = (n: number | undefined): string => (n === undefined ? '-' : figure(n));

const KEY_FIGURES: readonly KeyFigure[] = [
  { heading: 'POD-START-P50', value: quantile('kubelet_pod_start_sli_duration_seconds', 0.5), optional: true },
  { heading: 'POD-START-P99', value: quantile('kubelet_pod_start_sli_duration_seconds', 0.99), optional: true },
  { heading: 'NODE-STARTS/S', value: (point) => threeDigits(busiest(point)?.perSecond), optional: true },
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
    heading: 'PROXY-CPU-MILLICORES',
    value: ({ result }) => {
      const cores = result.proxy.cpuTime / result.proxy.nodes / (result.spec.duration - result.spec.warmup);
      return cores === 0 ? '-' : figure(cores * 1000);
    },
    optional: true,
  },
  { heading: 'LOOKUP-P50', value: quantile('kubelapse_first_packet_lookup_duration_seconds', 0.5), optional: true },
  { heading: 'LOOKUP-P99', value: quantile('kubelapse_first_packet_lookup_duration_seconds', 0.99), optional: true },
  {
    heading: 'POLICY-P99',
    value: quantile('kubelapse_network_policy_implementation_delay_seconds', 0.99),
    optional: true,
  },
  { heading: 'REQUEST-P50', value: requestQuantile(0.5), optional: true },
  { heading: 'REQUEST-P99', value: requestQuantile(0.99), optional: true },
  { heading: 'IMBALANCE', value: (point) => threeDigits(imbalance(point)), optional: true },
  { heading: 'FAILED-PER-MILLION', value: failedPerMillion, optional: true },
];

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

function simulated(points: readonly FinishedPoint[]): string {
  const durations = points.map((point) => point.result.spec.duration);
  const least = Math.min(...durations);
  const most = Math.max(...durations);
  return least === most ? formatDuration(least) : `${formatDuration(least)} to ${formatDuration(most)}`;
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
