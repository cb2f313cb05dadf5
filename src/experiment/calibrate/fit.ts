// Fits costs of the model to measurements: least squares of relative errors, for parameters that share measurements
// together. What the measurements do not tell is left at its default, and said. Part of the experiments.

import { type Parameter, type ParameterChanges, ParameterSet } from '../../cluster/index.js';
import { type Distribution, exp, log, lognormal, normalQuantile } from '../../engine/index.js';
import { ConditionError, measured } from '../../run/index.js';
import { type AnyParameter, COSTS } from '../../scenario/index.js';
import { type Estimate, identifiable, leastSquares } from './least-squares.js';
import type { Measurement } from './measurements.js';
import { DISTRIBUTIONS, SYSTEMS, type System, type Unknown } from './systems.js';

/** A parameter with its new value. */
export interface Fitted {
  readonly group: string;
  readonly name: string;
  readonly parameter: AnyParameter;
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
  /** What the rest of the way takes, where a measurement holds more than the model's part; 0 otherwise. */
  readonly rest: number;
  readonly before: number;
  readonly after: number;
}

type Changes = Map<object, Record<string, Parameter<unknown>>>;

/** Throws a {@link ConditionError} with the place of the measurement in its message if a condition makes no sense. */
export function calibrate(measurements: readonly Measurement[]): Calibration {
  const fitted: Fitted[] = [];
  const refused: string[] = [];
  const notes: string[] = [];
  const comparisons: Comparison[] = [];
  const changes: Changes = new Map();
  for (const system of SYSTEMS) {
    const mine = measurements.filter(system.takes);
    if (mine.length === 0) continue;
    const outcome = fitSystem(system, mine, changes, refused, notes);
    fitted.push(...outcome.fitted);
    comparisons.push(...outcome.comparisons);
  }
  for (const { takes, parameterOf, describe } of DISTRIBUTIONS) {
    const groups = new Map<string, Measurement[]>();
    for (const measurement of measurements.filter(takes)) {
      const key = parameterOf(measurement.at).join('.');
      groups.set(key, [...(groups.get(key) ?? []), measurement]);
    }
    for (const [, group] of groups) {
      const outcome = fitDistribution(parameterOf(group[0]!.at), describe, group, changes, refused, notes);
      fitted.push(...outcome.fitted);
      comparisons.push(...outcome.comparisons);
    }
  }
  const taken = (measurement: Measurement): boolean =>
    [...SYSTEMS, ...DISTRIBUTIONS].some(({ takes }) => takes(measurement));
  const unused = new Map<string, number>();
  for (const { measure, at } of measurements.filter((measurement) => !taken(measurement))) {
    const which = `${measure}${at.mode === undefined ? '' : ` in ${at.mode} mode`}, quantile ${at.quantile ?? '-'}`;
    unused.set(which, (unused.get(which) ?? 0) + 1);
  }
  for (const [which, count] of unused) notes.push(`not used: ${count} of ${which}`);
  return { fitted, refused, notes: [...new Set(notes)], comparisons };
}

function setWith(changes: Changes, unknowns: readonly Unknown[], values: readonly number[]): ParameterSet {
  const all: Changes = new Map(changes);
  unknowns.forEach(({ group, name, toValue }, i) => {
    const key = COSTS[group]!;
    const parameter = { ...key[name]!, value: toValue(values[i]!, key[name]!) };
    all.set(key, { ...all.get(key), [name]: parameter });
  });
  return new ParameterSet(all as ParameterChanges);
}

function predict(measurement: Measurement, parameters: ParameterSet): number {
  try {
    return measured(measurement.measure, parameters, measurement.at);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    throw new ConditionError(error.condition, `${measurement.from}: ${error.condition} ${error.message}`);
  }
}

interface Outcome {
  readonly fitted: readonly Fitted[];
  readonly comparisons: readonly Comparison[];
}

function fitSystem(
  system: System,
  measurements: readonly Measurement[],
  changes: Changes,
  refused: string[],
  notes: string[],
): Outcome {
  const before = new ParameterSet(new Map(changes) as ParameterChanges);
  const rests = [...new Set(measurements.flatMap((measurement) => system.restOf?.(measurement) ?? []))];
  // Relative errors: a row says by how many per cent the model is off.
  const weights = measurements.map(({ value }) => 1 / value);
  const designOf = (unknowns: readonly Unknown[]) => {
    const zero = setWith(
      changes,
      unknowns,
      unknowns.map(() => 0),
    );
    const offsets = measurements.map((measurement) => predict(measurement, zero));
    const columns = unknowns.map((_, j) => {
      const one = setWith(
        changes,
        unknowns,
        unknowns.map((__, k) => (j === k ? 1 : 0)),
      );
      return measurements.map((measurement, i) => predict(measurement, one) - offsets[i]!);
    });
    const restColumns = rests.map((rest) => measurements.map((m) => (system.restOf!(m) === rest ? 1 : 0)));
    const rows = measurements.map((_, i) => [...columns, ...restColumns].map((column) => column[i]! * weights[i]!));
    return { rows, wanted: measurements.map(({ value }, i) => (value - offsets[i]!) * weights[i]!) };
  };

  const all = designOf(system.unknowns).rows;
  // What no row depends on is not asked for.
  let unknowns = system.unknowns.filter((_, j) => all.some((row) => row[j] !== 0));
  const held: Unknown[] = [];
  for (;;) {
    const known = identifiable(designOf(unknowns).rows);
    const lacking = unknowns.filter((_, j) => !known[j]);
    if (lacking.length === 0) break;
    // The list begins with what matters most: the last one is held first.
    const last = lacking[lacking.length - 1]!;
    unknowns = unknowns.filter((unknown) => unknown !== last);
    held.push(last);
  }
  for (const { group, name, wouldTell } of held)
    refused.push(
      `${group}.${name} cannot be told from ${measurements.length} measurements of ${system.what}: ${wouldTell}`,
    );
  if (unknowns.length === 0) return { fitted: [], comparisons: [] };
  if (held.length > 0) notes.push(`${system.what}: ${names(held)} held at the default`);

  let estimates: Estimate[] = [];
  for (;;) {
    const { rows, wanted } = designOf(unknowns);
    estimates = leastSquares(rows, wanted);
    const lowest = unknowns.reduce(
      (least, _, j) => (estimates[j]!.value < (estimates[least]?.value ?? 0) ? j : least),
      -1,
    );
    if (lowest < 0) break;
    const below = unknowns[lowest]!;
    notes.push(`${below.group}.${below.name} came out below 0: the measurements show none of it, and it is taken as 0`);
    changes.set(COSTS[below.group]!, {
      ...changes.get(COSTS[below.group]!),
      [below.name]: { ...COSTS[below.group]![below.name]!, value: below.toValue(0, COSTS[below.group]![below.name]!) },
    });
    unknowns = unknowns.filter((unknown) => unknown !== below);
    if (unknowns.length === 0) return { fitted: [], comparisons: [] };
  }
  const values = unknowns.map((_, j) => estimates[j]!.value);
  const after = setWith(changes, unknowns, values);
  const restOf = (measurement: Measurement): number => {
    const rest = system.restOf?.(measurement);
    return rest === undefined ? 0 : estimates[unknowns.length + rests.indexOf(rest)]!.value;
  };
  const comparisons = measurements.map((measurement) => ({
    measurement,
    rest: restOf(measurement),
    before: predict(measurement, before) + restOf(measurement),
    after: predict(measurement, after) + restOf(measurement),
  }));
  const fitted = unknowns.map(({ group, name, toValue }, j): Fitted => {
    const usual = COSTS[group]![name]!;
    const value = toValue(values[j]!, usual);
    const { interval } = estimates[j]!;
    const ends = interval?.map((end) => figureOf(toValue(Math.max(0, end), usual))).sort((a, b) => a - b);
    changes.set(COSTS[group]!, { ...changes.get(COSTS[group]!), [name]: { ...usual, value } });
    return {
      group,
      name,
      parameter: { ...usual, value } as AnyParameter,
      interval: ends === undefined ? undefined : [ends[0]!, ends[1]!],
      measurements: measurements.length,
    };
  });
  return { fitted, comparisons };
}

const names = (unknowns: readonly Unknown[]): string => unknowns.map(({ name }) => name).join(', ');

/** A number that stands for a parameter: itself, or the median of a distribution. */
const figureOf = (value: number | Distribution): number => {
  if (typeof value === 'number') return value;
  if (value.kind === 'lognormal') return value.median;
  return value.kind === 'fixed' ? value.value : Number.NaN;
};

/** Quantiles of one call, as a lognormal: their logarithms lie on a line over the quantiles of the normal. */
function fitDistribution(
  [group, name]: readonly [group: string, name: string],
  what: string,
  measurements: readonly Measurement[],
  changes: Changes,
  refused: string[],
  notes: string[],
): Outcome {
  const usual = COSTS[group]![name]!;
  const before = ParameterSet.DEFAULTS;
  const quantiles = measurements.filter(({ at }) => at.quantile !== 'mean');
  const distinct = new Set(quantiles.map(({ at }) => Number(at.quantile)));
  const bad = quantiles.find(({ at }) => !(Number(at.quantile) > 0 && Number(at.quantile) < 1));
  if (bad !== undefined)
    throw new ConditionError('quantile', `${bad.from}: quantile must lie between 0 and 1, or be mean`);
  const distribution = distinct.size >= 2 ? byQuantiles(quantiles) : bySpread(measurements, usual);
  if (distribution === undefined) {
    refused.push(
      `${group}.${name} cannot be told from ${measurements.length} measurements of ${what}: add another quantile`,
    );
    return { fitted: [], comparisons: [] };
  }
  if (distinct.size < 2)
    notes.push(`${group}.${name}: its spread is held at the default; a second quantile would tell it`);
  const parameter = { ...usual, value: distribution.value } as AnyParameter;
  changes.set(COSTS[group]!, { ...changes.get(COSTS[group]!), [name]: parameter });
  const after = new ParameterSet(new Map(changes) as ParameterChanges);
  return {
    fitted: [{ group, name, parameter, interval: distribution.interval, measurements: measurements.length }],
    comparisons: measurements.map((measurement) => ({
      measurement,
      rest: 0,
      before: predict(measurement, before),
      after: predict(measurement, after),
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
  if (typeof value === 'number') return undefined;
  if (value.kind === 'lognormal') return value.sigma;
  return value.kind === 'mixture' ? spreadOf(value.parts[0]!.distribution) : undefined;
}
