// Addresses that a node asks its cloud for ahead of its pods, and gives back. Part of the CNI.
// Nothing happens while a pool is as large as its rule wants it: the agent's looks at it are events only while it is not.

import type { NodeId } from '../cluster/index.js';
import { type Distribution, grown, type Instant, type RandomStream, sample } from '../engine/index.js';
import type { AddressSite, Allocation, Ipam, PodCidr } from './ipam.js';

/** Of one node, in addresses where nothing else is said. */
export interface PoolState {
  readonly total: number;
  readonly assigned: number;
  /** Neither used nor cooling down. */
  readonly available: number;
  /** Units of which no address is used or cools down. */
  readonly freeUnits: number;
  readonly units: number;
}

/** What a cloud gives, and what its agent wants of it. Units are what it gives at a time: single addresses, prefixes, batches. */
export interface PoolRule {
  /** Addresses of a unit. */
  readonly unit: number;
  /** Units of one network interface, and interfaces of a node. */
  readonly unitsEach: (node: NodeId) => number;
  readonly interfacesMax: (node: NodeId) => number;
  /** The agent looks at the pool so long after it has done what the last look led to, ns. */
  readonly period: number;
  /** An address is not given again before, ns. */
  readonly cooling: number;
  /** Nothing is given back sooner after the last time, ns; no interface before it is so old. */
  readonly shrinkPeriod: number;
  readonly interfaceAge: number;
  /** Units that a node has when it joins. */
  readonly first: (node: NodeId) => number;
  /** Units that are lacking, and units that are too many. */
  readonly short: (state: PoolState, node: NodeId) => number;
  readonly over: (state: PoolState) => number;
  /** An interface of so many addresses, none of them used, can go. */
  readonly spares: (state: PoolState, addresses: number, node: NodeId) => boolean;
  /** What the cloud takes to give units to an interface, and to attach another one with its units, ns. */
  readonly assign: Distribution;
  readonly attach: Distribution;
  /** When so many calls that change something may be made, from now on. */
  readonly calls: (step: 'assign' | 'attach', now: Instant) => Instant;
  /** The agent does not ask again for so long when the network has no addresses left, ns. */
  readonly exhausted: number;
}

/** In use. */
const USED = Infinity;

interface NetworkInterface {
  readonly id: number;
  since: Instant;
  units: number;
}

interface Growth {
  readonly units: number;
  /** Absent: a new one. */
  readonly on?: NetworkInterface;
}

class Pool {
  readonly interfaces: NetworkInterface[] = [];
  /** By unit: its first address, the interface that it is on; and by address when it may be given again, or {@link USED}. */
  bases = new Float64Array(0);
  on = new Int32Array(0);
  freeFrom = new Float64Array(0);
  units = 0;
  assigned = 0;
  /** What the cloud has been asked for. */
  growth: Growth | undefined;
  shrunkAt = -Infinity;
  retryFrom: Instant = -Infinity;
  /** Pods that ran when the run began are being counted: the pool grows with them at once. */
  isSeeding = true;
  /** How often the cloud has been asked, and interfaces have been attached. */
  asked = 0;
  attached = 0;

  /** @param idleSince when the agent had nothing to do; it looks every period from then on. */
  constructor(
    readonly unit: number,
    public idleSince: Instant,
  ) {}

  addUnit(base: number, { id }: NetworkInterface): void {
    if (this.units === this.bases.length) {
      const length = Math.max(4, this.units * 2);
      this.bases = grown(this.bases, new Float64Array(length));
      this.on = grown(this.on, new Int32Array(length));
      this.freeFrom = grown(this.freeFrom, new Float64Array(length * this.unit));
    }
    const u = this.units++;
    this.bases[u] = base;
    this.on[u] = id;
    this.freeFrom.fill(-Infinity, u * this.unit, this.units * this.unit);
  }

  /** @returns its first address. */
  removeUnit(u: number): number {
    const base = this.bases[u]!;
    this.bases.copyWithin(u, u + 1, this.units);
    this.on.copyWithin(u, u + 1, this.units);
    this.freeFrom.copyWithin(u * this.unit, (u + 1) * this.unit, this.units * this.unit);
    this.units -= 1;
    return base;
  }

  /** Addresses of a unit that may be given. */
  freeIn(u: number, now: Instant): number {
    let free = 0;
    for (let i = u * this.unit; i < (u + 1) * this.unit; i++) if (isFree(this.freeFrom[i]!, now)) free += 1;
    return free;
  }

  stateAt(now: Instant): PoolState {
    let available = 0;
    let freeUnits = 0;
    for (let u = 0; u < this.units; u++) {
      const free = this.freeIn(u, now);
      available += free;
      if (free === this.unit) freeUnits += 1;
    }
    return { total: this.units * this.unit, assigned: this.assigned, available, freeUnits, units: this.units };
  }
}

const isFree = (from: number, now: Instant): boolean => from <= now && from < USED;

export class WarmPools implements Ipam {
  readonly #site: AddressSite;
  readonly #rule: PoolRule;
  readonly #subnet: Subnet;
  /** Of nodes that have given an address. */
  readonly #pools: (Pool | undefined)[] = [];
  readonly #phases: RandomStream;
  readonly #durations: RandomStream;

  constructor(rule: PoolRule, cidr: PodCidr, site: AddressSite) {
    this.#rule = rule;
    this.#site = site;
    this.#subnet = new Subnet(cidr, rule.unit);
    this.#phases = site.streams.stream('cni/pool-phase');
    this.#durations = site.streams.stream('cni/pool-cloud');
  }

  seed(node: NodeId, allocation: Allocation): void {
    const pool = this.#poolOf(node);
    while (!this.#take(pool, allocation) && this.#growAtOnce(node, pool, 1));
  }

  allocate(node: NodeId, allocation: Allocation): void {
    this.#take(this.#settled(node), allocation);
    this.#reconsider(node);
  }

  release(node: NodeId, address: number): void {
    const pool = this.#settled(node);
    const u = pool.bases.subarray(0, pool.units).findIndex((base) => base <= address && address < base + pool.unit);
    pool.freeFrom[u * pool.unit + address - pool.bases[u]!] = this.#site.now() + this.#rule.cooling;
    pool.assigned -= 1;
    this.#reconsider(node);
  }

  /** The agent begins anew, and finds interfaces as if they had just come, and no pods: all addresses are free. */
  forget(node: NodeId, from: Instant): void {
    const pool = this.#settled(node);
    pool.freeFrom.fill(-Infinity, 0, pool.units * pool.unit);
    pool.assigned = 0;
    pool.growth = undefined;
    pool.idleSince = from;
    for (const one of pool.interfaces) one.since = from;
    this.#reconsider(node);
  }

  onWake(node: NodeId): void {
    const pool = this.#settled(node);
    const now = this.#site.now();
    if (pool.growth === undefined) this.#look(node, pool, now);
    else {
      this.#add(pool, pool.growth);
      pool.growth = undefined;
      pool.idleSince = now;
    }
    this.#reconsider(node);
  }

  /** What the agent of a node has: interfaces attached, addresses, and how many of these are in use. */
  figuresOf(node: NodeId): { readonly interfaces: number; readonly total: number; readonly assigned: number } {
    const { interfaces, units, unit, assigned } = this.#settled(node);
    return { interfaces: interfaces.length, total: units * unit, assigned };
  }

  // The agent ------------------------------------------------------------------------------------------------------------

  /** One look at the pool, and what it leads to. */
  #look(node: NodeId, pool: Pool, now: Instant): void {
    const growth = this.#growthOf(node, pool, now, this.#rule.short(pool.stateAt(now), node));
    if (growth === undefined) {
      this.#shrink(node, pool, now);
      pool.idleSince = now;
      return;
    }
    pool.growth = growth;
    const step = growth.on === undefined ? 'attach' : 'assign';
    const takes = sample(this.#rule[step], this.#durations.uniform(this.#site.keyOf(node), pool.asked++));
    this.#site.wake(node, Math.round(this.#rule.calls(step, now) + takes));
  }

  /** What is to be asked of the cloud; undefined: nothing, or there is no room for it. */
  #growthOf(node: NodeId, pool: Pool, now: Instant, short: number): Growth | undefined {
    if (short <= 0 || now < pool.retryFrom) return undefined;
    const each = this.#rule.unitsEach(node);
    const on = pool.interfaces.find(({ units }) => units < each);
    if (on !== undefined) return { units: Math.min(short, each - on.units), on };
    if (pool.interfaces.length >= this.#rule.interfacesMax(node)) return undefined;
    return { units: Math.min(short, each) };
  }

  /** Gives back what is too much: units, or a whole interface. */
  #shrink(node: NodeId, pool: Pool, now: Instant): void {
    const over = this.#rule.over(pool.stateAt(now));
    if (over > 0 && now >= pool.shrunkAt + this.#rule.shrinkPeriod) {
      for (let i = 0; i < over && this.#returnUnit(pool, now); i++) pool.shrunkAt = now;
    }
    const spare = this.#spare(node, pool, now, pool.stateAt(now));
    if (spare !== undefined) this.#detach(pool, spare);
  }

  #spare(node: NodeId, pool: Pool, now: Instant, state: PoolState): NetworkInterface | undefined {
    const { interfaceAge, spares } = this.#rule;
    return pool.interfaces.find((one, i) => {
      if (i === 0 || now < one.since + interfaceAge || !spares(state, one.units * pool.unit, node)) return false;
      for (let u = 0; u < pool.units; u++) if (pool.on[u] === one.id && pool.freeIn(u, now) < pool.unit) return false;
      return true;
    });
  }

  #detach(pool: Pool, spare: NetworkInterface): void {
    for (let u = pool.units - 1; u >= 0; u--) if (pool.on[u] === spare.id) this.#subnet.release(pool.removeUnit(u));
    pool.interfaces.splice(pool.interfaces.indexOf(spare), 1);
  }

  /** The last unit of which nothing is used. @returns whether there was one. */
  #returnUnit(pool: Pool, now: Instant): boolean {
    for (let u = pool.units - 1; u >= 0; u--) {
      if (pool.freeIn(u, now) < pool.unit) continue;
      pool.interfaces.find(({ id }) => id === pool.on[u])!.units -= 1;
      this.#subnet.release(pool.removeUnit(u));
      return true;
    }
    return false;
  }

  /** Sees to it that the agent looks when there is something for it to do. */
  #reconsider(node: NodeId): void {
    const pool = this.#pools[node]!;
    const now = this.#site.now();
    if (pool.growth !== undefined) return;
    this.#site.wake(node, this.#nextLook(node, pool, now));
  }

  #nextLook(node: NodeId, pool: Pool, now: Instant): Instant {
    const isShort = this.#rule.short(pool.stateAt(now), node) > 0;
    if (isShort && this.#growthOf(node, pool, Infinity, 1) !== undefined)
      return this.#lookFrom(pool, Math.max(now, pool.retryFrom));
    // Given back is only what has cooled down: then, at the latest, the agent finds that it is too much.
    const then = pool.stateAt(Infinity);
    const isOver = this.#rule.over(then) > 0;
    const spare = this.#spare(node, pool, Infinity, then);
    if (!isOver && spare === undefined) return Infinity;
    const cool = this.#coolFrom(pool, now);
    const old = spare === undefined ? Infinity : spare.since + this.#rule.interfaceAge;
    const period = isOver ? pool.shrunkAt + this.#rule.shrinkPeriod : Infinity;
    return this.#lookFrom(pool, Math.max(cool, Math.min(period, old)));
  }

  /** The agent's first look after an instant. */
  #lookFrom(pool: Pool, from: Instant): Instant {
    const { period } = this.#rule;
    return pool.idleSince + period * Math.max(1, Math.floor((from - pool.idleSince) / period) + 1);
  }

  /** When the last address that cools down now may be given again. */
  #coolFrom(pool: Pool, now: Instant): Instant {
    let last = now;
    for (let i = 0; i < pool.units * pool.unit; i++) {
      const from = pool.freeFrom[i]!;
      if (from < USED && from > last) last = from;
    }
    return last;
  }

  // What a pool consists of --------------------------------------------------------------------------------------------------

  #poolOf(node: NodeId): Pool {
    let pool = this.#pools[node];
    if (pool === undefined) {
      const { period, first, unit } = this.#rule;
      const phase = this.#phases.uniform(this.#site.keyOf(node), 0);
      pool = new Pool(unit, Math.round((phase - 1) * period));
      this.#pools[node] = pool;
      this.#add(pool, { units: first(node) });
    }
    return pool;
  }

  /** The pool as it is once the run has begun: what seeded pods asked for has come. */
  #settled(node: NodeId): Pool {
    const pool = this.#poolOf(node);
    if (!pool.isSeeding) return pool;
    while (this.#growAtOnce(node, pool, this.#rule.short(pool.stateAt(this.#site.now()), node)));
    pool.isSeeding = false;
    return pool;
  }

  #growAtOnce(node: NodeId, pool: Pool, short: number): boolean {
    const growth = this.#growthOf(node, pool, 0, short);
    return growth !== undefined && this.#add(pool, growth);
  }

  /** Where the network does not have so many units, one is asked for. @returns whether it had that. */
  #add(pool: Pool, { units, on }: Growth): boolean {
    const now = this.#site.now();
    const count = this.#subnet.has(units) ? units : 1;
    if (!this.#subnet.has(count)) {
      pool.retryFrom = now + this.#rule.exhausted;
      return false;
    }
    const of = on ?? { id: pool.attached++, since: pool.isSeeding ? -Infinity : now, units: 0 };
    if (on === undefined) pool.interfaces.push(of);
    of.units += count;
    for (let i = 0; i < count; i++) pool.addUnit(this.#subnet.take(), of);
    return true;
  }

  #take(pool: Pool, allocation: Allocation): boolean {
    const now = this.#site.now();
    allocation.extra = 0;
    allocation.isNewBlock = false;
    allocation.address = -1;
    for (let i = 0; i < pool.units * pool.unit; i++) {
      if (!isFree(pool.freeFrom[i]!, now)) continue;
      pool.freeFrom[i] = USED;
      pool.assigned += 1;
      allocation.address = pool.bases[Math.floor(i / pool.unit)]! + (i % pool.unit);
      return true;
    }
    return false;
  }
}

/** The addresses of a network, given in units. */
class Subnet {
  readonly #unit: number;
  #next: number;
  readonly #end: number;
  /** Units that came back. */
  readonly #free: number[] = [];

  constructor({ base, prefix }: PodCidr, unit: number) {
    this.#unit = unit;
    this.#next = base;
    this.#end = base + (1 << (32 - prefix));
  }

  /** Whether there are so many left. */
  has(units: number): boolean {
    return units <= this.#free.length + Math.floor((this.#end - this.#next) / this.#unit);
  }

  /** @returns the first address of one that is left. */
  take(): number {
    const returned = this.#free.pop();
    if (returned !== undefined) return returned;
    const base = this.#next;
    this.#next += this.#unit;
    return base;
  }

  release(base: number): void {
    this.#free.push(base);
  }
}
