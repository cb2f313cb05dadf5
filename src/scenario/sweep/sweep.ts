// The points of a sweep: values of its parameters, and how they are combined. Part of the scenario.

import { type EntityKey, exp, log, RandomStream } from '../../engine/index.js';
import type { Path } from '../../format/path.js';
import { parseDuration } from '../../format/units.js';
import { POINTS_MAX } from '../limits.js';
import type { ScenarioDocument } from '../schema/index.js';
import { type Override, parsePath } from './overrides.js';

export type ParameterValue = string | number | boolean;

/** Value of one of the sweep's parameters at one point. */
export interface Parameter {
  readonly name: string;
  readonly value: ParameterValue;
}

type Sweep = NonNullable<ScenarioDocument['spec']['sweep']>;
type SweepParameter = Sweep['parameters'][number];
type Range = NonNullable<SweepParameter['range']>;

/** Something that is wrong with a sweep: where, what, and what to do. */
export type Refuse = (at: Path, message: string, hint?: string) => void;

/**
 * The values of the parameters at each point, in the order of the scenario; one empty point without a sweep. What is wrong
 * is told to `refuse`, and then the points are of no use.
 */
export function pointsOf(
  sweep: Sweep | undefined,
  overrides: readonly Override[],
  seed: string,
  refuse: Refuse,
): Parameter[][] {
  if (sweep === undefined) return [[]];
  let isSound = true;
  const refused: Refuse = (...problem) => {
    isSound = false;
    refuse(...problem);
  };
  checkPaths(sweep.parameters, overrides, refused);
  if (sweep.method === 'latinHypercube') {
    if (sweep.samples === undefined) refused(['spec', 'sweep', 'samples'], 'is missing: how many points are wanted');
  } else if (sweep.samples !== undefined) {
    refused(['spec', 'sweep', 'samples'], 'is only used by method latinHypercube');
  }
  const axes = sweep.parameters.map((parameter, i) => axisOf(parameter, i, sweep.method, refused));
  if (!isSound) return [];
  const points = combined(sweep, axes, seed, refused);
  return isSound ? points : [];
}

/** A parameter that has all its values, or that maps 0 … 1 to one. */
interface Axis {
  readonly name: string;
  readonly values: readonly ParameterValue[];
  /** The value at a share of the way from the first to the last; for Latin hypercubes. */
  readonly at: (share: number) => ParameterValue;
}

function combined(sweep: Sweep, axes: readonly Axis[], seed: string, refuse: Refuse): Parameter[][] {
  const at: Path = ['spec', 'sweep', 'parameters'];
  switch (sweep.method) {
    case 'grid': {
      const count = axes.reduce((product, { values }) => product * values.length, 1);
      if (count > POINTS_MAX) {
        refuse(at, `makes ${count} points, more than ${POINTS_MAX}`);
        return [];
      }
      return gridOf(axes);
    }
    case 'zip': {
      const [first, ...others] = axes as [Axis, ...Axis[]];
      const odd = others.findIndex(({ values }) => values.length !== first.values.length);
      if (odd >= 0) {
        const counts = axes.map(({ name, values }) => `${name} ${values.length}`).join(', ');
        refuse([...at, odd + 1], `method zip needs the same number of values for each parameter: ${counts}`);
      }
      return first.values.map((_, i) => axes.map(({ name, values }) => ({ name, value: values[i]! })));
    }
    case 'latinHypercube':
      return latinHypercube(axes, sweep.samples!, seed);
  }
}

/** Every combination of the values; the last parameter moves fastest. */
function gridOf(axes: readonly Axis[]): Parameter[][] {
  let points: Parameter[][] = [[]];
  for (const { name, values } of axes) {
    points = points.flatMap((point) => values.map((value) => [...point, { name, value }]));
  }
  return points;
}

/**
 * Each parameter's way from first to last is cut into as many pieces as there are points, and each piece is used once
 * (McKay, Beckman and Conover, Technometrics 21, 1979). The draws follow from the seed and the parameter's name alone.
 */
function latinHypercube(axes: readonly Axis[], samples: number, seed: string): Parameter[][] {
  const columns = axes.map(({ name, at }) => {
    const stream = new RandomStream(seed, `sweep/latin-hypercube/${name}`);
    const pieces = Array.from({ length: samples }, (_, i) => i);
    for (let i = samples - 1; i > 0; i--) {
      const j = stream.below(i + 1, i as EntityKey, 0);
      [pieces[i], pieces[j]] = [pieces[j]!, pieces[i]!];
    }
    return pieces.map((piece) => at((piece + stream.uniform(piece as EntityKey, 1)) / samples));
  });
  return Array.from({ length: samples }, (_, i) =>
    axes.map(({ name }, column) => ({ name, value: columns[column]![i]! })),
  );
}

/** Values of a parameter, from its list or its range. */
function axisOf(parameter: SweepParameter, index: number, method: Sweep['method'], refuse: Refuse): Axis {
  const at: Path = ['spec', 'sweep', 'parameters', index];
  const { name, values, range } = parameter;
  if ((values === undefined) === (range === undefined)) {
    refuse(at, values === undefined ? 'has neither values nor a range' : 'has both values and a range: give one');
    return { name, values: [], at: () => 0 };
  }
  if (values !== undefined) {
    const twice = values.findIndex((value, v) => values.indexOf(value) !== v);
    if (twice >= 0 && method !== 'zip') {
      refuse([...at, 'values', twice], `${JSON.stringify(values[twice])} is already among the values`);
    }
    return { name, values, at: (share) => values[Math.min(values.length - 1, Math.floor(share * values.length))]! };
  }
  const problem = (field: keyof Range, message: string, hint?: string): void =>
    refuse([...at, 'range', field], message, hint);
  return { name, ...rangeAxis(range!, method, problem) };
}

type RefuseField = (field: keyof Range, message: string, hint?: string) => void;

function rangeAxis(range: Range, method: Sweep['method'], refuse: RefuseField): Omit<Axis, 'name'> {
  const nothing = { values: [], at: () => 0 };
  const isTime = typeof range.from === 'string';
  const ends = [range.from, range.to, ...(range.step === undefined ? [] : [range.step])];
  if (ends.some((end) => (typeof end === 'string') !== isTime)) {
    refuse('to', 'from, to and step must all be numbers, or all be durations');
    return nothing;
  }
  const [from, to, step] = ends.map((end) => (typeof end === 'string' ? parseDuration(end)! : end)) as number[];
  if (!(to! > from!)) {
    refuse('to', `must be more than from: ${range.from} to ${range.to} is no range`);
    return nothing;
  }
  const isLog = range.scale === 'log' || range.factor !== undefined;
  if (isLog && !(from! > 0)) {
    refuse('from', 'must be more than 0 on a logarithmic scale');
    return nothing;
  }
  const ways = (['step', 'factor', 'points'] as const).filter((way) => range[way] !== undefined);
  if (method === 'latinHypercube' ? ways.length > 0 : ways.length !== 1) {
    const message =
      method === 'latinHypercube'
        ? 'a Latin hypercube takes its values from anywhere between from and to: leave step, factor and points out'
        : `needs one of step, factor and points${ways.length === 0 ? '' : `, not ${ways.join(' and ')}`}`;
    refuse(ways[0] ?? 'from', message);
    return nothing;
  }
  if (step !== undefined && !(step > 0)) {
    refuse('step', 'must be more than 0');
    return nothing;
  }
  const logFrom = isLog ? log(from!) : 0;
  const between = (share: number): number =>
    isLog ? exp(logFrom + share * (log(to!) - logFrom)) : from! + share * (to! - from!);
  const count = range.points ?? 0;
  const isWhole = !isTime && Number.isInteger(from) && Number.isInteger(to) && to! - from! >= count - 1;
  const written = (value: number): ParameterValue =>
    isTime ? durationText(value) : isWhole ? Math.round(value) : Number(value.toPrecision(6));
  const values: ParameterValue[] = [];
  if (step !== undefined)
    for (let i = 0; from! + i * step <= to! * (1 + 1e-12) && i <= POINTS_MAX; i++)
      values.push(written(from! + i * step));
  if (range.factor !== undefined) {
    for (let value = from!; value <= to! * (1 + 1e-9) && values.length <= POINTS_MAX; value *= range.factor)
      values.push(written(value));
  }
  for (let i = 0; i < count; i++)
    values.push(written(i === 0 ? from! : i === count - 1 ? to! : between(i / (count - 1))));
  return { values: [...new Set(values)], at: (share) => written(between(share)) };
}

/** A duration of three digits as Kubernetes reads it. */
function durationText(ns: number): string {
  const rounded = Math.round(Number(ns.toPrecision(3)));
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const) {
    if (rounded % size === 0 && rounded > 0) return `${rounded / size}${unit}`;
  }
  return `${rounded}ns`;
}

/** Refuses paths that lead nowhere, that two parameters share, or that a flag sets already. */
function checkPaths(parameters: readonly SweepParameter[], overrides: readonly Override[], refuse: Refuse): void {
  parameters.forEach((parameter, i) => {
    const at: Path = ['spec', 'sweep', 'parameters', i];
    const path = parsePath(parameter.path);
    if (path === undefined || path[0] !== 'spec' || NOT_SWEPT.includes(String(path[1]))) {
      refuse([...at, 'path'], `"${parameter.path}" must be the path of a field of spec, such as spec.kubeProxy.mode`);
      return;
    }
    if (path[1] === 'seed') {
      const hint = 'spec.replications runs each point with several seeds';
      refuse(
        [...at, 'path'],
        'all points of a sweep run with the same seed, so that they differ in nothing else',
        hint,
      );
    }
    if (parameters.findIndex((other) => other.name === parameter.name) !== i) {
      refuse([...at, 'name'], `"${parameter.name}" is the name of another parameter too`);
    }
    const other = parameters.slice(0, i).find(({ path: text }) => {
      const earlier = parsePath(text);
      return earlier !== undefined && overlap(earlier, path);
    });
    if (other !== undefined) {
      refuse(
        [...at, 'path'],
        `${parameter.path} is set by parameter "${other.name}" too: one of them would have no effect`,
      );
    }
    const set = overrides.find((o) => overlap(o.path, path));
    if (set !== undefined) {
      refuse(
        [...at, 'path'],
        `${parameter.path} is swept, so ${set.source} would have no effect`,
        `sweep other values: --sweep '${parameter.path}=…'`,
      );
    }
  });
}

/** Fields of spec that are about all points together. */
const NOT_SWEPT = ['sweep', 'thresholds', 'replications'];

/** Whether one path leads to the other, or to a part of it. */
export function overlap(a: Path, b: Path): boolean {
  return a.every((step, i) => i >= b.length || step === b[i]);
}
