// nftables: a verdict map finds the service, another the endpoint by a random number; nothing grows with the cluster.
// Part of kube-proxy.

import type { ArrivalRule, FirstPacketRule } from '../../first-packet.js';
import type { LookupParameters } from '../../parameters.js';

export const nftablesFirstPacket =
  (p: LookupParameters): FirstPacketRule =>
  ({ affinityRules, isExternal }, cost) => {
    const extra = affinityRules + (isExternal ? p.nftablesExternalExpressions.value : 0);
    cost.traversed = p.nftablesExpressions.value + extra;
    cost.duration = cost.traversed * p.nftablesExpression.value + 2 * p.hashLookup.value + p.conntrackCreate.value;
  };

export const nftablesArrival =
  (p: LookupParameters): ArrivalRule =>
  (_services, _filter, cost) => {
    cost.traversed = p.nftablesArrivalExpressions.value;
    cost.duration = cost.traversed * p.nftablesExpression.value + p.hashLookup.value + p.conntrackCreate.value;
  };
