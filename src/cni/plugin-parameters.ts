// Numbers of plugins and of the ways of packets: what several plugins share, with their sources. Part of the CNI.

import { type KernelVersion, type Parameter, parameter } from '../cluster/index.js';
import { type Distribution, lognormal, milliseconds } from '../engine/index.js';
import { STAGES, type Stage } from './stages.js';

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

/** Bytes around each packet between two nodes. */
export type PathParameters = {
  readonly header: Parameter<number>;
};

/** What packets pass at each end of their way from pod to pod. */
export interface PacketPath {
  readonly costs: PathParameters;
  readonly stages: readonly Stage[];
  /** What they pass with kernels older than one that it needs. */
  readonly older?: { readonly kernel: KernelVersion; readonly stages: readonly Stage[] };
}

export interface PathOptions {
  readonly header: readonly [bytes: number, source: string];
  /** Those between the socket and the line; the stack of the end itself need not be listed. */
  readonly stages: readonly Stage[];
  readonly older?: PacketPath['older'];
}

export const path = ({ header, stages, older }: PathOptions): PacketPath => ({
  costs: { header: parameter(header[0], 'bytes', 'around each packet between two nodes', header[1]) },
  stages: withStack(stages),
  ...(older === undefined ? {} : { older: { kernel: older.kernel, stages: withStack(older.stages) } }),
});

const withStack = (stages: readonly Stage[]): readonly Stage[] => [
  STAGES.stack,
  ...stages.filter((one) => one !== STAGES.stack),
];

export const HEADERS = 'IPv4: IPIP 20, VXLAN 50 (RFC 7348), Weave fast datapath 84 to 87; 0 where packets are routed';

/** Pods have addresses of the cloud's network, and packets no header more. */
export const cloudPath = (more: readonly Stage[] = []): PacketPath =>
  path({ header: [0, HEADERS], stages: [STAGES.veth, ...more, STAGES.netfilter] });
