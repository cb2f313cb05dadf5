// How many rules a service becomes in iptables, chain by chain (syncProxyRules, pkg/proxy/iptables/proxier.go).
// Part of kube-proxy.

import type { CountObjects } from '../../service-shape.js';

/** Places of the counts. */
export const Iptables = {
  /** Rules of KUBE-SERVICES in nat: one an address and port. The list that first packets are tested against. */
  List: 0,
  /** Rules of KUBE-NODEPORTS in nat. */
  NodePorts: 1,
  /** Rules of the chains of services and endpoints: KUBE-SVC, SVL, EXT, FW, SEP. */
  ChainRules: 2,
  /** Those chains. */
  Chains: 3,
  /** Of those, KUBE-SEP. */
  EndpointChains: 4,
  /** Rules in filter that every new connection is tested against: rejects, drops of what no source range let in. */
  Filter: 5,
  /** Rules in filter that let health checks of load balancers in. */
  HealthChecks: 6,
} as const;

export const IPTABLES_KINDS = 7;

/** Rules that are there without any service: KUBE-POSTROUTING 3, KUBE-MARK-MASQ 1, the tail of KUBE-SERVICES 1. */
export const FIXED_NAT_RULES = 5;
/** KUBE-FORWARD 3, KUBE-FIREWALL 1. */
export const FIXED_FILTER_RULES = 4;

export const countIptables: CountObjects = (service, endpoints, masquerades, out, at) => {
  const { ports, nodePorts, externalIps, loadBalancerIps } = service;
  const { cluster, local, reachable } = endpoints;
  const hasAny = cluster > 0 || local > 0;
  const hasInternal = service.internalLocal ? local > 0 : cluster > 0;
  const hasExternal = service.externalLocal ? local > 0 : cluster > 0;
  const addresses = externalIps + loadBalancerIps;
  const isGuarded = hasAny && loadBalancerIps > 0 && service.sourceRanges > 0;
  const isExternal = hasAny && service.isExternal;
  const perEndpoint = 1 + service.hasAffinity;

  let chains = reachable;
  let rules = 2 * reachable;
  if (hasInternal) rules += masquerades;
  if (isExternal) {
    chains++;
    rules += service.externalLocal ? 2 + masquerades : 1;
    if (hasExternal) rules++;
  }
  if (isGuarded) {
    chains++;
    rules += service.sourceRanges;
  }
  if (cluster > 0 && service.usesClusterEndpoints) {
    chains++;
    rules += cluster * perEndpoint;
  }
  if (local > 0 && service.usesLocalEndpoints) {
    chains++;
    rules += local * perEndpoint;
  }
  out[at + Iptables.List] = ports * ((hasInternal ? 1 : 0) + (hasAny ? addresses : 0));
  out[at + Iptables.NodePorts] = hasAny ? nodePorts : 0;
  out[at + Iptables.ChainRules] = ports * rules;
  out[at + Iptables.Chains] = ports * chains;
  out[at + Iptables.EndpointChains] = ports * reachable;
  const rejects = (hasInternal ? 0 : ports) + (hasExternal ? 0 : ports * addresses + nodePorts);
  out[at + Iptables.Filter] = rejects + (isGuarded ? ports * loadBalancerIps : 0);
  out[at + Iptables.HealthChecks] = service.healthChecks;
};

/** All nat rules of a node. @param totals counts of all its services. */
export const natRules = (totals: ArrayLike<number>): number =>
  FIXED_NAT_RULES + totals[Iptables.List]! + totals[Iptables.NodePorts]! + totals[Iptables.ChainRules]!;

export const filterRules = (totals: ArrayLike<number>): number =>
  FIXED_FILTER_RULES + totals[Iptables.Filter]! + totals[Iptables.HealthChecks]!;
