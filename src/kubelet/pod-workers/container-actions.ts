// What a sync does to a pod's containers: a pure rule. Part of the kubelet.
// Source: computePodActions in pkg/kubelet/kuberuntime/kuberuntime_manager.go and computeInitContainerActions beside it.
// Init containers run one after another; each step needs a sync of its own, because the kubelet must first see the one
// before end (or, a sidecar, start). Once the pod is initialised, plain init containers are done for this sandbox.

import type { ContainerSpec } from '../../cluster/index.js';
import { ContainerState } from '../../cri/index.js';
import { mayRestart, restartsAll } from './restart-policy.js';

/** A container as the sync sees it. */
export interface ContainerView {
  readonly spec: ContainerSpec;
  /** One of {@link ContainerState}; Waiting: not yet run in this sandbox. */
  readonly state: number;
  readonly exitCode: number;
  /** It runs, and its startup probe, if it has one, has succeeded. */
  readonly isStarted: boolean;
  /** A liveness or startup probe has failed for good in its present run. */
  readonly isCondemned: boolean;
}

/** Containers by the bits of their indices. */
export interface ContainerActions {
  readonly kill: number;
  /** Started in order after all kills, as far as back-off and image allow. */
  readonly start: number;
  /** After the kills nothing counts that has run before: the pod begins anew in its sandbox. */
  readonly restartsAll: boolean;
}

/** The kills and starts of one sync. */
export function containerActions(containers: readonly ContainerView[]): ContainerActions {
  const isAnew = ({ spec, state, exitCode }: ContainerView): boolean =>
    state === ContainerState.Exited && restartsAll(spec, exitCode);
  if (containers.some(isAnew)) {
    const running = containers.reduce(
      (bits, { state }, i) => bits | (state === ContainerState.Running ? 1 << i : 0),
      0,
    );
    return { kill: running, start: 0, restartsAll: true };
  }
  const ready = initialized(containers);
  let kill = 0;
  let start = 0;
  let isBlocked = false;
  containers.forEach((container, index) => {
    const { role } = container.spec;
    if (role === 'main' ? !ready : isBlocked || (role === 'init' && ready)) return;
    const bit = 1 << index;
    if (container.state === ContainerState.Running && container.isCondemned) {
      kill |= bit;
      if (role === 'sidecar' || container.spec.restartPolicy !== 'Never') start |= bit;
    } else if (container.state === ContainerState.Waiting) start |= bit;
    else if (container.state === ContainerState.Exited && !isDone(container)) {
      if (mayRestart(container.spec, container.exitCode)) start |= bit;
    }
    // What follows an init container waits until it is done; sidecars of an initialised pod wait for nobody.
    if (role !== 'main' && !ready && !isDone(container)) isBlocked = true;
  });
  return { kill, start, restartsAll: false };
}

/** Whether all init containers have ended well and all sidecars have started, or a main container has run since. */
export function initialized(containers: readonly ContainerView[]): boolean {
  if (containers.some(({ spec, state }) => spec.role === 'main' && state !== ContainerState.Waiting)) return true;
  return containers.every((container) => container.spec.role === 'main' || isDone(container));
}

function isDone({ spec, state, exitCode, isStarted }: ContainerView): boolean {
  return spec.role === 'init'
    ? state === ContainerState.Exited && exitCode === 0
    : spec.role === 'sidecar' && isStarted;
}
