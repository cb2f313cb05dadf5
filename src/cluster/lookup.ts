// What the first packet of a new connection pays to find its endpoint: the contract. Part of the cluster vocabulary:
// traffic asks, kube-proxy/lookup/ answers, mode by mode. Established packets do not come here: connection tracking remembers the choice.

export interface LookupQuestion {
  /** Rules in KUBE-SERVICES, or virtual servers. */
  readonly ports: number;
  readonly portsWithoutEndpoints: number;
  readonly endpoints: number;
  /** Uniform draw: where the service stands in its list, drawn anew at each sync. */
  readonly position: number;
  /** Uniform draw: which endpoint, where the mode chooses at random. */
  readonly choice: number;
  /** How many connections this node has sent to the service before: the round robin's pointer. 0 where nobody asks. */
  readonly turn: number;
  readonly masquerades: number;
}

export interface LookupAnswer {
  /** Index among the service's endpoints. */
  endpoint: number;
  /** Rules, list entries or hash lookups met. */
  traversed: number;
  /** ns. */
  duration: number;
}

/** Fills in the answer; the answer object is reused so that a lookup allocates nothing. */
export type Lookup = (question: LookupQuestion, answer: LookupAnswer) => void;
