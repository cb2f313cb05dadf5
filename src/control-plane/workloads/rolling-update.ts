// How many pods each ReplicaSet of a Deployment is to have now: pure rules. Part of the workload controllers.
// Source: pkg/controller/deployment: rolling.go, recreate.go, sync.go and util/deployment_util.go.

/** A ReplicaSet as the Deployment controller sees it. */
export interface ReplicaSetView {
  /** Pods that it is to have: its spec.replicas. */
  readonly desired: number;
  /** Its pods that are available. */
  readonly available: number;
  /** Its pods, as far as they have not ended; those that are being deleted still run. */
  readonly running: number;
}

export interface RolloutState {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** The ReplicaSet of the newest template; undefined: it has not been created. */
  readonly newest: ReplicaSetView | undefined;
  /** Those of the older templates, the oldest first. */
  readonly older: readonly ReplicaSetView[];
}

/** What each is to have from now on. */
export interface RolloutStep {
  /** Undefined: it is not to be created yet. */
  readonly newest: number | undefined;
  readonly older: readonly number[];
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
const desiredOf = (all: readonly ReplicaSetView[]): number => sum(all.map(({ desired }) => desired));

/** As many new pods as replicas + maxSurge leaves room for (NewRSNewReplicas). */
function grown({ replicas, maxSurge, newest, older }: RolloutState): number {
  const now = newest?.desired ?? 0;
  const room = replicas + maxSurge - now - desiredOf(older);
  return room <= 0 ? now : now + Math.min(room, replicas - now);
}

/**
 * One step of a rolling update: the new ReplicaSet is made larger or, if it is as large as it may be, the old ones smaller, as far
 * as replicas - maxUnavailable stay available. Old pods that are not available cost nothing, and go first.
 */
export function rolloutStep(state: RolloutState): RolloutStep {
  const { replicas, newest, older } = state;
  const unchanged = older.map(({ desired }) => desired);
  const wanted = newest !== undefined && newest.desired > replicas ? replicas : grown(state);
  if (newest === undefined || wanted !== newest.desired) return { newest: wanted, older: unchanged };
  return { newest: wanted, older: shrunk(state, newest) };
}

function shrunk({ replicas, maxUnavailable, older }: RolloutState, newest: ReplicaSetView): number[] {
  const left = older.map(({ desired }) => desired);
  const leastAvailable = replicas - maxUnavailable;
  const newUnavailable = newest.desired - newest.available;
  let unhealthy = sum(left) + newest.desired - leastAvailable - newUnavailable;
  if (sum(left) === 0 || unhealthy <= 0) return left;
  older.forEach(({ desired, available }, i) => {
    const taken = Math.min(unhealthy, Math.max(0, desired - available));
    left[i]! -= taken;
    unhealthy -= taken;
  });
  let spare = newest.available + sum(older.map(({ available }) => available)) - leastAvailable;
  left.forEach((desired, i) => {
    const taken = Math.max(0, Math.min(spare, desired));
    left[i] = desired - taken;
    spare -= taken;
  });
  return left;
}

/** Strategy Recreate: all old pods end before the first new one is created. */
export function recreateStep({ replicas, newest, older }: RolloutState): RolloutStep {
  const none = older.map(() => 0);
  const isWaiting = older.some(({ desired, running }) => desired > 0 || running > 0);
  return { newest: isWaiting ? newest?.desired : replicas, older: none };
}

/**
 * Another number of pods is wanted while ReplicaSets share them out: each gets its share of the difference, and what is left over
 * goes to the first (scale in sync.go). @param before the greatest number of pods that the Deployment allowed until now.
 */
export function scaledStep(state: RolloutState, before: number): RolloutStep {
  const { replicas, maxSurge, newest, older } = state;
  const all = newest === undefined ? [...older] : [...older, newest];
  const desired = all.map((one) => one.desired);
  const active = all.flatMap((one, i) => (one.desired > 0 ? [i] : []));
  if (active.length <= 1) {
    // The only active one, else the newest.
    const only = active[0] ?? all.length - 1;
    if (only >= 0) desired[only] = replicas;
    return split(desired, newest !== undefined);
  }
  const allowed = replicas > 0 ? replicas + maxSurge : 0;
  const difference = allowed - sum(desired);
  // The largest first; of equal ones the newest when it grows, the oldest when it shrinks.
  const order = active.sort((a, b) => desired[b]! - desired[a]! || (difference > 0 ? b - a : a - b));
  let rest = difference;
  for (const i of order) {
    const share = replicas === 0 ? -desired[i]! : Math.round((desired[i]! * allowed) / before) - desired[i]!;
    const taken = difference > 0 ? Math.max(0, Math.min(share, rest)) : Math.min(0, Math.max(share, rest));
    desired[i]! += taken;
    rest -= taken;
  }
  if (order[0] !== undefined) desired[order[0]] = Math.max(0, desired[order[0]]! + rest);
  return split(desired, newest !== undefined);
}

const split = (desired: readonly number[], hasNewest: boolean): RolloutStep =>
  hasNewest ? { newest: desired.at(-1), older: desired.slice(0, -1) } : { newest: undefined, older: desired };
