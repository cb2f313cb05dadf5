// What a service becomes in nftables: elements of the shared maps and sets, chains of its own, rules in them
// (pkg/proxy/nftables/proxier.go). Part of kube-proxy.

import type { CountObjects } from '../../service-shape.js';

/** Places of the counts. */
export const Nftables = { Elements: 0, Chains: 1, Rules: 2 } as const;

export const NFTABLES_KINDS = 3;

export const countNftables: CountObjects = (service, endpoints, masquerades, out, at) => {
  const { ports, nodePorts, externalIps, loadBalancerIps } = service;
  const { cluster, local, reachable } = endpoints;
  const hasAny = cluster > 0 || local > 0;
  const isGuarded = hasAny && loadBalancerIps > 0 && service.sourceRanges > 0;
  const addresses = externalIps + loadBalancerIps;
  // service-ips or no-endpoint-services, service-nodeports or no-endpoint-nodeports, firewall-ips; cluster-ips once.
  out[at + Nftables.Elements] = ports * (1 + addresses) + nodePorts + (isGuarded ? ports * loadBalancerIps : 0) + 1;
  let chains = reachable;
  let rules = (2 + service.hasAffinity) * reachable;
  if (cluster > 0 && service.usesClusterEndpoints) {
    chains++;
    // One rule chooses among all endpoints; a client's old endpoint is looked for one by one before it.
    rules += masquerades + 1 + service.hasAffinity * cluster;
  }
  if (local > 0 && service.usesLocalEndpoints) {
    chains++;
    rules += 1 + service.hasAffinity * local;
  }
  if (hasAny && service.isExternal) {
    chains++;
    rules += service.externalLocal ? 3 + masquerades : 2;
  }
  if (isGuarded) {
    chains++;
    rules += service.sourceRanges + 1;
  }
  out[at + Nftables.Chains] = ports * chains;
  out[at + Nftables.Rules] = ports * rules;
};
