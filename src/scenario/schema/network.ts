// The pod network. Part of the scenario's format.

import { z } from 'zod';
import { type Catalogue, NETWORK_PLUGIN_DEFAULT } from '../../catalogue.js';
import { distanceParameters, ENCRYPTION_NAMES, FABRIC_NAMES, FABRICS } from '../../cni/index.js';
import { distribution } from '../../format/distributions.js';
import { K, OURS, optional, otherwise, section, sectionsOfParts, someQuantity } from '../../format/fields.js';
import { NODE_CIDR_MASK_SIZE_DEFAULT, POD_CIDR_DEFAULT } from '../defaults.js';

const { lan, betweenZones, flowAws } = distanceParameters;

/** `a, b or c`. */
const alternatives = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;

/** An IPv4 network. */
export const cidr = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}\/([89]|[12]\d|30)$/, {
  error: 'must be an IPv4 network such as 10.244.0.0/16, with a prefix of /8 to /30',
});

export const networkOf = (plugins: Catalogue['networkPlugins']) =>
  section(
    z.strictObject({
      plugin: optional(z.enum(plugins.names), 'CNI plugin', {
        default: `that of the variant, or ${NETWORK_PLUGIN_DEFAULT}`,
      }),
      variant: optional(
        z.enum(plugins.all.flatMap(({ variants }) => variants.map(({ name: variant }) => variant))),
        'how it carries packets from node to node; it begins with the name of the plugin',
        { default: alternatives(plugins.all.map(({ variants }) => variants[0].name)) },
      ),
      podCIDR: optional(
        cidr,
        'addresses of all pods: each node gets a part of them, and a node for which none is left cannot start pods',
        { default: `${POD_CIDR_DEFAULT}: room for 32,768 nodes`, source: OURS },
      ),
      nodeCIDRMaskSize: optional(z.int().min(9).max(30), 'prefix of a node’s part; calico gives blocks of 64 instead', {
        default: `${NODE_CIDR_MASK_SIZE_DEFAULT}`,
        source: K('cmd/kube-controller-manager: --node-cidr-mask-size'),
      }),
      podMTU: optional(
        z.int().min(576).max(65_535),
        'MTU that pods are told; what is larger than the network between the nodes allows is cut to what fits, see pathMTUDiscovery',
        { unit: 'bytes', default: 'mtu less the header of the variant' },
      ),
      mtu: optional(z.int().min(576).max(65_535), 'MTU of the network between the nodes', {
        unit: 'bytes',
        default: `that of the fabric: ${FABRICS.map((one) => `${one.name} ${one.mtu}`).join(', ')}`,
      }),
      pathMTUDiscovery: otherwise(
        z.boolean(),
        true,
        'senders are told that their packets do not fit; where ICMP is filtered they are not, and full-size packets are lost',
      ),
      fabric: otherwise(
        z.enum(FABRIC_NAMES),
        FABRICS[0].name,
        `what lies between the nodes: ${FABRICS.map((one) => `${one.name} ${one.meaning}`).join('; ')}`,
        { source: OURS },
      ),
      roundTrip: section(
        z.strictObject({
          sameZone: optional(
            distribution,
            'between two nodes of one zone, as ping shows it: sockets and plugin take their time beside it',
            { default: 'that of the fabric: 4 µs in a lan, 98 µs in the median in clouds', source: lan.source },
          ),
          crossZone: optional(distribution, 'between two nodes of two zones', {
            default: 'drawn from 0.3 to 1.2 ms for each pair of zones',
            source: betweenZones.source,
          }),
        }),
        'round trips between nodes',
      ),
      flowBandwidth: optional(someQuantity, 'what one TCP connection between two nodes carries at most', {
        unit: 'bytes/s',
        default: 'no limit; 625M (5 Gbit/s) with fabric ec2',
        source: flowAws.source,
      }),
      encryption: otherwise(
        z.enum(['none', ...ENCRYPTION_NAMES]),
        'none',
        'how what goes between nodes is encrypted: wireguard with calico, cilium and flannel, ipsec with cilium and weave',
      ),
      offloads: section(
        z.strictObject({
          segmentation: otherwise(z.boolean(), true, 'large packets are cut at the card (TSO, GSO)'),
          receive: otherwise(z.boolean(), true, 'packets of one connection are merged as they come (GRO)'),
          tunnel: optional(z.boolean(), 'cards do both within tunnels too', {
            default: 'true in a lan, false in clouds',
          }),
        }),
        'what cards and kernel do with many packets at a time',
      ),
      ...sectionsOfParts(plugins.all, (own) => own.fields()),
    }),
    'pod network',
    { default: '{plugin: flannel}' },
  );
