// The CPU of all nodes. Part of the machine.
// While a node has CPU to spare, everybody gets what he wants, and nothing is worked out but who has used how much; only a limit
// slows its own container down. When all want more than there is, the cgroups of that node are divided as the kernel does it
// (cpu-tree.ts), and again whenever somebody wants more or less. Where a single part of a node lacks CPU and no container wants any,
// as on small nodes whenever rules are synced, that is a subtraction.
// A container's clock tells how much of its work could have been done: who waits for work to be done asks when the clock will stand
// there, and again when speeds have changed.

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
  type WorkloadId,
} from '../../cluster/index.js';
import {
  type EventHandle,
  type EventKind,
  type Instant,
  keyWithin,
  log,
  NO_EVENT,
  type RandomStream,
  type Simulation,
} from '../../engine/index.js';
import { nodeParameters, restParameters, runtimeWorkParameters } from '../parameters.js';
import { type CgroupFacts, cgroupFacts } from './cgroup-facts.js';
import { ContainerGroups, NONE } from './container-groups.js';
import { type ContainerUse, ContainerUses } from './container-use.js';
import { CpuTree } from './cpu-tree.js';
import { USE_FIELDS, type Use, UseMeter } from './use-meter.js';
import { linearWeight, quotaOf } from './weights.js';

/** What the CPU of the nodes needs to know of the cluster. */
export interface CpuParts {
  readonly simulation: Simulation;
  readonly nodes: NodeTable;
  readonly pods: Pick<PodTable, 'node' | 'keyOf' | 'workload'>;
  readonly templateOf: (pod: PodId) => PodTemplate;
  readonly parameters: ParameterSet;
  /** Where the periods of limits begin. */
  readonly offsets: RandomStream;
  /** CPU requests of what runs as pods of DaemonSets and is no pod here, millicores. */
  readonly requests: Readonly<Record<'kubeProxy' | 'networkAgent', number>>;
  /** CPU of the network plugin's agent at rest, cores. */
  readonly idle: number;
}

const PARTS = NODE_PARTS.length;
const PART = Object.fromEntries(NODE_PARTS.map((name, i) => [name, i])) as Readonly<Record<NodePart, number>>;
/** Places in the meter of a node: its parts, its pods, all of it; and brief work that nobody felt, which is not in the others. */
const PODS = PARTS;
const ALL = PARTS + 1;
const METERS = PARTS + 2;

/**
 * What is touched at each change stands side by side, by node: millicores that are wanted as far as limits allow, and that there
 * are; CPU time that each of {@link WORKERS} has still to work; what something outside leaves of the CPU; who lacks some, one of
 * {@link Fullness}; whether a brief piece of work goes on: 1, or -1 if it counts as wanted; whether one could not be felt by the
 * other parts: 1, or 0 if that is not known; a meter of brief work that nobody has felt; if it is a single part that lacks CPU,
 * which; what each part wants, millicores, and how fast it goes on.
 */
const HOT = 9 + USE_FIELDS + 2 * PARTS;
const WANTED = 0;
const CAPACITY = 1;
const LEFT = 2;
const AVAILABLE = 4;
const FULLNESS = 5;
const BRIEF = 6;
const CALM = 7;
const UNFELT = 8;
const GREEDY = UNFELT + USE_FIELDS;
const DEMAND = GREEDY + 1;
const SPEED = DEMAND + PARTS;

/** The part whose pieces of work are brief, and many. */
const BRIEF_PART = 'kubeProxy' satisfies NodePart;
/** Parts that are given pieces of work to be done as soon as they can, and their places. */
const WORKERS = ['runtime', 'networkAgent'] as const;
const WORKER_PARTS = WORKERS.map((name) => PART[name]);

/** Who lacks CPU on a node: nobody, a single part of it, or nobody knows without its tree. */
const Fullness = { None: 0, One: 1, Many: 2 } as const;

/** Demands are kept in parts of a millicore that add up without rounding. */
const GRAIN = 1024;
const grains = (millis: number): number => Math.round(millis * GRAIN) / GRAIN;
/** Nothing stands still for ever. */
const SPEED_MIN = 1e-6;

export class NodeCpus implements NodeCpu {
  readonly #parts: CpuParts;
  readonly #containers: ContainerGroups;
  readonly #uses = new ContainerUses();
  /** Since when somebody on a node lacks CPU, and how long that was so before; by node, ns. */
  readonly #lacksSince: Float64Array;
  readonly #lacked: Float64Array;
  readonly #rest: typeof restParameters;
  readonly #work: typeof runtimeWorkParameters;
  readonly #listeners: CpuListener[] = [];
  /** Groups of the nodes' parts; those of containers have numbers from there on. */
  readonly #partCount: number;
  readonly #hot: Float64Array;
  /** Millicores of that which its pods want, by node; and what its burstable pods ask for. */
  readonly #wantedByPods: Float64Array;
  readonly #burstable: Float64Array;
  /** What is used of CPUs that containers have for themselves, millicores, by node. */
  readonly #usedOfOwn: Float64Array;
  /** As of when the work that is left stands; by so many threads it is done; and the event at its end; by node and worker. */
  readonly #leftAt: Float64Array;
  readonly #threads: Float64Array;
  readonly #ends: Float64Array;
  /** What parts have whatever the others want, millicores; by node pool and part. */
  readonly #granted: readonly Float64Array[];
  /** What pods could have there that want nothing now, by node and class, in steps: as long as it stays, so do the odds of probes. */
  readonly #offered: Uint8Array;
  /** The tree of the node that was divided last, as it is now. */
  readonly #tree = new CpuTree();
  #treeOf: NodeId = NONE;
  readonly #facts = {
    linear: new WeakMap<PodTemplate, CgroupFacts>(),
    quadratic: new WeakMap<PodTemplate, CgroupFacts>(),
  };
  readonly #meter: UseMeter;
  /** Of the brief work that nobody has felt, by node. */
  readonly #unfelt: UseMeter;
  readonly #workEnds: EventKind;

  constructor(parts: CpuParts) {
    this.#parts = parts;
    const { nodes, parameters, simulation } = parts;
    const { count } = nodes;
    this.#rest = parameters.of(restParameters);
    this.#work = parameters.of(runtimeWorkParameters);
    this.#partCount = count * PARTS;
    this.#containers = new ContainerGroups(count);
    this.#hot = new Float64Array(count * HOT);
    this.#wantedByPods = new Float64Array(count);
    this.#burstable = new Float64Array(count);
    this.#usedOfOwn = new Float64Array(count);
    this.#leftAt = new Float64Array(count * WORKERS.length);
    this.#lacksSince = new Float64Array(count);
    this.#lacked = new Float64Array(count);
    this.#threads = new Float64Array(count * WORKERS.length);
    this.#ends = new Float64Array(count * WORKERS.length).fill(NO_EVENT);
    this.#granted = nodes.pools.map(({ cpuCapacityMillis, cpuMillis }) =>
      grantedOf(cpuCapacityMillis, cpuMillis, parts.requests.networkAgent),
    );
    this.#offered = new Uint8Array(count * QOS_CLASSES.length);
    this.#meter = new UseMeter(count * METERS);
    this.#unfelt = new UseMeter(count, { data: this.#hot, first: UNFELT, stride: HOT });
    this.#workEnds = simulation.on('node-cpu/work-ends', (node, worker) => {
      this.#ends[node * WORKERS.length + worker] = NO_EVENT;
      this.#settleWork(node);
      this.#divide(node, NONE);
    });
    for (let node = 0; node < count; node++) {
      const hot = node * HOT;
      this.#hot[hot + CAPACITY] = nodes.poolOf(node).cpuCapacityMillis;
      this.#hot[hot + AVAILABLE] = 1;
      this.#hot[hot + GREEDY] = NONE;
      this.#hot.fill(1, hot + SPEED, hot + SPEED + PARTS);
      this.#changePart(node, PART.kubelet, grains(this.#rest.kubelet.value * 1000));
      this.#changePart(node, PART.runtime, grains(this.#rest.runtime.value * 1000));
      this.#changePart(node, PART.networkAgent, grains(parts.idle * 1000));
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
    const c = this.#containers;
    const known = c.find(pod, index);
    if (known !== NONE) return this.#partCount + known;
    const node = this.#parts.pods.node[pod]!;
    this.#feelBrief(node);
    const speed = this.threadSpeed(pod, index);
    const most = this.coresFor(pod, index);
    const place = c.add(pod, index, node);
    this.#uses.begin(place, this.#now);
    c.changedAt[place] = this.#now;
    c.own[place] = this.#ownMillis(pod, index);
    c.limit[place] = c.own[place]! > 0 ? c.own[place]! : this.#limitMillis(pod, index);
    c.speed[place] = speed;
    c.most[place] = most;
    if (node === this.#treeOf) this.#treeOf = NONE;
    return this.#partCount + place;
  }

  leave(pod: PodId, index: number): void {
    const place = this.#containers.find(pod, index);
    if (place === NONE || this.#containers.demand[place] !== 0) return;
    if (this.#containers.node[place] === this.#treeOf) this.#treeOf = NONE;
    this.#settleUse(place);
    this.#flushUse(place);
    this.#containers.remove(place);
  }

  addPod(pod: PodId): void {
    this.#countPod(pod, 1);
  }

  removePod(pod: PodId): void {
    const { containers } = this.#parts.templateOf(pod);
    for (let index = 0; index < containers.length; index++) {
      const place = this.#containers.find(pod, index);
      if (place === NONE) continue;
      this.#containers.isGone[place] = 1;
      this.leave(pod, index);
    }
    this.#countPod(pod, -1);
  }

  resize(pod: PodId, apply: () => void): void {
    this.#countRequest(pod, -1);
    apply();
    this.#countRequest(pod, 1);
    const { containers } = this.#parts.templateOf(pod);
    for (let index = 0; index < containers.length; index++) {
      const place = this.#containers.find(pod, index);
      if (place === NONE) continue;
      const before = this.#containers.effective(place);
      this.#settleUse(place);
      this.#containers.limit[place] = this.#limitMillis(pod, index);
      this.#onContainerChanged(place, before);
    }
  }

  /** Kubelet and runtime look after a pod more, or less; its request counts in the weight of its class. */
  #countPod(pod: PodId, sign: 1 | -1): void {
    const node = this.#parts.pods.node[pod]!;
    const { containers } = this.#parts.templateOf(pod);
    let running = 0;
    for (const { role } of containers) if (role !== 'init') running++;
    const { kubeletPerPod, kubeletPerContainer, runtimePerPod } = this.#rest;
    const kubelet = kubeletPerPod.value + kubeletPerContainer.value * Math.max(0, running - 1);
    this.#countRequest(pod, sign);
    for (let index = 0; index < containers.length; index++) this.#keep(node, sign * this.#ownMillis(pod, index));
    this.#changePart(node, PART.kubelet, sign * grains(kubelet * 1000));
    this.#changePart(node, PART.runtime, sign * grains(runtimePerPod.value * 1000));
  }

  /** The CPUs that all share become fewer, or more. */
  #keep(node: NodeId, millis: number): void {
    if (millis === 0) return;
    this.#settleWork(node);
    this.#feelBrief(node);
    this.#hot[node * HOT + CAPACITY]! -= millis;
    if (node === this.#treeOf) this.#treeOf = NONE;
    this.#divide(node, NONE, true, true);
  }

  #countRequest(pod: PodId, sign: 1 | -1): void {
    const { qosClass, cpuRequestMillis } = this.#parts.templateOf(pod);
    if (qosClass === 'Burstable') this.#burstable[this.#parts.pods.node[pod]!]! += sign * cpuRequestMillis;
  }

  // What they want, and get -------------------------------------------------------------------------------------------------

  changeDemand(group: CpuGroup, byMillis: number): void {
    const by = grains(byMillis);
    if (by === 0) return;
    if (group < this.#partCount) this.#changePart(Math.floor(group / PARTS), group % PARTS, by);
    else this.#changeContainer(group - this.#partCount, by);
  }

  #changePart(node: NodeId, part: number, by: number): void {
    this.#settleWork(node);
    this.#want(node, part, by);
    this.#divideParts(node, part);
  }

  #want(node: NodeId, part: number, by: number): void {
    const hot = this.#hot;
    const at = node * HOT;
    hot[at + DEMAND + part]! += by;
    hot[at + WANTED]! += by;
    hot[at + CALM] = 0;
    if (node === this.#treeOf) this.#treeOf = NONE;
  }

  /** A part wants more or less than before. */
  #divideParts(node: NodeId, part: number): void {
    const hot = this.#hot;
    const at = node * HOT;
    if (hot[at + FULLNESS] === Fullness.None && hot[at + WANTED]! <= hot[at + CAPACITY]!)
      this.#giveParts(node, part, NONE);
    else this.#divide(node, part);
  }

  #changeContainer(place: number, by: number): void {
    const c = this.#containers;
    this.#settleWork(c.node[place]!);
    const before = c.effective(place);
    this.#settleUse(place);
    c.demand[place]! += by;
    this.#onContainerChanged(place, before);
    // Whoever wanted CPU for a pod that is gone says so later than the kubelet.
    if (c.isGone[place] === 1) this.leave(c.pod[place]!, c.index[place]!);
  }

  beginBriefly(node: NodeId): number {
    this.#settleWork(node);
    const hot = this.#hot;
    const at = node * HOT;
    const place = PART[BRIEF_PART];
    const spare = (hot[at + CAPACITY]! - hot[at + WANTED]!) / 1000;
    const isAlone = hot[at + FULLNESS] === Fullness.None && hot[at + LEFT]! + hot[at + LEFT + 1]! === 0;
    if (isAlone && this.#containers.firstOn(node) === NONE && this.#isCalm(node, spare)) {
      hot[at + BRIEF] = 1;
      return Math.max(SPEED_MIN, Math.min(1, spare) * hot[at + AVAILABLE]!);
    }
    hot[at + BRIEF] = -1;
    this.#changePart(node, place, 1000);
    return hot[at + SPEED + place]!;
  }

  endBriefly(node: NodeId, used: number): void {
    const hot = this.#hot;
    const at = node * HOT;
    const wasFelt = hot[at + BRIEF]! < 0;
    hot[at + BRIEF] = 0;
    if (wasFelt) {
      this.#changePart(node, PART[BRIEF_PART], -1000);
      return;
    }
    this.#unfelt.add(node, used, this.#now);
  }

  /** Somebody comes who could feel a brief piece of work that goes on: it counts from now on. */
  #feelBrief(node: NodeId): void {
    if (this.#hot[node * HOT + BRIEF]! <= 0) return;
    this.#hot[node * HOT + BRIEF] = -1;
    this.#changePart(node, PART[BRIEF_PART], 1000);
  }

  /** Whether no other part could feel a brief piece of work. @param spare cores that nobody wants. */
  #isCalm(node: NodeId, spare: number): boolean {
    const hot = this.#hot;
    const at = node * HOT;
    if (hot[at + CALM] === 1) return true;
    if (hot[at + DEMAND + PART[BRIEF_PART]] !== 0) return false;
    if (!this.#hasOthersGranted(node)) return spare >= 1;
    hot[at + CALM] = 1;
    return true;
  }

  /** Whether all parts have what they want whatever another wants. */
  #hasOthersGranted(node: NodeId): boolean {
    const granted = this.#granted[this.#parts.nodes.pool[node]!]!;
    for (let part = 0; part < PARTS; part++) if (this.#hot[node * HOT + DEMAND + part]! > granted[part]!) return false;
    return true;
  }

  /** What a container wants, or may have, is another than before. */
  #onContainerChanged(place: number, before: number): void {
    const c = this.#containers;
    const hot = this.#hot;
    const node = c.node[place]!;
    const at = node * HOT;
    const more = c.effective(place) - before;
    if (node === this.#treeOf) this.#treeOf = NONE;
    if (c.own[place] === 0) hot[at + WANTED]! += more;
    else this.#usedOfOwn[node]! += more;
    this.#wantedByPods[node]! += more;
    if (hot[at + FULLNESS] !== Fullness.None || hot[at + WANTED]! > hot[at + CAPACITY]!) {
      this.#divide(node, NONE, true);
      return;
    }
    const isOther = this.#setSpeed(place, c.effective(place) / c.demand[place]!);
    this.#meter.set(node * METERS + PODS, (this.#wantedByPods[node]! / 1000) * hot[at + AVAILABLE]!, this.#now);
    this.#meterAll(node, hot[at + WANTED]!);
    // Without a limit nobody feels what it uses.
    if (!isOther && c.limit[place] === Infinity) return;
    for (const listener of this.#listeners) listener.onContainer(c.pod[place]!, c.index[place]!);
  }

  speed(group: CpuGroup): number {
    if (group >= this.#partCount) return this.#containers.speed[group - this.#partCount]!;
    return this.#hot[Math.floor(group / PARTS) * HOT + SPEED + (group % PARTS)]!;
  }

  threadSpeed(pod: PodId, index: number): number {
    const at = this.#parts.pods.node[pod]! * HOT;
    const available = this.#hot[at + AVAILABLE]!;
    if (this.#hot[at + FULLNESS] === Fullness.None) return available;
    return Math.max(SPEED_MIN, available * oneMore(this.coresFor(pod, index), this.demandIn(pod, index) / 1000));
  }

  partSpeed(node: NodeId, part: NodePart): number {
    const available = this.#hot[node * HOT + AVAILABLE]!;
    if (this.#hot[node * HOT + FULLNESS] === Fullness.None) return available;
    if (this.#treeOf !== node) this.#build(node);
    const wanted = this.#hot[node * HOT + DEMAND + PART[part]]! / 1000;
    return Math.max(SPEED_MIN, available * oneMore(this.#tree.most(PART[part]), wanted));
  }

  limitOf(pod: PodId, index: number): CpuLimit {
    const { pods, nodes, offsets, templateOf } = this.#parts;
    const { cpuCfsQuota, cpuCfsQuotaPeriod: period } = nodes.poolOf(pods.node[pod]!).kubelet;
    const { cpuLimitMillis } = templateOf(pod).containers[index]!;
    // Since 1.33 the limit of a container with CPUs of its own is not enforced; before, it was hardly ever reached.
    const isEnforced = cpuCfsQuota && this.#ownMillis(pod, index) === 0;
    const amount = isEnforced ? quotaOf(cpuLimitMillis, period) : Infinity;
    const offset = amount === Infinity ? 0 : offsets.below(period, keyWithin(pods.keyOf(pod), index), 0);
    return { amount, period, offset };
  }

  demandIn(pod: PodId, index: number): number {
    const place = this.#containers.find(pod, index);
    return place === NONE ? 0 : this.#containers.demand[place]!;
  }

  coresFor(pod: PodId, index: number): number {
    const node = this.#parts.pods.node[pod]!;
    const own = this.#ownMillis(pod, index);
    if (own > 0) return own / 1000;
    if (this.#hot[node * HOT + FULLNESS] === Fullness.None) return this.#hot[node * HOT + CAPACITY]! / 1000;
    const place = this.#containers.find(pod, index);
    if (place !== NONE) return this.#containers.most[place]!;
    if (this.#treeOf !== node) this.#build(node);
    return this.#tree.mostOf(pod, index, this.#factsOf(pod));
  }

  availableShare(node: NodeId): number {
    return this.#hot[node * HOT + AVAILABLE]!;
  }

  demand(node: NodeId): number {
    this.#settleWork(node);
    return this.#hot[node * HOT + WANTED]!;
  }

  demandOfPart(node: NodeId, part: NodePart): number {
    this.#settleWork(node);
    return this.#hot[node * HOT + DEMAND + PART[part]]!;
  }

  clock(group: CpuGroup): number {
    return this.#clockOf(group - this.#partCount);
  }

  instantAt(group: CpuGroup, clock: number): Instant {
    const left = clock - this.clock(group);
    return this.#now + Math.max(0, Math.ceil(left / this.speed(group)));
  }

  setAvailableShare(node: NodeId, share: number): void {
    this.#settleWork(node);
    this.#feelBrief(node);
    this.#hot[node * HOT + AVAILABLE] = share;
    this.#divide(node, NONE, true, true);
  }

  /** What a part of a node has used; its pods, and all of it. The peak of all is not more than that. */
  useOf(node: NodeId, part: NodePart | 'pods' | 'all'): Use {
    this.#settleWork(node);
    const place = part === 'all' ? ALL : part === 'pods' ? PODS : PART[part];
    const felt = this.#meter.of(node * METERS + place, this.#now);
    if (place !== ALL && part !== BRIEF_PART) return felt;
    const unfelt = this.#unfelt.of(node, this.#now);
    // Both may have been at their peak in the same ten seconds.
    const most = Math.min(felt.most + unfelt.most, this.#parts.nodes.poolOf(node).cpuCapacityMillis / 1000);
    return { mean: felt.mean + unfelt.mean, least: felt.least + unfelt.least, most };
  }

  /** How long somebody on a node lacked CPU: what its pressure says of some, ns. */
  lackedOn(node: NodeId): number {
    const isFull = this.#hot[node * HOT + FULLNESS] !== Fullness.None;
    return this.#lacked[node]! + (isFull ? this.#now - this.#lacksSince[node]! : 0);
  }

  /** What containers have used by themselves, by {@link useKey}. */
  containerUses(): ReadonlyMap<number, ContainerUse> {
    const c = this.#containers;
    for (let node = 0; node < this.#burstable.length; node++) {
      for (let place = c.firstOn(node); place !== NONE; place = c.next[place]!) {
        this.#settleUse(place);
        this.#flushUse(place);
      }
    }
    return this.#uses.totals;
  }

  /** The warm-up ends: what was used before is not counted. */
  resetUse(): void {
    for (let node = 0; node < this.#burstable.length; node++) this.#settleWork(node);
    this.#meter.reset(this.#now);
    this.#unfelt.reset(this.#now);
    this.containerUses();
    this.#uses.totals.clear();
    this.#lacked.fill(0);
    this.#lacksSince.fill(this.#now);
  }

  get #now(): Instant {
    return this.#parts.simulation.now;
  }

  #clockOf(place: number): number {
    const c = this.#containers;
    return c.clock[place]! + (this.#now - c.changedAt[place]!) * c.speed[place]!;
  }

  /** CPUs that a container has for itself: whole ones that a Guaranteed pod asks for, where kubelets give them. */
  #ownMillis(pod: PodId, index: number): number {
    const { nodes, pods, templateOf } = this.#parts;
    const { qosClass, containers } = templateOf(pod);
    if (qosClass !== 'Guaranteed' || !nodes.poolOf(pods.node[pod]!).kubelet.hasStaticCpus) return 0;
    const { cpuRequestMillis, role } = containers[index]!;
    return role !== 'init' && cpuRequestMillis % 1000 === 0 ? cpuRequestMillis : 0;
  }

  #limitMillis(pod: PodId, index: number): number {
    const { amount, period } = this.limitOf(pod, index);
    return amount === Infinity ? Infinity : grains((amount / period) * 1000);
  }

  #factsOf(pod: PodId): CgroupFacts {
    const { nodes, pods, templateOf } = this.#parts;
    const template = templateOf(pod);
    const formula = nodes.poolOf(pods.node[pod]!).containerWeights;
    let facts = this.#facts[formula].get(template);
    if (facts === undefined) {
      facts = cgroupFacts(template, formula);
      this.#facts[formula].set(template, facts);
    }
    return facts;
  }

  /** @param speed with all of the node's CPU there; NaN: it wants nothing. @returns whether it is another one. */
  #setSpeed(place: number, speed: number): boolean {
    const c = this.#containers;
    const available = this.#hot[c.node[place]! * HOT + AVAILABLE]!;
    const value = Math.max(SPEED_MIN, (Number.isNaN(speed) ? 1 : speed) * available);
    if (value === c.speed[place]) return false;
    this.#settleUse(place);
    c.clock[place] = this.#clockOf(place);
    c.changedAt[place] = this.#now;
    c.speed[place] = value;
    return true;
  }

  // Who lacks some ----------------------------------------------------------------------------------------------------------

  /**
   * Somebody lacks CPU on the node, or did until now: divides it again.
   * @param part that wants more or less, if it is one. @param isOfPods a container does. @param isOther all of it is faster or slower.
   */
  #divide(node: NodeId, part: number, isOfPods = false, isOther = false): void {
    const hot = this.#hot;
    const at = node * HOT;
    const before = hot[at + FULLNESS]!;
    const isFull = hot[at + WANTED]! > hot[at + CAPACITY]!;
    const greedy = isFull ? this.#greedyOn(node) : NONE;
    const fullness = !isFull ? Fullness.None : greedy === NONE ? Fullness.Many : Fullness.One;
    const isSimple = !isOfPods && fullness !== Fullness.Many && before !== Fullness.Many;
    let hasChanged = false;
    let offersOther = isOther || fullness !== before;
    hot[at + FULLNESS] = fullness;
    if (isFull !== (before !== Fullness.None)) this.#countLack(node, isFull);
    if (isSimple) {
      // Where single parts lack CPU no container does.
      offersOther = greedy !== hot[at + GREEDY];
      this.#giveParts(node, part, greedy);
    } else {
      hasChanged = isFull ? this.#share(node) : this.#relieve(node);
      if (fullness === Fullness.Many && this.#offersOther(node)) offersOther = true;
    }
    hot[at + GREEDY] = greedy;
    this.#expectWorkEnd(node);
    if (!hasChanged && !offersOther) return;
    for (const listener of this.#listeners) listener.onNode(node, offersOther);
  }

  /** Somebody on a node begins to lack CPU, or nobody does any more. */
  #countLack(node: NodeId, begins: boolean): void {
    if (begins) this.#lacksSince[node] = this.#now;
    else this.#lacked[node]! += this.#now - this.#lacksSince[node]!;
  }

  #settleUse(place: number): void {
    const c = this.#containers;
    const demand = c.demand[place]!;
    this.#uses.settle(place, demand, c.limit[place]!, demand * c.speed[place]!, this.#now);
  }

  #flushUse(place: number): void {
    const { nodes, pods } = this.#parts;
    const c = this.#containers;
    const { cpuCfsQuotaPeriod } = nodes.poolOf(c.node[place]!).kubelet;
    const period = c.limit[place] === Infinity ? Infinity : cpuCfsQuotaPeriod;
    this.#uses.flush(place, useKey(pods.workload[c.pod[place]!]!, c.index[place]!), period, this.#now);
  }

  /** The one part that lacks CPU, while no container wants any and the others have enough whatever happens; NONE: it is not so simple. */
  #greedyOn(node: NodeId): number {
    if (this.#containers.firstOn(node) !== NONE) return NONE;
    const granted = this.#granted[this.#parts.nodes.pool[node]!]!;
    let greedy = NONE;
    for (let part = 0; part < PARTS; part++) {
      if (this.#hot[node * HOT + DEMAND + part]! <= granted[part]!) continue;
      if (greedy !== NONE) return NONE;
      greedy = part;
    }
    return greedy;
  }

  /** A part wants more or less, and all but one have what they want. */
  #giveParts(node: NodeId, changed: number, greedy: number): void {
    const hot = this.#hot;
    const at = node * HOT;
    const lacking = Math.min(0, hot[at + CAPACITY]! - hot[at + WANTED]!);
    const before = hot[at + GREEDY]!;
    if (greedy !== NONE) this.#givePart(node, greedy, lacking);
    if (before !== NONE && before !== greedy) this.#givePart(node, before, 0);
    if (changed !== NONE && changed !== greedy && changed !== before) this.#givePart(node, changed, 0);
    this.#meterAll(node, hot[at + WANTED]! + lacking);
  }

  /** @param shared what all get of the CPUs that they share, millicores. */
  #meterAll(node: NodeId, shared: number, now = this.#now): void {
    const used = (shared + this.#usedOfOwn[node]!) / 1000;
    this.#meter.set(node * METERS + ALL, used * this.#hot[node * HOT + AVAILABLE]!, now);
  }

  /** A part gets what it wants, or so much less, millicores. */
  #givePart(node: NodeId, part: number, more: number): void {
    const hot = this.#hot;
    const at = node * HOT;
    const wanted = hot[at + DEMAND + part]!;
    const speed = more < 0 ? (wanted + more) / wanted : 1;
    hot[at + SPEED + part] = Math.max(SPEED_MIN, speed * hot[at + AVAILABLE]!);
    this.#meter.set(node * METERS + part, ((wanted + more) / 1000) * hot[at + AVAILABLE]!, this.#now);
  }

  /** Divides the node by its tree. @returns whether any container has another speed now. */
  #share(node: NodeId): boolean {
    const c = this.#containers;
    const tree = this.#tree;
    const available = this.#hot[node * HOT + AVAILABLE]!;
    let hasChanged = false;
    let pods = 0;
    this.#build(node);
    for (let part = 0; part < PARTS; part++) {
      const wanted = this.#hot[node * HOT + DEMAND + part]!;
      this.#givePart(node, part, Math.min(0, tree.given(part) * 1000 - wanted));
    }
    for (let place = c.firstOn(node), i = PARTS; place !== NONE; place = c.next[place]!, i++) {
      const isOwn = c.own[place]! > 0;
      const demand = c.demand[place]! / 1000;
      const given = isOwn ? c.effective(place) / 1000 : tree.given(i);
      c.most[place] = isOwn ? c.own[place]! / 1000 : tree.most(i);
      if (this.#setSpeed(place, demand > 0 ? given / demand : Math.min(1, c.most[place]!))) hasChanged = true;
      pods += given;
    }
    this.#meter.set(node * METERS + PODS, pods * available, this.#now);
    this.#meterAll(node, tree.allGiven * 1000);
    return hasChanged;
  }

  /** Nobody lacks CPU any more. @returns whether any container has another speed now. */
  #relieve(node: NodeId): boolean {
    const c = this.#containers;
    const available = this.#hot[node * HOT + AVAILABLE]!;
    let hasChanged = false;
    for (let part = 0; part < PARTS; part++) this.#givePart(node, part, 0);
    for (let place = c.firstOn(node); place !== NONE; place = c.next[place]!)
      if (this.#setSpeed(place, c.effective(place) / c.demand[place]!)) hasChanged = true;
    this.#meter.set(node * METERS + PODS, (this.#wantedByPods[node]! / 1000) * available, this.#now);
    this.#meterAll(node, this.#hot[node * HOT + WANTED]!);
    return hasChanged;
  }

  #build(node: NodeId): void {
    const c = this.#containers;
    const tree = this.#tree;
    this.#treeOf = node;
    tree.begin({
      cores: this.#hot[node * HOT + CAPACITY]! / 1000,
      allocatable: this.#parts.nodes.poolOf(node).cpuMillis,
      burstable: this.#burstable[node]!,
      requests: this.#parts.requests,
    });
    for (let part = 0; part < PARTS; part++) tree.addPart(part, this.#hot[node * HOT + DEMAND + part]! / 1000);
    for (let place = c.firstOn(node); place !== NONE; place = c.next[place]!) {
      const pod = c.pod[place]!;
      tree.addContainer(pod, c.index[place]!, this.#factsOf(pod), c.shared(place) / 1000);
    }
    tree.divide();
  }

  /** Whether pods that want nothing could have so much more, or less, than before that they would feel it. */
  #offersOther(node: NodeId): boolean {
    let isOther = false;
    for (let i = 0; i < QOS_CLASSES.length; i++) {
      const at = node * QOS_CLASSES.length + i;
      const step = stepOf(this.#tree.mostOfClass(QOS_CLASSES[i]!));
      if (step === this.#offered[at]) continue;
      this.#offered[at] = step;
      isOther = true;
    }
    return isOther;
  }

  // Pieces of work ----------------------------------------------------------------------------------------------------------

  /**
   * @param w which worker. @param first of the work somebody waits for so much. @param piece CPU time of one piece, which runs on so
   * many threads; so many pieces are done at a time.
   */
  #addWork(
    node: NodeId,
    w: number,
    work: number,
    first: number,
    piece: number,
    threadsEach: number,
    pieces: number,
  ): Instant {
    this.#settleWork(node);
    this.#feelBrief(node);
    const at = node * HOT;
    const before = this.#hot[at + LEFT + w]!;
    const left = before + work;
    const most = Math.min(this.#hot[at + CAPACITY]! / 1000, threadsEach * Math.min(pieces, Math.ceil(left / piece)));
    this.#hot[at + LEFT + w] = left;
    this.#leftAt[node * WORKERS.length + w] = this.#now;
    this.#setThreads(node, w, most);
    this.#divideParts(node, WORKER_PARTS[w]!);
    return this.#now + (before + Math.min(work, first)) / this.#workRate(node, w);
  }

  /** The agent of the network plugin is to do so much more work; it works on so many pieces at a time. @returns when it is done. */
  addAgentWork(node: NodeId, work: number, servers: number): Instant {
    return this.#addWork(node, 1, work, work, work, 1, servers);
  }

  addRuntimeWork(node: NodeId, work: number, first: number): Instant {
    const { call, threads } = this.#work;
    return this.#addWork(node, 0, work, first, call.value, threads.value, Infinity);
  }

  #setThreads(node: NodeId, w: number, threads: number): void {
    const more = (threads - this.#threads[node * WORKERS.length + w]!) * 1000;
    this.#threads[node * WORKERS.length + w] = threads;
    this.#want(node, WORKER_PARTS[w]!, more);
  }

  /** Cores that the work gets now. */
  #workRate(node: NodeId, w: number): number {
    return this.#threads[node * WORKERS.length + w]! * this.#hot[node * HOT + SPEED + WORKER_PARTS[w]!]!;
  }

  /** Takes off what has been done; what has ended meanwhile ended while nobody felt it. */
  #settleWork(node: NodeId): void {
    const at = node * HOT;
    if (this.#hot[at + LEFT] !== 0) this.#settleWorkOf(node, 0);
    if (this.#hot[at + LEFT + 1] !== 0) this.#settleWorkOf(node, 1);
  }

  #settleWorkOf(node: NodeId, w: number): void {
    const at = node * HOT;
    const of = node * WORKERS.length + w;
    const left = this.#hot[at + LEFT + w]!;
    const now = this.#now;
    const rate = this.#workRate(node, w);
    const rest = left - rate * (now - this.#leftAt[of]!);
    if (rest > 1) {
      this.#hot[at + LEFT + w] = rest;
      this.#leftAt[of] = now;
      return;
    }
    const end = Math.min(now, this.#leftAt[of]! + left / rate);
    const part = WORKER_PARTS[w]!;
    this.#hot[at + LEFT + w] = 0;
    this.#setThreads(node, w, 0);
    if (this.#hot[at + FULLNESS] !== Fullness.None) return;
    const available = this.#hot[at + AVAILABLE]!;
    this.#meter.set(node * METERS + part, (this.#hot[at + DEMAND + part]! / 1000) * available, end);
    this.#meterAll(node, this.#hot[at + WANTED]!, end);
  }

  /** The end of work is an event only where somebody lacks CPU because of it. */
  #expectWorkEnd(node: NodeId): void {
    for (let w = 0; w < WORKERS.length; w++) {
      const left = this.#hot[node * HOT + LEFT + w]!;
      const of = node * WORKERS.length + w;
      if (left === 0 && this.#ends[of] === NO_EVENT) continue;
      const { simulation } = this.#parts;
      if (this.#ends[of] !== NO_EVENT) simulation.cancel(this.#ends[of]! as EventHandle);
      this.#ends[of] = NO_EVENT;
      if (left === 0 || this.#hot[node * HOT + FULLNESS] === Fullness.None) continue;
      const at = this.#leftAt[of]! + Math.ceil(left / this.#workRate(node, w));
      this.#ends[of] = simulation.scheduleCancellable(Math.max(this.#now + 1, at), this.#workEnds, node, w);
    }
  }
}

/** Names a container of a workload. */
export const useKey = (workload: WorkloadId, index: number): number => workload * 256 + index;

/** How fast one thread more would run beside others that want so many cores, of which so many could be had. */
const oneMore = (most: number, wanted: number): number => Math.min(1, Math.max(most - wanted, most / (wanted + 1)));

const QOS_CLASSES: readonly PodTemplate['qosClass'][] = ['Guaranteed', 'Burstable', 'BestEffort'];

/**
 * What the weights of parts are worth at least while no container wants CPU, millicores; nothing for kube-proxy.
 * @param allocatable and request of the network plugin's agent, millicores.
 */
function grantedOf(capacity: number, allocatable: number, request: number): Float64Array {
  const { systemWeight } = nodeParameters;
  const kernel = (systemWeight.value * capacity) / 1000;
  const all = kernel + systemWeight.value + linearWeight(allocatable);
  const granted = new Float64Array(PARTS);
  granted[PART.kernel] = (capacity * kernel) / all;
  granted[PART.kubelet] = (capacity * systemWeight.value) / all / 2;
  granted[PART.runtime] = granted[PART.kubelet]!;
  // Of what pods get an agent has its share against kube-proxy, which asks for nothing: half if it asks for nothing itself.
  const weight = linearWeight(request);
  granted[PART.networkAgent] = ((capacity * linearWeight(allocatable)) / all) * (weight / (weight + 1));
  return granted;
}

/** Amounts that differ by a quarter are in different steps: 1 … 240. */
const stepOf = (cores: number): number =>
  Math.min(240, Math.max(1, 128 + Math.round(log(Math.max(1e-9, cores)) * 4.5)));
