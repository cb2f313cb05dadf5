// How many pods a Deployment may create and delete at this moment: pure rules. Part of the workload controllers.

export interface RolloutState {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Pods of the newest template that are not being deleted. */
  readonly newPods: number;
  /** Of those, how many are ready. */
  readonly newReady: number;
  readonly oldPods: number;
  readonly oldReady: number;
  /** Pods of either that are being deleted and still exist. */
  readonly ending: number;
}

export interface RolloutStep {
  readonly create: number;
  /** Old pods to delete; those that are not ready go first. */
  readonly deleteOld: number;
}

/**
 * New pods as far as replicas + maxSurge allows; old pods deleted as far as replicas - maxUnavailable stay ready. Old pods
 * that are not ready cost nothing to delete (pkg/controller/deployment/rolling.go).
 */
export function rolloutStep(state: RolloutState): RolloutStep {
  const total = state.newPods + state.oldPods;
  const create = Math.max(0, Math.min(state.replicas - state.newPods, state.replicas + state.maxSurge - total));
  const minReady = state.replicas - state.maxUnavailable;
  const newNotReady = state.newPods + create - state.newReady;
  const deletable = total + create - minReady - newNotReady;
  return { create, deleteOld: Math.max(0, Math.min(state.oldPods, deletable)) };
}

/** All old pods are deleted at once; new ones are created when the last of them is gone (strategy Recreate). */
export function recreateStep(state: RolloutState): RolloutStep {
  if (state.oldPods > 0) return { create: 0, deleteOld: state.oldPods };
  return { create: state.ending > 0 ? 0 : Math.max(0, state.replicas - state.newPods), deleteOld: 0 };
}
