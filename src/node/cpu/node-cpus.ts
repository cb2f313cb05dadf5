// The CPU of all nodes. Part of the machine.
// While a node has CPU to spare, everybody gets what he wants, and nothing is worked out but who has used how much; only a limit
// slows its own container down. When all want more than there is, the cgroups of that node are divided as the kernel does it
// (cpu-tree.ts), and again whenever somebody wants more or less. A group's clock tells how much of its work could have been done:
// who waits for work to be done asks when the clock will stand there, and again when speeds have changed.

import {
  type CpuGroup,
  type CpuLimit,
  type CpuListener,
  NODE_PARTS,
  type NodeCpu,
  type NodeId,
  type NodePart,
  type NodeTable,
  type ParameterSet,
  type PodId,
  type PodTable,
  type PodTemplate,
} from '../../cluster/index.js';
import {
  type EventHandle,
  type EventKind,
  growColumns,
  type Instant,
  keyWithin,
  NO_EVENT,
  type RandomStream,
  type Simulation,
} from '../../engine/index.js';
import { nodeParameters, restParameters, runtimeWorkParameters } from '../parameters.js';
import { type CgroupFacts, cgroupFacts, type WeightFormula } from './cgroup-facts.js';
import { CpuNode } from './cpu-tree.js';
import { type Use, UseMeter } from './use-meter.js';
import { linearWeight, quotaOf } from './weights.js';

/** What the CPU of the nodes needs to know of the cluster. */
export interface CpuParts {
  readonly simulation: Simulation;
  readonly nodes: NodeTable;
  readonly pods: Pick<PodTable, 'node' | 'keyOf'>;
  readonly templateOf: (pod: PodId) => PodTemplate;
  readonly parameters: ParameterSet;
  /** Where the periods of limits begin. */
  readonly offsets: RandomStream;
  /** CPU requests of what runs as pods of DaemonSets and is no pod here, millicores. */
  readonly requests: Readonly<Record<'kubeProxy' | 'networkAgent', number>>;
}

const PARTS = NODE_PARTS.length;
const PART = Object.fromEntries(NODE_PARTS.map((name, i) => [name, i])) as Readonly<Record<NodePart, number>>;
/** Places in the meter of a node: its parts, its pods, all of it. */
const PODS = PARTS;
const ALL = PARTS + 1;
const METERS = PARTS + 2;
/** Demands are kept in parts of a millicore that add up without rounding. */
const GRAIN = 1024;
const grains = (millis: number): number => Math.round(millis * GRAIN) / GRAIN;
/** Nothing stands still for ever. */
const SPEED_MIN = 1e-6;
const NONE = -1;

class Columns {
  node = new Int32Array(0);
  /** Whose container it is; -1: a part of the node. */
  pod = new Int32Array(0);
  index = new Uint8Array(0);
  /** 1: its pod is gone. */
  isGone = new Uint8Array(0);
  /** The next container of the node, or the next free place. */
  next = new Int32Array(0);
  /** Millicores that are wanted, and that a limit allows. */
  demand = new Float64Array(0);
  limit = new Float64Array(0);
  speed = new Float64Array(0);
  /** The clock as of the last change of speed, and when that was. */
  clock = new Float64Array(0);
  changedAt = new Float64Array(0);
  /** What one thread more would have, cores. */
  most = new Float64Array(0);
}

export class NodeCpus implements NodeCpu {
  readonly #parts: CpuParts;
  readonly #columns = new Columns();
  readonly #rest: typeof restParameters;
  readonly #work: typeof runtimeWorkParameters;
  readonly #listeners: CpuListener[] = [];
  /** Containers that use CPU or begin: their places in the columns, by pod and index. */
  readonly #containers = new Map<number, CpuGroup>();
  #count: number;
  #free = NONE;
  /** By node: its first container here, and millicores that are wanted as far as limits allow. */
  readonly #first: Int32Array;
  readonly #wanted: Float64Array;
  readonly #wantedByPods: Float64Array;
  readonly #available: Float64Array;
  /** Requests of its burstable pods, millicores. */
  readonly #burstable: Float64Array;
  /** Work that its runtime has still to do, core·ns; as of when; by so many threads; and the event at its end. */
  readonly #left: Float64Array;
  readonly #leftAt: Float64Array;
  readonly #threads: Float64Array;
  readonly #ends: Float64Array;
  /** Nodes on which somebody lacks CPU, as they are divided now. */
  readonly #full = new Map<NodeId, FullNode>();
  readonly #facts = new WeakMap<PodTemplate, CgroupFacts>();
  readonly #meter: UseMeter;
  readonly #workEnds: EventKind;

  constructor(parts: CpuParts) {
    this.#parts = parts;
    const { nodes, parameters, simulation } = parts;
    const { count } = nodes;
    this.#rest = parameters.of(restParameters);
    this.#work = parameters.of(runtimeWorkParameters);
    this.#count = count * PARTS;
    growColumns(this.#columns, Math.max(1024, this.#count), { limit: Infinity, speed: 1, most: 1 });
    const c = this.#columns;
    for (let group = 0; group < this.#count; group++) {
      c.node[group] = Math.floor(group / PARTS);
      c.pod[group] = NONE;
    }
    this.#first = new Int32Array(count).fill(NONE);
    this.#wanted = new Float64Array(count);
    this.#wantedByPods = new Float64Array(count);
    this.#available = new Float64Array(count).fill(1);
    this.#burstable = new Float64Array(count);
    this.#left = new Float64Array(count);
    this.#leftAt = new Float64Array(count);
    this.#threads = new Float64Array(count);
    this.#ends = new Float64Array(count).fill(NO_EVENT);
    this.#meter = new UseMeter(count * METERS);
    this.#workEnds = simulation.on('node-cpu/runtime-work-ends', (node) => {
      this.#ends[node] = NO_EVENT;
      this.#settleWork(node);
      this.#reconsider(node);
    });
    for (let node = 0; node < count; node++) {
      this.changeDemand(this.partOf(node, 'kubelet'), this.#rest.kubelet.value * 1000);
      this.changeDemand(this.partOf(node, 'runtime'), this.#rest.runtime.value * 1000);
    }
  }

  onChanged(listener: CpuListener): void {
    this.#listeners.push(listener);
  }

  // Who runs there --------------------------------------------------------------------------------------------------------

  partOf(node: NodeId, part: NodePart): CpuGroup {
    return node * PARTS + PART[part];
  }

  containerOf(pod: PodId, index: number): CpuGroup {
    const key = keyOf(pod, index);
    const known = this.#containers.get(key);
    if (known !== undefined) return known;
    const group = this.#place();
    const c = this.#columns;
    const node = this.#parts.pods.node[pod]!;
    this.#containers.set(key, group);
    c.node[group] = node;
    c.pod[group] = pod;
    c.index[group] = index;
    c.demand[group] = 0;
    c.clock[group] = 0;
    c.changedAt[group] = this.#now;
    c.limit[group] = this.#limitMillis(pod, index);
    c.speed[group] = this.threadSpeed(pod, index);
    this.#insert(group, node);
    return group;
  }

  leave(pod: PodId, index: number): void {
    const group = this.#containers.get(keyOf(pod, index));
    if (group !== undefined && this.#columns.demand[group] === 0) this.#forget(pod, index);
  }

  addPod(pod: PodId): void {
    this.#countPod(pod, 1);
  }

  removePod(pod: PodId): void {
    const { containers } = this.#parts.templateOf(pod);
    for (let index = 0; index < containers.length; index++) {
      const group = this.#containers.get(keyOf(pod, index));
      if (group !== undefined) this.#columns.isGone[group] = 1;
      this.leave(pod, index);
    }
    this.#countPod(pod, -1);
  }

  resize(pod: PodId, apply: () => void): void {
    this.#countRequest(pod, -1);
    apply();
    this.#countRequest(pod, 1);
    const { containers } = this.#parts.templateOf(pod);
    const node = this.#parts.pods.node[pod]!;
    for (let index = 0; index < containers.length; index++) {
      const group = this.#containers.get(keyOf(pod, index));
      if (group === undefined) continue;
      const before = this.#effective(group);
      this.#columns.limit[group] = this.#limitMillis(pod, index);
      this.#changeWanted(group, this.#effective(group) - before);
      this.#reconsider(node, group);
    }
    this.#reconsider(node);
  }

  /** Nothing is to be known any more of a container. */
  #forget(pod: PodId, index: number): void {
    const key = keyOf(pod, index);
    const group = this.#containers.get(key);
    if (group === undefined) return;
    const c = this.#columns;
    this.#containers.delete(key);
    c.isGone[group] = 0;
    this.#takeOut(group, c.node[group]!);
    c.next[group] = this.#free;
    this.#free = group;
  }

  #place(): CpuGroup {
    const c = this.#columns;
    const free = this.#free;
    if (free !== NONE) {
      this.#free = c.next[free]!;
      return free;
    }
    const group = this.#count++;
    if (group === c.node.length) growColumns(c, group * 2, { limit: Infinity, speed: 1, most: 1 });
    return group;
  }

  /** Containers of one pod stand beside each other. */
  #insert(group: CpuGroup, node: NodeId): void {
    const c = this.#columns;
    let after = this.#first[node]!;
    while (after !== NONE && c.pod[after] !== c.pod[group]) after = c.next[after]!;
    c.next[group] = after === NONE ? this.#first[node]! : c.next[after]!;
    if (after === NONE) this.#first[node] = group;
    else c.next[after] = group;
  }

  #takeOut(group: CpuGroup, node: NodeId): void {
    const c = this.#columns;
    if (this.#first[node] === group) {
      this.#first[node] = c.next[group]!;
      return;
    }
    let before = this.#first[node]!;
    while (c.next[before] !== group) before = c.next[before]!;
    c.next[before] = c.next[group]!;
  }

  /** Kubelet and runtime look after a pod more, or less; its request counts in the weight of its class. */
  #countPod(pod: PodId, sign: 1 | -1): void {
    const node = this.#parts.pods.node[pod]!;
    const { containers } = this.#parts.templateOf(pod);
    const running = containers.reduce((count, { role }) => (role === 'init' ? count : count + 1), 0);
    const { kubeletPerPod, kubeletPerContainer, runtimePerPod } = this.#rest;
    const kubelet = kubeletPerPod.value + kubeletPerContainer.value * Math.max(0, running - 1);
    this.#countRequest(pod, sign);
    this.changeDemand(this.partOf(node, 'kubelet'), sign * kubelet * 1000);
    this.changeDemand(this.partOf(node, 'runtime'), sign * runtimePerPod.value * 1000);
  }

  #countRequest(pod: PodId, sign: 1 | -1): void {
    const { qosClass, cpuRequestMillis } = this.#parts.templateOf(pod);
    if (qosClass === 'Burstable') this.#burstable[this.#parts.pods.node[pod]!]! += sign * cpuRequestMillis;
  }

  // What they want, and get -------------------------------------------------------------------------------------------------

  changeDemand(group: CpuGroup, byMillis: number): void {
    const by = grains(byMillis);
    if (by === 0) return;
    const c = this.#columns;
    const node = c.node[group]!;
    this.#settleWork(node);
    const before = this.#effective(group);
    c.demand[group]! += by;
    this.#changeWanted(group, this.#effective(group) - before);
    this.#reconsider(node, group);
    // Whoever wanted CPU for a pod that is gone says so later than the kubelet.
    if (c.isGone[group] === 1) this.leave(c.pod[group]!, c.index[group]!);
  }

  addRuntimeWork(node: NodeId, work: number, first: number): Instant {
    this.#settleWork(node);
    const now = this.#now;
    const before = this.#left[node]!;
    this.#left[node]! += work;
    this.#leftAt[node] = now;
    const { call, threads } = this.#work;
    const wanted = threads.value * Math.ceil(this.#left[node]! / call.value);
    const most = Math.min(this.#cores(node), wanted);
    const more = most - this.#threads[node]!;
    this.#threads[node] = most;
    const group = this.partOf(node, 'runtime');
    this.#columns.demand[group]! += more * 1000;
    this.#changeWanted(group, more * 1000);
    this.#reconsider(node, group);
    return now + (before + Math.min(work, first)) / this.#workRate(node);
  }

  speed(group: CpuGroup): number {
    return this.#columns.speed[group]!;
  }

  threadSpeed(pod: PodId, index: number): number {
    const node = this.#parts.pods.node[pod]!;
    const available = this.#available[node]!;
    if (!this.#full.has(node)) return available;
    return Math.max(SPEED_MIN, available * oneMore(this.coresFor(pod, index), this.demandIn(pod, index) / 1000));
  }

  partSpeed(node: NodeId, part: NodePart): number {
    const available = this.#available[node]!;
    if (!this.#full.has(node)) return available;
    const group = this.partOf(node, part);
    const wanted = this.#columns.demand[group]! / 1000;
    const most = this.#columns.most[group]!;
    return Math.max(SPEED_MIN, available * oneMore(most, wanted));
  }

  limitOf(pod: PodId, index: number): CpuLimit {
    const { period, hasQuota } = this.#cfsOf(pod);
    const { cpuLimitMillis } = this.#parts.templateOf(pod).containers[index]!;
    const amount = hasQuota ? quotaOf(cpuLimitMillis, period) : Infinity;
    const offset =
      amount === Infinity ? 0 : this.#parts.offsets.below(period, keyWithin(this.#parts.pods.keyOf(pod), index), 0);
    return { amount, period, offset };
  }

  /** What a part of a node wants now, millicores. */
  demandOfPart(node: NodeId, part: NodePart): number {
    this.#settleWork(node);
    return this.#columns.demand[this.partOf(node, part)]!;
  }

  demandIn(pod: PodId, index: number): number {
    const group = this.#containers.get(keyOf(pod, index));
    return group === undefined ? 0 : this.#columns.demand[group]!;
  }

  coresFor(pod: PodId, index: number): number {
    const node = this.#parts.pods.node[pod]!;
    const full = this.#full.get(node);
    if (full === undefined) return this.#cores(node);
    const group = this.#containers.get(keyOf(pod, index));
    return group === undefined ? full.mostOf(pod, index, this.#factsOf(pod)) : this.#columns.most[group]!;
  }

  availableShare(node: NodeId): number {
    return this.#available[node]!;
  }

  demand(node: NodeId): number {
    this.#settleWork(node);
    return this.#wanted[node]!;
  }

  clock(group: CpuGroup): number {
    const c = this.#columns;
    return c.clock[group]! + (this.#now - c.changedAt[group]!) * c.speed[group]!;
  }

  instantAt(group: CpuGroup, clock: number): Instant {
    const left = clock - this.clock(group);
    return this.#now + Math.max(0, Math.ceil(left / this.speed(group)));
  }

  setAvailableShare(node: NodeId, share: number): void {
    this.#settleWork(node);
    this.#available[node] = share;
    this.#divide(node);
  }

  /** What a part of a node has used; of its pods, and of all. */
  useOf(node: NodeId, part: NodePart | 'pods' | 'all'): Use {
    this.#settleWork(node);
    const place = part === 'all' ? ALL : part === 'pods' ? PODS : PART[part];
    return this.#meter.of(node * METERS + place, this.#now);
  }

  /** The warm-up ends: what was used before is not counted. */
  resetUse(): void {
    for (let node = 0; node < this.#first.length; node++) this.#settleWork(node);
    this.#meter.reset(this.#now);
  }

  get #now(): Instant {
    return this.#parts.simulation.now;
  }

  #cores(node: NodeId): number {
    return this.#parts.nodes.poolOf(node).cpuCapacityMillis / 1000;
  }

  #cfsOf(pod: PodId): { readonly period: number; readonly hasQuota: boolean } {
    const { cpuCfsQuota, cpuCfsQuotaPeriod } = this.#parts.nodes.poolOf(this.#parts.pods.node[pod]!).kubelet;
    return { period: cpuCfsQuotaPeriod, hasQuota: cpuCfsQuota };
  }

  #limitMillis(pod: PodId, index: number): number {
    const { amount, period } = this.limitOf(pod, index);
    return amount === Infinity ? Infinity : grains((amount / period) * 1000);
  }

  #factsOf(pod: PodId): CgroupFacts {
    const template = this.#parts.templateOf(pod);
    let facts = this.#facts.get(template);
    if (facts === undefined) {
      facts = cgroupFacts(template, this.#formula);
      this.#facts.set(template, facts);
    }
    return facts;
  }

  get #formula(): WeightFormula {
    return 'quadratic';
  }

  /** What a group wants as far as its limit allows. */
  #effective(group: CpuGroup): number {
    const c = this.#columns;
    return Math.min(c.demand[group]!, c.limit[group]!);
  }

  #changeWanted(group: CpuGroup, by: number): void {
    const c = this.#columns;
    const node = c.node[group]!;
    this.#wanted[node]! += by;
    if (c.pod[group] !== NONE) this.#wantedByPods[node]! += by;
  }

  /** A group of the node wants more or less: what does that do to whom? */
  #reconsider(node: NodeId, group: CpuGroup = NONE): void {
    const isFull = this.#wanted[node]! > this.#cores(node) * 1000;
    if (isFull || this.#full.has(node)) {
      this.#divide(node);
      return;
    }
    if (group === NONE) return;
    const c = this.#columns;
    const demand = c.demand[group]!;
    const isNew = this.#setSpeed(group, demand > c.limit[group]! ? c.limit[group]! / demand : 1);
    this.#meterOf(node, group, this.#effective(group));
    // Without a limit nobody feels what it uses.
    if (c.pod[group] === NONE || (!isNew && c.limit[group] === Infinity)) return;
    for (const listener of this.#listeners) listener.onContainer(c.pod[group]!, c.index[group]!);
  }

  /** @returns whether it is another speed. @param speed with all of the node's CPU there. */
  #setSpeed(group: CpuGroup, speed: number): boolean {
    const c = this.#columns;
    const value = Math.max(SPEED_MIN, speed * this.#available[c.node[group]!]!);
    if (value === c.speed[group]) return false;
    c.clock[group] = this.clock(group);
    c.changedAt[group] = this.#now;
    c.speed[group] = value;
    return true;
  }

  #meterOf(node: NodeId, group: CpuGroup, millis: number, now = this.#now): void {
    const available = this.#available[node]!;
    const at = node * METERS;
    if (group < this.#first.length * PARTS) this.#meter.set(at + (group % PARTS), (millis / 1000) * available, now);
    else this.#meter.set(at + PODS, (this.#wantedByPods[node]! / 1000) * available, now);
    this.#meter.set(at + ALL, (this.#wanted[node]! / 1000) * available, now);
  }

  /** Somebody lacks CPU on the node, or did until now: divides it again. */
  #divide(node: NodeId): void {
    const cores = this.#cores(node);
    const isFull = this.#wanted[node]! > cores * 1000;
    const c = this.#columns;
    const now = this.#now;
    const available = this.#available[node]!;
    const at = node * METERS;
    let hasChanged = false;
    const before = this.#full.get(node);
    if (isFull) {
      const full = this.#fullNode(node);
      this.#full.set(node, full);
      let all = 0;
      let pods = 0;
      for (const { group, cgroup } of full.leaves) {
        c.most[group] = cgroup.most;
        const demand = c.demand[group]! / 1000;
        hasChanged = this.#setSpeed(group, demand > 0 ? cgroup.given / demand : Math.min(1, cgroup.most)) || hasChanged;
        all += cgroup.given;
        if (c.pod[group] === NONE) this.#meter.set(at + (group % PARTS), cgroup.given * available, now);
        else pods += cgroup.given;
      }
      this.#meter.set(at + PODS, pods * available, now);
      this.#meter.set(at + ALL, all * available, now);
    } else {
      this.#full.delete(node);
      for (let part = 0; part < PARTS; part++) hasChanged = this.#relieve(node * PARTS + part, at + part) || hasChanged;
      for (let group = this.#first[node]!; group !== NONE; group = c.next[group]!)
        hasChanged = this.#relieve(group, NONE) || hasChanged;
      this.#meter.set(at + PODS, (this.#wantedByPods[node]! / 1000) * available, now);
      this.#meter.set(at + ALL, (this.#wanted[node]! / 1000) * available, now);
    }
    this.#expectWorkEnd(node);
    if (!hasChanged && before?.digest === this.#full.get(node)?.digest) return;
    for (const listener of this.#listeners) listener.onNode(node);
  }

  /** Nobody lacks CPU any more. */
  #relieve(group: CpuGroup, meter: number): boolean {
    const c = this.#columns;
    const demand = c.demand[group]!;
    if (meter !== NONE) this.#meter.set(meter, (demand / 1000) * this.#available[c.node[group]!]!, this.#now);
    return this.#setSpeed(group, demand > c.limit[group]! ? c.limit[group]! / demand : 1);
  }

  #fullNode(node: NodeId): FullNode {
    const { nodes, requests } = this.#parts;
    const c = this.#columns;
    const full = new FullNode(this.#cores(node), nodes.poolOf(node).cpuMillis, this.#burstable[node]!, requests);
    for (let part = 0; part < PARTS; part++) {
      const group = node * PARTS + part;
      full.addPart(part, group, c.demand[group]! / 1000);
    }
    for (let group = this.#first[node]!; group !== NONE; group = c.next[group]!) {
      const pod = c.pod[group]!;
      full.addContainer(group, pod, c.index[group]!, this.#factsOf(pod), this.#effective(group) / 1000);
    }
    full.divide();
    return full;
  }

  // Work of the runtime -----------------------------------------------------------------------------------------------------

  /** Cores that the runtime's work gets now. */
  #workRate(node: NodeId): number {
    return this.#threads[node]! * this.speed(this.partOf(node, 'runtime'));
  }

  /** Takes off what has been done; what has ended meanwhile ended while nobody felt it. */
  #settleWork(node: NodeId): void {
    const left = this.#left[node]!;
    if (left === 0) return;
    const now = this.#now;
    const rate = this.#workRate(node);
    const rest = left - rate * (now - this.#leftAt[node]!);
    if (rest > 1) {
      this.#left[node] = rest;
      this.#leftAt[node] = now;
      return;
    }
    const end = Math.min(now, this.#leftAt[node]! + left / rate);
    const group = this.partOf(node, 'runtime');
    const threads = this.#threads[node]! * 1000;
    this.#left[node] = 0;
    this.#threads[node] = 0;
    this.#columns.demand[group]! -= threads;
    this.#changeWanted(group, -threads);
    if (!this.#full.has(node)) this.#meterOf(node, group, this.#columns.demand[group]!, end);
  }

  /** The end of the work is an event only where somebody lacks CPU because of it. */
  #expectWorkEnd(node: NodeId): void {
    const { simulation } = this.#parts;
    if (this.#ends[node] !== NO_EVENT) simulation.cancel(this.#ends[node]! as EventHandle);
    this.#ends[node] = NO_EVENT;
    if (this.#left[node] === 0 || !this.#full.has(node)) return;
    const at = this.#leftAt[node]! + Math.ceil(this.#left[node]! / this.#workRate(node));
    this.#ends[node] = simulation.scheduleCancellable(Math.max(this.#now + 1, at), this.#workEnds, node);
  }
}

/** How fast one thread more would run beside others that want so many cores, of which so many could be had. */
const oneMore = (most: number, wanted: number): number => Math.min(1, Math.max(most - wanted, most / (wanted + 1)));

const keyOf = (pod: PodId, index: number): number => pod * 256 + index;

/** One node on which somebody lacks CPU, as it is divided at one instant. */
class FullNode {
  readonly leaves: { readonly group: CpuGroup; readonly cgroup: CpuNode }[] = [];
  readonly #root: CpuNode;
  readonly #system: CpuNode;
  readonly #pods: CpuNode;
  readonly #classes: Readonly<Record<'Burstable' | 'BestEffort', CpuNode>>;
  readonly #kernelWeight: number;
  readonly #requests: CpuParts['requests'];
  /** The pod that containers are added to now. */
  #pod: CpuNode | undefined;
  #podId = NONE;
  readonly #cgroupOf = new Map<PodId, CpuNode>();

  constructor(cores: number, allocatable: number, burstable: number, requests: CpuParts['requests']) {
    const { systemWeight } = nodeParameters;
    this.#root = new CpuNode(1);
    this.#root.given = cores;
    this.#root.most = cores;
    this.#requests = requests;
    // A thread of the kernel on each CPU.
    this.#kernelWeight = systemWeight.value * cores;
    this.#system = this.#root.add(new CpuNode(systemWeight.value));
    this.#pods = this.#root.add(new CpuNode(linearWeight(allocatable)));
    const asked = burstable + requests.kubeProxy + requests.networkAgent;
    this.#classes = {
      Burstable: this.#pods.add(new CpuNode(linearWeight(asked))),
      BestEffort: this.#pods.add(new CpuNode(linearWeight(0))),
    };
  }

  addPart(part: number, group: CpuGroup, demand: number): void {
    const name = NODE_PARTS[part]!;
    let cgroup: CpuNode;
    if (name === 'kernel') cgroup = this.#root.add(new CpuNode(this.#kernelWeight, demand));
    else if (name === 'kubelet' || name === 'runtime')
      cgroup = this.#system.add(new CpuNode(nodeParameters.systemWeight.value, demand));
    else {
      const request = this.#requests[name];
      const of = this.#classes[request > 0 ? 'Burstable' : 'BestEffort'];
      cgroup = of.add(new CpuNode(linearWeight(request), demand));
    }
    this.leaves.push({ group, cgroup });
  }

  addContainer(group: CpuGroup, pod: PodId, index: number, facts: CgroupFacts, demand: number): void {
    if (this.#podId !== pod || this.#pod === undefined) {
      this.#podId = pod;
      this.#pod = this.#classOf(facts).add(new CpuNode(facts.weight));
      this.#cgroupOf.set(pod, this.#pod);
    }
    this.leaves.push({ group, cgroup: this.#pod.add(new CpuNode(facts.weights[index]!, demand)) });
  }

  divide(): void {
    this.#root.sum();
    this.#root.divide();
  }

  /** What a container could have that wants nothing now, cores. */
  mostOf(pod: PodId, index: number, facts: CgroupFacts): number {
    const known = this.#cgroupOf.get(pod);
    return known === undefined ? this.#classOf(facts).mostOf(facts.weight) : known.mostOf(facts.weights[index]!);
  }

  /** What pods that want nothing now could have: as long as it stays, so do the odds of their probes. */
  get digest(): string {
    const { Burstable, BestEffort } = this.#classes;
    return [this.#pods.mostOf(1), Burstable.mostOf(1), BestEffort.mostOf(1)]
      .map((most) => most.toPrecision(3))
      .join(' ');
  }

  #classOf({ qosClass }: CgroupFacts): CpuNode {
    return qosClass === 'Guaranteed' ? this.#pods : this.#classes[qosClass];
  }
}
