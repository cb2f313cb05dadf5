// Numbers of the pod network, by plugin and variant. Durations of ADD and DEL are distributions in ns.

import { type NetworkPlugin, type NetworkVariant, type Parameter, parameter } from '../cluster/index.js';
import {
  type Distribution,
  lognormal,
  microseconds,
  milliseconds,
  mixture,
  seconds,
  uniform,
} from '../engine/index.js';

/** What a plugin does when a pod comes or goes. */
export interface PluginParameters {
  readonly add: Parameter<Distribution>;
  readonly del: Parameter<Distribution>;
}

const JESSFRAZ = 'J. Frazelle, cni-benchmarks (2018), mean of sequential operations; spread of 0.30 assumed';

const plugin = (addMs: number, addSource: string, delMs: number): PluginParameters => ({
  add: parameter(lognormal(milliseconds(addMs), 0.3), 's', 'CNI ADD, uncontended', addSource),
  del: parameter(lognormal(milliseconds(delMs), 0.3), 's', 'CNI DEL, uncontended', JESSFRAZ),
});

export const pluginParameters: Readonly<Record<NetworkPlugin, PluginParameters>> = {
  flannel: plugin(64, JESSFRAZ, 75),
  weave: plugin(248, JESSFRAZ, 125),
  calico: plugin(150, JESSFRAZ, 144),
  cilium: plugin(310, 'first pods of a burst in cilium#48392 (2026), 0.31 s; spread of 0.30 assumed', 139),
};

/** What a packet pays on its way, and how much fits. */
export interface PathParameters {
  /** Bytes around each packet between two nodes. */
  readonly header: Parameter<number>;
  /** Added to the round trip of the host network between two nodes. */
  readonly addedRoundTrip: Parameter<number>;
  /** Added to a new TCP connection beyond its round trips. */
  readonly addedConnection: Parameter<number>;
  /** TCP throughput as a share of that between hosts, with one stream and with eight. */
  readonly oneStream: Parameter<number>;
  readonly eightStreams: Parameter<number>;
  /** CPU of the sending and of the receiving node. */
  readonly sendCpu: Parameter<number>;
  readonly receiveCpu: Parameter<number>;
}

const CILIUM_2021 = 'Cilium CNI benchmark (2021), 100 GbE back to back, one request at a time';
const INFRABUILDER = 'InfraBuilder, benchmark-k8s-cni (2024), 40 GbE, MTU 9000, pod to pod';
const ONCACHE = 'ONCache (NSDI 2025): overlay without a cached path';

interface PathFigures {
  readonly header: number;
  readonly rtt: readonly [us: number, source: string];
  readonly connection: readonly [us: number, source: string];
  readonly tcp: readonly [one: number, eight: number, source: string];
  readonly cpu: readonly [send: number, receive: number, source: string];
}

const path = ({ header, rtt, connection, tcp, cpu }: PathFigures): PathParameters => ({
  header: parameter(header, 'bytes', 'around each packet between two nodes', HEADERS),
  addedRoundTrip: parameter(microseconds(rtt[0]), 'ns', 'added to the round trip of the host network', rtt[1]),
  addedConnection: parameter(
    microseconds(connection[0]),
    'ns',
    'added to a new connection beyond its round trips',
    connection[1],
  ),
  oneStream: parameter(tcp[0], 'ratio', 'TCP throughput of one stream against that between hosts', tcp[2]),
  eightStreams: parameter(tcp[1], 'ratio', 'TCP throughput of eight streams against that between hosts', tcp[2]),
  sendCpu: parameter(cpu[0], 'cores per Gbit/s', 'CPU of the sending node', cpu[2]),
  receiveCpu: parameter(cpu[1], 'cores per Gbit/s', 'CPU of the receiving node', cpu[2]),
});

const HEADERS = 'IPv4: IPIP 20, VXLAN 50 (RFC 7348), Weave fast datapath 84 to 87; 0 where packets are routed';
const ROUTED_RTT = [6.9, `${CILIUM_2021}: routed veth and iptables`] as const;
const EBPF_RTT = [1.2, `${CILIUM_2021}: eBPF host routing`] as const;
const LEGACY_RTT = [8.5, `${CILIUM_2021}: eBPF with legacy host routing`] as const;
const OVERLAY_RTT = [9.9, `${ONCACHE}; VXLAN taken as equal`] as const;
const IPTABLES_CONNECTION = [
  17.1,
  `${CILIUM_2021}: a new connection a request, 30.9 us in all less two round trips`,
] as const;
const EBPF_CONNECTION = [3.6, `${CILIUM_2021}: 6.0 us in all less two round trips`] as const;
const LEGACY_CONNECTION = [8.2, `${CILIUM_2021}: 25.2 us in all less two round trips`] as const;
const FLANNEL = [0.64, 0.98, `${INFRABUILDER}: flannel, VXLAN`] as const;
const FLANNEL_CPU = [0.032, 0.045, `${INFRABUILDER}: flannel, VXLAN, 8 streams`] as const;
const ROUTED = [0.72, 0.98, `${INFRABUILDER}: kube-router, which routes without a tunnel`] as const;
const ROUTED_CPU = [0.031, 0.047, `${INFRABUILDER}: kube-router, 8 streams`] as const;
const CANAL = [0.52, 0.98, `${INFRABUILDER}: Canal, VXLAN and Calico's policies`] as const;
const CANAL_CPU = [0.031, 0.044, `${INFRABUILDER}: Canal, 8 streams`] as const;

export const pathParameters: Readonly<Record<NetworkVariant, PathParameters>> = {
  'flannel-vxlan': path({
    header: 50,
    rtt: OVERLAY_RTT,
    connection: IPTABLES_CONNECTION,
    tcp: FLANNEL,
    cpu: FLANNEL_CPU,
  }),
  'flannel-host-gw': path({
    header: 0,
    rtt: ROUTED_RTT,
    connection: IPTABLES_CONNECTION,
    tcp: ROUTED,
    cpu: ROUTED_CPU,
  }),
  'weave-fastdp': path({
    header: 87,
    rtt: [9.9, 'no published figure; taken as equal to another kernel overlay (ONCache, NSDI 2025)'],
    connection: IPTABLES_CONNECTION,
    tcp: [
      0.64,
      0.98,
      'no published figure at 40 GbE; taken as flannel’s VXLAN; at 10 GbE all reach the line (InfraBuilder, 2018)',
    ],
    cpu: [0.032, 0.045, 'no published figure; taken as flannel’s VXLAN'],
  }),
  'calico-bgp': path({
    header: 0,
    rtt: ROUTED_RTT,
    connection: IPTABLES_CONNECTION,
    tcp: [0.63, 0.99, `${INFRABUILDER}: Calico, iptables`],
    cpu: [0.033, 0.049, `${INFRABUILDER}: Calico, iptables, 8 streams`],
  }),
  'calico-ipip': path({
    header: 20,
    rtt: [8.4, 'no published figure; between a routed path and VXLAN'],
    connection: IPTABLES_CONNECTION,
    tcp: [0.52, 0.98, 'no published figure; taken as Canal’s VXLAN'],
    cpu: CANAL_CPU,
  }),
  'calico-vxlan': path({
    header: 50,
    rtt: OVERLAY_RTT,
    connection: IPTABLES_CONNECTION,
    tcp: CANAL,
    cpu: CANAL_CPU,
  }),
  'calico-ebpf': path({
    header: 0,
    rtt: EBPF_RTT,
    connection: EBPF_CONNECTION,
    tcp: [0.82, 1, `${INFRABUILDER}: Calico, eBPF`],
    cpu: [0.027, 0.054, `${INFRABUILDER}: Calico, eBPF, 8 streams`],
  }),
  'cilium-native': path({
    header: 0,
    rtt: LEGACY_RTT,
    connection: LEGACY_CONNECTION,
    tcp: [0.86, 1, `${CILIUM_2021}: 35.7 of 41.6 Gbit/s with legacy host routing`],
    cpu: [0.0355, 0.0512, `${CILIUM_2021}: 1.48 and 1.16 times the CPU of the hosts, with one stream`],
  }),
  'cilium-native-ebpf': path({
    header: 0,
    rtt: EBPF_RTT,
    connection: EBPF_CONNECTION,
    tcp: [1, 1, `${CILIUM_2021}: 42.3 of 41.6 Gbit/s`],
    cpu: [0.0252, 0.0437, `${CILIUM_2021}: 1.05 and 0.99 times the CPU of the hosts, with one stream`],
  }),
  'cilium-vxlan': path({
    header: 50,
    rtt: [11.5, 'legacy host routing, and 3 us for VXLAN (9.9 less 6.9 us, two publications)'],
    connection: LEGACY_CONNECTION,
    tcp: [0.7, 0.99, `${INFRABUILDER}: Cilium, VXLAN`],
    cpu: [0.026, 0.043, `${INFRABUILDER}: Cilium, VXLAN, 8 streams`],
  }),
};

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
    'CPU per bit of one stream against that of eight, whose packets are joined less',
    'Cilium CNI benchmark (2021): between hosts 32 streams need 3.27 and 1.80 times the CPU of one, 2.43 in the ' +
      'geometric mean over five doublings, so eight need 1.70 times as much',
  ),
  smallMtu: parameter(
    1.5,
    'ratio',
    'CPU per bit at MTU 1500 against MTU 9000, with the offloads of network cards; one stream is so much slower',
    'no published figure: six times the packets, most of them joined by GSO and GRO',
  ),
  sameNode: parameter(
    0.5,
    'ratio',
    'of a plugin’s added time, what a packet pays that does not leave its node',
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
  hostLocalLock: parameter(milliseconds(2), 'ns', 'host-local holds the lock of its directory', 'no published figure'),
  hostLocalAddresses: parameter(
    253,
    'addresses',
    'pods of a node with a /24: 254 addresses less the gateway',
    'plugins/ipam/host-local/backend/allocator/range.go',
  ),
  calicoLock: parameter(
    lognormal(milliseconds(40), 0.5),
    's',
    'Calico’s address management holds the lock of the node',
    'no published figure when idle; 1.2-1.8 s a pod in series on a busy API server (calico#5612)',
  ),
  calicoBlock: parameter(64, 'addresses', 'addresses of a block (/26)', 'Calico: ipam.blockSize'),
  calicoBlocksMax: parameter(20, 'blocks', 'blocks of one node', 'libcalico-go/lib/ipam'),
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
    'a request for an address fails after so long',
    'cni-plugin/pkg/ipamplugin',
  ),
  policyProgrammed: parameter(
    lognormal(milliseconds(32), 0.5),
    's',
    'after ADD until Calico has programmed the pod’s chains: its traffic is dropped until then',
    'no checkable figure: usually 10-100 ms, 1 s to 2 min when busy (calico#9706)',
  ),
  blockRoute: parameter(
    uniform(seconds(0.2), seconds(2.5)),
    's',
    'a new block until the other nodes have the route',
    'no published figure',
  ),
  bgpSession: parameter(
    mixture(
      { weight: 0.95, distribution: uniform(seconds(2), seconds(10)) },
      { weight: 0.05, distribution: uniform(seconds(7), seconds(40)) },
    ),
    's',
    'a node is there again until the others have its routes; one in twenty waits for an error first',
    'BIRD template of Calico: connect delay 2 s, retry 5 s, error wait 5-30 s; share assumed',
  ),
  routesKept: parameter(
    seconds(240),
    'ns',
    'other nodes keep the routes of one that is away for so long',
    'BIRD: graceful restart wait and hold time',
  ),
  tunnelEntry: parameter(
    uniform(milliseconds(10), milliseconds(100)),
    's',
    'a node joins until another one has its route, neighbour and forwarding entry',
    'no published figure: one watch delay and three netlink calls',
  ),
  agentStart: parameter(
    seconds(5),
    'ns',
    'a node has booted until the plugin’s agent answers: ADD fails before',
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
    'a policy is written until the agent of a node has it',
    'no published figure',
  ),
  apply: parameter(
    milliseconds(30),
    'ns',
    'iptables: an apply of the agent, which takes in all that came before',
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
  regenerations: parameter(4, 'endpoints', 'eBPF: endpoints that are regenerated at a time', 'no published figure'),
  identityKnown: parameter(
    mixture(
      { weight: 0.97, distribution: lognormal(milliseconds(8.75), 0.66) },
      { weight: 0.03, distribution: lognormal(milliseconds(250), 0.5) },
    ),
    's',
    'eBPF: a pod has its address until a node’s policies know it',
    CILIUM_SCALE,
  ),
  setMember: parameter(
    lognormal(milliseconds(32), 0.6),
    's',
    'iptables: the same, a watch and an ipset add of 1-2 ms',
    'felix#786: 1-2 ms of CPU for an addition to a set of 10,000; the watch is no published figure',
  ),
  perPolicy: parameter(
    260,
    'ns',
    'iptables: a first packet past one policy of its endpoint',
    'Romana (2016): 0.732 ms to 0.783 ms a request with 200 policies',
  ),
  setLookup: parameter(
    250,
    'ns',
    'iptables: one look into an ipset',
    'P. Chaignon (2020): 0.18 us at 10 entries to 0.47 us at a million',
  ),
  mapLookup: parameter(180, 'ns', 'eBPF: one look into the policy map', 'P. Chaignon (2020): 0.14 to 0.21 us'),
} as const;

/** Cilium's limiter of endpoint-create (daemon/cmd/api_limits.go, pkg/rate/api_limiter.go). */
export const ciliumLimiterParameters = {
  rate: parameter(0.5, '1/s', 'calls a second', 'daemon/cmd/api_limits.go'),
  burst: parameter(4, 'calls', 'burst', 'daemon/cmd/api_limits.go'),
  parallel: parameter(4, 'calls', 'calls at a time', 'daemon/cmd/api_limits.go'),
  estimate: parameter(seconds(2), 'ns', 'time that a call is thought to take', 'daemon/cmd/api_limits.go'),
  maxWait: parameter(seconds(15), 'ns', 'a call that would wait longer is refused (429)', 'daemon/cmd/api_limits.go'),
  skipInitial: parameter(4, 'calls', 'first calls that pass', 'daemon/cmd/api_limits.go'),
  meanOver: parameter(10, 'calls', 'calls whose mean adjusts the limits', 'pkg/rate/api_limiter.go'),
  factorMax: parameter(100, 'ratio', 'limits are adjusted by at most so much', 'pkg/rate/api_limiter.go'),
} as const;
