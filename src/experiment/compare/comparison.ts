// Two sides figure by figure: how far apart, how sure, and whether that is better or worse. Part of the experiments.
// Runs that had the same seed had the same luck in everything but what differs between the sides, so they are compared pair
// by pair; others as independent samples.

import {
  type Estimate,
  estimateOf,
  type PairedDifference,
  pairedDifference,
  welchDifference,
} from '../../statistics/index.js';
import type { Figure, Side, SidePoint } from './observations.js';

/** Probability of finding a difference where there is none. */
export const SIGNIFICANCE = 0.05;

export type Verdict = 'better' | 'worse' | 'differs' | 'no difference shown' | 'one run each';

export interface ComparedFigure {
  readonly parameters: SidePoint['parameters'];
  readonly metric: string;
  readonly labels: string;
  readonly statistic: string;
  readonly unit: string;
  readonly a: Estimate;
  readonly b: Estimate;
  /** b less a. */
  readonly difference: PairedDifference;
  /** `paired`: same seeds; `independent`: other seeds; `measured`: one side is a single measured figure. */
  readonly method: 'paired' | 'independent' | 'measured';
  /** The difference as a share of a; undefined if a is 0. */
  readonly change: number | undefined;
  readonly verdict: Verdict;
}

export interface Comparison {
  readonly a: Side;
  readonly b: Side;
  readonly rows: readonly ComparedFigure[];
  /** Points that only one side has, in words. */
  readonly unpaired: readonly string[];
  /** Figures of side a that the same point of side b does not have: nothing was measured of them any more. */
  readonly lost: readonly LostFigure[];
}

export interface LostFigure extends Figure {
  readonly parameters: SidePoint['parameters'];
}

/** Compares every figure that both sides have, point by point. */
export function compare(a: Side, b: Side): Comparison {
  const rows: ComparedFigure[] = [];
  const unpaired: string[] = [];
  const lost: LostFigure[] = [];
  const matched = new Set<SidePoint>();
  for (const point of a.points) {
    const other = counterpart(point, a, b);
    if (other === undefined) {
      unpaired.push(`${placeOf(point.parameters)} (${a.name})`);
      continue;
    }
    matched.add(other);
    const parameters = point.parameters.length > 0 ? point.parameters : other.parameters;
    for (const [key, figure] of point.figures) {
      const opposite = other.figures.get(key);
      if (opposite !== undefined) rows.push(comparedFigure(parameters, figure, opposite, methodOf(a, b, point, other)));
      else if (!a.isMeasured && !b.isMeasured) lost.push({ ...figure, parameters });
    }
  }
  for (const point of b.points) if (!matched.has(point)) unpaired.push(`${placeOf(point.parameters)} (${b.name})`);
  return { a, b, rows, unpaired, lost };
}

export const placeOf = (parameters: SidePoint['parameters']): string =>
  parameters.length === 0 ? 'the only point' : parameters.map(({ name, value }) => `${name}=${value}`).join(' ');

type Place = Pick<SidePoint, 'parameters'>;

/** The point of the other side with the same parameters; the only one of a side that has one only. */
function counterpart<Other extends Place>(
  point: Place,
  a: { readonly points: readonly Place[] },
  b: { readonly points: readonly Other[] },
): Other | undefined {
  if (a.points.length === 1 && b.points.length === 1) return b.points[0];
  const key = JSON.stringify(point.parameters);
  return b.points.find(({ parameters }) => JSON.stringify(parameters) === key);
}

/** Whether two sides have a point in common: it can be known before anything is run. */
export const haveCommonPoint = (a: readonly Place[], b: readonly Place[]): boolean =>
  a.some((point) => counterpart(point, { points: a }, { points: b }) !== undefined);

function methodOf(a: Side, b: Side, one: SidePoint, other: SidePoint): ComparedFigure['method'] {
  if (a.isMeasured || b.isMeasured) return 'measured';
  const common = [...one.seeds].filter(([replication]) => other.seeds.has(replication));
  return common.length > 0 && common.every(([replication, seed]) => other.seeds.get(replication) === seed)
    ? 'paired'
    : 'independent';
}

function comparedFigure(
  parameters: SidePoint['parameters'],
  one: Figure,
  other: Figure,
  method: ComparedFigure['method'],
): ComparedFigure {
  const [first, second] = valuesOf(one, other, method);
  const a = estimateOf(first);
  const b = estimateOf(second);
  const difference = differenceOf(first, second, method);
  const { metric, labels, statistic, unit } = one;
  return {
    parameters,
    metric,
    labels,
    statistic,
    unit,
    a,
    b,
    difference,
    method,
    change: a.mean === 0 ? undefined : difference.mean / Math.abs(a.mean),
    verdict: verdictOf(difference, directionOf(one)),
  };
}

/** Values that go together: of pairs those of the replications that both have; a measured one as often as the other side. */
function valuesOf(one: Figure, other: Figure, method: ComparedFigure['method']): [number[], number[]] {
  if (method === 'paired') {
    const common = [...one.values.keys()].filter((replication) => other.values.has(replication));
    if (common.length > 0) return [common.map((r) => one.values.get(r)!), common.map((r) => other.values.get(r)!)];
  }
  return [[...one.values.values()], [...other.values.values()]];
}

function differenceOf(a: readonly number[], b: readonly number[], method: ComparedFigure['method']): PairedDifference {
  if (method === 'measured') {
    const count = Math.max(a.length, b.length);
    const repeated = (values: readonly number[]): readonly number[] =>
      values.length === count ? values : new Array<number>(count).fill(values[0]!);
    return pairedDifference(repeated(a), repeated(b));
  }
  if (method === 'paired' && a.length === b.length) return pairedDifference(a, b);
  return welchDifference(a, b) ?? pairedDifference([estimateOf(a).mean], [estimateOf(b).mean]);
}

function verdictOf({ mean, pValue }: PairedDifference, direction: Direction): Verdict {
  if (pValue === undefined) return mean === 0 ? 'no difference shown' : 'one run each';
  if (!(pValue < SIGNIFICANCE)) return 'no difference shown';
  if (direction === 'neither') return 'differs';
  return mean < 0 === (direction === 'lower') ? 'better' : 'worse';
}

export type Direction = 'lower' | 'higher' | 'neither';

/** Counters of what nobody wants. */
const TROUBLE =
  /restarts|unschedulable|never_ready|errors|failures|rejections|evictions|deletions|past_progress_deadline|saturated/;

/** Whether less or more of it is better. */
export function directionOf({ metric, labels, statistic }: Pick<Figure, 'metric' | 'labels' | 'statistic'>): Direction {
  // A counter has only its total.
  if (statistic !== 'total') return metric.includes('interval') ? 'neither' : 'lower';
  if (metric === 'kubelapse_requests_total') return /(^|,)outcome=ok(,|$)/.test(labels) ? 'higher' : 'lower';
  if (/result=(?!successful)/.test(labels) && metric === 'prober_probe_total') return 'lower';
  return TROUBLE.test(metric) || metric.includes('cpu_seconds') ? 'lower' : 'neither';
}
