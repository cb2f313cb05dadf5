// Cost of bringing the maps of Cilium's agent up to date: each entry is one system call. Part of kube-proxy.

import type { ebpfSyncParameters } from '../../parameters.js';
import type { SyncCost } from '../../sync-cost.js';
import { Ebpf } from './rules.js';

export const ebpfSyncCost =
  (p: typeof ebpfSyncParameters): SyncCost =>
  ({ full, total, changed }, duration) => {
    const written = full ? total : changed;
    duration.preparing = p.base.value;
    duration.committing = p.perEntry.value * (written[Ebpf.ServiceEntries]! + written[Ebpf.Backends]!);
    duration.linesWritten = 0;
  };
