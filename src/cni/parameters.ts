// Numbers of the pod network that are not one plugin's. Durations are distributions in ns.

import { kernelVersion, parameter } from '../cluster/index.js';
import { lognormal, microseconds, milliseconds, mixture, seconds, uniform } from '../engine/index.js';
import { CILIUM_2021 } from './stages.js';

export const hostParameters = {
  streamCores: parameter(
    1.87,
    'cores',
    'cores of one end that work for one stream at most: one takes packets in, one is that of the thread',
    `${CILIUM_2021}: throughput of one stream times CPU of its receiver is 1.86 to 1.91 cores with five data paths`,
  ),
  sendByte: parameter(
    0.153,
    'ns',
    'CPU for a byte that is sent: copying it',
    `${CILIUM_2021}: 0.0266 cores for each Gbit/s between hosts, less what packets cost`,
  ),
  receiveByte: parameter(
    0.207,
    'ns',
    'CPU for a byte that is received',
    `${CILIUM_2021}: 0.0448 cores for each Gbit/s between hosts, less what packets cost`,
  ),
  linePacket: parameter(
    195,
    'ns',
    'CPU for each packet from the line, before it is merged with others',
    'no published figure; between what the receivers of two publications leave for it (Cilium, 2021, MTU 1500; InfraBuilder, 2024, MTU 9000)',
  ),
  olderLinePacket: parameter(
    829,
    'ns',
    'the same with kernels that take packets up one by one',
    'ESnet, MTU issues: 25 and 10 Gbit/s with 9000 and 1500 bytes; kernel and year are not given',
  ),
  listsFrom: parameter(
    kernelVersion(4, 19),
    'kernel',
    'from this kernel on packets go up in lists',
    'Linux 4.19: listified receive',
  ),
  tunnelPacket: parameter(
    700,
    'ns',
    'CPU at each end for each packet of a tunnel that cards do not understand: it is cut, summed and merged by the kernel',
    'no published figure',
  ),
  tunnelByte: parameter(0.05, 'ns', 'and for each byte of it', 'no published figure: its checksum'),
  largest: parameter(65_536, 'bytes', 'the largest packet that the kernel makes of many', 'Linux: GSO_LEGACY_MAX_SIZE'),
  mergeTime: parameter(
    microseconds(60),
    'ns',
    'packets of a stream that come within so long are merged into one',
    `${CILIUM_2021}: with 32 streams of 2.9 Gbit/s stages cost what they would with packets of 20 kB`,
  ),
  written: parameter(
    16_384,
    'bytes',
    'that an application writes at a time: what is sent as one packet at least',
    'netperf and iperf write 16 to 128 KiB, a record of TLS has 16 KiB (RFC 8446)',
  ),
  initialWindow: parameter(
    10,
    'packets',
    'that a new connection sends before it has heard of the other end',
    'RFC 6928',
  ),
  sendSoftirq: parameter(
    0.5,
    'ratio',
    'share of the sender’s CPU that goes on in interrupts, and is charged to nobody',
    'no published figure',
  ),
  receiveSoftirq: parameter(0.6, 'ratio', 'the same of the receiver', 'no published figure'),
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
  setWork: parameter(
    milliseconds(1.5),
    'ns',
    'iptables: CPU of the agent to put one pod into a set, or take it out',
    'felix#786: 1-2 ms of CPU for an addition to a set of 10,000',
  ),
  mapMember: parameter(
    milliseconds(0.2),
    'ns',
    'eBPF: CPU of the agent to learn of one pod more, or fewer',
    'no published figure',
  ),
  perPolicyPacket: parameter(
    4.6,
    'ns',
    'iptables: testing a later packet against one policy, where it is tested at all',
    'P. Chaignon (2020): 4.5 to 4.7 ns a rule out of warm caches, up to 10,000 rules',
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
