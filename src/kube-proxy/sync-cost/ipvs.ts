// Cost of an IPVS sync. There is no partial sync: each one walks every virtual server.

import { ipvsSyncParameters as p } from '../parameters.js';
import type { SyncCost } from '../sync-cost.js';

export const ipvsSyncCost: SyncCost = (work) =>
  p.processes.value * p.perProcess.value +
  p.perVirtualServer.value * work.ports +
  p.perIpsetChange.value * work.newPorts +
  p.perRealServerChange.value * work.endpointChanges;
