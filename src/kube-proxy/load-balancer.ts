// What spreads the connections of a virtual server over its real servers: the contract of IPVS's schedulers. Part of
// kube-proxy; the catalogue lists them.
// Each belongs to one virtual server on one node and knows nothing of other nodes. Real servers stand in the kernel's
// order, the newest first. kube-proxy gives every server weight 1, and 0 while it is removed; the rules hold for others.

import type { ParameterSet, PodId } from '../cluster/index.js';

/** A server of a virtual server, as its scheduler sees it: kube-proxy and the kernel keep it up to date. */
export interface RealServer {
  readonly pod: PodId;
  /** IPv4 address as a number. */
  readonly address: number;
  readonly weight: number;
  /** Connections that are established. */
  readonly active: number;
  /** Connections that are over and remembered still. */
  readonly inactive: number;
}

/** Who asks: addresses and port of the connection. */
export interface Connection {
  readonly source: number;
  readonly sourcePort: number;
  /** Address of the virtual server. */
  readonly destination: number;
  /** Now, ns. */
  readonly time: number;
  /** A draw that is this connection's own, uniform on 0 … 1: for whoever leaves something to chance. */
  readonly choice: number;
}

/** The scheduler of one virtual server. */
export interface IpvsScheduler {
  /** Servers that the last choice compared. */
  readonly compared: number;
  /** It takes turns: what it chose before counts. */
  readonly turns?: boolean;
  /** It remembers where it has sent an address. */
  readonly remembers?: boolean;
  /** Connections that are over count with it. */
  readonly readsInactive?: boolean;
  /** The server for a new connection; undefined: none is there, and the connection is refused. */
  choose(servers: readonly RealServer[], connection: Connection): RealServer | undefined;
  /** The list has changed, or a weight in it. @param removed the server that went, and the one before it in the list. */
  onChanged(servers: readonly RealServer[], removed?: { server: RealServer; before: RealServer | undefined }): void;
}

/** What a scheduler of a virtual server is handed. */
export interface SchedulerParts {
  /** What everything costs in this run. */
  readonly parameters: ParameterSet;
}

export interface LoadBalancer {
  /** As IPVS calls it. */
  readonly name: string;
  readonly meaning: string;
  /** A scheduler for a virtual server. */
  create(parts: SchedulerParts): IpvsScheduler;
  /** It takes turns over all servers, and whose turn it is is all that it knows: one number stands for a virtual server. */
  readonly isRoundRobin?: boolean;
}
