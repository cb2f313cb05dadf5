// A condition that measures of kube-proxy know. Part of kube-proxy.

import { type Conditions, choiceAt, type IptablesBackend } from '../cluster/index.js';

/** What carries iptables' commands out; nothing said: the legacy back end. */
export const backendAt = (at: Conditions): IptablesBackend =>
  at.backend === '' ? 'legacy' : choiceAt(at, 'backend', ['legacy', 'nft']);
