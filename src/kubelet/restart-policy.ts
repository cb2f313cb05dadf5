// When a container is started again: a pure rule. Part of the kubelet.

import type { RestartPolicy } from '../cluster/index.js';

/** Whether the kubelet starts a container again after an exit with this code. */
export function mayRestart(policy: RestartPolicy, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
