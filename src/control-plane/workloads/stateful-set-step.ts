// Which pods of a StatefulSet to create and delete next: a pure rule. Part of the workload controllers.
// Source: updateStatefulSet in pkg/controller/statefulset/stateful_set_control.go. A name is taken until its pod is gone.

/** A pod of a StatefulSet. */
export interface Replica {
  /** It is not of the newest template. */
  readonly isOld: boolean;
  readonly isReady: boolean;
  /** Ready for minReadySeconds. */
  readonly isAvailable: boolean;
  /** It is being deleted and still exists. */
  readonly isEnding: boolean;
}

/** What the set says of its updates. */
export interface StatefulSetRule {
  /** OrderedReady: one after another, each only when all before it are available. */
  readonly ordered: boolean;
  /** Pods below this place are left alone by updates; Infinity: all are (OnDelete). */
  readonly partition: number;
  /** Pods that an update may make unavailable, where that is asked for; 0: one after another from the highest. */
  readonly maxUnavailable: number;
}

export interface StatefulSetStep<R extends Replica = Replica> {
  /** Places to create. */
  readonly create: readonly number[];
  readonly remove: readonly R[];
}

/**
 * @param replicas by place, of which ordinals begin at `spec.ordinals.start`; undefined where there is none.
 * @param condemned pods beyond, by ordinals falling.
 */
export function statefulSetStep<R extends Replica>(
  replicas: readonly (R | undefined)[],
  condemned: readonly R[],
  rule: StatefulSetRule,
): StatefulSetStep<R> {
  const create: number[] = [];
  for (let place = 0; place < replicas.length; place++) {
    const replica = replicas[place];
    if (replica === undefined) create.push(place);
    // One that is not there yet, or on its way out, or not available holds all others up, and updates too.
    if (rule.ordered && (replica === undefined || replica.isEnding || !replica.isAvailable))
      return { create, remove: [] };
  }
  const surplus = rule.ordered ? lastOf(replicas, condemned) : condemned.filter(({ isEnding }) => !isEnding);
  if (surplus === undefined) return { create, remove: [] };
  if (rule.ordered && surplus.length > 0) return { create, remove: surplus };
  // A name that is to be taken again is not available.
  const updated = rule.maxUnavailable > 0 ? severalAtOnce(replicas, rule) : oneAfterAnother(replicas, rule);
  return { create, remove: [...surplus, ...updated] };
}

/**
 * The last of the condemned, one at a time; none if there are none. Undefined: it has to wait for it to end, or to be ready, unless
 * it is the first of all pods that is not.
 */
function lastOf<R extends Replica>(replicas: readonly (R | undefined)[], condemned: readonly R[]): R[] | undefined {
  const [last] = condemned;
  if (last === undefined) return [];
  if (last.isEnding) return undefined;
  const isHealthy = ({ isReady, isEnding }: Replica): boolean => isReady && !isEnding;
  const firstUnhealthy =
    replicas.find((replica) => replica !== undefined && !isHealthy(replica)) ??
    condemned.findLast((replica) => !isHealthy(replica));
  return last.isAvailable || last === firstUnhealthy ? [last] : undefined;
}

function oneAfterAnother<R extends Replica>(replicas: readonly (R | undefined)[], { partition }: StatefulSetRule): R[] {
  for (let place = replicas.length - 1; place >= partition; place--) {
    const replica = replicas[place];
    if (replica === undefined) return [];
    if (replica.isOld && !replica.isEnding) return [replica];
    if (!replica.isAvailable || replica.isEnding) return [];
  }
  return [];
}

function severalAtOnce<R extends Replica>(replicas: readonly (R | undefined)[], rule: StatefulSetRule): R[] {
  const { maxUnavailable, partition } = rule;
  const away = replicas.filter((replica) => replica === undefined || replica.isEnding || !replica.isAvailable).length;
  const remove: R[] = [];
  for (let place = replicas.length - 1; place >= partition && away + remove.length < maxUnavailable; place--) {
    const replica = replicas[place];
    if (replica?.isOld === true && !replica.isEnding) remove.push(replica);
  }
  return remove;
}
