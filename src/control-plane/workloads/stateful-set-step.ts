// Which pod of a StatefulSet to create or delete next: a pure rule. Part of the workload controllers.
// Source: updateStatefulSet in pkg/controller/statefulset/stateful_set_control.go. A name is taken until its pod is gone.

export interface Replica {
  readonly isOld: boolean;
  readonly isAvailable: boolean;
  /** It is being deleted and still exists. */
  readonly isEnding: boolean;
}

export interface StatefulSetStep {
  /** Ordinals to create. */
  readonly create: readonly number[];
  /** Ordinal to delete, -1 for none: rolling updates go from the highest ordinal down, one at a time. */
  readonly remove: number;
}

/**
 * @param replicas by ordinal; undefined where there is none. @param ordered OrderedReady: one after another, each only when
 * all before it are available.
 */
export function statefulSetStep(replicas: readonly (Replica | undefined)[], ordered: boolean): StatefulSetStep {
  const create: number[] = [];
  for (let ordinal = 0; ordinal < replicas.length; ordinal++) {
    const replica = replicas[ordinal];
    if (replica === undefined) create.push(ordinal);
    if (ordered && (replica === undefined || !replica.isAvailable || replica.isEnding)) break;
  }
  if (create.length > 0) return { create, remove: -1 };
  for (let ordinal = replicas.length - 1; ordinal >= 0; ordinal--) {
    const replica = replicas[ordinal];
    if (replica === undefined || replica.isEnding) break;
    if (replica.isOld) return { create, remove: ordinal };
    if (!replica.isAvailable) break;
  }
  return { create, remove: -1 };
}
