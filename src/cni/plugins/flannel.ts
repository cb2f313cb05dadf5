// flannel: a range of addresses a node, VXLAN or routes between them, no policies. Part of the CNI.

import { nodeRanges } from '../ipam.js';
import type { NetworkPlugin } from '../network-plugin.js';
import { agent, HEADERS, JESSFRAZ, path, plugin } from '../plugin-parameters.js';
import { STAGES } from '../stages.js';
import { hostLocalQueue } from './host-local.js';

export const flannel: NetworkPlugin = {
  name: 'flannel',
  meaning: 'ranges of addresses by node, VXLAN or routes, no policies',
  variants: [
    {
      name: 'flannel-vxlan',
      meaning: 'VXLAN between the nodes',
      path: path({ header: [50, HEADERS], stages: [STAGES.veth, STAGES.bridge, STAGES.netfilter, STAGES.vxlan] }),
      hasSessions: false,
      policies: undefined,
    },
    {
      name: 'flannel-host-gw',
      meaning: 'routes between the nodes',
      path: path({ header: [0, HEADERS], stages: [STAGES.veth, STAGES.bridge, STAGES.netfilter] }),
      hasSessions: false,
      policies: undefined,
    },
  ],
  encryptions: ['wireguard'],
  parameters: plugin([64, JESSFRAZ], [75, JESSFRAZ]),
  agent: agent({
    request: [100, 'flannel-io/flannel: Documentation/kube-flannel.yml, from memory'],
    idle: [0.03],
    add: [0, 'flanneld has no part in an ADD: its plugin delegates to bridge and host-local'],
    servers: [1, 'as above'],
  }),
  addresses: nodeRanges,
  hasNodeRanges: true,
  queue: hostLocalQueue,
  programsAfterAdd: false,
  looksAtLabelsOnly: false,
  daemonSet: /^kube-flannel(-ds)?/,
};
