// What goes from one node to another, as those see it who send requests: the contract. Part of the cluster vocabulary; the pod
// network says how, traffic asks.

import type { NodeId } from './ids.js';

/** Payload there and back, bytes. */
export interface RequestSize {
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** What moving a request and its answer takes. Times and CPU are in ns. */
export interface Exchange {
  /** On the way there, and back; Infinity: it never arrives. */
  readonly sent: number;
  readonly answered: number;
  readonly clientCpu: number;
  readonly serverCpu: number;
  /** Packets, merged or not, that each end sees. */
  readonly packets: number;
  /** The usual time of a packet there and back, and whether it differs; what a new connection takes beyond its round trips. */
  readonly roundTrip: number;
  readonly varies: boolean;
  readonly connectionSetup: number;
}

export interface Ways {
  /** Time of a packet from one pod to another and back, ns. @param u uniform draw; absent: the median. */
  roundTrip(from: NodeId, to: NodeId, u?: number): number;
  /** @param kind number of requests of that size. @param isNew their connection is. */
  exchange(kind: number, size: RequestSize, from: NodeId, to: NodeId, isNew: boolean): Exchange;
}
