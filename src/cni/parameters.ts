// Numbers of the pod network that are not one plugin's. Durations are distributions in ns.

import { parameter } from '../cluster/index.js';
import { lognormal, microseconds, milliseconds, mixture, seconds, uniform } from '../engine/index.js';
import { CILIUM_2021, INFRABUILDER } from './plugin-parameters.js';

export const hostParameters = {
  roundTrip: parameter(
    microseconds(20.9),
    'ns',
    'round trip of the host network between two nodes, processing included',
    `${CILIUM_2021}; a cloud network adds 30-200 µs of its own`,
  ),
  oneStream: parameter(31.4, 'Gbit/s', 'TCP between two hosts, one stream, MTU 9000', INFRABUILDER),
  sendCpu: parameter(0.024, 'cores per Gbit/s', 'CPU of the sending host', `${INFRABUILDER}, 8 streams`),
  receiveCpu: parameter(0.044, 'cores per Gbit/s', 'CPU of the receiving host', `${INFRABUILDER}, 8 streams`),
  oneStreamCpu: parameter(
    0.59,
    'ratio',
    'CPU per bit of one stream relative to that of eight, whose packets are merged less',
    'Cilium CNI benchmark (2021): between hosts 32 streams need 3.27 and 1.80 times the CPU of one, 2.43 in the ' +
      'geometric mean over five doublings, so eight need 1.70 times as much',
  ),
  smallMtu: parameter(
    1.5,
    'ratio',
    'CPU per bit at MTU 1500 relative to MTU 9000, with NIC offloads; one stream is slower by the same factor',
    'no published figure: six times the packets, most of them merged by GSO and GRO',
  ),
  sameNode: parameter(
    0.5,
    'ratio',
    'share of a plugin’s added time that a packet pays if it does not leave its node',
    'no published figure; a packet passes one of the two nodes’ stacks',
  ),
} as const;

export const networkParameters = {
  rtnl: parameter(
    milliseconds(12),
    'ns',
    'time for which an ADD or DEL holds the kernel’s RTNL lock, one at a time on a node',
    'no published figure: 10-20 ms; the lock is named by the IMC 2024 study (10.1145/3646547.3688436)',
  ),
  hostLocalLock: parameter(
    milliseconds(2),
    'ns',
    'time for which host-local holds the lock of its directory',
    'no published figure',
  ),
  hostLocalAddresses: parameter(
    253,
    'addresses',
    'pods of a node with a /24: 254 addresses less the gateway',
    'plugins/ipam/host-local/backend/allocator/range.go',
  ),
  calicoLock: parameter(
    lognormal(milliseconds(40), 0.5),
    's',
    'time for which Calico’s IPAM holds the lock of the node',
    'no published figure when idle; 1.2-1.8 s a pod in series on a busy API server (calico#5612)',
  ),
  calicoBlock: parameter(64, 'addresses', 'addresses of a block (/26)', 'Calico: ipam.blockSize'),
  calicoBlocksMax: parameter(20, 'blocks', 'maximum blocks per node', 'libcalico-go/lib/ipam'),
  calicoBlockClaim: parameter(
    milliseconds(40),
    'ns',
    'claiming a block: about six API requests',
    'no published figure',
  ),
  calicoBlockSearch: parameter(
    milliseconds(57),
    'ns',
    'looking into one foreign block for an address to borrow',
    'calico#10551: 74 s for 1,284 blocks',
  ),
  calicoTimeout: parameter(
    seconds(90),
    'ns',
    'a request for an address fails after this long',
    'cni-plugin/pkg/ipamplugin',
  ),
  policyProgrammed: parameter(
    lognormal(milliseconds(32), 0.5),
    's',
    'from ADD until Calico has programmed the pod’s chains: its traffic is dropped until then',
    'no checkable figure: usually 10-100 ms, 1 s to 2 min when busy (calico#9706)',
  ),
  blockRoute: parameter(
    uniform(seconds(0.2), seconds(2.5)),
    's',
    'from the claim of a block until the other nodes have its route',
    'no published figure',
  ),
  bgpSession: parameter(
    mixture(
      { weight: 0.95, distribution: uniform(seconds(2), seconds(10)) },
      { weight: 0.05, distribution: uniform(seconds(7), seconds(40)) },
    ),
    's',
    'from the return of a node until the others have its routes; one in twenty waits for an error first',
    'BIRD template of Calico: connect delay 2 s, retry 5 s, error wait 5-30 s; share assumed',
  ),
  routesKept: parameter(
    seconds(240),
    'ns',
    'how long other nodes keep the routes of one that is down',
    'BIRD: graceful restart wait and hold time',
  ),
  tunnelEntry: parameter(
    uniform(milliseconds(10), milliseconds(100)),
    's',
    'from when a node joins until another one has its route, neighbour and forwarding entry',
    'no published figure: one watch delay and three netlink calls',
  ),
  agentStart: parameter(
    seconds(5),
    'ns',
    'from the boot of a node until the plugin’s agent answers: ADD fails before that',
    'no published figure',
  ),
} as const;

const CILIUM_SCALE =
  'Cilium 1.18 at 1,000 nodes, 30,000 pods and 30,000 policies (cilium#40227): p50 9 ms, p90 23 ms, p99 0.32 s';

/** What NetworkPolicies cost. */
export const policyParameters = {
  watch: parameter(
    lognormal(milliseconds(30), 0.6),
    's',
    'from when a policy is written until the agent of a node has it',
    'no published figure',
  ),
  apply: parameter(
    milliseconds(30),
    'ns',
    'iptables: one apply by the agent, which covers all changes up to then',
    'no published figure',
  ),
  perLine: parameter(
    microseconds(9.32),
    'ns',
    'iptables: and for each line of the policy’s chains',
    'as kube-proxy’s, kubernetes#138073 (2026)',
  ),
  perEndpoint: parameter(
    milliseconds(80),
    'ns',
    'eBPF: regenerating one endpoint that the policy selects',
    'Cilium 1.8 with 250 policies: regeneration below 0.6 s, all in force within 5 s; split assumed',
  ),
  endpointLines: parameter(
    12,
    'lines',
    'iptables: lines of an endpoint’s own chains, written anew when a policy begins to select it',
    'no published figure: felix/rules/endpoints.go writes the chains to and from a workload whole',
  ),
  regenerations: parameter(4, 'endpoints', 'eBPF: endpoints that are regenerated at a time', 'no published figure'),
  identityKnown: parameter(
    mixture(
      { weight: 0.97, distribution: lognormal(milliseconds(8.75), 0.66) },
      { weight: 0.03, distribution: lognormal(milliseconds(250), 0.5) },
    ),
    's',
    'eBPF: from when a pod has its address until the policies of a node know it',
    CILIUM_SCALE,
  ),
  setMember: parameter(
    lognormal(milliseconds(32), 0.6),
    's',
    'iptables: the same, a watch and an ipset add of 1-2 ms',
    'felix#786: 1-2 ms of CPU for an addition to a set of 10,000; no published figure for the watch',
  ),
  perPolicy: parameter(
    260,
    'ns',
    'iptables: checking a first packet against one policy of its endpoint',
    'Romana (2016): 0.732 ms to 0.783 ms a request with 200 policies',
  ),
  setLookup: parameter(
    250,
    'ns',
    'iptables: one ipset lookup',
    'P. Chaignon (2020): 0.18 us at 10 entries to 0.47 us at a million',
  ),
  mapLookup: parameter(180, 'ns', 'eBPF: one lookup in the policy map', 'P. Chaignon (2020): 0.14 to 0.21 us'),
} as const;

/** Cilium's limiter of endpoint-create (daemon/cmd/api_limits.go, pkg/rate/api_limiter.go). */
export const ciliumLimiterParameters = {
  rate: parameter(0.5, '1/s', 'calls a second', 'daemon/cmd/api_limits.go'),
  burst: parameter(4, 'calls', 'burst', 'daemon/cmd/api_limits.go'),
  parallel: parameter(4, 'calls', 'calls at a time', 'daemon/cmd/api_limits.go'),
  estimate: parameter(seconds(2), 'ns', 'estimated duration of a call', 'daemon/cmd/api_limits.go'),
  maxWait: parameter(seconds(15), 'ns', 'a call that would wait longer is refused (429)', 'daemon/cmd/api_limits.go'),
  skipInitial: parameter(4, 'calls', 'initial calls that are not limited', 'daemon/cmd/api_limits.go'),
  meanOver: parameter(10, 'calls', 'calls whose mean adjusts the limits', 'pkg/rate/api_limiter.go'),
  factorMax: parameter(100, 'ratio', 'limits are adjusted by at most this factor', 'pkg/rate/api_limiter.go'),
} as const;
