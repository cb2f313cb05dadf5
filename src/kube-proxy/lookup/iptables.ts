// iptables: rule by rule down KUBE-SERVICES to the service, then down its probability chain to the endpoint.

import type { Lookup } from '../../cluster/index.js';
import { lookupParameters as p } from '../parameters.js';

export const iptablesLookup: Lookup = (question, answer) => {
  const served = question.ports - question.portsWithoutEndpoints;
  const place = 1 + Math.floor(question.position * served);
  // Rule i of n matches with probability 1/(n-i): each endpoint is as likely, and costs the rules before it.
  const endpoint = Math.floor(question.choice * question.endpoints);
  answer.endpoint = endpoint;
  answer.traversed = place + question.masquerades + endpoint + 1 + p.fixedRules.value + question.portsWithoutEndpoints;
  answer.duration = p.perRule.value * answer.traversed + p.conntrackCreate.value;
};
