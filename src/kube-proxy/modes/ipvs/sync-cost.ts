// Cost of an IPVS sync. There is no partial sync: each one walks every virtual server. Part of kube-proxy.

import type { ipvsSyncParameters } from '../../parameters.js';
import type { SyncCost } from '../../sync-cost.js';
import { Ipvs } from './rules.js';

export const ipvsSyncCost =
  (p: typeof ipvsSyncParameters): SyncCost =>
  ({ total, before, endpointChanges }, duration) => {
    duration.preparing = 0;
    // Virtual servers change one by one as the loop goes through them: what it takes is all writing.
    duration.committing =
      p.processes.value * p.perProcess.value +
      p.perVirtualServer.value * total[Ipvs.VirtualServers]! +
      p.perIpsetChange.value * Math.abs(total[Ipvs.IpsetEntries]! - before[Ipvs.IpsetEntries]!) +
      p.perRealServerChange.value * endpointChanges;
    duration.linesWritten = 0;
  };
