// Runs as OpenMetrics text with simulated timestamps, under the names that Kubernetes' components export. Part of the report.
// A Prometheus that is filled with it (promtool tsdb create-blocks-from openmetrics) shows them in dashboards made for
// clusters. Each series has the labels of a scrape: cluster, job, instance, metrics_path.

import { labelPairs, type MetricDefinitions, type ScrapedSeries, type TimeSeriesPoint } from '../../metrics/index.js';
import { SECOND } from '../../results/index.js';
import { metricsText } from '../../text/index.js';

export interface ScrapedRun {
  readonly scenario: string;
  readonly parameters: readonly { readonly name: string; readonly value: string | number | boolean }[];
  readonly series: readonly ScrapedSeries[];
  readonly timeSeries: readonly TimeSeriesPoint[];
}

/** Simulated time 0 in the text: 2025-01-01 00:00 UTC, in seconds since 1970. */
export const METRICS_EPOCH = 1_735_689_600;

/** The text, piece by piece: family after family, and of each series its samples in order of time. */
export function* openMetricsText(runs: readonly ScrapedRun[], metrics: MetricDefinitions): Generator<string> {
  const names = [...new Set(runs.flatMap(({ series }) => series.map(({ metric }) => metric)))].sort();
  for (const metric of names) {
    yield familyHeader(metric, metrics);
    for (const run of runs) {
      for (const series of run.series) if (series.metric === metric) yield* samplesOf(run, series, metrics);
    }
  }
  const gauges = [...new Set(runs.flatMap(({ timeSeries }) => timeSeries.map((point) => point.metric)))];
  for (const metric of gauges.filter((name) => !Object.hasOwn(metrics, name)).sort()) {
    const name = metric.replace(/_total$/, '_so_far');
    yield `# TYPE ${name} gauge\n# HELP ${name} sampled: see timeseries.csv\n`;
    for (const run of runs) {
      const labels = labelText(labelsOf(run, metric, ''));
      const points = run.timeSeries.filter((point) => point.metric === metric);
      yield points.map(({ time, value }) => `${name}${labels} ${value} ${timestamp(time)}\n`).join('');
    }
  }
  yield '# EOF\n';
}

/** The family's name is that of its samples without _total. A counter whose real name has no _total is of unknown type. */
function familyHeader(metric: string, metrics: MetricDefinitions): string {
  const { type, meaning } = metrics[metric]!;
  const name = type === 'counter' ? metric.replace(/_total$/, '') : metric;
  const known = type === 'counter' && !metric.endsWith('_total') ? 'unknown' : type;
  return `# TYPE ${name} ${known}\n# HELP ${name} ${metricsText(meaning)}\n`;
}

function* samplesOf(
  run: ScrapedRun,
  { metric, labels, bounds, samples }: ScrapedSeries,
  metrics: MetricDefinitions,
): Generator<string> {
  const { type, unit } = metrics[metric]!;
  const own = labelsOf(run, metric, labels);
  const plain = labelText(own);
  if (type === 'counter') {
    yield samples.map(({ time, sum }) => `${metric}${plain} ${number(sum)} ${timestamp(time)}\n`).join('');
    return;
  }
  const scale = unit === 'seconds' ? SECOND : 1;
  const buckets = [...bounds.map((bound) => number(bound / scale)), '+Inf'].map((le) =>
    labelText([...own, ['le', le]]),
  );
  for (const { time, count, sum, boundCounts } of samples) {
    const at = timestamp(time);
    let below = 0;
    const lines = buckets.map((labelled, bucket) => {
      below = bucket < bounds.length ? below + boundCounts[bucket]! : count;
      return `${metric}_bucket${labelled} ${below} ${at}\n`;
    });
    yield `${lines.join('')}${metric}_sum${plain} ${number(sum / scale)} ${at}\n${metric}_count${plain} ${count} ${at}\n`;
  }
}

/** As Prometheus would have them: who was scraped, what the metric says, which point of the sweep. */
function labelsOf({ scenario, parameters }: ScrapedRun, metric: string, labels: string): [string, string][] {
  const own = labelPairs(labels);
  const pool = own.find(([name]) => name === 'node_pool')?.[1];
  const all: [string, string][] = [
    ['cluster', scenario],
    ['job', jobOf(metric)],
    ['instance', pool ?? 'all'],
    ['metrics_path', metric.startsWith('prober_') ? '/metrics/probes' : '/metrics'],
    ...own,
  ];
  // `le` is the bound of a bucket.
  const taken = new Set([...all.map(([name]) => name), 'le']);
  for (const { name, value } of parameters) {
    let label = name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
    while (taken.has(label) || /^\d/.test(label)) label = `parameter_${label}`;
    taken.add(label);
    all.push([label, String(value)]);
  }
  return all;
}

/** Job of the component that exports a metric, as the usual Prometheus configurations call it. */
function jobOf(metric: string): string {
  if (metric.startsWith('kubeproxy_')) return 'kube-proxy';
  if (metric.startsWith('kubelet_') || metric.startsWith('prober_')) return 'kubelet';
  if (metric.startsWith('kube_')) return 'kube-state-metrics';
  return metric.startsWith('taint_') ? 'kube-controller-manager' : 'kubelapse';
}

const labelText = (labels: readonly (readonly [string, string])[]): string =>
  `{${labels.map(([name, value]) => `${name}="${metricsText(value)}"`).join(',')}}`;

/** A whole number as a float, as the format wants sums and bounds. */
const number = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** Seconds since 1970, in ms. */
const timestamp = (time: number): string => (METRICS_EPOCH + Math.round(time / 1e6) / 1000).toFixed(3);
