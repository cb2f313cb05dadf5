// The pod network. Part of the scenario's format.

import { z } from 'zod';
import { type Catalogue, NETWORK_PLUGIN_DEFAULT } from '../../catalogue.js';
import { K, OURS, optional, otherwise, section, sectionsOfParts } from '../../format/fields.js';
import { NODE_CIDR_MASK_SIZE_DEFAULT, POD_CIDR_DEFAULT } from '../defaults.js';

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
        z.int().min(576).max(9216),
        'MTU of pods; if it is larger than the network between the nodes allows, small packets pass and full-size ones are lost',
        { unit: 'bytes', default: 'mtu less the header of the variant' },
      ),
      mtu: otherwise(z.int().min(576).max(9216), 1500, 'MTU of the network between the nodes', {
        unit: 'bytes',
      }),
      ...sectionsOfParts(plugins.all, (own) => own.fields()),
    }),
    'pod network',
    { default: '{plugin: flannel}' },
  );
