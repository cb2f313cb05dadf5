// What plain services, ClusterIPs with one port each, put into the kernel. Part of kube-proxy: measurements are of these.

import type { ProxyMode } from './proxy-mode.js';
import type { ServiceShape } from './service-shape.js';

/** A ClusterIP service with one port. */
const PLAIN: ServiceShape = {
  ports: 1,
  nodePorts: 0,
  externalIps: 0,
  loadBalancerIps: 0,
  sourceRanges: 0,
  healthChecks: 0,
  hasAffinity: 0,
  internalLocal: false,
  externalLocal: false,
  isExternal: false,
  usesClusterEndpoints: true,
  usesLocalEndpoints: false,
  dependsOnNode: false,
};

/** What so many plain services with so many endpoints in all put into the kernel, by the mode's kinds. */
export function countsOf(
  mode: Pick<ProxyMode, 'kinds' | 'count'>,
  services: number,
  endpoints: number,
  externalIps = 0,
): Float64Array {
  const { kinds, count } = mode;
  const shape = { ...PLAIN, externalIps, isExternal: externalIps > 0 };
  const of = (n: number): Int32Array => {
    const own = new Int32Array(kinds);
    count(shape, { cluster: n, local: 0, reachable: n }, 1, own, 0);
    return own;
  };
  // Counts are linear in the endpoints of a service that has some.
  const [one, two] = [of(1), of(2)];
  return Float64Array.from(one, (n, kind) => n * services + (two[kind]! - n) * (endpoints - services));
}
