// A number of the model with its unit, meaning and source, and the set of them that a run goes by. Part of the cluster
// vocabulary: every component's parameters.ts holds groups of these, and `kubelapse explain parameters` prints them.
// A group of costs can be replaced by a profile, which describes another machine, kernel or version than the defaults do.

import type { Distribution } from '../engine/index.js';

export interface Parameter<T> {
  readonly value: T;
  /** Unit of `value`; distributions of durations are in nanoseconds inside and say `s` here. */
  readonly unit: string;
  readonly meaning: string;
  /** A publication or Kubernetes source, or "no published figure" with the reason for the choice. */
  readonly source: string;
}

/** A number of the model: a figure, or how it is distributed. */
export type AnyParameter = Parameter<number | Distribution>;

export function parameter<T>(value: T, unit: string, meaning: string, source: string): Parameter<T> {
  return { value, unit, meaning, source };
}

/** Numbers that belong together, by name. */
export type ParameterGroup = object;

/** What a profile says instead of the defaults: by group, the new value of a parameter. */
export type ParameterChanges = ReadonlyMap<ParameterGroup, Readonly<Record<string, Parameter<unknown>>>>;

/** The numbers of one run: the defaults of each component, but for those that its profiles change. */
export class ParameterSet {
  static readonly DEFAULTS = new ParameterSet(new Map());
  readonly #groups: ReadonlyMap<ParameterGroup, ParameterGroup>;

  constructor(changes: ParameterChanges) {
    this.#groups = new Map([...changes].map(([group, changed]) => [group, { ...group, ...changed }]));
  }

  /** A group as this run has it. */
  of<G extends ParameterGroup>(group: G): G {
    return (this.#groups.get(group) ?? group) as G;
  }
}
