// Fits costs of the model to measurements: least squares of the logarithms of what it takes over what was measured, so that half
// as long is as wrong as twice as long, for parameters that share measurements together. What the measurements do not tell is
// left at its default, and said; so is what a fit makes worse. Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import {
  type AnyParameter,
  ConditionError,
  measured,
  type ParameterChange,
  ParameterSet,
} from '../../cluster/index.js';
import { type Distribution, exp, log, lognormal, normalQuantile } from '../../engine/index.js';
import { medianOf } from '../errors.js';
import { type Estimate, identifiable, leastSquares } from './least-squares.js';
import type { Measurement } from './measurements.js';
import { distributionsOf, figureOf, mainPart, type System, systemsOf, type Unknown } from './systems.js';

/** A parameter with its new value. */
export interface Fitted extends ParameterChange {
  /** What it was. */
  readonly usual: AnyParameter;
  /** 95 % interval in the unit of the parameter, in ns for durations; of a distribution, that of its median. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly measurements: number;
}

export interface Calibration {
  readonly fitted: readonly Fitted[];
  /** What could not be told, and which measurement would tell it. */
  readonly refused: readonly string[];
  /** What was assumed on the way. */
  readonly notes: readonly string[];
  readonly comparisons: readonly Comparison[];
}

/** A measurement beside what the model says of it without and with the new values. */
export interface Comparison {
  readonly measurement: Measurement;
  /** Both with the rest of the way, where a measurement holds more than the model's part. */
  readonly before: number;
  readonly after: number;
}

/** Throws a {@link ConditionError} with the place of the measurement in its message if a condition makes no sense. */
export function calibrate(measurements: readonly Measurement[], catalogue: Catalogue): Calibration {
  const fitted: Fitted[] = [];
  const refused: string[] = [];
  const notes: string[] = [];
  const comparisons: Comparison[] = [];
  const changes: ParameterChange[] = [];
  const systems = systemsOf(catalogue);
  const distributions = distributionsOf(catalogue);
  for (const system of systems) {
    const mine = measurements.filter(system.takes);
    if (mine.length === 0) continue;
    const outcome = fitSystem(system, mine, catalogue, changes, refused, notes);
    fitted.push(...outcome.fitted);
    comparisons.push(...outcome.comparisons);
  }
  for (const { takes, parameterOf, what } of distributions) {
    const groups = new Map<string, Measurement[]>();
    for (const measurement of measurements.filter(takes)) {
      const key = parameterOf(measurement.at).join('.');
      groups.set(key, [...(groups.get(key) ?? []), measurement]);
    }
    for (const [, group] of groups) {
      const outcome = fitDistribution(parameterOf(group[0]!.at), what, group, catalogue, changes, refused, notes);
      fitted.push(...outcome.fitted);
      comparisons.push(...outcome.comparisons);
    }
  }
  const taken = (measurement: Measurement): boolean =>
    [...systems, ...distributions].some(({ takes }) => takes(measurement));
  const unused = new Map<string, number>();
  for (const { measure, at } of measurements.filter((measurement) => !taken(measurement))) {
    const which = `${measure}${at.mode === undefined ? '' : ` in ${at.mode} mode`}, quantile ${at.quantile ?? '-'}`;
    unused.set(which, (unused.get(which) ?? 0) + 1);
  }
  for (const [which, count] of unused) notes.push(`not used: ${count} measurements of ${which}`);
  notes.push(...oddities(fitted, comparisons));
  return { fitted, refused, notes: [...new Set(notes)], comparisons };
}

/** A fitted value so far from its default is more likely a wrong unit. */
const ODD_FACTOR = 100;
/** A model that is still off by so much has no term for what the measurements show. */
const STILL_OFF = 0.2;

/** What a reader should not overlook: values that look like a wrong unit, measurements that the model cannot follow. */
function oddities(fitted: readonly Fitted[], comparisons: readonly Comparison[]): string[] {
  const odd = fitted.flatMap(({ group, name, parameter, usual }) => {
    const times = figureOf(parameter) / figureOf(usual);
    const isOdd = times > ODD_FACTOR || (times > 0 && times < 1 / ODD_FACTOR);
    const text = times > 1 ? `${Math.round(times)}` : times.toPrecision(2);
    return isOdd ? [`${group}.${name} is ${text} times its default: are the values in seconds?`] : [];
  });
  const kinds = [...new Set(comparisons.map(kindOf))];
  const off = kinds.flatMap((kind) => {
    const error = medianError(
      comparisons.filter((comparison) => kindOf(comparison) === kind),
      'after',
    );
    return error > STILL_OFF
      ? [
          `${kind}: still off by ${(error * 100).toFixed(0)} % in the median: the model has no cost that behaves like these`,
        ]
      : [];
  });
  return [...odd, ...off];
}

/** What a comparison is of: its measure, and what kind of it. */
export function kindOf({ measurement: { measure, at } }: Comparison): string {
  const which = [at.mode, at.backend, at.kind, at.runtime, at.call, at.plugin];
  return [measure, ...which.filter((text) => text !== undefined && text !== '')].join(' ');
}

export function medianError(comparisons: readonly Comparison[], when: 'before' | 'after'): number {
  return medianOf(comparisons.map((one) => Math.abs(one[when] / one.measurement.value - 1)));
}

/** An unknown at a coefficient. */
function changeTo({ group, name, usual, toValue }: Unknown, coefficient: number): ParameterChange {
  return { group, name, parameter: { ...usual, value: toValue(coefficient, usual) } as AnyParameter };
}

function predict(
  measurement: Measurement,
  { measures }: Pick<Catalogue, 'measures'>,
  parameters: ParameterSet,
): number {
  try {
    return measured(measures.get(measurement.measure), parameters, measurement.at);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    throw new ConditionError(error.condition, `${measurement.from}: ${error.condition} ${error.message}`);
  }
}

interface Outcome {
  readonly fitted: readonly Fitted[];
  readonly comparisons: readonly Comparison[];
}

/** One column of the design: a parameter, or several that cannot be told apart, all as many times their defaults. */
interface Column {
  readonly unknowns: readonly Unknown[];
  /** Coefficients of its unknowns at 1. */
  readonly scale: readonly number[];
}

const alone = (unknown: Unknown): Column => ({ unknowns: [unknown], scale: [1] });

/** The coefficient at which an unknown has its default. */
const defaultOf = ({ usual, toCoefficient }: Unknown): number => toCoefficient(usual);

/** The measurements of one system, as equations. */
class Equations {
  readonly system: System;
  readonly measurements: readonly Measurement[];
  readonly rests: readonly string[];
  readonly #catalogue: Catalogue;
  readonly #changes: readonly ParameterChange[];

  constructor(
    system: System,
    measurements: readonly Measurement[],
    catalogue: Catalogue,
    changes: readonly ParameterChange[],
  ) {
    this.#catalogue = catalogue;
    this.system = system;
    this.measurements = measurements;
    this.#changes = changes;
    this.rests = [...new Set(measurements.flatMap((measurement) => system.restOf?.(measurement) ?? []))];
  }

  /** What a run would take with these coefficients; unknowns that are not among them are at their defaults. */
  setWith(columns: readonly Column[], coefficients: readonly number[]): ParameterSet {
    const changes = columns.flatMap(({ unknowns, scale }, j) =>
      unknowns.map((unknown, u) => changeTo(unknown, scale[u]! * coefficients[j]!)),
    );
    return new ParameterSet(this.#catalogue.costs, [...this.#changes, ...changes]);
  }

  /** What the rest of the way takes, if the model's part takes what it does with these numbers: fitted, key by key. */
  restsWith(parameters: ParameterSet): (measurement: Measurement) => number {
    const { restOf } = this.system;
    if (restOf === undefined) return () => 0;
    const rows = this.measurements.map((measurement) =>
      this.rests.map((rest) => (restOf(measurement) === rest ? 1 / measurement.value : 0)),
    );
    const left = this.measurements.map((m) => (m.value - predict(m, this.#catalogue, parameters)) / m.value);
    const rests = leastSquares(rows, left);
    return (measurement) => rests[this.rests.indexOf(restOf(measurement)!)]!.value;
  }

  /** Rows weighted so that a residual is a relative error; the rest of the way comes after the columns. */
  of(columns: readonly Column[]): { rows: number[][]; wanted: number[] } {
    const at = (which: number): number[] => {
      const set = this.setWith(
        columns,
        columns.map((_, k) => (k === which ? 1 : 0)),
      );
      return this.measurements.map((measurement) => predict(measurement, this.#catalogue, set));
    };
    const offsets = at(-1);
    const parts = columns.map((_, j) => at(j).map((value, i) => value - offsets[i]!));
    const rests = this.rests.map((rest) => this.measurements.map((m) => (this.system.restOf!(m) === rest ? 1 : 0)));
    const weights = this.measurements.map(({ value }) => 1 / value);
    return {
      rows: weights.map((weight, i) => [...parts, ...rests].map((column) => column[i]! * weight)),
      wanted: this.measurements.map(({ value }, i) => (value - offsets[i]!) * weights[i]!),
    };
  }
}

/** How far figures are off, as a factor of 1 or more: the median of its logarithm. */
const offBy = (pairs: readonly (readonly [value: number, predicted: number])[]): number =>
  medianOf(pairs.map(([value, predicted]) => (predicted > 0 ? Math.abs(log(predicted / value)) : Infinity)));

function fitSystem(
  system: System,
  measurements: readonly Measurement[],
  catalogue: Catalogue,
  changes: ParameterChange[],
  refused: string[],
  notes: string[],
): Outcome {
  const before = new ParameterSet(catalogue.costs, changes);
  const equations = new Equations(system, measurements, catalogue, changes);
  const nothing: Outcome = { fitted: [], comparisons: [] };
  // What no row depends on is not asked for.
  const all = equations.of(system.unknowns.map(alone)).rows;
  const asked = system.unknowns.filter((_, j) => all.some((row) => row[j] !== 0));
  let columns = columnsOf(equations, asked, refused, notes);
  let estimates: Estimate[] = [];
  const none: Unknown[] = [];
  const told: string[] = [];
  while (columns.length > 0) {
    estimates = inLogarithms(equations, columns);
    const below = lowest(columns, estimates);
    const leave = below ?? vaguest(columns, estimates);
    if (leave === undefined) break;
    columns = columns.filter((column) => column !== leave);
    for (const unknown of leave.unknowns) {
      const { group, name } = unknown;
      if (below === undefined) {
        told.push(`${group}.${name}: the measurements scatter too much to tell it from its default, which it keeps`);
        continue;
      }
      told.push(`${group}.${name} came out below 0: the measurements show no sign of it, so it is 0 in the profile`);
      none.push(unknown);
      changes.push(changeTo(unknown, 0));
    }
  }
  if (columns.length + none.length === 0) {
    notes.push(...told);
    return nothing;
  }
  const more = withPerhaps(equations, columns);
  if (more !== undefined) {
    columns = more;
    estimates = inLogarithms(equations, columns);
  }
  const values = columns.map((_, j) => estimates[j]!.value);
  const after = equations.setWith(columns, values);
  const restsBefore = equations.restsWith(before);
  const restsAfter = equations.restsWith(after);
  const comparisons = measurements.map((measurement) => ({
    measurement,
    before: predict(measurement, catalogue, before) + restsBefore(measurement),
    after: predict(measurement, catalogue, after) + restsAfter(measurement),
  }));
  const off = (when: 'before' | 'after'): number => offBy(comparisons.map((one) => [one.measurement.value, one[when]]));
  if (off('after') > off('before') + NOT_WORSE) {
    // Nothing that was fitted stands.
    changes.splice(changes.length - none.length, none.length);
    notes.push(
      `${system.what}: the fit is further from its own measurements than the defaults (a factor ${exp(off('after')).toFixed(2)} against ${exp(off('before')).toFixed(2)} in the median): ${names(asked)} keep their defaults`,
    );
    return { fitted: [], comparisons: comparisons.map((one) => ({ ...one, after: one.before })) };
  }
  notes.push(...told);
  const unseen = crossValidated(equations, columns);
  if (unseen !== undefined) {
    const seen = exp(off('after'));
    notes.push(
      `${system.what}: what it did not see it predicts within a factor ${exp(unseen).toFixed(2)} in the median (cross-validation), what it was fitted to within ${seen.toFixed(2)}`,
    );
  }
  const found = columns.flatMap((column, j) =>
    column.unknowns.map((unknown, u) => asFitted(unknown, estimates[j]!, column.scale[u]!, measurements.length)),
  );
  const fittedZeros = none.map((unknown) =>
    asFitted(unknown, { value: 0, interval: undefined }, 1, measurements.length),
  );
  changes.push(...found);
  return { fitted: [...found, ...fittedZeros], comparisons };
}

/** A fit may be so much further off by chance of rounding, and no more. */
const NOT_WORSE = 1e-9;
const STEPS_MAX = 50;
const CONVERGED = 1e-10;

/**
 * Coefficients for which the logarithms of what is predicted are nearest to those of what was measured: from the least squares of
 * relative errors by steps, each of which is linear and goes no further than predictions stay above 0.
 */
function inLogarithms(equations: Equations, columns: readonly Column[], only?: readonly boolean[]): Estimate[] {
  const { rows, wanted } = equations.of(columns);
  const take = <T>(list: readonly T[]): T[] => (only === undefined ? [...list] : list.filter((_, i) => only[i]));
  const design = take(rows);
  const goal = take(wanted);
  // Rows are divided by what was measured: an offset of the rest of the model is what 1 lacks of what is wanted.
  const offsets = goal.map((value) => 1 - value);
  let estimates = leastSquares(design, goal);
  let values = estimates.map(({ value }) => value);
  const predicted = (at: readonly number[]): number[] =>
    design.map((row, i) => offsets[i]! + row.reduce((sum, x, j) => sum + x * at[j]!, 0));
  if (predicted(values).some((ratio) => ratio <= 0)) return estimates;
  for (let step = 0; step < STEPS_MAX; step++) {
    const ratios = predicted(values);
    const scaled = design.map((row, i) => row.map((x) => x / ratios[i]!));
    const target = scaled.map((row, i) => row.reduce((sum, x, j) => sum + x * values[j]!, 0) - log(ratios[i]!));
    estimates = leastSquares(scaled, target);
    let share = 1;
    const towards = (): number[] => values.map((value, j) => value + share * (estimates[j]!.value - value));
    while (share > 1e-3 && predicted(towards()).some((ratio) => ratio <= 0)) share /= 2;
    const next = towards();
    const moved = Math.max(
      ...next.map((value, j) => Math.abs(value - values[j]!) / Math.max(1e-30, Math.abs(values[j]!))),
    );
    values = next;
    if (moved < CONVERGED) break;
  }
  return estimates.map(({ interval }, j) => ({ value: values[j]!, interval }));
}

/** Folds of a cross-validation at most; with fewer measurements each is left out once. */
const FOLDS = 10;
/** Measurements beyond the unknowns that a cross-validation needs. */
const SPARE = 2;

/** How far figures are off that a fit without them predicts: the median of its logarithm; undefined if there are too few. */
function crossValidated(equations: Equations, columns: readonly Column[]): number | undefined {
  const { measurements, rests } = equations;
  const unknowns = columns.length + rests.length;
  if (columns.length === 0 || measurements.length < unknowns + SPARE) return undefined;
  const { rows, wanted } = equations.of(columns);
  const folds = Math.min(FOLDS, measurements.length);
  const pairs: (readonly [number, number])[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const isSeen = measurements.map((_, i) => i % folds !== fold);
    const seen = rows.filter((_, i) => isSeen[i]);
    if (seen.length < unknowns || identifiable(seen).includes(false)) continue;
    const values = inLogarithms(equations, columns, isSeen).map(({ value }) => value);
    rows.forEach((row, i) => {
      if (isSeen[i]) return;
      pairs.push([1, 1 - wanted[i]! + row.reduce((sum, x, j) => sum + x * values[j]!, 0)]);
    });
  }
  return pairs.length === 0 ? undefined : offBy(pairs);
}

/** What more has to gain, as a share of the error on what was not seen. */
const GAIN = 0.9;

/** The columns with those more that predict better what was not seen; undefined: none does. */
function withPerhaps(equations: Equations, columns: readonly Column[]): Column[] | undefined {
  let best: Column[] | undefined;
  let least = crossValidated(equations, columns);
  if (least === undefined) return undefined;
  for (const unknown of equations.system.perhaps) {
    const tried = [...(best ?? columns), alone(unknown)];
    if (identifiable(equations.of(tried).rows).includes(false)) continue;
    const { value, interval } = inLogarithms(equations, tried)[tried.length - 1]!;
    const off = crossValidated(equations, tried);
    if (value <= 0 || interval === undefined || interval[0] <= 0 || off === undefined || off > least * GAIN) continue;
    best = tried;
    least = off;
  }
  return best;
}

/** Unknowns that the rows tell, each alone; those that they do not tell apart together, as many times their defaults. */
function columnsOf(equations: Equations, asked: readonly Unknown[], refused: string[], notes: string[]): Column[] {
  if (asked.length === 0) return [];
  const { system, measurements } = equations;
  const known = identifiable(equations.of(asked.map(alone)).rows);
  const told = asked.filter((_, j) => known[j]).map(alone);
  const rest = asked.filter((_, j) => !known[j]);
  if (rest.length === 0) return told;
  const together: Column = { unknowns: rest, scale: rest.map(defaultOf) };
  const columns = [...told, together];
  const isTold = identifiable(equations.of(columns).rows)[told.length]!;
  if (isTold && rest.length > 1) {
    notes.push(
      `${system.what}: ${names(rest)} cannot be told apart; all their defaults are scaled by the same factor. To tell them apart: ${hints(rest)}`,
    );
    return columns;
  }
  for (const { group, name, wouldTell } of rest)
    refused.push(
      `${group}.${name} cannot be fitted to ${measurements.length} measurements of ${system.what}: ${wouldTell}`,
    );
  return told;
}

const hints = (unknowns: readonly Unknown[]): string =>
  [...new Set(unknowns.map(({ wouldTell }) => wouldTell))].join('; ');

/** The column that came out furthest below 0, if one did. */
function lowest(columns: readonly Column[], estimates: readonly Estimate[]): Column | undefined {
  // Costs of unlike units are compared as shares of their defaults.
  const share = (j: number): number => estimates[j]!.value / Math.max(...columns[j]!.unknowns.map(defaultOf));
  const least = columns.reduce((at, _, j) => (share(j) < (at < 0 ? 0 : share(at)) ? j : at), -1);
  return columns[least];
}

/** Of the columns whose interval holds both 0 and the default, the one with the widest. */
function vaguest(columns: readonly Column[], estimates: readonly Estimate[]): Column | undefined {
  let widest = 0;
  let found: Column | undefined;
  columns.forEach((column, j) => {
    const { interval } = estimates[j]!;
    if (interval === undefined || column.unknowns.length > 1) return;
    const usual = defaultOf(column.unknowns[0]!);
    const [low, high] = interval;
    if (low > 0 || high < usual || (high - low) / usual <= widest) return;
    widest = (high - low) / usual;
    found = column;
  });
  return found;
}

function asFitted(unknown: Unknown, { value, interval }: Estimate, scale: number, measurements: number): Fitted {
  const at = (coefficient: number): number => figureOf(changeTo(unknown, Math.max(0, coefficient * scale)).parameter);
  const ends = interval?.map(at).sort((a, b) => a - b);
  return {
    ...changeTo(unknown, value * scale),
    usual: unknown.usual,
    interval: ends === undefined ? undefined : [ends[0]!, ends[1]!],
    measurements,
  };
}

const names = (unknowns: readonly Unknown[]): string => unknowns.map(({ name }) => name).join(', ');

/** Quantiles of one call, as a lognormal: their logarithms lie on a line over the quantiles of the normal. */
function fitDistribution(
  [group, name]: readonly [group: string, name: string],
  what: string,
  measurements: readonly Measurement[],
  catalogue: Catalogue,
  changes: ParameterChange[],
  refused: string[],
  notes: string[],
): Outcome {
  const usual = catalogue.costs[group]![name]!;
  const before = ParameterSet.DEFAULTS;
  const quantiles = measurements.filter(({ at }) => at.quantile !== 'mean');
  const distinct = new Set(quantiles.map(({ at }) => Number(at.quantile)));
  const bad = quantiles.find(({ at }) => !(Number(at.quantile) > 0 && Number(at.quantile) < 1));
  if (bad !== undefined)
    throw new ConditionError('quantile', `${bad.from}: quantile must lie between 0 and 1, or be mean`);
  const distribution = distinct.size >= 2 ? byQuantiles(quantiles) : bySpread(measurements, usual);
  if (distribution === undefined) {
    refused.push(
      `${group}.${name} cannot be fitted to ${measurements.length} measurements of ${what}: add another quantile`,
    );
    return { fitted: [], comparisons: [] };
  }
  if (distinct.size < 2)
    notes.push(`${group}.${name}: its spread is kept at the default; with a second quantile it would be fitted, too`);
  if (typeof usual.value !== 'number' && usual.value.kind === 'mixture')
    notes.push(`${group}.${name}: the fitted distribution leaves out the rare slow calls of the default`);
  const parameter = { ...usual, value: distribution.value } as AnyParameter;
  changes.push({ group, name, parameter });
  const after = new ParameterSet(catalogue.costs, changes);
  return {
    fitted: [{ group, name, usual, parameter, interval: distribution.interval, measurements: measurements.length }],
    comparisons: measurements.map((measurement) => ({
      measurement,
      before: predict(measurement, catalogue, before),
      after: predict(measurement, catalogue, after),
    })),
  };
}

interface FittedDistribution {
  readonly value: Distribution;
  readonly interval: readonly [number, number] | undefined;
}

const NS = 1e9;

function byQuantiles(measurements: readonly Measurement[]): FittedDistribution {
  const rows = measurements.map(({ at }) => [1, normalQuantile(Number(at.quantile))]);
  const [middle, spread] = leastSquares(
    rows,
    measurements.map(({ value }) => log(value * NS)),
  );
  const ends = middle!.interval?.map((end) => exp(end));
  return {
    value: lognormal(exp(middle!.value), Math.max(0, spread!.value)),
    interval: ends === undefined ? undefined : [ends[0]!, ends[1]!],
  };
}

/** One figure tells where the distribution lies, if its spread is taken as usual. */
function bySpread(measurements: readonly Measurement[], usual: AnyParameter): FittedDistribution | undefined {
  const sigma = spreadOf(usual.value);
  if (sigma === undefined) return undefined;
  const logs = measurements.map(({ at, value }) => {
    const shift = at.quantile === 'mean' ? (sigma * sigma) / 2 : sigma * normalQuantile(Number(at.quantile));
    return log(value * NS) - shift;
  });
  const median = exp(logs.reduce((sum, one) => sum + one, 0) / logs.length);
  return { value: lognormal(median, sigma), interval: undefined };
}

function spreadOf(value: number | Distribution): number | undefined {
  const usual = mainPart(value);
  return typeof usual !== 'number' && usual.kind === 'lognormal' ? usual.sigma : undefined;
}
