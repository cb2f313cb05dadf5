// The end of a run as people read it: the question, a table that answers it, what stands out. Part of the report.

import { formatDuration } from '../../scenario/index.js';
import { estimateOf, relativeHalfWidth } from '../../statistics/index.js';
import { linesText } from '../../text/index.js';
import type { RunBrief } from '../records/record.js';
import { figuresOf, type PointRuns, pointsOf } from '../tables/point-runs.js';
import { comparisonAnswers } from './comparison-answers.js';
import { KEY_FIGURES, type KeyFigure } from './key-figures.js';
import { grouped, plural } from './words.js';

export interface SummaryOptions {
  readonly name: string;
  readonly question: string;
  readonly seed: string;
  readonly records: readonly RunBrief[];
  /** Runs that were asked for; as many as there are records if it is left out. More than that are told of. */
  readonly runsAsked?: number;
  /** Characters of a line; a table that is wider is turned on its side. */
  readonly width?: number;
  /** Lines below the table. */
  readonly trends?: readonly string[];
}

/** Kubectl-style table, the question above it and the counts below; ends with a newline. */
export function summaryText(options: SummaryOptions): string {
  const points = pointsOf(options.records);
  const first = points[0];
  if (first === undefined) return '';
  const figures = KEY_FIGURES.filter((figure) =>
    points.some((point) => !['-', '', '0'].includes(cellOf(point, figure))),
  );
  const parameterNames = first.parameters.map(({ name }) => name);
  const header = [
    ...(parameterNames.length > 0 ? parameterNames.map((n) => n.toUpperCase()) : ['SCENARIO']),
    ...figures.map(({ name }) => name),
  ];
  const rows = points.map((point) => [
    ...(parameterNames.length > 0 ? point.parameters.map(({ value }) => String(value)) : [options.name]),
    ...figures.map((figure) => cellOf(point, figure)),
  ]);
  const lines: string[] = [];
  if (options.question !== '') lines.push(options.question, '');
  lines.push(...answers(points), '');
  lines.push(...fittingTable([header, ...rows], options.width ?? Infinity));
  if (options.trends !== undefined && options.trends.length > 0) lines.push('', ...options.trends);
  lines.push('', countsLine(options, points));
  return linesText(lines);
}

export function answers(points: readonly PointRuns<RunBrief>[]): string[] {
  if (points.length > 1) return comparisonAnswers(points);
  const { runs } = points[0]!;
  const [{ sentences }] = runs as readonly [RunBrief];
  if (runs.length === 1) return [...sentences];
  return [
    'The first replication:',
    ...sentences.map((sentence) => `  ${sentence}`),
    '',
    `Means of ${runs.length} replications, with half their 95 % confidence intervals:`,
  ];
}

/** The figure, or the mean of the replications' with half its confidence interval; words only where all have the same. */
function cellOf(point: PointRuns<RunBrief>, { name, text }: KeyFigure): string {
  const values = figuresOf(point, name);
  if (values.length === 0) {
    const words = new Set(point.runs.flatMap(({ figures }) => figures[name] ?? []));
    return words.size === 0 ? '-' : words.size === 1 ? String([...words][0]) : 'varies';
  }
  const estimate = estimateOf(values);
  const half = relativeHalfWidth(estimate);
  return half === undefined || estimate.mean === 0
    ? text(estimate.mean)
    : `${text(estimate.mean)} ±${Number((half * 100).toPrecision(2))}%`;
}

/** What the figures are over, in one line. */
export function countsLine(
  { seed, runsAsked = 0 }: Pick<SummaryOptions, 'seed' | 'runsAsked'>,
  points: readonly PointRuns<RunBrief>[],
): string {
  const records = points.flatMap(({ runs }) => runs);
  const replications = Math.max(...points.map(({ runs }) => runs.length));
  const parts = [
    ...(records.length < runsAsked ? [`partial: ${records.length} of ${plural(runsAsked, 'run')}`] : []),
    `seed ${seed}`,
    ...(replications > 1 ? [plural(replications, 'replication')] : []),
    range(records, 'node'),
    range(records, 'pod'),
    range(records, 'service'),
    `${simulated(records)} simulated${points.length > 1 ? ` at ${points.length} points` : ''}`,
    `${grouped(records.reduce((sum, { counts }) => sum + counts.eventsExecuted, 0))} events`,
  ];
  return parts.join('   ');
}

/** `1 node`, `30,000 nodes`, or `3,000-30,000 nodes` where the runs differ. */
function range(records: readonly RunBrief[], what: 'node' | 'pod' | 'service'): string {
  const values = records.map(({ counts }) => counts[`${what}s`]);
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (least === most) return plural(least, what);
  return `${grouped(least)}-${grouped(most)} ${what}s`;
}

function simulated(records: readonly RunBrief[]): string {
  const durations = records.map(({ duration }) => duration);
  const least = Math.min(...durations);
  const most = Math.max(...durations);
  return least === most ? formatDuration(least) : `${formatDuration(least)} to ${formatDuration(most)}`;
}

/** The table as it is, or with a line for each of its columns where it is too wide and that is narrower. */
function fittingTable(rows: readonly (readonly string[])[], width: number): string[] {
  const lines = alignedTable(rows);
  const widest = (of: readonly string[]): number => Math.max(...of.map((line) => line.length));
  if (widest(lines) <= width) return lines;
  const turned = alignedTable(rows[0]!.map((_, column) => rows.map((row) => row[column]!)));
  return widest(turned) < widest(lines) ? turned : lines;
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
