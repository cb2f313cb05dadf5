// Cost of an nftables sync. A partial one sends only what changed, but lists the chains each time. Part of kube-proxy.

import type { nftablesSyncParameters } from '../../parameters.js';
import type { SyncCost } from '../../sync-cost.js';
import { Nftables } from './rules.js';

export const nftablesSyncCost =
  (p: typeof nftablesSyncParameters): SyncCost =>
  ({ full, ports, changed }, duration) => {
    duration.preparing = p.base.value + (full ? 0 : p.perServiceListed.value * ports);
    duration.committing = full
      ? p.perServicePairFull.value * ports * ports
      : p.perEndpointChanged.value * changed[Nftables.Chains]!;
    duration.linesWritten = 0;
  };
