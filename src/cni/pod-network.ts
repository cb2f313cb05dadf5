// The pod network as the kubelet and a packet see it. Part of the CNI.
// An ADD takes what it takes on an idle node, and waits before that for what is done one at a time: the kernel's RTNL lock,
// the lock of address management, the agent's limiter. It fails if there is no address, no agent, or too long a queue.

import {
  type NetworkSpec,
  type NodeId,
  type NodeTable,
  ParameterSet,
  type PodId,
  type PodTable,
} from '../cluster/index.js';
import { type Duration, grown, type RandomStream, type RandomStreams, sample } from '../engine/index.js';
import type { AgentMachines } from './agent-machines.js';
import { type AddressSite, type Allocation, type Ipam, stillSite } from './ipam.js';
import { type AddQueue, type NetworkPlugin, type NetworkVariant, type NodeLocks, variantOf } from './network-plugin.js';
import { networkParameters } from './parameters.js';
import { type PathNodes, Paths } from './paths.js';
import type { PluginParameters } from './plugin-parameters.js';

const UNHINDERED: AgentMachines = { speed: () => 1, work: () => 0 };

/** Why an ADD failed. */
export const ADD_ERRORS = ['no_address', 'rate_limited', 'agent_down'] as const;
export type AddError = (typeof ADD_ERRORS)[number];

/** 172.16.0.0: nodes have addresses from there on. */
const NODE_NETWORK = 0xac100000;
const NO_ADDRESS = -1;
/** A call that is refused has an answer after so long. */
const REFUSAL = 1e6;

export class PodNetwork {
  /** Why the last {@link add} failed; undefined if it did not. */
  error: AddError | undefined;
  readonly #nodes: Pick<NodeTable, 'count' | 'keyOf'>;
  readonly #pods: Pick<PodTable, 'keyOf'>;
  readonly #plugin: NetworkPlugin;
  readonly #variant: NetworkVariant;
  readonly #costs: PluginParameters;
  /** The ways between nodes. */
  readonly paths: Paths;
  readonly #ipam: Ipam;
  readonly #allocation: Allocation = { address: NO_ADDRESS, extra: 0, isNewBlock: false };
  readonly #add: RandomStream;
  readonly #del: RandomStream;
  readonly #lockTimes: RandomStream;
  readonly #routes: RandomStream;
  readonly #policies: RandomStream;
  readonly #sessions: RandomStream;
  /** When the locks of a node are free. */
  readonly #rtnlFree: Float64Array;
  readonly #ipamFree: Float64Array;
  /** What the ADDs of a node wait for, where there has been one. */
  readonly #queues: (AddQueue | undefined)[] = [];
  /** When the agent of a node answers. */
  readonly #agentFrom: Float64Array;
  /** When other nodes have the routes to a node; since when it is away, NaN if it is not. */
  readonly #routesFrom: Float64Array;
  readonly #awaySince: Float64Array;
  /** How often a node has booted, and how often others had forgotten the way to it. */
  readonly #boots: Uint32Array;
  readonly #returns: Uint32Array;
  /** By pod: its address, and from when it can be reached on its node, and from others. */
  #address = new Float64Array(0);
  #localFrom = new Float64Array(0);
  #remoteFrom = new Float64Array(0);
  /** In which life of its node it was given its address. */
  #givenInBoot = new Uint32Array(0);

  readonly #machines: AgentMachines;
  /** Told of each pod that got an address, or gives it back. */
  #onMember: (pod: PodId) => void = () => {};
  /** CPU time of an ADD in the agent, ns, and how many it works on at a time. */
  readonly #agentAdd: number;
  readonly #agentServers: number;
  readonly #parameters: ParameterSet;
  readonly #limits: typeof networkParameters;

  constructor(
    spec: NetworkSpec,
    plugin: NetworkPlugin,
    nodes: Pick<NodeTable, 'count' | 'keyOf'> & PathNodes,
    pods: Pick<PodTable, 'keyOf'>,
    streams: RandomStreams,
    parameters: ParameterSet = ParameterSet.DEFAULTS,
    machines: AgentMachines = UNHINDERED,
    site: AddressSite = { ...stillSite(parameters), settings: spec.settings ?? {}, streams },
  ) {
    this.#machines = machines;
    const agent = plugin.agent === undefined ? undefined : parameters.of(plugin.agent);
    this.#agentAdd = agent?.add.value ?? 0;
    this.#agentServers = agent?.servers.value ?? 1;
    this.#nodes = nodes;
    this.#pods = pods;
    this.#parameters = parameters;
    this.#limits = parameters.of(networkParameters);
    this.#plugin = plugin;
    this.#variant = variantOf(plugin, spec.variant);
    this.#costs = parameters.of(plugin.parameters);
    this.paths = new Paths(spec, this.#variant.path, nodes, streams.stream('cni/zone-pairs'), parameters);
    this.#ipam = plugin.addresses(nodes.count, spec.podCidr, this.#limits, site);
    this.#add = streams.stream('cni/add');
    this.#del = streams.stream('cni/del');
    this.#lockTimes = streams.stream('cni/lock');
    this.#routes = streams.stream('cni/routes');
    this.#policies = streams.stream('cni/policy-programmed');
    this.#sessions = streams.stream('cni/sessions');
    this.#rtnlFree = new Float64Array(nodes.count);
    this.#ipamFree = new Float64Array(nodes.count);
    this.#agentFrom = new Float64Array(nodes.count);
    this.#routesFrom = new Float64Array(nodes.count);
    this.#boots = new Uint32Array(nodes.count);
    this.#returns = new Uint32Array(nodes.count);
    this.#awaySince = new Float64Array(nodes.count).fill(Number.NaN);
  }

  // Pods come and go -----------------------------------------------------------------------------------------------------

  /** A pod that runs when the run begins: everybody can reach it. */
  seed(pod: PodId, node: NodeId): void {
    this.#ensure(pod);
    // Where there is none for it, {@link addressOf} says so.
    if (this.#ipam.seed === undefined) this.#ipam.allocate(node, this.#allocation);
    else this.#ipam.seed(node, this.#allocation);
    this.#address[pod] = this.#allocation.address;
    this.#localFrom[pod] = 0;
    this.#remoteFrom[pod] = 0;
  }

  /** A pod that uses the network of its node. */
  useHost(pod: PodId, node: NodeId): void {
    this.#ensure(pod);
    this.#address[pod] = this.nodeAddressOf(node);
    this.#localFrom[pod] = 0;
    this.#remoteFrom[pod] = 0;
  }

  /** Who is told of each pod that gets an address, or gives it back. */
  tell(onMember: (pod: PodId) => void): void {
    this.#onMember = onMember;
  }

  /**
   * The n-th ADD for a pod: how long it takes, with {@link error} set if it fails in the end.
   * @param from when it begins, now or soon.
   */
  add(pod: PodId, node: NodeId, n: number, from: number): Duration {
    this.#ensure(pod);
    this.error = undefined;
    // What an earlier attempt left, or an earlier life of the node.
    this.#release(pod, node);
    if (from < this.#agentFrom[node]!) return this.#fail('agent_down', REFUSAL);
    const unhindered = sample(this.#costs.add.value, this.#add.uniform(this.#pods.keyOf(pod), n));
    // The agent's part of it takes longer where others want the CPU.
    const alone = unhindered + this.#agentAdd * (1 / this.#machines.speed(node) - 1);
    const waited = this.#wait(pod, node, n, from, alone);
    if (waited < 0) return this.#fail('rate_limited', Math.max(REFUSAL, -waited));
    const allocation = this.#allocation;
    this.#ipam.allocate(node, allocation);
    const worked = this.#agentAdd === 0 ? 0 : this.#machines.work(node, this.#agentAdd, this.#agentServers) - from;
    const duration = Math.round(Math.max(waited + alone + allocation.extra, worked));
    if (allocation.address === NO_ADDRESS) return this.#fail('no_address', duration);
    this.#address[pod] = allocation.address;
    this.#givenInBoot[pod] = this.#boots[node]!;
    this.#setReachable(pod, node, n, from + duration, allocation.isNewBlock);
    this.#onMember(pod);
    return duration;
  }

  /** What address management has asked to be woken for. */
  onWake(node: NodeId): void {
    this.#ipam.onWake?.(node);
  }

  del(pod: PodId, node: NodeId, n: number, from: number): Duration {
    const alone = sample(this.#costs.del.value, this.#del.uniform(this.#pods.keyOf(pod), n));
    this.#ensure(pod);
    this.#release(pod, node);
    this.#onMember(pod);
    return Math.round(this.#takeRtnl(node, from) + alone);
  }

  #fail(error: AddError, after: number): Duration {
    this.error = error;
    return Math.round(after);
  }

  /** What an ADD waits for before it goes on alone; below 0: it is refused after so long. */
  #wait(pod: PodId, node: NodeId, n: number, from: number, alone: number): number {
    this.#queues[node] ??= this.#plugin.queue(this.#parameters);
    const locks: NodeLocks = {
      takeIpam: (at, hold) => this.#takeIpam(node, at, hold),
      takeRtnl: (at) => this.#takeRtnl(node, at),
    };
    return this.#queues[node].wait(from, alone, locks, () => this.#lockTimes.uniform(this.#pods.keyOf(pod), n));
  }

  /** @returns the wait for a lock that is then held for a time which is part of the operation. */
  #takeIpam(node: NodeId, from: number, hold: number): number {
    const begins = Math.max(from, this.#ipamFree[node]!);
    this.#ipamFree[node] = begins + hold;
    return begins - from;
  }

  #takeRtnl(node: NodeId, from: number): number {
    const begins = Math.max(from, this.#rtnlFree[node]!);
    this.#rtnlFree[node] = begins + this.#limits.rtnl.value;
    return begins - from;
  }

  #release(pod: PodId, node: NodeId): void {
    const address = this.#address[pod]!;
    if (address === NO_ADDRESS) return;
    this.#address[pod] = NO_ADDRESS;
    if (this.#ipam.forget === undefined || this.#givenInBoot[pod] === this.#boots[node])
      this.#ipam.release(node, address);
  }

  /** Policies may come after ADD has returned, and the route to a new block later than that. */
  #setReachable(pod: PodId, node: NodeId, n: number, added: number, isNewBlock: boolean): void {
    const key = this.#pods.keyOf(pod);
    const programmed = this.#plugin.programsAfterAdd
      ? sample(this.#limits.policyProgrammed.value, this.#policies.uniform(key, n))
      : 0;
    const route = isNewBlock ? sample(this.#limits.blockRoute.value, this.#routes.uniform(key, n)) : 0;
    this.#localFrom[pod] = added + programmed;
    this.#remoteFrom[pod] = Math.max(added + programmed, added + route, this.#routesFrom[node]!);
  }

  // Nodes come and go ----------------------------------------------------------------------------------------------------

  /** A node is away: dead, or booting. */
  onNodeDown(node: NodeId, now: number): void {
    this.#awaySince[node] = now;
  }

  /** A node has booted: its agent restarts, and others may have forgotten the way to it. */
  onNodeBoots(node: NodeId, now: number): void {
    const { agentStart, bgpSession, routesKept, tunnelEntry } = this.#limits;
    const { hasSessions } = this.#variant;
    const away = now - this.#awaySince[node]!;
    this.#awaySince[node] = Number.NaN;
    this.#queues[node] = undefined;
    this.#rtnlFree[node] = 0;
    this.#ipamFree[node] = 0;
    this.#agentFrom[node] = now + agentStart.value;
    this.#boots[node]! += 1;
    this.#ipam.forget?.(node, this.#agentFrom[node]!);
    const delay = hasSessions ? bgpSession.value : tunnelEntry.value;
    // Routes of a node that comes back soon are kept; those by Node objects always are.
    const isForgotten = hasSessions && !(away < routesKept.value);
    this.#routesFrom[node] = isForgotten
      ? now + agentStart.value + sample(delay, this.#sessions.uniform(this.#nodes.keyOf(node), this.#returns[node]!++))
      : 0;
  }

  // Packets --------------------------------------------------------------------------------------------------------------

  /** From when packets of a node reach a pod. */
  reachableFrom(pod: PodId, node: NodeId, from: number): number {
    if (pod >= this.#localFrom.length) return Infinity;
    return node === from ? this.#localFrom[pod]! : Math.max(this.#remoteFrom[pod]!, this.#routesFrom[node]!);
  }

  /** Since when a pod has its address; 0: since before the run, Infinity: it has none. */
  addressSince(pod: PodId): number {
    return this.#localFrom[pod] ?? Infinity;
  }

  /** IPv4 address of a pod as a number; 0 if it has none. */
  addressOf(pod: PodId): number {
    return Math.max(0, this.#address[pod] ?? 0);
  }

  /** The same of a node. */
  nodeAddressOf(node: NodeId): number {
    return NODE_NETWORK + 1 + node;
  }

  #ensure(pod: PodId): void {
    if (pod < this.#address.length) return;
    const length = Math.max(1024, pod * 2);
    this.#address = grown(this.#address, new Float64Array(length).fill(NO_ADDRESS));
    this.#localFrom = grown(this.#localFrom, new Float64Array(length).fill(Infinity));
    this.#remoteFrom = grown(this.#remoteFrom, new Float64Array(length).fill(Infinity));
    this.#givenInBoot = grown(this.#givenInBoot, new Uint32Array(length));
  }
}
