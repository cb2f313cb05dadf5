// Charts of how long something takes: against a parameter, as a distribution, by its parts. Part of the charts.

import { labelPairs, METRICS, type MetricName } from '../../metrics/index.js';
import { type Datum, type Figure, type FigureSeries, positiveEnds, type Quantity } from './figure.js';
import { rankedFinding, textOf } from './findings.js';
import { fittingPoints, fullName, type Layout, layoutOf, varying, whereOf } from './layout.js';
import { type ChartRequest, limitsOf } from './request.js';
import type { ResultPoint, Row } from './result-tables.js';

/** What users ask about first, in this order: a short name, the metric, and what a title calls it. */
export const LATENCIES: readonly { readonly name: string; readonly metric: MetricName; readonly title: string }[] = [
  {
    name: 'first-packet',
    metric: 'kubelapse_first_packet_lookup_duration_seconds',
    title: 'First packet to a service',
  },
  { name: 'request', metric: 'kubelapse_request_duration_seconds', title: 'Requests answered' },
  { name: 'programming', metric: 'kubeproxy_network_programming_duration_seconds', title: 'Network programming' },
  { name: 'sync', metric: 'kubeproxy_sync_proxy_rules_duration_seconds', title: 'kube-proxy sync' },
  { name: 'pod-start', metric: 'kubelet_pod_start_sli_duration_seconds', title: 'Pod start, image pulls left out' },
  { name: 'pod-ready', metric: 'kubelapse_pod_ready_duration_seconds', title: 'Pod ready' },
  { name: 'image-pull', metric: 'kubelet_image_pull_duration_seconds', title: 'Image pull' },
  { name: 'policy', metric: 'kubelapse_network_policy_implementation_delay_seconds', title: 'New network policy' },
];

export const titleOfMetric = ({ metrics }: Pick<ChartRequest, 'metrics'>, metric: string): string =>
  LATENCIES.find((latency) => latency.metric === metric)?.title ??
  (Object.hasOwn(metrics, metric) ? metrics[metric]!.title : undefined) ??
  metric;

const shortNameOf = (metric: string): string =>
  LATENCIES.find((latency) => latency.metric === metric)?.name ??
  `${Object.hasOwn(METRICS, metric) ? '' : FOREIGN}${metric.replaceAll('_', '-')}`;

/** Before the names of metrics that are not kubelapse's own: what is drawn of them unasked is known by it. */
export const FOREIGN = 'metric-';

export const quantityOf = ({ metrics }: ChartRequest, metric: string): Quantity =>
  Object.hasOwn(metrics, metric) && metrics[metric]!.unit === 'seconds' ? 'seconds' : 'number';

/** The distribution of one metric and label set at one point. */
export interface Distribution {
  readonly labels: string;
  readonly samples: number;
  /** Pairs of share and value, in order. */
  readonly quantiles: readonly (readonly [number, number])[];
}

/** The distributions of a metric at a point, by label sets. */
export function distributionsOf(point: ResultPoint, metric: string): Distribution[] {
  const found = new Map<string, Row[]>();
  for (const row of point.rows('quantiles.csv')) {
    if (row.metric !== metric) continue;
    const labels = row.labels ?? '';
    found.set(labels, [...(found.get(labels) ?? []), row]);
  }
  return [...found].map(([labels, rows]) => ({
    labels,
    samples: Number(rows[0]!.samples),
    quantiles: rows.map(({ quantile_ratio, value }) => [Number(quantile_ratio), Number(value)] as const),
  }));
}

/** The value at a share that the table has. */
export const at = ({ quantiles }: Distribution, share: number): number =>
  quantiles.find(([quantile]) => quantile === share)![1];

/** A point once for each label set of a metric: the labels become parameters. */
interface LabelledPoint extends ResultPoint {
  readonly distribution: Distribution;
}

function labelled(points: readonly ResultPoint[], metric: string): LabelledPoint[] {
  return points.flatMap((point) =>
    distributionsOf(point, metric).map((distribution) => ({
      ...point,
      parameters: withLabels(point.parameters, distribution.labels),
      distribution,
    })),
  );
}

/** Parameters and labels together; a label that a parameter of the sweep has the name of is told apart from it. */
export const withLabels = (parameters: ReadonlyMap<string, string>, labels: string): ReadonlyMap<string, string> =>
  new Map([
    ...parameters,
    ...labelPairs(labels).map(([name, value]) => [parameters.has(name) ? `label ${name}` : name, value] as const),
  ]);

/** Whether figures are far enough apart for a logarithmic axis, which has no place for 0. @param canBeCut bars may begin at its end. */
const WIDE = 20;
export function isWide(values: readonly number[], canBeCut = false): boolean {
  if (!canBeCut && values.some((value) => value <= 0)) return false;
  const [least, most] = positiveEnds(values);
  return most > WIDE * least;
}

/** Median of a metric along a number that a sweep varies, with the band up to p99; by category if there is no such number. */
export function latencyFigure(request: ChartRequest, metric: MetricName): Figure | undefined {
  const all = labelled(request.points, metric);
  if (all.length === 0) return undefined;
  const layout = layoutOf(all, false, request.layout);
  if (layout.along === undefined) return rangesFigure(request, metric);
  const { along } = layout;
  const { points, leftOut } = fittingPoints(all, layout);
  const lines = linesOf(points as LabelledPoint[], layout, along);
  // The title is about all panels, those that are left out too.
  const told = linesOf(all, layout, along);
  const common = farthestOfAll(told);
  const ends = told.map(({ name, panel, data }) => ({
    name: fullName({ panel, name }),
    value: (data.find(({ x }) => x === common) ?? data.at(-1)!).y,
  }));
  const where = common === undefined ? 'at the end of each line' : `at ${along}=${textOf(common, 'number')}`;
  const values = lines.flatMap(({ data }) => data.flatMap(({ y, high }) => [y, high ?? y]));
  const xs = lines.flatMap(({ data }) => data.map(({ x }) => x as number));
  const title = titleOfMetric(request, metric);
  return {
    id: `latency-${shortNameOf(metric)}`,
    title: rankedFinding(`${title}, median ${where}`, ends, quantityOf(request, metric)),
    subtitle: ['Line: median; band: up to the 99 % quantile.', ...leftOutNote(leftOut)],
    mark: 'line',
    x: { title: along, quantity: 'number', isLog: request.log.x ?? isWide(xs) },
    y: {
      title: nameOfAxis(title),
      quantity: quantityOf(request, metric),
      isLog: request.log.y ?? isWide(values),
      fromZero: true,
    },
    colourTitle: layout.colour ?? '',
    panelTitle: layout.panels.join(', '),
    series: lines,
    marks: [],
    limits: limitsOf(request, metric),
  };
}

/** The greatest x that every line has; undefined if there is none. */
function farthestOfAll(lines: readonly FigureSeries[]): number | undefined {
  const [first, ...rest] = lines.map(({ data }) => data.map(({ x }) => Number(x)));
  const shared = first!.filter((x) => rest.every((xs) => xs.includes(x)));
  return shared.length === 0 ? undefined : shared.reduce((a, b) => Math.max(a, b));
}

export const leftOutNote = (panels: number): string[] =>
  panels === 0 ? [] : [`${panels} more ${panels === 1 ? 'panel is' : 'panels are'} left out.`];

/** `Pod start, image pulls left out` as the title of an axis. */
const nameOfAxis = (title: string): string => title.split(',')[0]!;

function linesOf(points: readonly LabelledPoint[], layout: Layout, along: string): FigureSeries[] {
  return groupsOf(points, layout).map(({ name, panel, points: own }) => ({
    name,
    panel,
    data: own
      .map(({ parameters, distribution }): Datum => {
        const y = at(distribution, 0.5);
        return { x: Number(parameters.get(along)), y, low: y, high: at(distribution, 0.99) };
      })
      .sort((a, b) => Number(a.x) - Number(b.x)),
  }));
}

interface Group<Point> {
  readonly name: string;
  readonly panel: string;
  readonly points: readonly Point[];
}

/** Points by panel and colour, in the order in which they come. */
export function groupsOf<Point extends ResultPoint>(points: readonly Point[], layout: Layout): Group<Point>[] {
  const found = new Map<string, Group<Point> & { points: Point[] }>();
  for (const point of points) {
    const name = layout.colour === undefined ? '' : whereOf(point, [layout.colour]);
    const panel = whereOf(point, layout.panels);
    const key = JSON.stringify(
      [layout.colour, ...layout.panels].map((dimension) => point.parameters.get(dimension ?? '')),
    );
    const known = found.get(key);
    if (known === undefined) found.set(key, { name, panel, points: [point] });
    else known.points.push(point);
  }
  return [...found.values()];
}

/** A metric at each point: median, p10 to p90, p1 to p99. */
export function rangesFigure(request: ChartRequest, metric: MetricName): Figure | undefined {
  const all = labelled(request.points, metric);
  if (all.length === 0) return undefined;
  const names = varying(all);
  const title = titleOfMetric(request, metric);
  const data = all.map((point) => rangeOf(whereOf(point, names) || nameOfAxis(title), point.distribution));
  const figures = data.map(({ x, y }) => ({ name: String(x), value: y }));
  const finding =
    data.length === 1
      ? `${title}: median ${textOf(data[0]!.y, quantityOf(request, metric))}, 99 % within ${textOf(data[0]!.most!, quantityOf(request, metric))}`
      : rankedFinding(`${title}, median`, figures, quantityOf(request, metric));
  return {
    id: `latency-${shortNameOf(metric)}`,
    title: finding,
    subtitle: [RANGE_NOTE],
    mark: 'range',
    x: { title: names.join(', '), quantity: 'number', categories: data.map(({ x }) => String(x)) },
    y: {
      title: nameOfAxis(title),
      quantity: quantityOf(request, metric),
      isLog: request.log.y ?? isWide(data.flatMap(valuesOf), true),
    },
    colourTitle: '',
    panelTitle: '',
    series: [{ name: '', panel: '', data }],
    marks: [],
    limits: [],
  };
}

export const RANGE_NOTE = 'Tick: median; bar: 10 % to 90 % quantile; thin line: 1 % to 99 % quantile.';

export const rangeOf = (x: string, distribution: Distribution): Datum => ({
  x,
  y: at(distribution, 0.5),
  low: at(distribution, 0.1),
  high: at(distribution, 0.9),
  least: at(distribution, 0.01),
  most: at(distribution, 0.99),
});

export const valuesOf = ({ y, low, high, least, most }: Datum): number[] =>
  [y, low, high, least, most].filter((value) => value !== undefined);

/** The share of samples at or below each value: one line a point. */
export function distributionFigure(request: ChartRequest, metric: MetricName): Figure | undefined {
  const all = labelled(request.points, metric);
  if (all.length === 0) return undefined;
  const layout = layoutOf(all, true, request.layout);
  const { points, leftOut } = fittingPoints(all, layout);
  const groups = groupsOf(points as LabelledPoint[], layout);
  const series = groups.map(({ name, panel, points: [point] }) => ({
    name,
    panel,
    data: point!.distribution.quantiles.map(([share, value]) => ({ x: value, y: share })),
  }));
  const title = titleOfMetric(request, metric);
  const quantity = quantityOf(request, metric);
  const p99 = groupsOf(all, layout).map(({ name, panel, points: [point] }) => ({
    name: fullName({ panel, name }),
    value: at(point!.distribution, 0.99),
  }));
  return {
    id: `distribution-${shortNameOf(metric)}`,
    title: rankedFinding(`${title}, 99 % within`, p99, quantity),
    subtitle: [
      `Share of all samples at or below a value; ${textOf(groups[0]!.points[0]!.distribution.samples, 'number')} samples in the first line.`,
      ...leftOutNote(leftOut),
    ],
    mark: 'line',
    x: {
      title: nameOfAxis(title),
      quantity,
      isLog: request.log.x ?? isWide(series.flatMap(({ data }) => data.map(({ x }) => x))),
    },
    y: { title: 'share of samples', quantity: 'ratio', fromZero: true },
    colourTitle: layout.colour ?? '',
    panelTitle: layout.panels.join(', '),
    series,
    marks: [],
    limits: [],
  };
}
