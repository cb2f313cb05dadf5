// A network plugin after Antrea: Open vSwitch on every node, tunnels between them, policies as flows. Address ranges by node and
// host-local address management, as Antrea has them (docs/design/architecture.md of antrea-io/antrea). Where no measurement
// is known the source says so.
import {
  addAndDel,
  defineExtension,
  ebpfPolicies,
  hostLocalQueue,
  nodeRanges,
  PATH_STAGES,
  packetPath,
} from 'kubelapse/extension';

const NEAR_FLANNEL = 'no published figure; taken near flannel’s';

/**
 * Flows are looked up by hash, as eBPF maps are; a change of one policy rewrites the flows of the pods that it selects.
 * @type {import('kubelapse/extension').PolicyEngine}
 */
const openFlowPolicies = {
  ...ebpfPolicies,
  name: 'openflow',
  firstPacket: (policies, parameters) => policies * parameters.mapLookup.value,
};

/** @type {import('kubelapse/extension').NetworkPlugin} */
const antrea = {
  name: 'antrea',
  meaning: 'ranges of addresses by node, Open vSwitch, policies as flows',
  variants: [
    {
      name: 'antrea-geneve',
      meaning: 'Geneve tunnels between the nodes',
      path: packetPath({
        header: [50, 'Geneve: RFC 8926, without options, over IPv4'],
        stages: [PATH_STAGES.veth, PATH_STAGES.ovs, PATH_STAGES.vxlan],
      }),
      hasSessions: false,
      policies: openFlowPolicies,
    },
    {
      name: 'antrea-no-encap',
      meaning: 'routes between the nodes',
      path: packetPath({
        header: [0, 'packets are routed'],
        stages: [PATH_STAGES.veth, PATH_STAGES.ovs],
      }),
      hasSessions: false,
      policies: openFlowPolicies,
    },
  ],
  parameters: addAndDel([70, NEAR_FLANNEL], [75, NEAR_FLANNEL]),
  addresses: (nodes, cidr) => nodeRanges(nodes, cidr),
  hasNodeRanges: true,
  queue: hostLocalQueue,
  programsAfterAdd: true,
  looksAtLabelsOnly: false,
  daemonSet: /^antrea-agent$/,
};

export default defineExtension({ name: 'antrea-like', version: '1.0.0', parts: { networkPlugins: [antrea] } });
