// What becomes of requests, and why. Part of the traffic.

export const OUTCOMES = ['ok', 'refused', 'timed_out', 'reset', 'unready', 'no_endpoints'] as const;
/** What became of a request as its client sees it. */
export type Outcome = (typeof OUTCOMES)[number];

export const CAUSES = [
  'none',
  'stale_rules',
  'not_yet_known',
  'no_endpoints',
  'dead_node',
  'pod_ended',
  'overloaded_pod',
  'overloaded_link',
  'overloaded_node',
  'conntrack_full',
  'no_rules',
  'draining_server',
  'port_reuse',
  'network_policy',
  'mtu_too_large',
] as const;
/** Why it failed. */
export type Cause = (typeof CAUSES)[number];

export const CAUSE_MEANINGS: Readonly<Record<Cause, string>> = {
  none: 'nothing went wrong',
  stale_rules: 'the API server knew that the pod is no endpoint any more, this node’s rules did not',
  not_yet_known: 'nobody knew yet',
  no_endpoints: 'the rules know of none',
  dead_node: 'the node of the pod is dead or cut off, and nobody knew yet; or that of the client is cut off',
  pod_ended: 'the pod ended while it worked on the request',
  overloaded_pod: 'the pod had too much to do',
  overloaded_link: 'the link of a node had too much to carry',
  overloaded_node: 'a node had more packets to look up than its CPUs can, and dropped it',
  conntrack_full: 'a node’s table of connections was full',
  no_rules: 'the node had no rules',
  draining_server: 'IPVS still sends the client to a server that is removed',
  port_reuse: 'the client’s port had been used before, and IPVS took it for the old connection',
  network_policy: 'a NetworkPolicy forbids it',
  mtu_too_large: 'its packets were larger than the line carries',
};
