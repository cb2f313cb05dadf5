// Charts over simulated time, with the faults of the scenario marked. Part of the charts.

import type { ChartTypeName } from './chart-type-names.js';
import type { Datum, Figure, FigureSeries, Mark, Quantity } from './figure.js';
import { rankedFinding, textOf } from './findings.js';
import { groupsOf, isWide, leftOutNote } from './latencies.js';
import { fittingPoints, fullName, layoutOf } from './layout.js';
import type { ChartRequest } from './request.js';
import type { ResultPoint } from './result-tables.js';

/** A sampled quantity that has a chart. */
interface Sampled {
  readonly type: ChartTypeName;
  readonly metric: string;
  readonly title: string;
  /** The finding. */
  readonly tell: (lines: readonly Line[]) => string;
  readonly notes?: (lines: readonly Line[]) => string[];
}

interface Line {
  readonly name: string;
  /** Real requests that one simulated request stands for. */
  readonly weight: number;
  readonly samples: readonly Sample[];
}

const last = ({ samples }: Line): number => samples.at(-1)!.value;
const mostOf = ({ samples }: Line): number => samples.reduce((max, { value }) => Math.max(max, value), 0);
const ranked =
  (what: string, of: (line: Line) => number) =>
  (lines: readonly Line[]): string =>
    rankedFinding(
      what,
      lines.map((line) => ({ name: line.name, value: of(line) })),
      'number',
    );

export const SAMPLED: readonly Sampled[] = [
  { type: 'pods', metric: 'kubelapse_pods_ready', title: 'pods ready', tell: podsFinding },
  {
    type: 'restarts',
    metric: 'kubelapse_container_restarts_total',
    title: 'container restarts so far',
    tell: ranked('Container restarts', last),
  },
  {
    type: 'failures',
    metric: 'kubelapse_requests_failed_total',
    title: 'failed requests so far',
    tell: failuresFinding,
    notes: weightNote,
  },
  {
    type: 'stale-nodes',
    metric: 'kubelapse_nodes_with_stale_rules',
    title: 'nodes whose rules are behind',
    tell: ranked('Nodes whose rules are behind, at most', mostOf),
  },
];

/** Standard deviations of a difference of counts below which they are not told apart. */
const TOLD_APART = 2;

/** Failures by point, ranked only as far as counts of so few simulated requests tell them apart. */
function failuresFinding(lines: readonly Line[]): string {
  const counts = lines.map((line) => ({ name: line.name, value: last(line), weight: line.weight }));
  const [least, most] = [
    counts.reduce((a, b) => (b.value < a.value ? b : a)),
    counts.reduce((a, b) => (b.value > a.value ? b : a)),
  ];
  // Variance of the difference of two counts of independent requests, each of which stands for `weight`.
  const noise = Math.sqrt(least.value * least.weight + most.value * most.weight);
  if (counts.length === 1 || most.value - least.value > TOLD_APART * noise)
    return rankedFinding('Failed requests', counts, 'number');
  return `Failed requests: ${textOf(least.value, 'number')} to ${textOf(most.value, 'number')}, a difference within chance`;
}

function weightNote(lines: readonly Line[]): string[] {
  const weight = Math.max(...lines.map((line) => line.weight));
  return weight > 1 ? [`Each simulated request stands for ${textOf(weight, 'number')} real ones.`] : [];
}

const weightOf = (point: ResultPoint): number =>
  point.rows('requests.csv', 0).reduce((most, { weight }) => Math.max(most, Number(weight)), 1);

/** Share of all pods that are ready at the beginning where they have been started before it. */
const MOST = 0.5;

/** How few were ready once they had been, or when all were; of several points the extremes. */
function podsFinding(lines: readonly Line[]): string {
  const stories = lines.map(storyOf);
  if (stories.length === 1) return sentenceOf(stories[0]!);
  const fewest = stories.reduce((a, b) => (b.fewest / b.all < a.fewest / a.all ? b : a));
  if (fewest.fewest < fewest.all) {
    return `Fewest pods ready: ${textOf(fewest.fewest, 'number')} of ${textOf(fewest.all, 'number')}, with ${fewest.name} at ${textOf(fewest.fewestAt, 'seconds')}`;
  }
  return rankedFinding(
    'All pods ready after',
    stories.map(({ name, fullAt }) => ({ name, value: fullAt })),
    'seconds',
  );
}

interface Story {
  readonly name: string;
  readonly isSeeded: boolean;
  /** Pods ready at first, or the most that were, and since when. */
  readonly all: number;
  readonly fullAt: number;
  /** Fewest after that. */
  readonly fewest: number;
  readonly fewestAt: number;
}

function storyOf(line: Line): Story {
  const { name, samples } = line;
  const most = mostOf(line);
  const isSeeded = samples[0]!.value > MOST * most;
  const from = isSeeded ? 0 : samples.findIndex(({ value }) => value === most);
  const { value: all, time: fullAt } = samples[from]!;
  const { value: fewest, time: fewestAt } = samples.slice(from).reduce((a, b) => (b.value < a.value ? b : a));
  return { name, isSeeded, all, fullAt, fewest, fewestAt };
}

function sentenceOf({ isSeeded, all, fullAt, fewest, fewestAt }: Story): string {
  const begin = isSeeded
    ? `${textOf(all, 'number')} pods are ready at first`
    : `${textOf(all, 'number')} pods are ready at ${textOf(fullAt, 'seconds')}`;
  return fewest === all
    ? begin
    : `${begin}, the fewest are ${textOf(fewest, 'number')}, at ${textOf(fewestAt, 'seconds')}`;
}

/** A quantity over time; undefined if it was not sampled, or is 0 all the time. */
export function overTimeFigure(
  request: ChartRequest,
  { type, metric, title, tell, notes }: Sampled,
): Figure | undefined {
  return timeFigure(request, {
    id: `${type}-over-time`,
    title,
    quantity: 'number',
    mark: 'step',
    subtitle: [],
    tell,
    ...(notes === undefined ? {} : { notes }),
    samplesOf: (point) =>
      point
        .rows('timeseries.csv', 0)
        .filter((row) => row.metric === metric)
        .map((row) => ({ time: Number(row.time_seconds), value: Number(row.value) })),
  });
}

/** Network programming latency: of each five minutes the median, with the band up to the 99 % quantile, which is the SLI. */
export function programmingFigure(request: ChartRequest): Figure | undefined {
  return timeFigure(request, {
    id: 'programming-over-time',
    title: 'network programming',
    quantity: 'seconds',
    mark: 'line',
    subtitle: [
      'Windows of five minutes, all nodes, from the buckets of kube-proxy. Line: median; band: up to the 99 % quantile.',
    ],
    tell: (lines) =>
      rankedFinding(
        'Network programming, 99 % quantile of the worst five minutes',
        lines.map((line) => ({
          name: line.name,
          value: Math.max(...line.samples.map(({ high = 0 }) => high)),
        })),
        'seconds',
      ),
    samplesOf: windowsOf,
  });
}

/** Length of a window of the SLI, s. */
const WINDOW = 300;

/** A step for each window that has samples, and a gap after it. */
const windowsOf = (point: ResultPoint): Sample[] =>
  point
    .rows('network_programming.csv', 0)
    .filter((row) => row.scope === 'window' && row.p50_seconds !== '')
    .flatMap((row) => {
      const begin = Number(row.window_begins_seconds);
      const value = Number(row.p50_seconds);
      const figures = { value, low: value, high: Number(row.p99_seconds) };
      const end = begin + WINDOW;
      return [
        { time: begin, ...figures },
        { time: end, ...figures },
        { time: end, value: Number.NaN },
      ];
    });

interface Sample {
  readonly time: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

interface Kind {
  readonly id: string;
  readonly title: string;
  readonly quantity: Quantity;
  readonly mark: 'step' | 'line';
  readonly subtitle: readonly string[];
  readonly tell: (lines: readonly Line[]) => string;
  readonly notes?: (lines: readonly Line[]) => string[];
  readonly samplesOf: (point: ResultPoint) => readonly Sample[];
}

function timeFigure(request: ChartRequest, kind: Kind): Figure | undefined {
  // A point at which nothing happened says something beside one at which much did.
  const all = request.points.filter((point) => kind.samplesOf(point).length > 0);
  if (!all.some((point) => kind.samplesOf(point).some(({ value }) => value > 0))) return undefined;
  const layout = layoutOf(all, true, request.layout);
  const { points, leftOut } = fittingPoints(all, layout);
  const groups = groupsOf(points, layout).map(({ name, panel, points: [point] }) => ({
    name,
    panel,
    samples: kind.samplesOf(point!),
  }));
  const told = groupsOf(all, layout).map(({ name, panel, points: [point] }) => ({
    name: fullName({ panel, name }),
    samples: kind.samplesOf(point!),
    weight: weightOf(point!),
  }));
  const values = groups.flatMap(({ samples }) =>
    samples.flatMap(({ value, high = value }) => (Number.isNaN(value) ? [] : [value, high])),
  );
  return {
    id: kind.id,
    title: kind.tell(told),
    subtitle: [...kind.subtitle, ...(kind.notes?.(told) ?? []), ...replicationNote(points), ...leftOutNote(leftOut)],
    mark: kind.mark,
    x: { title: 'simulated time', quantity: 'seconds', fromZero: true, isLog: request.log.x ?? false },
    y: {
      title: kind.title,
      quantity: kind.quantity,
      fromZero: true,
      isLog: request.log.y ?? (kind.quantity === 'seconds' && isWide(values)),
    },
    colourTitle: layout.colour ?? '',
    panelTitle: layout.panels.join(', '),
    series: groups.map(
      ({ name, panel, samples }): FigureSeries => ({
        name,
        panel,
        data: samples.map(({ time, value, low, high }) => ({
          x: time,
          y: value,
          ...(low === undefined ? {} : { low }),
          ...(high === undefined ? {} : { high }),
        })),
      }),
    ),
    marks: marksOf(points),
    limits: [],
  };
}

/** Charts over time and of single pods show one run. @param table that they are made of. */
export const replicationNote = (points: readonly ResultPoint[], table = 'timeseries.csv'): string[] =>
  points.some((point) => point.rows(table).some(({ replication }) => replication !== undefined && replication !== '0'))
    ? ['The first replication.']
    : [];

/** The faults that all points have at the same times. */
function marksOf(points: readonly ResultPoint[]): Mark[] {
  const ofPoints = points.map(
    (point) =>
      new Map(
        point.rows('faults.csv', 0).map(({ type, begins_seconds, ends_seconds }) => {
          const from = Number(begins_seconds);
          const mark = { from, to: ends_seconds === '' ? from : Number(ends_seconds), text: type! };
          return [`${mark.text} ${mark.from} ${mark.to}`, mark] as const;
        }),
      ),
  );
  const [first, ...rest] = ofPoints;
  const common = [...(first ?? [])].filter(([key]) => rest.every((marks) => marks.has(key)));
  return common.map(([, mark]) => mark).sort((a, b) => a.from - b.from);
}

/** When each fault begins and ends: a bar on the time axis, of the first point that has some. */
export function faultsFigure({ points }: ChartRequest): Figure | undefined {
  const point = points.find((one) => one.rows('faults.csv', 0).length > 0);
  if (point === undefined) return undefined;
  const faults = point.rows('faults.csv', 0);
  const spans = faults.map((row, i): Datum => {
    const begins = Number(row.begins_seconds);
    const ends = row.ends_seconds === '' ? lastTime(point) : Number(row.ends_seconds);
    const hit =
      Number(row.pods_total) > 0
        ? `${textOf(Number(row.pods_total), 'number')} pods`
        : `${textOf(Number(row.nodes_total), 'number')} nodes`;
    return { x: `${i + 1}. ${row.type}, ${hit}`, y: begins, low: begins, high: ends };
  });
  const [first] = spans as [Datum, ...Datum[]];
  return {
    id: 'faults',
    title:
      spans.length === 1
        ? `One fault, at ${textOf(first.y, 'seconds')}`
        : `${spans.length} faults, from ${textOf(first.y, 'seconds')} on`,
    subtitle: ['Tick: when it begins; bar: while it lasts; with the pods, or nodes, that it hits.'],
    mark: 'range',
    x: { title: '', quantity: 'number', categories: spans.map(({ x }) => String(x)) },
    y: { title: 'simulated time', quantity: 'seconds', fromZero: true },
    colourTitle: '',
    panelTitle: '',
    series: [{ name: '', panel: '', data: spans }],
    marks: [],
    limits: [],
  };
}

/** The last instant that was sampled, s. */
const lastTime = (point: ResultPoint): number => Number(point.rows('timeseries.csv', 0).at(-1)?.time_seconds ?? 0);
