// What an ADD waits for where host-local gives the addresses, or something like it. Part of the CNI.

import type { ParameterSet } from '../../cluster/index.js';
import type { AddQueue } from '../network-plugin.js';
import { networkParameters } from '../parameters.js';

/** It holds the lock of its directory. */
export function hostLocalQueue(parameters: ParameterSet): AddQueue {
  const { hostLocalLock } = parameters.of(networkParameters);
  return {
    wait: (from, _alone, locks) => {
      const waited = locks.takeIpam(from, hostLocalLock.value);
      return waited + locks.takeRtnl(from + waited);
    },
  };
}
