// What a first packet costs: the contract that each mode fulfils with a pure rule. Part of kube-proxy.

/** What a packet meets on the node that chooses its endpoint. Reused. */
export interface FirstPacketQuestion {
  /** Length of the list, or number of entries of the table, that services are looked for in. */
  services: number;
  /** Rules that every new connection is tested against beside them. */
  filter: number;
  /** Node ports, if it came to one; otherwise 0. */
  nodePorts: number;
  /** Where the service stands among all, 0 … 1. */
  place: number;
  endpoints: number;
  /** Index of the chosen endpoint. */
  chosen: number;
  /** Rules that looked for the client's old endpoint. */
  affinityRules: number;
  masquerades: number;
  /** Its source address is to be replaced. */
  isMarked: boolean;
  /** It did not begin in a process of the node. */
  isForwarded: boolean;
  /** It came to another address than the cluster IP. */
  isExternal: boolean;
  /** Endpoints that the scheduler compared (IPVS). */
  compared: number;
}

/** A question to be filled in. */
export const emptyQuestion = (): FirstPacketQuestion => ({
  services: 0,
  filter: 0,
  nodePorts: 0,
  place: 0,
  endpoints: 0,
  chosen: 0,
  affinityRules: 0,
  masquerades: 0,
  isMarked: false,
  isForwarded: false,
  isExternal: false,
  compared: 0,
});

export interface FirstPacketCost {
  /** Rules, list entries or hash lookups. */
  traversed: number;
  /** ns. */
  duration: number;
}

export type FirstPacketRule = (question: FirstPacketQuestion, cost: FirstPacketCost) => void;
/** What it meets on the node of its endpoint, where its destination is a pod and no service any more. */
export type ArrivalRule = (services: number, filter: number, cost: FirstPacketCost) => void;
