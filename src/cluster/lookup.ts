// What the first packet of a new connection finds, and pays, on its way to an endpoint: the contract. Part of the cluster
// vocabulary: traffic asks, kube-proxy answers. Established packets do not come here: connection tracking remembers the
// choice. Packets and answers are reused, so that a lookup allocates nothing.

import type { NodeId, PodId, ServiceId } from './ids.js';

/** By which of its addresses a service is reached. */
export const ServiceAddress = { ClusterIp: 0, NodePort: 1, LoadBalancer: 2 } as const;
export type ServiceAddress = (typeof ServiceAddress)[keyof typeof ServiceAddress];

/** Who sent a packet: a pod in the pod network, a process on a node (or a pod with its network), somebody outside. */
export const PacketSource = { Pod: 0, Node: 1, Outside: 2 } as const;
export type PacketSource = (typeof PacketSource)[keyof typeof PacketSource];

/** The first packet of a new connection, on the node whose rules choose its endpoint. */
export interface FirstPacket {
  node: NodeId;
  service: ServiceId;
  address: ServiceAddress;
  /** A pod or a process of that node, or somebody outside whose packet has come to it. */
  from: PacketSource;
  /** IPv4 address and port of the client as numbers. */
  source: number;
  sourcePort: number;
  /** Uniform draw: which endpoint, where the mode chooses at random. */
  choice: number;
  /** Real connections that it stands for. */
  weight: number;
}

/** What the rules do with it. */
export const Verdict = {
  /** It is sent to an endpoint. */
  Endpoint: 0,
  /** The rules say that there is none: its sender is told so at once… */
  Rejected: 1,
  /** … or hears nothing. */
  Dropped: 2,
  /** The node has no rule for the address: the packet leaves for nowhere. */
  Unknown: 3,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export interface Route {
  verdict: Verdict;
  /** Pod that it is sent to. */
  pod: PodId;
  /** IPVS took it for an old connection with the same addresses and ports. */
  isReused: boolean;
  /** Its first packet is lost, and comes again after a second. */
  losesFirst: boolean;
  /** Where its service stood among all of them on the node, 0 … 1. */
  place: number;
  /** Rules, list entries or hash lookups met on that node. */
  traversed: number;
  /** ns. */
  duration: number;
}

/** A route to be filled in. */
export const emptyRoute = (): Route => ({
  verdict: Verdict.Unknown,
  pod: -1,
  isReused: false,
  losesFirst: false,
  place: 0,
  traversed: 0,
  duration: 0,
});

/** The service data path of all nodes. */
export interface ServiceRouting {
  /** CPU of a packet that a node passes on between a client outside and a pod on another node, ns. */
  readonly forwardedPacket: number;
  /** Whether the kernel of the client's node tracks connections to services. */
  readonly tracksConnections: boolean;
  /** Chooses the endpoint of a new connection; what was in the route is replaced. */
  route(packet: FirstPacket, route: Route): void;
  /** What the packet meets on the node of its endpoint if that is another one: fills in `traversed` and `duration`. */
  arrive(node: NodeId, route: Route): void;
  /** A connection that was routed to the pod is over. */
  close(packet: Pick<FirstPacket, 'node' | 'service' | 'address' | 'weight'>, pod: PodId): void;
}
