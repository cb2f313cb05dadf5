// Fields of spec.kubeProxy that several modes have. Part of kube-proxy.

import { z } from 'zod';
import { duration, K, optional } from '../format/index.js';

export const PROXY_DEFAULTS = K('pkg/proxy/apis/config/v1alpha1/defaults.go');

export const minSyncPeriod = (value: string, source: string) =>
  optional(duration, 'least time between two syncs', { default: value, source });
export const syncPeriod = optional(duration, 'retry and clean-up period', { default: '30s', source: PROXY_DEFAULTS });
export const masqueradeAll = optional(z.boolean(), 'masquerade all service traffic', { default: 'false' });

const ANOTHER_COUNT = 'measure at another number of services';

/** What first packets in a mode tell of the numbers of the look-up. */
export const firstPacketFit = (mode: string, unknowns: Readonly<Record<string, string>>) => ({
  what: `first packets in ${mode} mode`,
  measures: ['first_packet_seconds'],
  where: [{ condition: 'mode', is: mode }],
  isMiddleOnly: true,
  restBy: 'backend',
  group: 'kube-proxy.lookup',
  unknowns,
});
export { ANOTHER_COUNT };
