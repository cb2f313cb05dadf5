// A comparison as text, as CSV and as test cases. Part of the experiments.

import type { MetricName } from '../../metrics/index.js';
import { alignedTable, csvLines, figure, type JUnitCase } from '../../report/index.js';
import { preciseCell } from '../../results/index.js';
import { formatDuration } from '../../scenario/index.js';
import { type Estimate, relativeHalfWidth } from '../../statistics/index.js';
import { linesText } from '../../text/index.js';
import { type ComparedFigure, type Comparison, placeOf, SIGNIFICANCE } from './comparison.js';
import type { FailOn, Failure } from './fail-on.js';

/** Figures that are shown without being asked for: of each metric these statistics. */
const HEADLINES: Readonly<Partial<Record<MetricName, readonly string[]>>> = {
  kubelet_pod_start_sli_duration_seconds: ['p50', 'p99'],
  kubelet_pod_start_total_duration_seconds: ['p99'],
  kubelapse_pod_ready_duration_seconds: ['p50', 'p99'],
  kubelet_image_pull_duration_seconds: ['p99'],
  kube_pod_container_status_restarts_total: ['total'],
  kubeproxy_sync_proxy_rules_duration_seconds: ['p99'],
  kubeproxy_network_programming_duration_seconds: ['p50', 'p99'],
  kubelapse_network_policy_implementation_delay_seconds: ['p99'],
  kubelapse_first_packet_lookup_duration_seconds: ['p50', 'p99'],
  kubelapse_request_duration_seconds: ['p50', 'p99'],
  kubelapse_requests_total: ['total'],
  kubelapse_packet_cpu_seconds_total: ['total'],
  kubelapse_pods_unschedulable_total: ['total'],
  kubelapse_pods_never_ready_total: ['total'],
};

export interface ShownFigures {
  /** Metrics of which every statistic is shown; none: the headlines. */
  readonly metrics: readonly string[];
  /** Every figure. */
  readonly all: boolean;
}

/** What engineers know from benchstat: a row a figure, both sides with half their intervals, the change and how sure it is. */
export function comparisonText(
  comparison: Comparison,
  { metrics, all }: ShownFigures,
  failures: readonly Failure[],
): string {
  const { a, b, rows, unpaired, lost } = comparison;
  const shown = rows.filter(({ metric, statistic, a, b }) => {
    if (all) return true;
    if (metrics.length > 0) return metrics.includes(metric);
    if (a.mean === 0 && b.mean === 0) return false;
    return HEADLINES[metric as MetricName]?.includes(statistic) ?? false;
  });
  const names = shown[0]?.parameters.map(({ name }) => name.toUpperCase()) ?? [];
  const header = [...names, 'METRIC', 'STATISTIC', 'A', 'B', 'CHANGE', 'EFFECT', 'P', 'N', 'VERDICT'];
  const table = shown.map((row) => [
    ...row.parameters.map(({ value }) => value),
    nameOf(row),
    row.statistic,
    cellOf(row.a, row.unit),
    cellOf(row.b, row.unit),
    changeOf(row),
    row.difference.effectSize === undefined ? '-' : figure(row.difference.effectSize),
    row.difference.pValue === undefined ? '-' : pText(row.difference.pValue),
    row.a.count === row.b.count ? String(row.a.count) : `${row.a.count}/${row.b.count}`,
    row.verdict,
  ]);
  const lines = [
    `A: ${a.name}`,
    `B: ${b.name}`,
    '',
    ...alignedTable([header, ...table]),
    '',
    methodText(comparison, shown),
  ];
  const gone = [...new Set(lost.map(nameOf))];
  const [first, second] = [a, b].map((side) =>
    (side.simulatedSeconds ?? []).map((s) => formatDuration(s * 1e9)).join(', '),
  );
  if (first !== '' && second !== '' && first !== second) {
    lines.push(
      `Different durations: A simulates ${first}, B ${second}. Totals, and what takes long, cannot be compared.`,
    );
  }
  if (gone.length > 0) lines.push(`Only A has samples of: ${shortened(gone)}.`);
  if (unpaired.length > 0) lines.push(`Points without a counterpart: ${shortened(unpaired)}.`);
  const ignored = [...a.ignored, ...b.ignored];
  if (ignored.length > 0) lines.push(`Measured and not simulated: ${shortened(ignored)}.`);
  if (failures.length > 0)
    lines.push('', 'CHANGES THAT ARE NOT ALLOWED', ...failures.map((failure) => `  ✗ ${failureText(failure)}`));
  return linesText(lines);
}

const NAMED = 5;
const shortened = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`;

/** How the figures were compared, and how many differences chance alone would show. */
function methodText({ rows, a }: Comparison, shown: readonly ComparedFigure[]): string {
  const methods = new Set(rows.map(({ method }) => method));
  const runs = Math.max(0, ...rows.map((row) => Math.max(row.a.count, row.b.count)));
  if (methods.has('measured')) {
    const measured = a.isMeasured ? 'A' : 'B';
    return `${measured} was measured; the interval is that of the simulated side.`;
  }
  if (runs <= 1) return 'One run each: how much of a difference is chance is not known; --replications N shows it.';
  const how = methods.has('independent') ? 'independent runs (Welch)' : 'pairs of runs with common random numbers';
  const byChance = shown.filter(({ difference }) => difference.pValue !== undefined).length * SIGNIFICANCE;
  return `Compared as ${how}, 95 % intervals; ± is the half-width. Of ${shown.length} figures, about ${figure(byChance)} would differ by chance alone.`;
}

function cellOf(estimate: Estimate, unit: string): string {
  const text = unit === 'seconds' ? formatDuration(estimate.mean * 1e9) : figure(estimate.mean);
  const half = relativeHalfWidth(estimate);
  return half === undefined || estimate.mean === 0 ? text : `${text} ±${Number((half * 100).toPrecision(2))}%`;
}

/** `+3.1% [+1.2%, +5%]`; `~` where no difference is shown, as benchstat writes it. */
function changeOf({ change, difference, a, verdict }: ComparedFigure): string {
  if (verdict === 'no difference shown') return '~';
  if (change === undefined) return `${difference.mean > 0 ? '+' : ''}${figure(difference.mean)}`;
  const { interval } = difference;
  const base = Math.abs(a.mean);
  const ends = interval === undefined ? '' : ` [${percent(interval.low / base)}, ${percent(interval.high / base)}]`;
  return `${percent(change)}${ends}`;
}

const nameOf = ({ metric, labels }: Pick<ComparedFigure, 'metric' | 'labels'>): string =>
  `${metric}${labels === '' ? '' : `{${labels}}`}`;

const percent = (share: number): string => `${share >= 0 ? '+' : ''}${figure(share * 100)}%`;
const pText = (p: number): string => (p < 0.001 ? '<0.001' : p.toFixed(3));

/** `kubelapse_pod_ready_duration_seconds{…} p99: +12% (p99 > +10%)`. */
export function failureText({ rule, figure: row }: Failure): string {
  const place = row.parameters.length === 0 ? '' : ` at ${placeOf(row.parameters)}`;
  if (!('verdict' in row)) return `${rule.text}: ${nameOf(row)} ${row.statistic} has no samples any more${place}`;
  return `${rule.text}: ${nameOf(row)} ${row.statistic} ${cellOf(row.a, row.unit)} to ${cellOf(row.b, row.unit)}, ${changeOf(row)}${place}`;
}

/** One test case a rule. */
export const failOnCases = (suite: string, rules: readonly FailOn[], failures: readonly Failure[]): JUnitCase[] =>
  rules.map((rule) => {
    const crossed = failures.filter((failure) => failure.rule === rule);
    return { suite, name: rule.text, failure: crossed.length === 0 ? undefined : crossed.map(failureText).join('; ') };
  });

/** comparison.csv: all figures. */
export function comparisonCsv({ rows }: Comparison): string {
  const names = rows[0]?.parameters.map(({ name }) => `parameter_${name}`) ?? [];
  const header = [
    ...names,
    ...[
      'metric',
      'labels',
      'statistic',
      'unit',
      'a_replications',
      'b_replications',
      'a_mean',
      'a_ci95_low',
      'a_ci95_high',
    ],
    ...['b_mean', 'b_ci95_low', 'b_ci95_high', 'difference', 'difference_ci95_low', 'difference_ci95_high'],
    ...['change_ratio', 'effect_size', 'p_value', 'method', 'verdict'],
  ];
  const lines = rows.map((row) => [
    ...row.parameters.map(({ value }) => value),
    ...[row.metric, row.labels, row.statistic, row.unit, row.a.count, row.b.count],
    ...[preciseCell(row.a.mean), preciseCell(row.a.interval?.low), preciseCell(row.a.interval?.high)],
    ...[preciseCell(row.b.mean), preciseCell(row.b.interval?.low), preciseCell(row.b.interval?.high)],
    ...[
      preciseCell(row.difference.mean),
      preciseCell(row.difference.interval?.low),
      preciseCell(row.difference.interval?.high),
    ],
    ...[
      preciseCell(row.change),
      preciseCell(row.difference.effectSize),
      preciseCell(row.difference.pValue),
      row.method,
      row.verdict,
    ],
  ]);
  return csvLines([header, ...lines]);
}
