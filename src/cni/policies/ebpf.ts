// Policies as eBPF maps, one for each endpoint: Cilium, and Calico with eBPF. Part of the CNI.

import type { PolicyEngine } from './policy-engine.js';

export const ebpfPolicies: PolicyEngine = {
  name: 'ebpf',
  firstPacket: (_policies, p) => p.mapLookup.value,
  // Each packet is looked up, and the answer does not depend on how many policies there are.
  laterPacket: (_policies, p) => p.mapLookup.value,
  memberDelay: (p) => p.identityKnown.value,
  memberWork: (p) => p.mapMember.value,
  apply: (_policy, endpoints, p) => ({
    takes: Math.ceil(endpoints / p.regenerations.value) * p.perEndpoint.value,
    cpuTime: endpoints * p.perEndpoint.value,
    threads: Math.min(endpoints, p.regenerations.value),
  }),
  appliesEach: true,
  takesXtablesLock: false,
};
