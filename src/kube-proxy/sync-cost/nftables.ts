// Cost of an nftables sync. A partial one sends only what changed, but lists the chains each time.

import { nftablesSyncParameters as p } from '../parameters.js';
import type { SyncCost } from '../sync-cost.js';

export const nftablesSyncCost: SyncCost = (work) =>
  work.full
    ? p.base.value + p.perServicePairFull.value * work.ports * work.ports
    : p.base.value +
      p.perServiceListed.value * work.ports +
      p.perEndpointChanged.value * (work.changedEndpoints + work.changedPorts);
