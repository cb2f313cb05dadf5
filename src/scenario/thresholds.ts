// What must hold: a metric with matchers of its labels, and an expression, in k6's and Prometheus' words. Part of the
// scenario. An unknown metric or label is an error: a threshold on nothing would always hold.

import { didYouMean } from '../format/suggest.js';
import { parseDuration } from '../format/units.js';
import { labelPairs, type MetricDefinition, type MetricDefinitions } from '../metrics/index.js';
import { type Diagnostic, fileError, InputError } from './diagnostics.js';

export const THRESHOLD_FUNCTIONS = ['p', 'avg', 'med', 'min', 'max', 'count', 'total', 'rate', 'share'] as const;
export type ThresholdFunction = (typeof THRESHOLD_FUNCTIONS)[number];

export const THRESHOLD_OPERATORS = ['<', '<=', '>', '>=', '==', '!='] as const;
export type ThresholdOperator = (typeof THRESHOLD_OPERATORS)[number];

export interface LabelMatcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A metric, and which of its label sets are meant. */
export interface MetricSelector {
  readonly metric: string;
  readonly matchers: readonly LabelMatcher[];
}

/** One number of a run: a statistic of what is selected. */
export interface FigureOfMetric extends MetricSelector {
  readonly function: ThresholdFunction;
  /** Of `p`: 0 … 1. */
  readonly quantile: number | undefined;
  /** What the figure is, and how it is written. */
  readonly unit: ThresholdUnit;
}

export interface Threshold extends FigureOfMetric {
  /** As written: `name{label="x"}` and `p(99) < 5s`. */
  readonly selector: string;
  readonly expression: string;
  readonly operator: ThresholdOperator;
  /** In the unit of the figure: seconds, 0 … 1, or a plain number. */
  readonly bound: number;
  readonly abortOnFail: boolean;
}

export type ThresholdUnit = 'seconds' | 'ratio' | 'per_second' | 'number';

/** A problem with a threshold: in its metric or in its expression. */
export interface ThresholdProblem {
  readonly field: 'metric' | 'expr';
  readonly message: string;
  readonly hint?: string;
}

/** What selectors may name. */
export interface KnownMetrics {
  readonly metrics: MetricDefinitions;
  /** Names of the node pools, the only values of the label node_pool; undefined: not known. */
  readonly pools?: readonly string[];
}

/** Other names of labels that are accepted. */
const LABEL_ALIASES: Readonly<Record<string, string>> = { pool: 'node_pool' };

/** Reads one threshold. */
export function parseThreshold(
  input: { readonly metric: string; readonly expr: string; readonly abortOnFail?: boolean | undefined },
  known: KnownMetrics,
): Threshold | ThresholdProblem {
  const selected = parseSelector(input.metric, known);
  if ('message' in selected) return { field: 'metric', ...selected };
  const definition = known.metrics[selected.metric]!;
  const expression = parseExpression(input.expr, definition, selected);
  if ('message' in expression) return { field: 'expr', ...expression };
  return {
    ...selected,
    ...expression,
    selector: input.metric,
    expression: input.expr,
    abortOnFail: input.abortOnFail ?? false,
  };
}

/** Reads `--threshold 'METRIC: EXPR'`. Throws an {@link InputError}. */
export function parseThresholdFlag(text: string, known: KnownMetrics, flag = '--threshold'): Threshold {
  const source = `${flag} ${text}`;
  // The colon after the last brace, or the first one: names of metrics may hold colons, those of ours do not.
  const at = text.indexOf(':', Math.max(0, text.lastIndexOf('}')));
  if (at < 0)
    throw fileError(source, "must be 'METRIC: EXPR', such as 'kubelapse_pod_ready_duration_seconds: p(99) < 30s'");
  const threshold = parseThreshold({ metric: text.slice(0, at).trim(), expr: text.slice(at + 1).trim() }, known);
  if (!('message' in threshold)) return threshold;
  const { message, hint } = threshold;
  const place = { severity: 'error', file: source, line: 0, column: 0, field: threshold.field, message } as const;
  throw new InputError([{ ...place, ...(hint === undefined ? {} : { hint }) } satisfies Diagnostic]);
}

type Problem = Omit<ThresholdProblem, 'field'>;

/** Reads `name` or `name{label="x", other!~"y.*"}`; a short name does for a metric's. */
export function parseSelector(text: string, { metrics, pools }: KnownMetrics): MetricSelector | Problem {
  const match = /^\s*([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s*$/.exec(longName(text.trim(), metrics));
  if (match === null) return { message: `"${text}" is not a metric; write name or name{label="value"}` };
  const [, metric, braces] = match as unknown as [string, string, string | undefined];
  if (!Object.hasOwn(metrics, metric)) {
    return { message: `there is no metric "${metric}"`, hint: suggestMetric(metric, metrics) };
  }
  const definition = metrics[metric]!;
  const matchers: LabelMatcher[] = [];
  let rest = (braces ?? '').trim();
  while (rest !== '') {
    const part = /^([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*("((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:,\s*|$)/.exec(rest);
    if (part === null) return { message: `"${rest}" is not a label matcher; write label="value"` };
    const [all, name, operator, , double, single] = part as unknown as string[];
    const label = LABEL_ALIASES[name!] ?? name!;
    if (!definition.labels.includes(label)) {
      const known = definition.labels;
      const hint = known.length === 0 ? 'it has no labels' : (didYouMean(name!, known) ?? `it has ${known.join(', ')}`);
      return { message: `${metric} has no label "${name}"`, hint };
    }
    const value = (double ?? single ?? '').replace(/\\(.)/g, '$1');
    if (label === 'node_pool' && operator === '=' && pools?.includes(value) === false) {
      return {
        message: `there is no node pool "${value}"`,
        hint: didYouMean(value, pools) ?? `there is ${pools.join(', ')}`,
      };
    }
    if (operator!.endsWith('~') && !isRegExp(value)) return { message: `"${value}" is not a regular expression` };
    matchers.push({ label, operator: operator as LabelMatcher['operator'], value });
    rest = rest.slice(all!.length);
  }
  return { metric, matchers };
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The nearest name, or those that have the most of its words. */
export function suggestMetric(name: string, metrics: MetricDefinitions): string {
  const known = Object.keys(metrics);
  const short = known.flatMap((metric) => metrics[metric]!.shortNames ?? []);
  const near = didYouMean(name, [...short, ...known]);
  if (near !== undefined) return near;
  const words = name.split('_').filter((word) => word.length > 2);
  const shared = (candidate: string): number => words.filter((word) => candidate.includes(word)).length;
  const best = known.toSorted((a, b) => shared(b) - shared(a)).slice(0, 3);
  return words.some((word) => best[0]!.includes(word))
    ? `there is ${best.join(', ')}`
    : 'docs/reference/metrics.md lists them';
}

type Expression = Pick<Threshold, 'function' | 'quantile' | 'operator' | 'bound' | 'unit'>;

const HISTOGRAM_FUNCTIONS: readonly ThresholdFunction[] = ['p', 'avg', 'med', 'min', 'max', 'count', 'rate', 'share'];
const COUNTER_FUNCTIONS: readonly ThresholdFunction[] = ['total', 'count', 'rate', 'share'];

function parseExpression(
  text: string,
  definition: MetricDefinition,
  { metric, matchers }: MetricSelector,
): Expression | Problem {
  const match = /^\s*([a-z]+)\s*(?:\(\s*([^)]*)\s*\))?\s*(<=|>=|==|!=|<|>|=)\s*(.+?)\s*$/.exec(text);
  if (match === null)
    return { message: `"${text}" is not an expression; write it like p(99) < 5s, max < 1m or total == 0` };
  const [, name, argument, operator, value] = match as unknown as [string, string, string | undefined, string, string];
  if (operator === '=') return { message: `"${text}": write == for equal` };
  const figure = parseFunction(name, argument, definition, { metric, matchers });
  if ('message' in figure) return figure;
  const bound = boundOf(value, figure.unit);
  if (bound === undefined) return { message: `"${value}" is not ${BOUND_WORDS[figure.unit]}` };
  return { ...figure, operator: operator as ThresholdOperator, bound };
}

/** Reads the name of a statistic, such as `p` with its argument `99`, and says whether the metric has it. */
function parseFunction(
  name: string,
  argument: string | undefined,
  definition: MetricDefinition,
  { metric, matchers }: MetricSelector,
): Pick<FigureOfMetric, 'function' | 'quantile' | 'unit'> | Problem {
  const allowed = definition.type === 'histogram' ? HISTOGRAM_FUNCTIONS : COUNTER_FUNCTIONS;
  const of = name === 'mean' ? 'avg' : (name as ThresholdFunction);
  if (!allowed.includes(of)) {
    const kind = definition.type === 'histogram' ? 'a histogram' : 'a counter';
    const hint = didYouMean(name, allowed) ?? `it takes ${allowed.map((f) => (f === 'p' ? 'p(99)' : f)).join(', ')}`;
    return { message: `${metric} is ${kind}, which has no ${name}`, hint };
  }
  const percent = argument === undefined ? Number.NaN : Number(argument);
  if (of === 'p' && !(percent > 0 && percent < 100)) {
    return { message: 'p takes a percentage between 0 and 100, such as p(99)' };
  }
  if (of !== 'p' && argument !== undefined) return { message: `${name} takes no argument` };
  if (of === 'share' && matchers.length === 0) {
    const label = definition.labels[0] ?? 'label';
    return { message: `share compares some label sets with all: say which, such as ${metric}{${label}="…"}` };
  }
  return {
    function: of,
    quantile: of === 'p' ? Number((percent / 100).toPrecision(12)) : undefined,
    unit: unitOf(of, definition, metric),
  };
}

/**
 * Reads one figure: a metric or a short name of one with a statistic, `pod_startup_p99`, `restarts_total`, or as in
 * thresholds `kubelapse_request_duration_seconds{…} p(99)`.
 */
export function parseFigure(text: string, known: KnownMetrics): FigureOfMetric | Problem {
  const spaced = /^(.*[\w}])(?:\s*:)?\s+([a-z]+)(?:\(\s*([\d.]+)\s*\))?$/.exec(text.trim());
  const joined = /^(\w+?)_(p\d+(?:\.\d+)?|avg|mean|med|min|max|count|total|rate)$/.exec(text.trim());
  if (spaced === null && joined === null) {
    return { message: `"${text}" is not a figure`, hint: 'write pod_startup_p99, or as in thresholds: METRIC p(99)' };
  }
  const [name, word, argument] =
    spaced !== null ? [spaced[1]!, spaced[2]!, spaced[3]] : [joined![1]!, joined![2]!, undefined];
  // A counter's own name ends as a statistic does.
  const whole = Object.hasOwn(known.metrics, text.trim()) ? text.trim() : undefined;
  const selected = parseSelector(whole ?? name, known);
  if ('message' in selected) return selected;
  const percent = /^p([\d.]+)$/.exec(word)?.[1];
  const statistic = whole !== undefined ? 'total' : percent === undefined ? word : 'p';
  const definition = known.metrics[selected.metric]!;
  const figure = parseFunction(statistic, statistic === 'p' ? (percent ?? argument) : argument, definition, selected);
  return 'message' in figure ? figure : { ...selected, ...figure };
}

/** The metric that a short name stands for, labels kept; any other text as it is. */
export function longName(text: string, metrics: MetricDefinitions): string {
  const name = /^\w+/.exec(text)?.[0] ?? '';
  const found = Object.keys(metrics).find((metric) => metrics[metric]!.shortNames?.includes(name));
  return found === undefined ? text : `${found}${text.slice(name.length)}`;
}

/** When enough replications are run: half the confidence interval of a figure is at most a share of it. */
export interface Precision {
  readonly figure: FigureOfMetric;
  /** 0 … 1. */
  readonly share: number;
  /** As written. */
  readonly text: string;
}

/** Reads `pod_startup_p99 ±5%`; `+-` does for `±`. Throws an {@link InputError}. */
export function parsePrecision(text: string, known: KnownMetrics, flag = '--until'): Precision {
  const source = `${flag} ${text}`;
  const match = /^(.+?)\s*(?:±|\+\/?-)\s*(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (match === null) throw fileError(source, "must be 'FIGURE ±N%', such as 'pod_startup_p99 ±5%'");
  const figure = parseFigure(match[1]!, known);
  if ('message' in figure) throw fileError(source, figure.message, figure.hint);
  const share = Number(match[2]) / 100;
  if (!(share > 0)) throw fileError(source, 'the half-width of an interval cannot be 0: give more than 0%');
  return { figure, share, text };
}

function unitOf(of: ThresholdFunction, { unit, type }: MetricDefinition, metric: string): ThresholdUnit {
  if (of === 'share') return 'ratio';
  if (of === 'rate') return 'per_second';
  if (type === 'counter') return metric.endsWith('_seconds_total') ? 'seconds' : 'number';
  return unit === 'seconds' && of !== 'count' ? 'seconds' : 'number';
}

const BOUND_WORDS: Readonly<Record<ThresholdUnit, string>> = {
  seconds: 'a duration such as 500ms, 5s or 1m30s',
  ratio: 'a share such as 0.1% or 0.001',
  per_second: 'a number a second, such as 3',
  number: 'a number',
};

function boundOf(text: string, unit: ThresholdUnit): number | undefined {
  if (unit === 'seconds') {
    const ns = parseDuration(text);
    return ns === undefined ? undefined : ns / 1e9;
  }
  const percent = unit === 'ratio' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(text) : null;
  if (percent !== null) return Number(percent[1]) / 100;
  const plain = unit === 'per_second' ? text.replace(/\s*\/\s*s$/, '') : text;
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : undefined;
}

/** Whether a label set, `name=value` pairs joined by commas, is meant. */
export function matches(labels: string, matchers: readonly LabelMatcher[]): boolean {
  if (matchers.length === 0) return true;
  const values = new Map(labelPairs(labels));
  return matchers.every((matcher) => meets(values.get(matcher.label) ?? '', matcher));
}

function meets(actual: string, { operator, value }: LabelMatcher): boolean {
  switch (operator) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case '=~':
      return new RegExp(`^(?:${value})$`).test(actual);
    case '!~':
      return !new RegExp(`^(?:${value})$`).test(actual);
  }
}

/** Whether a figure satisfies a threshold. */
export function satisfies(value: number, { operator, bound }: Pick<Threshold, 'operator' | 'bound'>): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}
