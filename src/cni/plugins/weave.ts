// Weave Net: peers that share one range of addresses, an overlay in the kernel's fast datapath. Part of the CNI.

import { NodeRanges } from '../ipam.js';
import type { NetworkPlugin } from '../network-plugin.js';
import { agent, HEADERS, JESSFRAZ, path, plugin } from '../plugin-parameters.js';
import { iptablesPolicies } from '../policies/iptables.js';
import { STAGES } from '../stages.js';
import { hostLocalQueue } from './host-local.js';

/** Weave's peers share one range; each gets as much as the others: the longest prefix that leaves each node a range. */
const sharedRange: NetworkPlugin['addresses'] = (nodes, cidr) => {
  let bits = 0;
  while (1 << bits < nodes) bits++;
  const nodePrefix = Math.min(29, cidr.prefix + bits);
  return new NodeRanges(nodes, { ...cidr, nodePrefix }, Math.max(1, (1 << (32 - nodePrefix)) - 3));
};

export const weave: NetworkPlugin = {
  name: 'weave',
  meaning: 'one range that all peers share, an overlay',
  variants: [
    {
      name: 'weave-fastdp',
      meaning: 'VXLAN with encryption left out, in the kernel',
      path: path({
        header: [87, HEADERS],
        stages: [STAGES.veth, STAGES.bridge, STAGES.netfilter, STAGES.ovs, STAGES.vxlan],
      }),
      hasSessions: false,
      policies: iptablesPolicies,
    },
  ],
  encryptions: ['ipsec'],
  parameters: plugin([248, JESSFRAZ], [125, JESSFRAZ]),
  agent: agent({
    request: [50, 'weaveworks/weave: prog/weave-kube/weave-daemonset-k8s-1.11.yaml, from memory'],
    idle: [0.03, 'no published figure; taken as flannel’s'],
    add: [50, 'no published figure: the router gives the address'],
    servers: [1, 'no published figure'],
  }),
  addresses: sharedRange,
  hasNodeRanges: false,
  queue: hostLocalQueue,
  programsAfterAdd: false,
  looksAtLabelsOnly: false,
  daemonSet: /^weave-net$/,
};
