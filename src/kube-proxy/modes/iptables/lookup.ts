// iptables: rule by rule down KUBE-SERVICES to the service, then down its probability chain to the endpoint.
// Part of kube-proxy.

import type { ArrivalRule, FirstPacketRule } from '../../first-packet.js';
import type { LookupParameters } from '../../parameters.js';

export const iptablesFirstPacket =
  (p: LookupParameters): FirstPacketRule =>
  (question, cost) => {
    // A node port is found after the whole list and its tail, in a chain of its own.
    const { services, nodePorts, place } = question;
    const ofPorts = Math.floor(place * nodePorts);
    const before = nodePorts > 0 ? services + 1 + ofPorts : 1 + Math.floor(place * services);
    cost.traversed =
      before +
      (question.isExternal ? p.externalRules.value : 0) +
      question.masquerades +
      question.affinityRules +
      question.chosen +
      1 +
      (question.isMarked ? p.markRules.value : 0) +
      (question.isForwarded ? p.fixedRules.value : p.fixedRulesOfHost.value) +
      question.filter;
    const others = cost.traversed - ofPorts;
    cost.duration = p.perRule.value * others + p.perPortRule.value * ofPorts + p.conntrackCreate.value;
  };

/** A new connection to something that is no service is tested against all of them. */
export const iptablesArrival =
  (p: LookupParameters): ArrivalRule =>
  (services, filter, cost) => {
    cost.traversed = services + 1 + p.fixedRulesOfArrival.value + filter;
    cost.duration = p.perRule.value * cost.traversed + p.conntrackCreate.value;
  };
