// What manifests say and the model leaves out, counted: each field, kind of object or shape once, with the first place. Part of
// the scenario.

import type { FieldStep } from '../../format/field-tree.js';
import type { Diagnostic } from '../diagnostics.js';
import type { Place } from '../yaml/object-fields.js';

/** Something that is left out. */
export interface Untouched {
  /** `Deployment spec.template.spec.volumes[].persistentVolumeClaim`, or `HorizontalPodAutoscaler (autoscaling/v2)`. */
  readonly what: string;
  readonly step: Exclude<FieldStep, 'used'>;
  /** What a real cluster does with it, if it changes the answer. */
  readonly why?: string;
  /** Objects that have it. */
  readonly count: number;
  /** Where it stands first. */
  readonly first: Place;
}

export type UntouchedList = Map<string, Untouched>;

/** Counts one more. */
export function addUntouched(list: UntouchedList, one: Omit<Untouched, 'count'>, count = 1): void {
  const key = `${one.step} ${one.what}`;
  const known = list.get(key);
  list.set(key, known === undefined ? { ...one, count } : { ...known, count: known.count + count });
}

/** That it changes the answer, if it does: at its first place, once. */
export function loudly({ what, step, why, count, first }: Untouched, severity: Diagnostic['severity']): Diagnostic[] {
  if (step !== 'answer') return [];
  const more = count > 1 ? ` (in ${count} objects, here the first)` : '';
  return [{ severity, ...first, field: what, message: `changes the answer, and is left out: ${why}${more}` }];
}

/** All lists in one, in the order of what they name. */
export function allUntouched(lists: Iterable<UntouchedList>): Untouched[] {
  const all: UntouchedList = new Map();
  for (const list of lists) for (const { count, ...one } of list.values()) addUntouched(all, one, count);
  return [...all.values()].sort((a, b) => (a.what < b.what ? -1 : a.what > b.what ? 1 : 0));
}
