// What of a service decides which rules it gets, and which endpoints a node uses for it. Part of kube-proxy.

import type { ServiceSpec } from '../cluster/index.js';

/** A service as the rules see it. */
export interface ServiceShape {
  readonly ports: number;
  /** Ports that every node listens for on a port of its own. */
  readonly nodePorts: number;
  readonly externalIps: number;
  readonly loadBalancerIps: number;
  readonly sourceRanges: number;
  readonly healthChecks: 0 | 1;
  readonly hasAffinity: 0 | 1;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** It can be reached at something else than its cluster IP. */
  readonly isExternal: boolean;
  /** Endpoints of the whole cluster are used, those on the node, or both (pkg/proxy/serviceport.go). */
  readonly usesClusterEndpoints: boolean;
  readonly usesLocalEndpoints: boolean;
  /** The rules differ from node to node. */
  readonly dependsOnNode: boolean;
}

export function shapeOf(service: ServiceSpec): ServiceShape {
  const nodePorts = service.ports.filter(({ hasNodePort }) => hasNodePort).length;
  const isExternal = nodePorts > 0 || service.externalIps > 0 || service.loadBalancerIps > 0;
  const internalLocal = service.internalTrafficPolicy === 'Local';
  const externalLocal = service.externalTrafficPolicy === 'Local' && isExternal;
  const usesLocalEndpoints = internalLocal || externalLocal;
  return {
    ports: service.ports.length,
    nodePorts,
    externalIps: service.externalIps,
    loadBalancerIps: service.loadBalancerIps,
    sourceRanges: service.sourceRanges,
    healthChecks: service.hasHealthCheckNodePort ? 1 : 0,
    hasAffinity: service.affinityTimeout > 0 ? 1 : 0,
    internalLocal,
    externalLocal,
    isExternal,
    // Also for a Local policy towards the outside: pods of the cluster that use such an address reach every endpoint.
    usesClusterEndpoints: !internalLocal || isExternal,
    usesLocalEndpoints,
    dependsOnNode: usesLocalEndpoints || service.trafficDistribution !== 'none' || service.isTopologyAware === true,
  };
}

/** How many endpoints of a service one node's proxy has rules for. */
export interface EndpointCounts {
  /** Chosen from where the policy is Cluster. */
  readonly cluster: number;
  /** Chosen from where the policy is Local. */
  readonly local: number;
  /** In either set. */
  readonly reachable: number;
}

/**
 * Counts what a service puts into a node's kernel, by kinds that each mode names for itself.
 * @param out takes the counts, from `at` on; what stood there is replaced.
 */
export type CountObjects = (
  service: ServiceShape,
  endpoints: EndpointCounts,
  masquerades: number,
  out: Int32Array,
  at: number,
) => void;
