// What a service becomes in the eBPF maps of Cilium, which then needs no kube-proxy: an entry for each address, one for
// each slot of it, one for each backend (Cilium, pkg/loadbalancer). Part of kube-proxy, for comparison.

import type { CountObjects } from '../../service-shape.js';

/** Places of the counts. */
export const Ebpf = { ServiceEntries: 0, Backends: 1 } as const;

export const EBPF_KINDS = 2;

export const countEbpf: CountObjects = (service, endpoints, _masquerades, out, at) => {
  const { ports, nodePorts, externalIps, loadBalancerIps } = service;
  const internal = service.internalLocal ? endpoints.local : endpoints.cluster;
  const external = service.externalLocal ? endpoints.local : endpoints.cluster;
  out[at + Ebpf.ServiceEntries] =
    ports * (1 + internal) + (ports * (externalIps + loadBalancerIps) + nodePorts) * (1 + external);
  out[at + Ebpf.Backends] = ports * endpoints.reachable;
};
