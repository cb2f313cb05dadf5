// Which parameters which measurements speak of. Parameters of one system are fitted together; a system may build on those
// before it. Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import type { AnyParameter, Fit } from '../../cluster/index.js';
import { type Distribution, fixed } from '../../engine/index.js';
import type { Measurement } from './measurements.js';

/** A parameter that enters its measures linearly, itself or as what it is made from. */
export interface Unknown {
  readonly group: string;
  readonly name: string;
  readonly usual: AnyParameter;
  /** The coefficient of a parameter’s value, and the value for a coefficient. */
  readonly toCoefficient: (usual: AnyParameter) => number;
  readonly toValue: (coefficient: number, usual: AnyParameter) => number | Distribution;
  /** Which measurement would tell it. */
  readonly wouldTell: string;
}

export interface System {
  readonly what: string;
  readonly takes: (measurement: Measurement) => boolean;
  /** What matters most comes first. */
  readonly unknowns: readonly Unknown[];
  /** Fitted beside them only where that predicts better what was not seen. */
  readonly perhaps: readonly Unknown[];
  /** Measurements with the same key hold the same time beside the model's part. */
  readonly restOf?: (measurement: Measurement) => string | undefined;
}

const itself = (coefficient: number): number => coefficient;
/** Of a mixture its first part, which has most of it; anything else whole. */
export const mainPart = (value: number | Distribution): number | Distribution =>
  typeof value !== 'number' && value.kind === 'mixture' ? mainPart(value.parts[0]!.distribution) : value;

/** A number that stands for a parameter: itself, or the median of a distribution. */
export const figureOf = (parameter: AnyParameter): number => {
  const value = mainPart(parameter.value);
  if (typeof value === 'number') return value;
  return value.kind === 'lognormal' ? value.median : value.kind === 'fixed' ? value.value : Number.NaN;
};
/** Bytes a second from seconds a byte. */
const rate = (coefficient: number, usual: AnyParameter): number | Distribution => {
  const perSecond = coefficient === 0 ? Infinity : 1 / coefficient;
  if (typeof usual.value === 'number') return perSecond;
  return usual.value.kind === 'lognormal' && coefficient !== 0
    ? { ...usual.value, median: perSecond }
    : fixed(perSecond);
};

const unknownsOf = (
  costs: Catalogue['costs'],
  group: string,
  wouldTell: Readonly<Record<string, string>>,
  toValue: Unknown['toValue'],
) =>
  Object.entries(wouldTell).map(
    ([name, text]): Unknown => ({
      group,
      name,
      usual: costs[group]![name]!,
      toValue,
      toCoefficient: isRate(toValue) ? (usual) => 1 / figureOf(usual) : figureOf,
      wouldTell: text,
    }),
  );

const isRate = (toValue: Unknown['toValue']): boolean => toValue === rate;

const isOf =
  (measures: readonly string[]) =>
  ({ measure }: Measurement): boolean =>
    measures.includes(measure);

/** The tails of first packets are those of the machine, and not of the rules. */
const isMiddle = ({ at }: Measurement): boolean =>
  at.quantile === undefined || at.quantile === 'mean' || Number(at.quantile) === 0.5;

/** The equations of what a part says of its own numbers. */
function systemOf(
  costs: Catalogue['costs'],
  { what, measures, where = [], isMiddleOnly, restBy, group, unknowns, areRates, perhaps }: Fit,
): System {
  const holds = ({ at }: Measurement): boolean =>
    where.every(({ condition, is, otherwise }) => (at[condition] || otherwise) === is);
  return {
    what,
    takes: (measurement) =>
      isOf(measures)(measurement) && holds(measurement) && (!isMiddleOnly || isMiddle(measurement)),
    unknowns: unknownsOf(costs, group, unknowns, areRates ? rate : itself),
    perhaps: perhaps === undefined ? [] : unknownsOf(costs, perhaps.group, perhaps.unknowns, itself),
    ...(restBy === undefined ? {} : { restOf: ({ at }: Measurement) => `${at[restBy] ?? ''}` }),
  };
}

/** Components and parts that build on others come after them. */
export const systemsOf = ({ models, costs }: Pick<Catalogue, 'models' | 'costs'>): System[] =>
  models.all.flatMap(({ fits }) => fits.map((fit) => systemOf(costs, fit)));

/** Measures of parameters that are distributions. */
export const distributionsOf = ({ measures }: Pick<Catalogue, 'measures'>) =>
  measures.all.flatMap(({ name, tells }) => (tells === undefined ? [] : [{ ...tells, takes: isOf([name]) }]));
