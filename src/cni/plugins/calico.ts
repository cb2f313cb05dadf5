// Calico: blocks of addresses that nodes claim, routes by BGP or a tunnel, policies by Felix. Part of the CNI.

import { numberAt } from '../../cluster/index.js';
import { NS_PER_SECOND, sample } from '../../engine/index.js';
import { Blocks } from '../ipam.js';
import type { AddQueue, NetworkPlugin } from '../network-plugin.js';
import { networkParameters } from '../parameters.js';
import {
  agent,
  CANAL,
  CANAL_CPU,
  EBPF_CONNECTION,
  EBPF_RTT,
  HEADERS,
  INFRABUILDER,
  IPTABLES_CONNECTION,
  JESSFRAZ,
  OVERLAY_RTT,
  path,
  plugin,
  ROUTED_RTT,
} from '../plugin-parameters.js';
import { ebpfPolicies } from '../policies/ebpf.js';
import { iptablesPolicies } from '../policies/iptables.js';

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
      path: path({
        header: [0, HEADERS],
        rtt: ROUTED_RTT,
        connection: IPTABLES_CONNECTION,
        tcp: [0.63, 0.99, `${INFRABUILDER}: Calico, iptables`],
        cpu: [0.033, 0.049, `${INFRABUILDER}: Calico, iptables, 8 streams`],
      }),
      hasSessions: true,
      policies: iptablesPolicies,
    },
    {
      name: 'calico-ipip',
      meaning: 'IP in IP',
      path: path({
        header: [20, HEADERS],
        rtt: [8.4, 'no published figure; between a routed path and VXLAN'],
        connection: IPTABLES_CONNECTION,
        tcp: [0.52, 0.98, 'no published figure; taken as Canal’s VXLAN'],
        cpu: CANAL_CPU,
      }),
      hasSessions: false,
      policies: iptablesPolicies,
    },
    {
      name: 'calico-vxlan',
      meaning: 'VXLAN',
      path: path({
        header: [50, HEADERS],
        rtt: OVERLAY_RTT,
        connection: IPTABLES_CONNECTION,
        tcp: CANAL,
        cpu: CANAL_CPU,
      }),
      hasSessions: false,
      policies: iptablesPolicies,
    },
    {
      name: 'calico-ebpf',
      meaning: 'routes, and eBPF instead of iptables',
      path: path({
        header: [0, HEADERS],
        rtt: EBPF_RTT,
        connection: EBPF_CONNECTION,
        tcp: [0.82, 1, `${INFRABUILDER}: Calico, eBPF`],
        cpu: [0.027, 0.054, `${INFRABUILDER}: Calico, eBPF, 8 streams`],
      }),
      hasSessions: false,
      policies: ebpfPolicies,
    },
  ],
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
      unit: 's',
      needs: ['blocks'],
      value: (parameters, at) =>
        (parameters.of(networkParameters).calicoBlockSearch.value * numberAt(at, 'blocks')) / NS_PER_SECOND,
    },
  ],
};
