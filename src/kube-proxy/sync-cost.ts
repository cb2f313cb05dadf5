// What a sync has to do, and the contract of "how long does it take". Part of kube-proxy; each mode has its own rule.

import type { IptablesBackend } from '../cluster/index.js';

/** The work of one sync, gathered from the service log between two of its positions. Reused from sync to sync. */
export interface SyncWork {
  full: boolean;
  /** What the kernel is to hold then, by the mode's kinds; of that, what belongs to services that changed; what it holds. */
  readonly total: Float64Array;
  readonly changed: Float64Array;
  readonly before: Float64Array;
  /** Service ports in the cluster, and those of the services that changed. */
  ports: number;
  changedPorts: number;
  /** Endpoints that came or went. */
  endpointChanges: number;
  /** Stale chains are looked for in this sync (iptables). */
  savesTable: boolean;
  backend: IptablesBackend;
}

/** How long it takes on a core of its own, ns. Reused from sync to sync. */
export interface SyncDuration {
  /** Until it begins to write the kernel's rules. */
  preparing: number;
  /** While it writes them: in iptables mode it holds the lock. */
  committing: number;
  /** Lines that it hands to iptables-restore; 0 in the other modes. */
  linesWritten: number;
}

export type SyncCost = (work: SyncWork, duration: SyncDuration) => void;
