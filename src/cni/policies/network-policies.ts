// What NetworkPolicies let through, when a node knows of them, and what that costs. Part of the CNI.
// Pods of one workload have the same labels, so that a policy is about workloads. What a node enforces follows its agent:
// a policy is in force there some time after it was written, and a pod is among those that a rule lets through some time
// after it got its address. Neither is an event: both are asked for when a connection comes.

import {
  type Context,
  type NetworkPolicySpec,
  type NodeId,
  PacketSource,
  type PodId,
  type PolicyRule,
  type Protocol,
  templateOf,
  type WorkloadId,
} from '../../cluster/index.js';
import { type EventHandler, type EventKind, keyWithin, type RandomStream, sample } from '../../engine/index.js';
import type { Histogram } from '../../metrics/index.js';
import type { AgentMachines } from '../agent-machines.js';
import { type NetworkPlugin, variantOf } from '../network-plugin.js';
import { policyParameters } from '../parameters.js';
import type { PolicyEngine } from './policy-engine.js';

/** One end of a connection. */
export interface PolicyEnd {
  /** -1: no pod. */
  readonly pod: PodId;
  readonly node: NodeId;
}

/** The end that opens it. */
export interface PolicyClient extends PolicyEnd {
  readonly from: PacketSource;
}

interface Rule {
  readonly spec: PolicyRule;
  readonly peers: readonly ReadonlySet<number>[];
}

interface Policy {
  readonly index: number;
  readonly spec: NetworkPolicySpec;
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

export interface NetworkPoliciesListener {
  /** The agent of a node holds the iptables lock until then. */
  onLocked(node: NodeId, until: number): void;
  /** Since when a pod has its address, ns; Infinity: it has none. */
  addressSince(pod: PodId): number;
  /** Registers a kind of event that is the end of a request to the API server. */
  whenAvailable(name: string, handler: EventHandler): EventKind;
}

export class NetworkPolicies {
  readonly #engine: PolicyEngine | undefined;
  /** Connections that policies were asked about, and those that they forbade, by policy; with their weights. */
  checked = 0;
  denied = 0;
  readonly deniedBy: Float64Array;
  /** Applies of all nodes, and CPU that they took, ns. */
  applies = 0;
  cpuTime = 0;
  readonly #context: Context;
  readonly #p: typeof policyParameters;
  /** Whether anything is enforced at all. */
  readonly hasAny: boolean;
  readonly #looksAtLabelsOnly: boolean;
  readonly #agents: AgentMachines;
  readonly #listener: NetworkPoliciesListener;
  readonly #delays: RandomStream;
  readonly #implementationDelay: Histogram;
  /** Policies that select the pods of a workload. */
  readonly #ofWorkload: readonly (readonly Policy[])[];
  /** When each was written: -1 before the run, Infinity not yet. */
  readonly #createdAt: Float64Array;
  /** When a policy is in force on a node that applied it while the run went on, by pair. */
  readonly #inForceFrom = new Map<number, number>();
  /** When the apply under way on a node ends, and the one that waits for it. */
  readonly #busyUntil: Float64Array;
  readonly #nextEnds: Float64Array;
  /** Workloads that rules speak of, and when agents have heard of all their pods that came and went so far, ns. */
  readonly #isMember: Uint8Array;
  #heardAt = 0;
  /** By how much agents were behind when a pod got its address, ns: only where they were. */
  readonly #behind = new Map<PodId, number>();
  readonly #sets = new WeakMap<readonly number[], ReadonlySet<number>>();

  constructor(context: Context, plugin: NetworkPlugin, agents: AgentMachines, listener: NetworkPoliciesListener) {
    const { spec, nodes, simulation } = context;
    this.#context = context;
    context.recorder.own({
      reset: () => {
        this.checked = this.denied = this.applies = this.cpuTime = 0;
        this.deniedBy.fill(0);
      },
    });
    this.#p = context.parameters.of(policyParameters);
    this.#agents = agents;
    this.#listener = listener;
    this.#engine = variantOf(plugin, spec.network.variant).policies;
    this.#looksAtLabelsOnly = plugin.looksAtLabelsOnly;
    this.#delays = context.streams.stream('cni/policies');
    this.#implementationDelay = context.recorder.series(
      'kubelapse_network_policy_implementation_delay_seconds',
    ).histogram;
    this.deniedBy = new Float64Array(spec.networkPolicies.length);
    this.#busyUntil = new Float64Array(nodes.count);
    this.#nextEnds = new Float64Array(nodes.count);
    const ofWorkload: Policy[][] = spec.workloads.map(() => []);
    const enforced = this.#engine === undefined ? [] : spec.networkPolicies;
    this.hasAny = enforced.length > 0;
    enforced.forEach((policy, index) => {
      const of: Policy = {
        index,
        spec: policy,
        ...(policy.ingress === undefined ? {} : { ingress: this.#rules(policy.ingress) }),
        ...(policy.egress === undefined ? {} : { egress: this.#rules(policy.egress) }),
      };
      // A pod with its node's network is beyond the reach of policies.
      const reached = policy.workloads.filter((workload) => !spec.workloads[workload]!.template.hostNetwork);
      for (const workload of reached) ofWorkload[workload]!.push(of);
    });
    this.#ofWorkload = ofWorkload;
    this.#isMember = new Uint8Array(spec.workloads.length);
    for (const { ingress = [], egress = [] } of enforced)
      for (const { workloads } of [...ingress, ...egress])
        for (const list of workloads) for (const workload of list) this.#isMember[workload] = 1;
    this.#createdAt = Float64Array.from(spec.networkPolicies, ({ createdAt }) =>
      createdAt === undefined ? -1 : Infinity,
    );
    const created = listener.whenAvailable('cni/policy-created', (index) => this.#onCreated(index));
    enforced.forEach(({ createdAt }, index) => {
      if (createdAt !== undefined) simulation.schedule(createdAt, created, index);
    });
  }

  /** Rules of all policies that select the pods of a workload: what a first packet to it is tested against. */
  rulesOf(workload: WorkloadId): number {
    return this.#ofWorkload[workload]!.reduce(
      (sum, { ingress, egress }) => sum + (ingress?.length ?? 0) + (egress?.length ?? 0),
      0,
    );
  }

  /** Whether a new connection may be made. @param port of the pod. @param weight real connections that it stands for. */
  allows(from: PolicyClient, to: PolicyEnd, port: number, protocol: Protocol, weight: number): boolean {
    if (!this.hasAny) return true;
    const { workload } = this.#context.pods;
    const arriving = this.#ofWorkload[workload[to.pod]!]!;
    const leaving = from.pod < 0 ? [] : this.#ofWorkload[workload[from.pod]!]!;
    // A pod may always reach itself.
    if ((arriving.length === 0 && leaving.length === 0) || from.pod === to.pod) return true;
    // A node may always reach its own pods: its kubelet probes them.
    const isLocalHost = from.from === PacketSource.Node && from.node === to.node;
    const allowed =
      (isLocalHost || this.#passes(arriving, 'ingress', to.node, from, port, protocol, weight)) &&
      this.#passes(leaving, 'egress', from.node, to, port, protocol, weight);
    this.checked += weight;
    if (!allowed) this.denied += weight;
    return allowed;
  }

  /** What policies add to the first packet of a connection, ns. */
  firstPacket(from: PolicyEnd, to: PolicyEnd): number {
    return this.hasAny ? this.#packet(from, to, this.#engine!.firstPacket) : 0;
  }

  /** What they add to each later one, merged or not, ns. */
  laterPacket(from: PolicyEnd, to: PolicyEnd): number {
    return this.hasAny ? this.#packet(from, to, this.#engine!.laterPacket) : 0;
  }

  #packet(from: PolicyEnd, to: PolicyEnd, of: PolicyEngine['firstPacket']): number {
    const { workload } = this.#context.pods;
    const ends = [workload[to.pod]!, ...(from.pod < 0 ? [] : [workload[from.pod]!])];
    let duration = 0;
    for (const end of ends) {
      const policies = this.#ofWorkload[end]!.length;
      if (policies === 0) continue;
      duration += of(policies, this.#p);
    }
    return duration;
  }

  /** One direction: nothing is forbidden where no policy is about it; otherwise one rule has to let it through. */
  #passes(
    policies: readonly Policy[],
    direction: 'ingress' | 'egress',
    node: NodeId,
    peer: PolicyEnd,
    port: number,
    protocol: Protocol,
    weight: number,
  ): boolean {
    let isIsolated = false;
    for (const policy of policies) {
      const rules = policy[direction];
      if (rules === undefined || !this.#isInForce(policy, node)) continue;
      isIsolated = true;
      if (rules.some((rule) => this.#matches(rule, node, peer, port, protocol))) return true;
    }
    if (!isIsolated) return true;
    for (const policy of policies) {
      if (policy[direction] !== undefined && this.#isInForce(policy, node)) this.deniedBy[policy.index]! += weight;
    }
    return false;
  }

  #matches({ spec, peers }: Rule, node: NodeId, peer: PolicyEnd, port: number, protocol: Protocol): boolean {
    const { ports } = spec;
    const isPort = (p: (typeof ports)[number]): boolean => p.protocol === protocol && p.from <= port && port <= p.to;
    if (ports.length > 0 && !ports.some(isPort)) return false;
    if (spec.isEverybody) return true;
    // A pod with its node's network has the node's address.
    if (peer.pod < 0 || templateOf(this.#context, peer.pod).hostNetwork) return spec.outside;
    // To Cilium a pod is its labels, never its address.
    if (spec.isAnyAddress && !this.#looksAtLabelsOnly) return true;
    const workload = this.#context.pods.workload[peer.pod]!;
    return peers.some((set) => set.has(workload)) && this.#knows(node, peer.pod);
  }

  /** A pod has come or gone: agents hear of each in turn, if a rule speaks of it. */
  onMember(pod: PodId): void {
    const { pods, simulation } = this.#context;
    if (!this.hasAny || this.#isMember[pods.workload[pod]!] === 0) return;
    const behind = Math.max(0, this.#heardAt - simulation.now);
    if (behind > 0) this.#behind.set(pod, behind);
    else this.#behind.delete(pod);
    this.#heardAt = simulation.now + behind + this.#engine!.memberWork(this.#p);
  }

  /** Whether the agent of a node has observed a pod's address. */
  #knows(node: NodeId, pod: PodId): boolean {
    const { nodes, pods } = this.#context;
    const since = this.#listener.addressSince(pod);
    if (since === 0) return true;
    const u = this.#delays.uniform(keyWithin(pods.keyOf(pod), nodes.keyOf(node)), 0);
    const delay = sample(this.#engine!.memberDelay(this.#p), u);
    const behind = (this.#behind.get(pod) ?? 0) / this.#agents.speed(node);
    return this.#context.simulation.now >= since + delay + behind;
  }

  #isInForce({ index }: Policy, node: NodeId): boolean {
    const createdAt = this.#createdAt[index]!;
    if (createdAt < 0) return true;
    const from = this.#inForceFrom.get(node * this.deniedBy.length + index);
    // A pod that came to the node later found the policy there.
    if (from === undefined) return this.#context.simulation.now > createdAt;
    return this.#context.simulation.now >= from;
  }

  /** A policy is written: every node that has pods of it applies it. */
  #onCreated(index: number): void {
    const { simulation, spec, pods, nodes, identities } = this.#context;
    this.#createdAt[index] = simulation.now;
    const policy = spec.networkPolicies[index]!;
    const selected = new Set(policy.workloads);
    const endpoints = new Map<number, number>();
    for (let pod = 0; pod < pods.count; pod++) {
      if (!selected.has(pods.workload[pod]!) || this.#listener.addressSince(pod) === Infinity) continue;
      endpoints.set(pods.node[pod]!, (endpoints.get(pods.node[pod]!) ?? 0) + 1);
    }
    for (const [node, count] of [...endpoints].sort(([a], [b]) => a - b)) {
      const observed =
        simulation.now +
        sample(
          this.#p.watch.value,
          this.#delays.uniform(keyWithin(identities.networkPolicies[index]!, nodes.keyOf(node)), 0),
        );
      const { takes, cpuTime, threads } = this.#engine!.apply(policy, count, this.#p);
      // What of it is work takes longer where others want the CPU.
      const each = cpuTime / threads;
      const stretched = takes + each * (1 / this.#agents.speed(node) - 1);
      const from = this.#apply(node, observed, stretched, () => {
        this.cpuTime += cpuTime;
        for (let thread = 0; thread < threads; thread++) this.#agents.work(node, each, threads);
      });
      this.#inForceFrom.set(node * this.deniedBy.length + index, from);
      if (this.#context.recorder.measuring) this.#implementationDelay.record(Math.round(from - simulation.now));
    }
  }

  /** An apply takes in all that has come before it begins. @param work what is done if it is not. @returns when it ends. */
  #apply(node: NodeId, observed: number, takes: number, work: () => void): number {
    const busyUntil = this.#busyUntil[node]!;
    const nextEnds = this.#nextEnds[node]!;
    // One is under way, and another waits for it.
    const joins = observed < busyUntil && nextEnds !== busyUntil;
    // Only where each policy has endpoints of its own to regenerate is it work of its own, then.
    if (joins && !this.#engine!.appliesEach) return nextEnds;
    const ends = Math.max(observed, nextEnds) + takes;
    if (observed >= nextEnds) this.#busyUntil[node] = ends;
    else if (observed >= busyUntil) this.#busyUntil[node] = nextEnds;
    this.#nextEnds[node] = ends;
    work();
    if (joins) return ends;
    this.applies++;
    if (this.#engine!.takesXtablesLock) this.#listener.onLocked(node, ends);
    return ends;
  }

  #rules(rules: readonly PolicyRule[]): Rule[] {
    return rules.map((spec) => ({ spec, peers: spec.workloads.map((list) => this.#setOf(list)) }));
  }

  #setOf(list: readonly number[]): ReadonlySet<number> {
    let set = this.#sets.get(list);
    if (set === undefined) {
      set = new Set(list);
      this.#sets.set(list, set);
    }
    return set;
  }
}
