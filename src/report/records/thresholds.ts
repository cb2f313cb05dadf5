// Whether thresholds hold at a point, and what is said of it: lines, CSV, JUnit XML. Part of the report.

import { Histogram } from '../../metrics/index.js';
import { type Cell, precise, preciseCell, SECOND } from '../../results/index.js';
import {
  type FigureOfMetric,
  formatDuration,
  matches,
  satisfies,
  type Threshold,
  type ThresholdUnit,
} from '../../scenario/index.js';
import { estimateOf, type Interval } from '../../statistics/index.js';
import { markup } from '../../text/index.js';
import { csvLines, pointCells, pointColumns } from '../tables/csv.js';
import { sampleInterval } from '../tables/estimates.js';
import type { PointRuns } from '../tables/point-runs.js';
import { figure } from '../texts/words.js';
import type { RecordedCounter, RecordedSeries, RunRecord } from './record.js';

export interface ThresholdResult {
  readonly threshold: Threshold;
  readonly scenario: string;
  readonly point: number;
  readonly parameters: RunRecord['parameters'];
  /** Replications that have the figure. */
  readonly replications: number;
  /** Mean of their figures, in the threshold's unit; undefined if there were no samples. */
  readonly observed: number | undefined;
  /** 95 % interval of that mean; of a single run's quantile, by the ranks of its samples. */
  readonly interval: Partial<Interval>;
  readonly ok: boolean;
  /** Label sets that the metric has, where none of them was meant. */
  readonly instead: readonly string[];
}

/** Checks all thresholds at one point, in their order. */
export function checkThresholds(thresholds: readonly Threshold[], point: PointRuns): ThresholdResult[] {
  return thresholds.map((threshold) => checkThreshold(threshold, point));
}

function checkThreshold(threshold: Threshold, { index, parameters, runs }: PointRuns): ThresholdResult {
  const values = runs.flatMap((run) => figureValue(threshold, run) ?? []);
  const place = { threshold, scenario: runs[0]!.scenario, point: index, parameters, replications: values.length };
  if (values.length === 0) {
    return { ...place, observed: undefined, interval: {}, ok: false, instead: labelSets(threshold, runs) };
  }
  const { mean, interval } = estimateOf(values);
  const own = interval ?? (runs.length === 1 ? singleInterval(threshold, runs[0]!) : {});
  return { ...place, observed: mean, interval: own, ok: satisfies(mean, threshold), instead: [] };
}

/**
 * Whether the 95 % interval lies on one side of the bound: `holds` or `fails` with confidence, or `undecided`. A figure
 * without an interval is taken as it is.
 */
export function verdictOf({ threshold, observed, interval, ok }: ThresholdResult): 'holds' | 'fails' | 'undecided' {
  if (observed === undefined) return 'fails';
  const ends = [interval.low, interval.high].flatMap((end) => end ?? []);
  return ends.every((end) => satisfies(end, threshold) === ok) ? (ok ? 'holds' : 'fails') : 'undecided';
}

/** The figure of one run, in its unit; undefined if it has no samples of it. */
export function figureValue(threshold: FigureOfMetric, run: RunRecord): number | undefined {
  const counters = ofMetric(run.counters, threshold);
  const series = ofMetric(run.series, threshold);
  if (series.length === 0 && !isHistogram(threshold)) return counterValue(threshold, counters, run);
  const meant = samplesOf(threshold, series);
  const count = meant?.count ?? 0;
  switch (threshold.function) {
    case 'count':
      return count;
    case 'rate':
      return count / (run.measured / SECOND);
    case 'share': {
      const all = series.reduce((sum, { histogram }) => sum + histogram.count, 0);
      return all === 0 ? undefined : count / all;
    }
    default:
      return meant === undefined ? undefined : statisticOf(threshold, meant) / scaleOf(threshold);
  }
}

const isHistogram = ({ function: of }: FigureOfMetric): boolean => ['p', 'avg', 'med', 'min', 'max'].includes(of);
const scaleOf = ({ unit }: FigureOfMetric): number => (unit === 'seconds' ? SECOND : 1);

function statisticOf({ function: of, quantile }: FigureOfMetric, histogram: Histogram): number {
  switch (of) {
    case 'p':
      return histogram.quantile(quantile!);
    case 'med':
      return histogram.quantile(0.5);
    case 'min':
      return histogram.min;
    case 'max':
      return histogram.max;
    default:
      return histogram.mean;
  }
}

/** A counter that was never moved is 0. */
function counterValue(
  threshold: FigureOfMetric,
  counters: readonly RecordedCounter[],
  run: RunRecord,
): number | undefined {
  const sum = (of: readonly RecordedCounter[]): number => of.reduce((total, { value }) => total + value, 0);
  const wanted = counters.filter(({ labels }) => matches(labels, threshold.matchers));
  // All label sets of a counter are there from the beginning: one that is not is a slip of the hand.
  if (wanted.length === 0 && counters.length > 0) return undefined;
  const meant = sum(wanted);
  switch (threshold.function) {
    case 'rate':
      return meant / (run.measured / SECOND);
    case 'share': {
      const all = sum(counters);
      return all === 0 ? undefined : meant / all;
    }
    default:
      return meant;
  }
}

function ofMetric<T extends { readonly metric: string }>(all: readonly T[], { metric }: FigureOfMetric): T[] {
  return all.filter((one) => one.metric === metric);
}

/** All samples that are meant together; undefined if there are none. */
function samplesOf({ matchers }: FigureOfMetric, series: readonly RecordedSeries[]): Histogram | undefined {
  const meant = series.filter(({ labels, histogram }) => histogram.count > 0 && matches(labels, matchers));
  return meant.length === 0 ? undefined : Histogram.merged(meant.map(({ histogram }) => Histogram.fromData(histogram)));
}

function singleInterval(threshold: Threshold, run: RunRecord): Partial<Interval> {
  const q = threshold.function === 'med' ? 0.5 : threshold.quantile;
  const samples = q === undefined ? undefined : samplesOf(threshold, ofMetric(run.series, threshold));
  return samples === undefined ? {} : sampleInterval(samples, q!, scaleOf(threshold));
}

/** Label sets of the metric that have samples. */
function labelSets(threshold: Threshold, runs: readonly RunRecord[]): string[] {
  const found = runs.flatMap((run) => [
    ...ofMetric(run.series, threshold).flatMap(({ labels, histogram }) => (histogram.count > 0 ? [labels] : [])),
    ...ofMetric(run.counters, threshold).map(({ labels }) => labels),
  ]);
  return [...new Set(found)].sort();
}

/** A figure as people read it, in the unit of its threshold. */
function formatFigure(value: number, unit: ThresholdUnit): string {
  switch (unit) {
    case 'seconds':
      return formatDuration(value * SECOND);
    case 'ratio':
      return `${figure(value * 100)}%`;
    case 'per_second':
      return `${figure(value)}/s`;
    case 'number':
      return figure(value);
  }
}

/** `p(99)=9.61s [9.2s, 10.1s]`, or that there are no samples. */
export function observedText({ threshold, observed, interval, instead }: ThresholdResult): string {
  if (observed === undefined) {
    return `no samples${instead.length === 0 ? '' : `; there are samples of ${instead.slice(0, LABEL_SETS_NAMED).join('; ')}`}`;
  }
  // A mean of what is never negative has an interval that may be.
  const text = (value: number): string => formatFigure(Math.max(0, value), threshold.unit);
  const { low, high } = interval;
  const ends =
    low === undefined && high === undefined
      ? ''
      : ` [${low === undefined ? '…' : text(low)}, ${high === undefined ? '…' : text(high)}]`;
  return `${figureName(threshold)}=${text(observed)}${ends}`;
}

const LABEL_SETS_NAMED = 5;

const figureName = ({ function: of, quantile }: FigureOfMetric): string =>
  of === 'p' ? `p(${Number((quantile! * 100).toPrecision(10))})` : of;

/** `mode=ipvs services=100`, or the scenario's name where nothing is swept. */
export const placeOf = ({ parameters, scenario }: Pick<ThresholdResult, 'parameters' | 'scenario'>): string =>
  parameters.length === 0 ? scenario : parameters.map(({ name, value }) => `${name}=${value}`).join(' ');

/** Failing points of a threshold that are printed. */
const POINTS_SHOWN = 10;

/** What is printed of all thresholds: those that fail point by point, those that hold in one line. */
export function thresholdLines(results: readonly ThresholdResult[]): string[] {
  if (results.length === 0) return [];
  const lines = ['THRESHOLDS'];
  const byThreshold = new Map<Threshold, ThresholdResult[]>();
  for (const result of results) {
    const known = byThreshold.get(result.threshold);
    if (known === undefined) byThreshold.set(result.threshold, [result]);
    else known.push(result);
  }
  let selector = '';
  for (const [threshold, of] of byThreshold) {
    if (threshold.selector !== selector) lines.push(`  ${threshold.selector}`);
    selector = threshold.selector;
    const failed = of.filter(({ ok }) => !ok);
    for (const result of failed.slice(0, POINTS_SHOWN)) {
      const where = result.parameters.length === 0 ? '' : `   ${placeOf(result)}`;
      lines.push(`  ✗ ${threshold.expression}   ${observedText(result)}${where}`);
    }
    if (failed.length > POINTS_SHOWN) {
      lines.push(`  ✗ ${threshold.expression}   at ${failed.length - POINTS_SHOWN} more points, in thresholds.csv`);
    }
    const held = of.filter(({ ok }) => ok);
    if (held.length === 0) continue;
    const worst = held.toSorted((a, b) => badness(b) - badness(a))[0]!;
    const points = of.length === 1 ? '' : `   at ${held.length} of ${of.length} points, worst at ${placeOf(worst)}`;
    lines.push(`  ✓ ${threshold.expression}   ${observedText(worst)}${points}`);
  }
  return lines;
}

/** Greater for what is nearer to failing. */
function badness({ threshold, observed }: ThresholdResult): number {
  if (observed === undefined) return Infinity;
  return threshold.operator.startsWith('>') ? -observed : observed;
}

/** thresholds.csv. */
export function thresholdsCsv(results: readonly ThresholdResult[]): string {
  const header = [...pointColumns(results[0]!.parameters), ...THRESHOLD_COLUMNS.map(({ name }) => name)];
  const rows = results.map((result): Cell[] => [
    ...pointCells(result.scenario, result.point, result.parameters),
    ...THRESHOLD_COLUMNS.map(({ value }) => value(result)),
  ]);
  return csvLines([header, ...rows]);
}

/** Columns of thresholds.csv behind those that say which point. */
export const THRESHOLD_COLUMNS: readonly {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
  readonly value: (result: ThresholdResult) => Cell;
}[] = [
  {
    name: 'metric',
    unit: '',
    meaning: 'metric, with the label sets that are selected',
    value: ({ threshold }) => threshold.selector,
  },
  { name: 'expression', unit: '', meaning: 'what must hold', value: ({ threshold }) => threshold.expression },
  { name: 'unit', unit: '', meaning: 'unit of the figures in this row', value: ({ threshold }) => threshold.unit },
  {
    name: 'bound',
    unit: 'unit',
    meaning: 'bound of the expression',
    value: ({ threshold }) => precise(threshold.bound),
  },
  {
    name: 'replications',
    unit: 'runs',
    meaning: 'replications that have the figure',
    value: ({ replications }) => replications,
  },
  {
    name: 'observed',
    unit: 'unit',
    meaning: 'mean of their figures; empty if there were no samples',
    value: ({ observed }) => preciseCell(observed),
  },
  {
    name: 'ci95_low',
    unit: 'unit',
    meaning: 'lower end of its 95 % confidence interval; for a quantile of a single run, from the ranks of its samples',
    value: ({ interval }) => preciseCell(interval.low),
  },
  { name: 'ci95_high', unit: 'unit', meaning: 'upper end', value: ({ interval }) => preciseCell(interval.high) },
  { name: 'ok', unit: '', meaning: 'whether the observed figure satisfies the expression', value: ({ ok }) => ok },
];

export interface JUnitCase {
  readonly suite: string;
  readonly name: string;
  /** Why it failed; undefined if it did not. */
  readonly failure: string | undefined;
}

/** Test cases as JUnit XML; times are left out, so that the same run gives the same bytes. */
export function junitXml(cases: readonly JUnitCase[]): string {
  const suites = new Map<string, JUnitCase[]>();
  for (const one of cases) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one]);
  const failures = (of: readonly JUnitCase[]): number => of.filter(({ failure }) => failure !== undefined).length;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kubelapse" tests="${cases.length}" failures="${failures(cases)}">`,
  ];
  for (const [suite, of] of suites) {
    lines.push(`  <testsuite name="${markup(suite)}" tests="${of.length}" failures="${failures(of)}">`);
    for (const { name, failure } of of) {
      const open = `    <testcase classname="${markup(suite)}" name="${markup(name)}"`;
      if (failure === undefined) lines.push(`${open}/>`);
      else lines.push(`${open}>`, `      <failure message="${markup(failure)}"/>`, '    </testcase>');
    }
    lines.push('  </testsuite>');
  }
  lines.push('</testsuites>');
  return `${lines.join('\n')}\n`;
}

/** One test case a threshold and point. */
export const thresholdCases = (results: readonly ThresholdResult[]): JUnitCase[] =>
  results.map((result) => ({
    suite: result.scenario,
    name: `${result.threshold.selector}: ${result.threshold.expression}${result.parameters.length === 0 ? '' : ` at ${placeOf(result)}`}`,
    failure: result.ok ? undefined : observedText(result),
  }));
