// Small pictures made of characters, for the end of a run on a terminal: how quantities went over time, and how long pods took
// to start. Part of the report.

import type { ResultPoint } from '../charts/index.js';
import { LATENCIES, textOf } from '../charts/index.js';
import { at, distributionsOf } from '../charts/latencies.js';
import { replicationNote } from '../charts/over-time.js';

const LEVELS = '▁▂▃▄▅▆▇█';
/** Characters of a picture. */
const WIDTH = 40;
/** Points of a sweep that have pictures: more of them are for charts. */
const POINTS_MAX = 4;
/** Pod starts below which a histogram says nothing. */
const STARTS_MIN = 20;

interface Trend {
  readonly metric: string;
  readonly title: string;
  /** Counted from the beginning: how much came in each stretch is drawn, and its sum told. */
  readonly isCount: boolean;
}

const TRENDS: readonly Trend[] = [
  { metric: 'kubelapse_pods_ready', title: 'pods ready', isCount: false },
  { metric: 'kubelapse_container_restarts_total', title: 'restarts', isCount: true },
  { metric: 'kubelapse_requests_failed_total', title: 'failed requests', isCount: true },
];

/** Whether there are so few points that they have pictures: known before any table is read. */
export const hasTrends = (runs: readonly { readonly index: number }[]): boolean =>
  new Set(runs.map(({ index }) => index)).size <= POINTS_MAX;

/** Lines of pictures, aligned; none for a sweep of many points. @param room characters of a line. */
export function trendLines(points: readonly ResultPoint[], room: number): string[] {
  if (points.length > POINTS_MAX) return [];
  const rows = [
    ...TRENDS.flatMap((trend) => points.flatMap((point) => trendRow(point, trend))),
    ...points.flatMap((point) => startRow(point)),
  ];
  // What is the same at all points is told once.
  const unlike = rows.filter(
    (row, i) =>
      !rows.slice(0, i).some((other) => other.title === row.title && other.values.join() === row.values.join()),
  );
  const isAlone = (title: string): boolean => unlike.filter((row) => row.title === title).length === 1;
  const heads = unlike.map(({ title, name }) => (isAlone(title) ? title : `${title} ${name}`));
  const head = Math.max(0, ...heads.map((text) => text.length));
  const tail = Math.max(0, ...unlike.map(({ told }) => told.length));
  const width = Math.min(WIDTH, room - head - tail - 6);
  if (width < LEVELS.length) return [];
  const lines = unlike.map(
    ({ values, told }, i) => `${heads[i]!.padEnd(head)}   ${sparkline(values, width)}   ${told}`,
  );
  const note = replicationNote(points).map((text) => text.replace('.', ':'));
  return lines.length === 0 ? [] : [...note, ...lines];
}

interface Row {
  readonly title: string;
  readonly name: string;
  readonly values: readonly number[];
  /** What the picture is of, in figures. */
  readonly told: string;
}

const nameOf = ({ parameters }: ResultPoint): string => [...parameters.values()].join('/');

function trendRow(point: ResultPoint, { metric, title, isCount }: Trend): Row[] {
  const samples = point
    .rows('timeseries.csv', 0)
    .filter((row) => row.metric === metric)
    .map(({ value }) => Number(value));
  if (samples.length === 0 || samples.every((value) => value === samples[0])) return [];
  const values = isCount ? samples.map((value, i) => value - (samples[i - 1] ?? value)) : samples;
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const told = isCount
    ? `${textOf(samples.at(-1)!, 'number')} in all`
    : `${textOf(least, 'number')} to ${textOf(most, 'number')}`;
  return [{ title, name: nameOf(point), values, told }];
}

/** How many pods took how long to start: a histogram for each node pool. */
function startRow(point: ResultPoint): Row[] {
  const { metric } = LATENCIES.find(({ name }) => name === 'pod-start')!;
  const all = distributionsOf(point, metric);
  return all.flatMap((distribution) => {
    const [least, most] = [at(distribution, 0), at(distribution, 0.99)];
    if (distribution.samples < STARTS_MIN || least === most) return [];
    const shares = Array.from({ length: WIDTH + 1 }, (_, i) =>
      shareBelow(distribution.quantiles, least + ((most - least) * i) / WIDTH),
    );
    const values = shares.slice(1).map((share, i) => share - shares[i]!);
    const pool = all.length > 1 ? ` ${distribution.labels.replace('node_pool=', '')}` : '';
    const told = `${textOf(least, 'seconds')} to ${textOf(most, 'seconds')} (p99)`;
    return [{ title: `pod start${pool}`, name: nameOf(point), values, told }];
  });
}

/** Share of samples at or below a value, in a straight line between two quantiles. */
function shareBelow(quantiles: readonly (readonly [number, number])[], value: number): number {
  const above = quantiles.findIndex(([, quantile]) => quantile >= value);
  if (above < 0) return 1;
  if (above === 0) return 0;
  const [[lowShare, low], [highShare, high]] = [quantiles[above - 1]!, quantiles[above]!];
  return high === low ? highShare : lowShare + ((highShare - lowShare) * (value - low)) / (high - low);
}

/** Values from 0 on as a row of blocks; of several values in one block the greatest counts. */
export function sparkline(values: readonly number[], width: number): string {
  const cells = Math.min(width, values.length);
  const most = Math.max(...values);
  return Array.from({ length: cells }, (_, cell) => {
    const own = values.slice(
      Math.floor((cell * values.length) / cells),
      Math.floor(((cell + 1) * values.length) / cells),
    );
    const value = Math.max(...own);
    const level = most <= 0 || value <= 0 ? 0 : Math.max(1, Math.round((value / most) * (LEVELS.length - 1)));
    return LEVELS[level]!;
  }).join('');
}
