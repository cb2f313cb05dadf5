// What a sync has to do, and the contract of "how long does it take". Part of kube-proxy; the modes lie in sync-cost/.

/** The work of one sync, gathered from the service log between two of its positions. */
export interface SyncWork {
  readonly full: boolean;
  /** Service ports in the cluster: each a virtual address. */
  readonly ports: number;
  readonly portsWithoutEndpoints: number;
  /** Endpoints in the cluster, counted once for each port. */
  readonly endpoints: number;
  readonly changedPorts: number;
  /** Endpoints of the changed services as they are now, counted once for each port. */
  readonly changedEndpoints: number;
  /** Endpoints that came or went. */
  readonly endpointChanges: number;
  /** Service ports that came. */
  readonly newPorts: number;
  /** Stale chains are looked for in this sync (iptables). */
  readonly savesTable: boolean;
  /** Masquerade rules a service port: 1 with a local-traffic detector. */
  readonly masquerades: number;
}

/** Duration of a sync in ns, as a pure function of its work. */
export type SyncCost = (work: SyncWork) => number;
