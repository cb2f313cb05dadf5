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

/** Another value than the default: plain data. */
export interface ParameterChange {
  /** `kube-proxy.lookup` and `perRule`. */
  readonly group: string;
  readonly name: string;
  readonly parameter: AnyParameter;
}

/** Groups by the names that profiles use. */
export type ParameterGroups = Readonly<Record<string, ParameterGroup>>;

/** The numbers of one run: the defaults of each component, but for those that its profiles change. */
export class ParameterSet {
  static readonly DEFAULTS = new ParameterSet({}, []);
  readonly #groups = new Map<ParameterGroup, ParameterGroup>();

  /** @param groups those that there are. @param changes later ones over earlier ones. Throws a RangeError at another group. */
  constructor(groups: ParameterGroups, changes: readonly ParameterChange[]) {
    for (const { group, name, parameter } of changes) {
      const usual = groups[group];
      if (usual === undefined) throw new RangeError(`no group of costs is called "${group}"`);
      this.#groups.set(usual, { ...this.of(usual), [name]: parameter });
    }
  }

  /** A group as this run has it. */
  of<G extends ParameterGroup>(group: G): G {
    return (this.#groups.get(group) ?? group) as G;
  }
}
