// Fields of KubeProxyConfiguration. Part of the scenario's format.

import { z } from 'zod';
import { type Catalogue, PROXY_MODE_DEFAULT } from '../../catalogue.js';
import { duration, K, optional, otherwise, planned, section, sectionsOfParts } from '../../format/fields.js';
import { cidr } from './network.js';

/** The section with the fields that the modes bring. */
export function kubeProxyOf({ proxyModes, loadBalancers }: Pick<Catalogue, 'proxyModes' | 'loadBalancers'>) {
  // Modes that are not kube-proxy's own say what they are.
  const foreignModes = proxyModes.all.flatMap(({ name, meaning, configured }) =>
    configured === undefined ? [`; ${name}: ${meaning}`] : [],
  );
  return z.strictObject({
    mode: otherwise(
      z.enum(proxyModes.names),
      PROXY_MODE_DEFAULT,
      `how services are programmed${foreignModes.join('')}`,
      {
        source: K('pkg/proxy/apis/config'),
      },
    ),
    featureGates: section(
      z.strictObject(
        Object.fromEntries(
          proxyModes.all.flatMap(({ partialSyncGate: gate }) =>
            gate === undefined
              ? []
              : [[gate.name, otherwise(z.boolean(), true, gate.meaning, { source: gate.source })]],
          ),
        ) as Record<string, z.ZodDefault<z.ZodBoolean>>,
      ),
      'feature gates of kube-proxy that the model knows',
    ),
    clusterCIDR: optional(cidr, 'pod network; with it a masquerade rule is added for each service'),
    ...sectionsOfParts(proxyModes.all, (own) => own.fields(loadBalancers.names)),
    conntrack: section(
      z.strictObject({
        maxPerCore: otherwise(z.int().min(1), 32768, 'entries of the conntrack table of a node, per core', {
          unit: 'entries',
          source: K('pkg/proxy/apis/config/v1alpha1/defaults.go'),
        }),
        min: otherwise(z.int().min(1), 131072, 'minimum number of entries', {
          unit: 'entries',
          source: K('pkg/proxy/apis/config/v1alpha1/defaults.go'),
        }),
        tcpEstablishedTimeout: planned(duration, 'time-out of idle TCP connections'),
        tcpCloseWaitTimeout: planned(duration, 'time-out of connections that one side has closed'),
        udpTimeout: planned(duration, 'time-out of UDP flows'),
        udpStreamTimeout: planned(duration, 'time-out of UDP streams'),
      }),
      'connection tracking',
    ),
    detectLocalMode: planned(z.string(), 'how local traffic is detected'),
  });
}
