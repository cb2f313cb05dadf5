// Fields of spec.kubeProxy that several modes have. Part of kube-proxy.

import { z } from 'zod';
import { duration, K, otherwise } from '../format/index.js';
import type { ProxyMode } from './proxy-mode.js';

export const PROXY_DEFAULTS = K('pkg/proxy/apis/config/v1alpha1/defaults.go');

/** @param periods without another word, as they are written. @param source of the first. */
export const periodFields = (periods: Pick<ProxyMode, 'minSyncPeriod' | 'syncPeriod'>, source = PROXY_DEFAULTS) => ({
  minSyncPeriod: otherwise(duration, periods.minSyncPeriod, 'least time between two syncs', { source }),
  syncPeriod: otherwise(duration, periods.syncPeriod, 'retry and clean-up period', { source: PROXY_DEFAULTS }),
});
export const masqueradeAll = otherwise(z.boolean(), false, 'masquerade all service traffic');

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
