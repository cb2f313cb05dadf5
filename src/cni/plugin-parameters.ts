// Numbers of plugins and of the ways of packets: what several plugins share, with their sources. Part of the CNI.

import { type Parameter, parameter } from '../cluster/index.js';
import { type Distribution, lognormal, microseconds, milliseconds } from '../engine/index.js';

/** What a plugin does when a pod comes or goes. */
export type PluginParameters = Readonly<Record<'add' | 'del', Parameter<Distribution>>>;

export const JESSFRAZ = 'J. Frazelle, cni-benchmarks (2018), mean of sequential operations; spread of 0.30 assumed';

/** A figure in ms and where it is from. */
type Milliseconds = readonly [ms: number, source: string];

/** What ADD and DEL take without contention: lognormal with these means, and a spread of 0.3. */
export const plugin = (add: Milliseconds, del: Milliseconds): PluginParameters => ({
  add: parameter(lognormal(milliseconds(add[0]), 0.3), 's', 'CNI ADD, uncontended', add[1]),
  del: parameter(lognormal(milliseconds(del[0]), 0.3), 's', 'CNI DEL, uncontended', del[1]),
});

/** What the agent of a plugin uses on each node. */
export type AgentParameters = {
  /** Its CPU request: 0 makes it BestEffort, and the first to starve. */
  readonly request: Parameter<number>;
  readonly idle: Parameter<number>;
  /** CPU of an ADD in the agent's own cgroup. */
  readonly add: Parameter<number>;
  /** How many ADDs it works on at a time. */
  readonly servers: Parameter<number>;
};

const IDLE = 'InfraBuilder, benchmark-k8s-cni (2024): nodes at rest, above bare metal';

export interface AgentOptions {
  readonly request: readonly [millis: number, source: string];
  readonly idle: readonly [cores: number, source?: string];
  readonly add: readonly [ms: number, source: string];
  readonly servers: readonly [count: number, source: string];
}

export const agent = ({ request, idle, add, servers }: AgentOptions): AgentParameters => ({
  request: parameter(request[0], 'millicores', 'CPU request of the agent’s DaemonSet; 0: BestEffort', request[1]),
  idle: parameter(idle[0], 'cores', 'CPU of the agent at rest', idle[1] ?? IDLE),
  add: parameter(milliseconds(add[0]), 'ns', 'CPU of the agent for one ADD', add[1]),
  servers: parameter(servers[0], 'calls', 'ADDs that it works on at a time', servers[1]),
});

/** What a packet pays on its way, and how much fits. */
export type PathParameters = {
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
};

export const CILIUM_2021 = 'Cilium CNI benchmark (2021), 100 GbE back to back, one request at a time';
export const INFRABUILDER = 'InfraBuilder, benchmark-k8s-cni (2024), 40 GbE, MTU 9000, pod to pod';
const ONCACHE = 'ONCache (NSDI 2025): overlay without a cached path';

export interface PathOptions {
  readonly header: readonly [bytes: number, source: string];
  readonly rtt: readonly [us: number, source: string];
  readonly connection: readonly [us: number, source: string];
  readonly tcp: readonly [one: number, eight: number, source: string];
  readonly cpu: readonly [send: number, receive: number, source: string];
}

export const path = ({ header, rtt, connection, tcp, cpu }: PathOptions): PathParameters => ({
  header: parameter(header[0], 'bytes', 'around each packet between two nodes', header[1]),
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

export const HEADERS = 'IPv4: IPIP 20, VXLAN 50 (RFC 7348), Weave fast datapath 84 to 87; 0 where packets are routed';
export const ROUTED_RTT = [6.9, `${CILIUM_2021}: routed veth and iptables`] as const;
export const EBPF_RTT = [1.2, `${CILIUM_2021}: eBPF host routing`] as const;
export const LEGACY_RTT = [8.5, `${CILIUM_2021}: eBPF with legacy host routing`] as const;
export const OVERLAY_RTT = [9.9, `${ONCACHE}; VXLAN taken as equal`] as const;
export const IPTABLES_CONNECTION = [
  17.1,
  `${CILIUM_2021}: a new connection a request, 30.9 us in all less two round trips`,
] as const;
export const EBPF_CONNECTION = [3.6, `${CILIUM_2021}: 6.0 us in all less two round trips`] as const;
export const LEGACY_CONNECTION = [8.2, `${CILIUM_2021}: 25.2 us in all less two round trips`] as const;
export const FLANNEL = [0.64, 0.98, `${INFRABUILDER}: flannel, VXLAN`] as const;
export const FLANNEL_CPU = [0.032, 0.045, `${INFRABUILDER}: flannel, VXLAN, 8 streams`] as const;
export const ROUTED = [0.72, 0.98, `${INFRABUILDER}: kube-router, which routes without a tunnel`] as const;
export const ROUTED_CPU = [0.031, 0.047, `${INFRABUILDER}: kube-router, 8 streams`] as const;
export const CANAL = [0.52, 0.98, `${INFRABUILDER}: Canal, VXLAN and Calico's policies`] as const;
export const CANAL_CPU = [0.031, 0.044, `${INFRABUILDER}: Canal, 8 streams`] as const;

const AS_ROUTED = 'no published figure; taken as another plugin’s that routes';
/** Pods have addresses of the cloud's network, and packets no header more. */
export const cloudPath = (): PathParameters =>
  path({
    header: [0, HEADERS],
    rtt: ROUTED_RTT,
    connection: IPTABLES_CONNECTION,
    tcp: [ROUTED[0], ROUTED[1], AS_ROUTED],
    cpu: [ROUTED_CPU[0], ROUTED_CPU[1], AS_ROUTED],
  });
