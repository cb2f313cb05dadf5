// What a service becomes in IPVS: virtual servers, their real servers, members of ipsets (pkg/proxy/ipvs/proxier.go).
// Part of kube-proxy. The iptables rules that match the ipsets are the same whatever services there are.

import { kernelParameters } from '../../parameters.js';
import type { CountObjects } from '../../service-shape.js';

/** Places of the counts. */
export const Ipvs = { VirtualServers: 0, RealServers: 1, IpsetEntries: 2 } as const;

export const IPVS_KINDS = 3;

export const countIpvs: CountObjects = (service, endpoints, _masquerades, out, at) => {
  const { ports, nodePorts, externalIps, loadBalancerIps } = service;
  const internal = service.internalLocal ? endpoints.local : endpoints.cluster;
  const external = service.externalLocal ? endpoints.local : endpoints.cluster;
  const addresses = ports * (externalIps + loadBalancerIps);
  const onNodes = nodePorts * kernelParameters.nodeAddresses.value;
  out[at + Ipvs.VirtualServers] = ports + addresses + onNodes;
  out[at + Ipvs.RealServers] = ports * internal + (addresses + onNodes) * external;
  // KUBE-CLUSTER-IP; KUBE-EXTERNAL-IP and KUBE-LOAD-BALANCER, and its -FW and -SOURCE-CIDR where sources are limited;
  // KUBE-NODE-PORT; of a Local policy the -LOCAL sets too; KUBE-HEALTH-CHECK-NODE-PORT; KUBE-IPVS-IPS.
  const guarded = service.sourceRanges > 0 ? ports * loadBalancerIps * (1 + service.sourceRanges) : 0;
  const sets = service.externalLocal ? 2 : 1;
  out[at + Ipvs.IpsetEntries] =
    ports + sets * (addresses + nodePorts) + guarded + service.healthChecks + 1 + externalIps + loadBalancerIps;
};
