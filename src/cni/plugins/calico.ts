// Calico: blocks of addresses that nodes claim, routes by BGP or a tunnel, policies by Felix. Part of the CNI.

import { numberAt } from '../../cluster/index.js';
import { NS_PER_SECOND, sample } from '../../engine/index.js';
import { Blocks } from '../ipam.js';
import type { AddQueue, NetworkPlugin } from '../network-plugin.js';
import { networkParameters } from '../parameters.js';
import { agent, HEADERS, JESSFRAZ, path, plugin } from '../plugin-parameters.js';
import { ebpfPolicies } from '../policies/ebpf.js';
import { iptablesPolicies } from '../policies/iptables.js';
import { STAGES } from '../stages.js';

/** Address management holds the lock of the node while it talks to the API server. */
const lockQueue = ({ calicoLock }: typeof networkParameters): AddQueue => ({
  wait: (from, _alone, locks, draw) => {
    const waited = locks.takeIpam(from, sample(calicoLock.value, draw()));
    return waited + locks.takeRtnl(from + waited);
  },
});

export const calico: NetworkPlugin = {
  name: 'calico',
  meaning: 'blocks of addresses that nodes claim, routes by BGP or a tunnel',
  variants: [
    {
      name: 'calico-bgp',
      meaning: 'routes that nodes tell each other by BGP',
      path: path({ header: [0, HEADERS], stages: [STAGES.veth, STAGES.netfilter, STAGES.chains] }),
      hasSessions: true,
      policies: iptablesPolicies,
    },
    {
      name: 'calico-ipip',
      meaning: 'IP in IP',
      path: path({ header: [20, HEADERS], stages: [STAGES.veth, STAGES.netfilter, STAGES.chains, STAGES.ipip] }),
      hasSessions: false,
      policies: iptablesPolicies,
    },
    {
      name: 'calico-vxlan',
      meaning: 'VXLAN',
      path: path({ header: [50, HEADERS], stages: [STAGES.veth, STAGES.netfilter, STAGES.chains, STAGES.vxlan] }),
      hasSessions: false,
      policies: iptablesPolicies,
    },
    {
      name: 'calico-ebpf',
      meaning: 'routes, and eBPF instead of iptables',
      path: path({ header: [0, HEADERS], stages: [STAGES.veth, STAGES.ebpf] }),
      hasSessions: false,
      policies: ebpfPolicies,
    },
  ],
  encryptions: ['wireguard'],
  parameters: plugin([150, JESSFRAZ], [144, JESSFRAZ]),
  agent: agent({
    request: [250, 'projectcalico/calico: manifests/calico.yaml; an installation by the operator has none'],
    idle: [0.065],
    add: [20, 'no published figure: Felix writes the routes and chains of one endpoint'],
    servers: [1, 'Felix applies in one goroutine (felix/design/dataplane.md)'],
  }),
  addresses: (nodes, cidr, limits) => new Blocks(nodes, cidr, limits),
  hasNodeRanges: false,
  queue: (parameters) => lockQueue(parameters.of(networkParameters)),
  programsAfterAdd: true,
  looksAtLabelsOnly: false,
  daemonSet: /^calico-node$/,
  measures: [
    {
      name: 'block_search_seconds',
      meaning: 'Calico looks through so many foreign blocks for an address',
      rule: 'blocks times the cost of one',
      unit: 's',
      needs: ['blocks'],
      value: (parameters, at) =>
        (parameters.of(networkParameters).calicoBlockSearch.value * numberAt(at, 'blocks')) / NS_PER_SECOND,
    },
  ],
};
