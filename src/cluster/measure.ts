// What can be measured of one mechanism alone, computed by the rule that the model itself uses for it. Part of the cluster
// vocabulary: components and parts say it of themselves.
// Published figures of a mechanism are held against these, and a user's measurements are fitted with them: both then speak
// of what a run does, and of nothing beside it.

import { type Distribution, mean, quantile } from '../engine/index.js';
import type { Fit } from './fit.js';
import type { AnyParameter, ParameterSet } from './parameter.js';

/** What held when something was measured, by name. */
export type Conditions = Readonly<Record<string, string | number>>;

export interface Measure {
  readonly name: string;
  readonly meaning: string;
  /** The rule behind it, in words. */
  readonly rule?: string;
  readonly unit: string;
  /** Conditions that it needs. */
  readonly needs: readonly string[];
  /** Conditions that it knows beside them, with what it takes if they are not given. */
  readonly optional?: Conditions;
  /** A user's figures can be of it. */
  readonly isFitted?: boolean;
  /** It is of a parameter that is a distribution, which its quantiles tell. */
  readonly tells?: {
    /** What such parameters are, for messages. */
    readonly what: string;
    readonly parameterOf: (at: Conditions) => readonly [group: string, name: string];
  };
  /** Throws a {@link ConditionError}. */
  readonly value: (parameters: ParameterSet, at: Conditions) => number;
}

/** Numbers by name. */
export type ParameterList = Readonly<Record<string, AnyParameter>>;

/** What a component says of its numbers, by the names that profiles use. */
export interface ComponentModel {
  /** Of the component. */
  readonly name: string;
  /** The same on every machine: constants of Kubernetes and the kernel, and choices of the model. */
  readonly constants: Readonly<Record<string, ParameterList>>;
  /** What depends on the machine, the kernel or the version of a plugin: a profile may change these. */
  readonly costs: Readonly<Record<string, ParameterList>>;
  readonly measures: readonly Measure[];
  /** Those that build on others come after them. */
  readonly fits: readonly Fit[];
}

/** A condition is missing, or is none that the measure knows. */
export class ConditionError extends Error {
  readonly condition: string;

  constructor(condition: string, message: string) {
    super(message);
    this.name = 'ConditionError';
    this.condition = condition;
  }
}

export function numberAt(at: Conditions, name: string): number {
  const value = Number(at[name]);
  if (at[name] === '' || !Number.isFinite(value) || value < 0)
    throw new ConditionError(name, `must be a number from 0 on, not ${JSON.stringify(at[name])}`);
  return value;
}

/** As {@link numberAt}, but more than 0. */
export function positiveAt(at: Conditions, name: string): number {
  const value = numberAt(at, name);
  if (value === 0) throw new ConditionError(name, 'must be more than 0, not 0');
  return value;
}

export function choiceAt<T extends string>(at: Conditions, name: string, values: readonly T[]): T {
  const value = values.find((known) => known === at[name]);
  if (value === undefined)
    throw new ConditionError(name, `must be ${values.join(', ')}, not ${JSON.stringify(at[name])}`);
  return value;
}

export const flagAt = (at: Conditions, name: string): boolean => choiceAt(at, name, ['true', 'false']) === 'true';

/** The figure of a distribution that a row asks for: a quantile, or its mean. */
export function figureAt(distribution: Distribution, at: Conditions): number {
  if (at.quantile === 'mean') return mean(distribution);
  const p = Number(at.quantile);
  if (!(p > 0 && p < 1)) {
    const given = JSON.stringify(at.quantile);
    throw new ConditionError('quantile', `must be a number between 0 and 1, or mean, not ${given}`);
  }
  return quantile(distribution, p);
}

/** A measure's value, with what is not given filled in. Throws a {@link ConditionError}. */
export function measured(measure: Measure, parameters: ParameterSet, at: Conditions): number {
  const lacking = measure.needs.find((need) => at[need] === undefined || at[need] === '');
  if (lacking !== undefined) throw new ConditionError(lacking, `is missing: ${measure.name} depends on it`);
  return measure.value(parameters, { ...measure.optional, ...at });
}
