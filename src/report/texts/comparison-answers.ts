// What a reader would say after looking at the points of a sweep side by side. Part of the report.

import type { RunBrief } from '../records/record.js';
import { countOf, figureOf, type PointRuns } from '../tables/point-runs.js';
import { KEY_FIGURES } from './key-figures.js';
import { figure, grouped, nameOf, ratio } from './words.js';

/** Points that a line names beside the best one. */
const RANKED = 12;
/** Points whose figures differ by less than this share are not ranked. */
const HARDLY = 0.005;

/** Rankings in the order in which they are told: the key figure, and what a line calls it. */
const RANKINGS: readonly {
  readonly what: string;
  readonly figure: string;
  readonly unit?: string;
  readonly mostIsBest?: true;
}[] = [
  { what: 'Pod start, 99 %', figure: 'POD-START-P99' },
  { what: 'Pod ready, 99 %', figure: 'READY-P99' },
  { what: 'Pods started by the busiest node', figure: 'NODE-STARTS/S', unit: '/s', mostIsBest: true },
  { what: 'First packet to a service, median', figure: 'LOOKUP-P50' },
  { what: 'Requests answered, 99 %', figure: 'REQUEST-P99' },
];
const LATER_RANKINGS: typeof RANKINGS = [
  { what: 'New network policy, 99 %', figure: 'POLICY-P99' },
  { what: 'Network programming, 99 %', figure: 'PROGRAM-P99' },
];

/** One sentence a finding; of figures with several replications, their means. */
export function comparisonAnswers(points: readonly PointRuns<RunBrief>[]): string[] {
  return [
    ...RANKINGS.flatMap((ranking) => rankingAnswer(ranking, points)),
    ...failureAnswer(points),
    ...LATER_RANKINGS.flatMap((ranking) => rankingAnswer(ranking, points)),
    ...restartAnswer(points),
    ...homelessAnswer(points),
  ];
}

/** The points from the best to the worst; nothing if they hardly differ or fewer than two have the figure. */
function rankingAnswer(ranking: (typeof RANKINGS)[number], points: readonly PointRuns<RunBrief>[]): string[] {
  const known = points.flatMap((point) => {
    const value = figureOf(point, ranking.figure);
    return value === undefined ? [] : [{ point, value }];
  });
  known.sort((a, b) => (ranking.mostIsBest ? b.value - a.value : a.value - b.value));
  const best = known[0];
  const worst = known.at(-1);
  if (best === undefined || worst === undefined || known.length < 2) return [];
  if (Math.abs(worst.value / best.value - 1) < HARDLY) return [];
  const { text } = KEY_FIGURES.find(({ name }) => name === ranking.figure)!;
  const written = (value: number): string => `${text(value)}${ranking.unit ?? ''}`;
  const rest = known
    .slice(1)
    .map(({ point, value }) => `${nameOf(point)} ${written(value)} (${ratio(value, best.value)})`);
  return [`${ranking.what}: ${nameOf(best.point)} ${written(best.value)}, ${shortened(rest).join(', ')}.`];
}

/** Of many the first and the last; the table has them all. */
function shortened(list: readonly string[]): readonly string[] {
  const left = list.length - RANKED;
  return left <= 1 ? list : [...list.slice(0, RANKED / 2), `${left} more`, ...list.slice(-RANKED / 2)];
}

/** Which points had requests that failed, if they differ in that. */
function failureAnswer(points: readonly PointRuns<RunBrief>[]): string[] {
  const shares = points.map((point) => (figureOf(point, 'FAILED-PER-MILLION') ?? 0) / 1e6);
  if (Math.max(...shares) - Math.min(...shares) < HARDLY) return [];
  const parts = points.map((point, i) => `${nameOf(point)} ${figure(shares[i]! * 100)} %`);
  return [`Requests that failed: ${parts.join(', ')}.`];
}

function restartAnswer(points: readonly PointRuns<RunBrief>[]): string[] {
  const restarts = points.map((point) => figureOf(point, 'RESTARTS') ?? 0);
  if (restarts.every((n) => n === 0)) return [];
  return [`Container restarts: ${points.map((point, i) => `${nameOf(point)} ${mean(restarts[i]!)}`).join(', ')}.`];
}

function homelessAnswer(points: readonly PointRuns<RunBrief>[]): string[] {
  const counts = points.map((point) => countOf(point, 'unschedulablePods'));
  if (counts.every((count) => count === 0)) return [];
  return [
    `Pods that could not be scheduled: ${points.map((point, i) => `${nameOf(point)} ${mean(counts[i]!)}`).join(', ')}.`,
  ];
}

/** A count as it is, or the mean of several to three digits. */
const mean = (value: number): string => (Number.isInteger(value) ? grouped(value) : figure(value));
