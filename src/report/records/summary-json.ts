// What an experiment came to, as JSON for programs: thresholds and key figures with their intervals. Part of the report.

import { precise, SECOND } from '../../results/index.js';
import { estimateOf, type Interval } from '../../statistics/index.js';
import { jsonText } from '../../text/index.js';
import { figuresOf, pointsOf } from '../tables/point-runs.js';
import { KEY_FIGURES } from '../texts/key-figures.js';
import { answers, countsLine, type SummaryOptions } from '../texts/summary.js';
import type { ThresholdResult } from './thresholds.js';

/** JSON text; the same run gives the same bytes. */
export function summaryJson(options: SummaryOptions, thresholds: readonly ThresholdResult[]): string {
  const points = pointsOf(options.records);
  const { length: runs } = options.records;
  const { runsAsked = runs } = options;
  const document = {
    apiVersion: 'kubelapse.dev/v1alpha1',
    kind: 'Summary',
    scenario: options.name,
    question: options.question,
    seed: options.seed,
    partial: runs < runsAsked,
    runs,
    runsAsked,
    answers: points.length === 0 ? [] : answers(points).filter((line) => line !== ''),
    counts: points.length === 0 ? '' : countsLine(options, points),
    ok: thresholds.every(({ ok }) => ok),
    thresholds: thresholds.map(({ threshold, point, parameters, replications, observed, interval, ok }) => ({
      metric: threshold.selector,
      expression: threshold.expression,
      point,
      parameters: valuesOf(parameters),
      unit: threshold.unit,
      replications,
      observed: observed === undefined ? null : precise(observed),
      ...endsOf(interval),
      ok,
    })),
    points: points.map((point) => ({
      point: point.index,
      parameters: valuesOf(point.parameters),
      replications: point.runs.length,
      figures: Object.fromEntries(
        KEY_FIGURES.flatMap(({ name, unit }) => {
          const values = figuresOf(point, name).map((value) => (unit === 'seconds' ? value / SECOND : value));
          if (values.length === 0) return [];
          const { mean, interval } = estimateOf(values);
          return [[name, { unit, mean: precise(mean), ...endsOf(interval ?? {}) }]];
        }),
      ),
    })),
  };
  return `${jsonText(document, 2)}\n`;
}

const valuesOf = (parameters: ThresholdResult['parameters']): Record<string, string | number | boolean> =>
  Object.fromEntries(parameters.map(({ name, value }) => [name, value]));

const endsOf = ({ low, high }: Partial<Interval>): Record<string, number> => ({
  ...(low === undefined ? {} : { ci95Low: precise(low) }),
  ...(high === undefined ? {} : { ci95High: precise(high) }),
});
