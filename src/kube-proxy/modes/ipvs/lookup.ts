// IPVS: a few rules that match ipsets, a hash lookup that misses in the connection table, one that hits in the service
// table, then the scheduler. Part of kube-proxy.

import type { ArrivalRule, FirstPacketRule } from '../../first-packet.js';
import type { LookupParameters } from '../../parameters.js';

export const ipvsFirstPacket =
  (p: LookupParameters): FirstPacketRule =>
  (question, cost) => {
    // Services share the buckets of the table: half a bucket's list is walked on average.
    const entries = Math.floor((question.place * question.services) / p.ipvsServiceBuckets.value) + 1;
    cost.traversed = p.ipvsRules.value + 2 + entries;
    cost.duration =
      p.perRule.value * p.ipvsRules.value +
      2 * p.hashLookup.value +
      entries * p.listEntry.value +
      question.compared * p.ipvsServerCompared.value +
      p.conntrackCreate.value +
      p.ipvsConnectionCreate.value;
  };

/** The rules with ipsets do not grow with the services. */
export const ipvsArrival =
  (p: LookupParameters): ArrivalRule =>
  (_services, _filter, cost) => {
    cost.traversed = p.ipvsRules.value;
    cost.duration = p.perRule.value * cost.traversed + p.conntrackCreate.value;
  };
