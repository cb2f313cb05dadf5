// How long it takes to stop a container, and in which order: pure rules. Part of the kubelet.
// Source: killContainer in pkg/kubelet/kuberuntime/kuberuntime_container.go, kuberuntime_termination_order.go.

import type { ContainerRole } from '../../cluster/index.js';
import type { Duration } from '../../engine/index.js';
import { wholeSeconds } from '../../engine/index.js';
import { kubeletParameters } from '../parameters.js';

/** What decides how long a container takes to stop. Durations in ns. */
export interface Stop {
  readonly preStop: Duration;
  /** What the application needs after SIGTERM. */
  readonly shutdown: Duration;
  readonly grace: Duration;
  /** How long it must wait for its turn, counted from the decision; 0 without sidecars. */
  readonly turn: number;
}

/** When things happen to a container that is stopped, counted from the decision, ns. */
export interface StopTimes {
  /** SIGTERM. */
  readonly signalled: Duration;
  /** The process is gone. */
  readonly ended: Duration;
  /** By SIGKILL: it would have needed longer. */
  readonly killed: boolean;
}

/**
 * From the decision to stop a container to the end of its process. The preStop hook runs first, within the grace, and not
 * at all if there is none; its whole seconds are taken off the grace, and so is what it waits for its turn. Two seconds are
 * left at least between SIGTERM and SIGKILL.
 */
export function stopTimes({ preStop, shutdown, grace, turn }: Stop): StopTimes {
  const hook = Math.min(preStop, grace);
  const afterHook = grace - wholeSeconds(hook);
  const wait = Math.min(Math.max(0, turn - hook), Math.max(0, afterHook));
  const left = afterHook - wholeSeconds(wait);
  const signalled = hook + wait;
  const patience = Math.max(left, kubeletParameters.stopGraceMin.value);
  return { signalled, ended: signalled + Math.min(shutdown, patience), killed: shutdown > patience };
}

/** One container of a pod that ends. */
export interface StoppingContainer {
  readonly role: ContainerRole;
  readonly isRunning: boolean;
  readonly stop: Omit<Stop, 'turn'>;
}

/**
 * When each container of a pod that ends is told and gone, in the order of the template; undefined for one that does not
 * run. All are told at once; a sidecar waits until the others and the sidecars after it have ended, and uses up its own
 * grace.
 */
export function podStopTimes(containers: readonly StoppingContainer[]): (StopTimes | undefined)[] {
  const times: (StopTimes | undefined)[] = containers.map(() => undefined);
  let turn = 0;
  containers.forEach((container, i) => {
    if (container.role === 'sidecar' || !container.isRunning) return;
    const stop = stopTimes({ ...container.stop, turn: 0 });
    times[i] = stop;
    if (container.role === 'main') turn = Math.max(turn, stop.ended);
  });
  for (let i = containers.length - 1; i >= 0; i--) {
    const container = containers[i]!;
    if (container.role !== 'sidecar' || !container.isRunning) continue;
    const stop = stopTimes({ ...container.stop, turn });
    times[i] = stop;
    turn = Math.max(turn, stop.ended);
  }
  return times;
}
