// When a container is started again: a pure rule. Part of the kubelet.
// Source: ShouldContainerBeRestarted in pkg/kubelet/container/helpers.go; restart rules: KEP-5307.

import type { ContainerSpec, RestartRule } from '../../cluster/index.js';

/** Whether the kubelet starts a container again after an exit with this code. */
export function mayRestart(container: ContainerSpec, exitCode: number): boolean {
  if (container.role === 'sidecar') return true;
  if (container.restartRules.some((rule) => matches(rule, exitCode))) return true;
  // An init container that has done its work is never run again in the same sandbox.
  if (container.role === 'init') return container.restartPolicy !== 'Never' && exitCode !== 0;
  return container.restartPolicy === 'Always' || (container.restartPolicy === 'OnFailure' && exitCode !== 0);
}

/** Whether an exit with this code has the whole pod begin anew (KEP-5532). */
export const restartsAll = ({ restartRules }: ContainerSpec, exitCode: number): boolean =>
  restartRules.some((rule) => rule.isForAll === true && matches(rule, exitCode));

const matches = ({ operator, exitCodes }: RestartRule, exitCode: number): boolean =>
  exitCodes.includes(exitCode) === (operator === 'In');
