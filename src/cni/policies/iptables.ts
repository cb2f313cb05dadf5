// Policies as iptables rules with ipsets: Calico and Weave Net. Part of the CNI.

import type { PolicyEngine, PolicyParameters } from './policy-engine.js';

/** What iptables adds to a first packet for the policies of one end, of which the last lets it through, ns. */
export const policyWalk = (policies: number, p: PolicyParameters): number =>
  policies === 0 ? 0 : policies * p.perPolicy.value + p.setLookup.value;

/** The same for each later packet where nothing lets known connections through before the policies, ns. */
export const laterWalk = (policies: number, p: PolicyParameters): number => policies * p.perPolicyPacket.value;

export const iptablesPolicies: PolicyEngine = {
  name: 'iptables',
  firstPacket: policyWalk,
  // The first rule lets packets of a connection through that is known.
  laterPacket: () => 0,
  memberDelay: (p) => p.setMember.value,
  memberWork: (p) => p.setWork.value,
  apply: ({ ingress, egress }, endpoints, p) => {
    const lines = (ingress?.length ?? 0) + (egress?.length ?? 0) + 2 + endpoints * p.endpointLines.value;
    const takes = p.apply.value + lines * p.perLine.value;
    return { takes, cpuTime: takes, threads: 1 };
  },
  appliesEach: false,
  takesXtablesLock: true,
};

/** The same with rules that no packet is spared, as those of Romana were: each later packet is tested too. */
export const statelessPolicies: PolicyEngine = {
  ...iptablesPolicies,
  name: 'iptables-stateless',
  laterPacket: laterWalk,
};
