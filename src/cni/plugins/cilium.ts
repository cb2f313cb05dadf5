// Cilium: an agent that lets so many endpoints be created at a time, eBPF on the way. Part of the CNI.

import { choiceAt, kernelVersion, numberAt } from '../../cluster/index.js';
import { NS_PER_SECOND } from '../../engine/index.js';
import { nodeRanges } from '../ipam.js';
import type { AddQueue, NetworkPlugin } from '../network-plugin.js';
import { ciliumLimiterParameters } from '../parameters.js';
import { agent, HEADERS, JESSFRAZ, path, plugin } from '../plugin-parameters.js';
import { ebpfPolicies } from '../policies/ebpf.js';
import { STAGES } from '../stages.js';
import { adjusted, adjustmentFactor, CiliumLimiter } from './cilium-limiter.js';

/** The agent's limiter of endpoint-create comes before everything else; addresses are its own business. */
const limiterQueue = (limiter: CiliumLimiter): AddQueue => ({
  wait: (from, alone, locks) => {
    const waited = limiter.enter(from, alone);
    return waited < 0 ? waited : waited + locks.takeRtnl(from + waited);
  },
});

export const cilium: NetworkPlugin = {
  name: 'cilium',
  meaning: 'ranges of addresses by node, an agent with a limiter, eBPF',
  variants: [
    {
      name: 'cilium-native',
      meaning: 'routes, with legacy host routing',
      path: path({ header: [0, HEADERS], stages: [STAGES.veth, STAGES.ebpf, STAGES.netfilter] }),
      hasSessions: false,
      policies: ebpfPolicies,
    },
    {
      name: 'cilium-native-ebpf',
      meaning: 'routes, with eBPF host routing',
      path: path({
        header: [0, HEADERS],
        stages: [STAGES.veth, STAGES.ebpf],
        older: { kernel: kernelVersion(5, 10), stages: [STAGES.veth, STAGES.ebpf, STAGES.netfilter] },
      }),
      hasSessions: false,
      policies: ebpfPolicies,
    },
    {
      name: 'cilium-vxlan',
      meaning: 'VXLAN',
      path: path({ header: [50, HEADERS], stages: [STAGES.veth, STAGES.ebpf, STAGES.vxlan] }),
      hasSessions: false,
      policies: ebpfPolicies,
    },
  ],
  encryptions: ['wireguard', 'ipsec'],
  parameters: plugin(
    [310, 'first pods of a burst in cilium#48392 (2026), 0.31 s; spread of 0.30 assumed'],
    [139, JESSFRAZ],
  ),
  agent: agent({
    request: [0, 'cilium/cilium: Helm chart without resources, from memory'],
    idle: [0.04],
    add: [150, 'no published figure: about half of the 0.31 s that an ADD takes'],
    servers: [4, 'daemon/cmd/api_limits.go: calls of endpoint-create at a time'],
  }),
  ownParameters: { 'cni.cilium-limiter': ciliumLimiterParameters },
  addresses: nodeRanges,
  hasNodeRanges: true,
  queue: (parameters) => limiterQueue(new CiliumLimiter(parameters.of(ciliumLimiterParameters))),
  programsAfterAdd: false,
  looksAtLabelsOnly: true,
  daemonSet: /^cilium$/,
  measures: [
    {
      name: 'cilium_limit',
      meaning: 'a limit of Cilium’s endpoint-create after it has adjusted itself to a mean processing time',
      rule: 'the configured limit, raised or lowered by estimated over measured time (pkg/rate)',
      unit: '',
      needs: ['limit', 'mean_seconds', 'rate', 'burst', 'parallel'],
      value: (parameters, at) => {
        const factor = adjustmentFactor(
          numberAt(at, 'mean_seconds') * NS_PER_SECOND,
          parameters.of(ciliumLimiterParameters),
        );
        const base = { rate: numberAt(at, 'rate'), burst: numberAt(at, 'burst'), parallel: numberAt(at, 'parallel') };
        return adjusted(factor, base)[choiceAt(at, 'limit', ['rate', 'burst', 'parallel'])];
      },
    },
  ],
};
