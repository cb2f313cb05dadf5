// `--fail-on 'p99 > +10%'`: which changes a comparison must not show. Part of the experiments.

import type { MetricDefinitions } from '../../metrics/index.js';
import { fileError, type MetricSelector, matches, parseSelector } from '../../scenario/index.js';
import { type ComparedFigure, type Comparison, directionOf, type LostFigure, SIGNIFICANCE } from './comparison.js';
import { STATISTICS } from './observations.js';

export interface FailOn {
  /** As written. */
  readonly text: string;
  /** Undefined: every metric that has the statistic and of which less is better. */
  readonly selector: MetricSelector | undefined;
  readonly statistic: string;
  readonly operator: '>' | '<';
  /** Change as a share of the baseline, with its sign. */
  readonly bound: number;
}

export interface Failure {
  readonly rule: FailOn;
  /** What changed too much, or what is not there any more. */
  readonly figure: ComparedFigure | LostFigure;
}

const KNOWN = [...STATISTICS, 'total'];

/** Reads `p99 > +10%`, `pod_ready p99 > 10%` or `restarts total > +0%`. Throws an InputError. */
export function parseFailOn(text: string, metrics: MetricDefinitions): FailOn {
  const source = `--fail-on ${text}`;
  const match = /^(?:(.*\S)\s+)?(\w+)\s*([<>])\s*([+-]?\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (match === null) {
    throw fileError(source, "must be '[METRIC] STATISTIC > +N%', such as 'p99 > +10%' or 'pod_ready p99 > +5%'");
  }
  const [, metric, statistic, operator, percent] = match as unknown as [
    string,
    string | undefined,
    string,
    '>' | '<',
    string,
  ];
  if (!KNOWN.includes(statistic))
    throw fileError(source, `there is no statistic "${statistic}"`, `one of ${KNOWN.join(', ')}`);
  return { text, selector: selectorOf(source, metric, metrics), statistic, operator, bound: Number(percent) / 100 };
}

function selectorOf(source: string, text: string | undefined, metrics: MetricDefinitions): MetricSelector | undefined {
  if (text === undefined) return undefined;
  const selector = parseSelector(text, { metrics });
  if ('message' in selector) throw fileError(source, selector.message, selector.hint);
  return selector;
}

/**
 * The figures that changed as they must not: by more than the bound, and not by chance; and those that the other side has no
 * samples of any more. Of one run each with the same seed the change is taken as it is. Throws an InputError if a rule is about no figure that both sides have: it would never fail.
 */
export function failuresOf({ rows, lost }: Comparison, rules: readonly FailOn[]): Failure[] {
  return rules.flatMap((rule): Failure[] => {
    const meant = rows.filter((row) => isMeant(row, rule));
    const gone = lost.filter((figure) => isMeant(figure, rule));
    if (gone.length > 0) return gone.map((figure) => ({ rule, figure }));
    if (meant.some(({ method, difference }) => method === 'independent' && difference.pValue === undefined)) {
      const hint = 'run both with the same seed, or with --replications';
      throw fileError(
        `--fail-on ${rule.text}`,
        'cannot be told from chance: the sides have one run each, with different seeds',
        hint,
      );
    }
    if (meant.length === 0) throw fileError(`--fail-on ${rule.text}`, 'matches no figure that both sides have');
    return meant.filter((row) => isCrossed(row, rule)).map((figure) => ({ rule, figure }));
  });
}

/** Whether a rule is about some figure of a comparison: if not, it would never fail. */
export const isAbout = ({ rows, lost }: Comparison, rule: FailOn): boolean =>
  rows.some((row) => isMeant(row, rule)) || lost.some((figure) => isMeant(figure, rule));

function isMeant(
  row: Pick<ComparedFigure, 'metric' | 'labels' | 'statistic'>,
  { selector, statistic }: FailOn,
): boolean {
  if (row.statistic !== statistic) return false;
  if (selector === undefined) return directionOf(row) === 'lower';
  return row.metric === selector.metric && matches(row.labels, selector.matchers);
}

function isCrossed({ change, difference }: ComparedFigure, { operator, bound }: FailOn): boolean {
  // From nothing to something is more than any percentage.
  const by = change ?? (difference.mean === 0 ? 0 : Math.sign(difference.mean) * Infinity);
  const isBeyond = operator === '>' ? by > bound : by < bound;
  return isBeyond && (difference.pValue === undefined || difference.pValue < SIGNIFICANCE);
}
