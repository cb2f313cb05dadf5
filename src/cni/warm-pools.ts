// Addresses that a node asks its cloud for ahead of its pods, and gives back. Part of the CNI.
// Nothing happens while a pool is as large as its rule wants it: the agent's looks at it are events only while it is not.

import type { NodeId } from '../cluster/index.js';
import { type Distribution, type Instant, type RandomStream, sample } from '../engine/index.js';
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

/** In use for ever; gone back to the cloud. */
const USED = Infinity;
const RETURNED = Number.NaN;

/** Addresses in a row that came at a time, of one interface. */
interface Block {
  readonly base: number;
  /** When each may be given again; {@link USED}, {@link RETURNED}. */
  readonly freeFrom: Float64Array;
  readonly of: NetworkInterface;
}

interface NetworkInterface {
  readonly since: Instant;
  units: number;
}

interface Growth {
  readonly units: number;
  /** Absent: a new one. */
  readonly on?: NetworkInterface;
}

class Pool {
  readonly interfaces: NetworkInterface[] = [];
  readonly blocks: Block[] = [];
  total = 0;
  assigned = 0;
  /** What the cloud has been asked for. */
  growth: Growth | undefined;
  shrunkAt = -Infinity;
  retryFrom: Instant = -Infinity;
  /** Pods that ran when the run began are being counted: the pool grows with them at once. */
  isSeeding = true;
  /** How often the cloud has been asked. */
  asked = 0;

  /** @param idleSince when the agent had nothing to do; it looks every period from then on. */
  constructor(public idleSince: Instant) {}
}

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
    this.#subnet = new Subnet(cidr);
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
    const now = this.#site.now();
    for (const { base, freeFrom } of pool.blocks) {
      const at = address - base;
      if (at < 0 || at >= freeFrom.length) continue;
      freeFrom[at] = now + this.#rule.cooling;
      pool.assigned -= 1;
      break;
    }
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
    const { interfaces, total, assigned } = this.#settled(node);
    return { interfaces: interfaces.length, total, assigned };
  }

  // The agent ------------------------------------------------------------------------------------------------------------

  /** One look at the pool, and what it leads to. */
  #look(node: NodeId, pool: Pool, now: Instant): void {
    const growth = this.#growthOf(node, pool, now, this.#rule.short(this.#stateOf(pool, now), node));
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
    if (now < pool.shrunkAt + this.#rule.shrinkPeriod) return;
    const state = this.#stateOf(pool, now);
    const over = this.#rule.over(state);
    if (over > 0) {
      for (let i = 0; i < over && this.#returnUnit(pool, now); i++) pool.shrunkAt = now;
    } else {
      const spare = this.#spare(node, pool, now, state);
      if (spare === undefined) return;
      this.#detach(pool, spare);
      pool.shrunkAt = now;
    }
  }

  #spare(node: NodeId, pool: Pool, now: Instant, state: PoolState): NetworkInterface | undefined {
    return pool.interfaces.find((one, i) => {
      if (
        i === 0 ||
        now < one.since + this.#rule.interfaceAge ||
        !this.#rule.spares(state, one.units * this.#rule.unit, node)
      )
        return false;
      return pool.blocks.every(({ of, freeFrom }) => of !== one || freeFrom.every((from) => !isTaken(from, now)));
    });
  }

  #detach(pool: Pool, spare: NetworkInterface): void {
    for (let i = pool.blocks.length - 1; i >= 0; i--) {
      const { of, freeFrom, base } = pool.blocks[i]!;
      if (of !== spare) continue;
      pool.blocks.splice(i, 1);
      pool.total -= freeFrom.filter((from) => !Number.isNaN(from)).length;
      this.#subnet.release(base, freeFrom.length);
    }
    pool.interfaces.splice(pool.interfaces.indexOf(spare), 1);
  }

  /** The last unit of which nothing is used. @returns whether there was one. */
  #returnUnit(pool: Pool, now: Instant): boolean {
    const { unit } = this.#rule;
    for (let i = pool.blocks.length - 1; i >= 0; i--) {
      const { base, freeFrom, of } = pool.blocks[i]!;
      for (let at = freeFrom.length - unit; at >= 0; at -= unit) {
        if (!isFreeUnit(freeFrom, at, unit, now)) continue;
        freeFrom.fill(RETURNED, at, at + unit);
        of.units -= 1;
        pool.total -= unit;
        if (!freeFrom.every(Number.isNaN)) return true;
        pool.blocks.splice(i, 1);
        this.#subnet.release(base, freeFrom.length);
        return true;
      }
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
    const state = this.#stateOf(pool, now);
    if (this.#rule.short(state, node) > 0) {
      if (this.#growthOf(node, pool, Infinity, 1) === undefined) return Infinity;
      return this.#lookFrom(pool, Math.max(now, pool.retryFrom));
    }
    // Given back is only what has cooled down: then, at the latest, the agent finds that it is too much.
    const then = this.#stateOf(pool, Infinity);
    const spare = this.#spare(node, pool, Infinity, then);
    if (this.#rule.over(then) <= 0 && spare === undefined) return Infinity;
    const cool = this.#coolFrom(pool, now);
    const old = spare === undefined ? 0 : spare.since + this.#rule.interfaceAge;
    return this.#lookFrom(pool, Math.max(cool, pool.shrunkAt + this.#rule.shrinkPeriod, old));
  }

  /** The agent's first look after an instant. */
  #lookFrom(pool: Pool, from: Instant): Instant {
    const { period } = this.#rule;
    return pool.idleSince + period * Math.max(1, Math.floor((from - pool.idleSince) / period) + 1);
  }

  /** When the last address that cools down now may be given again. */
  #coolFrom(pool: Pool, now: Instant): Instant {
    let last = now;
    for (const { freeFrom } of pool.blocks) for (const from of freeFrom) if (from < USED && from > last) last = from;
    return last;
  }

  // What a pool consists of --------------------------------------------------------------------------------------------------

  #poolOf(node: NodeId): Pool {
    let pool = this.#pools[node];
    if (pool === undefined) {
      const { period, first } = this.#rule;
      const phase = this.#phases.uniform(this.#site.keyOf(node), 0);
      pool = new Pool(Math.round((phase - 1) * period));
      this.#pools[node] = pool;
      this.#add(pool, { units: first(node) });
    }
    return pool;
  }

  /** The pool as it is once the run has begun: what seeded pods asked for has come. */
  #settled(node: NodeId): Pool {
    const pool = this.#poolOf(node);
    if (!pool.isSeeding) return pool;
    while (this.#growAtOnce(node, pool, this.#rule.short(this.#stateOf(pool, this.#site.now()), node)));
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
    const { unit, exhausted } = this.#rule;
    const count = units === 0 || this.#subnet.has(units * unit) ? units : 1;
    const base = count === 0 ? 0 : this.#subnet.take(count * unit);
    if (base === undefined) {
      pool.retryFrom = now + exhausted;
      return false;
    }
    const of = on ?? { since: pool.isSeeding ? -Infinity : now, units: 0 };
    if (on === undefined) pool.interfaces.push(of);
    of.units += count;
    if (count > 0) pool.blocks.push({ base, freeFrom: new Float64Array(count * unit).fill(-Infinity), of });
    pool.total += count * unit;
    return true;
  }

  #take(pool: Pool, allocation: Allocation): boolean {
    const now = this.#site.now();
    allocation.extra = 0;
    allocation.isNewBlock = false;
    allocation.address = -1;
    for (const { base, freeFrom } of pool.blocks) {
      for (let at = 0; at < freeFrom.length; at++) {
        if (!isFree(freeFrom[at]!, now)) continue;
        freeFrom[at] = USED;
        pool.assigned += 1;
        allocation.address = base + at;
        return true;
      }
    }
    return false;
  }

  #stateOf(pool: Pool, now: Instant): PoolState {
    const { unit } = this.#rule;
    let available = 0;
    let freeUnits = 0;
    let units = 0;
    for (const { freeFrom } of pool.blocks) {
      for (let at = 0; at < freeFrom.length; at += unit) {
        if (Number.isNaN(freeFrom[at]!)) continue;
        units += 1;
        let free = 0;
        for (let i = at; i < at + unit; i++) if (isFree(freeFrom[i]!, now)) free += 1;
        available += free;
        if (free === unit) freeUnits += 1;
      }
    }
    return { total: pool.total, assigned: pool.assigned, available, freeUnits, units };
  }
}

const isFree = (from: number, now: Instant): boolean => from <= now && from < USED;
/** In use or cooling down. */
const isTaken = (from: number, now: Instant): boolean => !Number.isNaN(from) && !isFree(from, now);

function isFreeUnit(freeFrom: Float64Array, at: number, unit: number, now: Instant): boolean {
  for (let i = at; i < at + unit; i++) if (!isFree(freeFrom[i]!, now)) return false;
  return true;
}

/** The addresses of a network, given in rows. */
class Subnet {
  #next: number;
  readonly #end: number;
  /** Rows that came back, by length. */
  readonly #free = new Map<number, number[]>();

  constructor({ base, prefix }: PodCidr) {
    this.#next = base;
    this.#end = base + (1 << (32 - prefix));
  }

  has(count: number): boolean {
    return (this.#free.get(count)?.length ?? 0) > 0 || this.#next + count <= this.#end;
  }

  /** @returns the first address of so many in a row; undefined: there are not so many left. */
  take(count: number): number | undefined {
    const returned = this.#free.get(count)?.pop();
    if (returned !== undefined) return returned;
    if (this.#next + count > this.#end) return undefined;
    const base = this.#next;
    this.#next += count;
    return base;
  }

  release(base: number, count: number): void {
    const rows = this.#free.get(count) ?? [];
    rows.push(base);
    this.#free.set(count, rows);
  }
}
