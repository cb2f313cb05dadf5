// The schedulers of IPVS as the kernel has them (net/netfilter/ipvs/ip_vs_rr.c, _wrr.c, _lc.c, …). Part of kube-proxy.
// Each belongs to one virtual server on one node and knows nothing of other nodes. Real servers stand in the kernel's
// order, the newest first. kube-proxy gives every server weight 1, and 0 while it is removed; the rules hold for others.

import type { Connection, IpvsScheduler, LoadBalancer, RealServer } from '../../load-balancer.js';

/** What a connection weighs: one that is established as much as 256 that are over (ip_vs_dest_conn_overhead). */
const load = ({ active, inactive }: RealServer): number => active * 256 + inactive;

/** The server with the least `cost` for its weight, the first of several; those of weight 0 left out. */
function leastWeighted(servers: readonly RealServer[], cost: (server: RealServer) => number): RealServer | undefined {
  let least: RealServer | undefined;
  let leastCost = 0;
  for (const server of servers) {
    if (server.weight <= 0) continue;
    const own = cost(server);
    // Without division, as the kernel does it.
    if (least === undefined || leastCost * server.weight > own * least.weight) {
      least = server;
      leastCost = own;
    }
  }
  return least;
}

/** Round robin: the next one after the last. */
class RoundRobin implements IpvsScheduler {
  compared = 1;
  readonly turns = true;
  #last: RealServer | undefined;
  /** Where it stood when it was chosen; it may have moved since. */
  #lastAt = -1;

  choose(servers: readonly RealServer[]): RealServer | undefined {
    if (servers[this.#lastAt] !== this.#last) this.#lastAt = servers.indexOf(this.#last!);
    const from = this.#lastAt;
    for (let i = 1; i <= servers.length; i++) {
      const server = servers[(from + i) % servers.length]!;
      if (server.weight <= 0) continue;
      this.#last = server;
      this.#lastAt = (from + i) % servers.length;
      this.compared = i;
      return server;
    }
    return undefined;
  }

  onChanged(_servers: readonly RealServer[], removed?: { server: RealServer; before: RealServer | undefined }): void {
    if (removed !== undefined && this.#last === removed.server) this.#last = removed.before;
  }
}

/** Weighted round robin: goes round for the servers whose weight is at least a bar that falls from round to round. */
class WeightedRoundRobin implements IpvsScheduler {
  compared = 1;
  readonly turns = true;
  #current = -1;
  #bar = 0;
  #step = 1;
  #highest = 0;

  choose(servers: readonly RealServer[]): RealServer | undefined {
    if (this.#highest <= 0) return undefined;
    // Two rounds: one to the end from where it stands, one whole; each may be of every bar.
    for (let tries = 1; tries <= servers.length * (this.#highest + 2); tries++) {
      this.#current++;
      if (this.#current >= servers.length) {
        this.#current = 0;
        this.#bar -= this.#step;
        if (this.#bar <= 0) this.#bar = this.#highest;
      }
      const server = servers[this.#current]!;
      if (server.weight > 0 && server.weight >= this.#bar) {
        this.compared = tries;
        return server;
      }
    }
    return undefined;
  }

  onChanged(servers: readonly RealServer[]): void {
    this.#current = -1;
    this.#step = servers.reduce((divisor, { weight }) => gcd(divisor, weight), 0) || 1;
    this.#highest = servers.reduce((max, { weight }) => Math.max(max, weight), 0) - (this.#step - 1);
    if (this.#bar > this.#highest || this.#bar === 0) this.#bar = this.#highest;
    else if (this.#step > 1) this.#bar = Math.floor(this.#bar / this.#step) * this.#step + 1;
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Least connection, whatever the weights. */
class LeastConnection implements IpvsScheduler {
  readonly readsInactive = true;
  compared = 0;

  choose(servers: readonly RealServer[]): RealServer | undefined {
    this.compared = servers.length;
    let least: RealServer | undefined;
    for (const server of servers) {
      if (server.weight > 0 && (least === undefined || load(server) < load(least))) least = server;
    }
    return least;
  }

  onChanged(): void {}
}

class WeightedLeastConnection implements IpvsScheduler {
  readonly readsInactive = true;
  compared = 0;

  choose(servers: readonly RealServer[]): RealServer | undefined {
    this.compared = servers.length;
    return leastWeighted(servers, load);
  }

  onChanged(): void {}
}

/** Shortest expected delay: as if the connection were there already. */
class ShortestExpectedDelay implements IpvsScheduler {
  compared = 0;

  choose(servers: readonly RealServer[]): RealServer | undefined {
    this.compared = servers.length;
    return leastWeighted(servers, ({ active }) => active + 1);
  }

  onChanged(): void {}
}

/** Never queue: the first that has nothing to do. */
class NeverQueue implements IpvsScheduler {
  compared = 0;

  choose(servers: readonly RealServer[]): RealServer | undefined {
    this.compared = servers.length;
    const idle = servers.find(({ weight, active }) => weight > 0 && active === 0);
    return idle ?? leastWeighted(servers, ({ active }) => active + 1);
  }

  onChanged(): void {}
}

const HASH_SLOTS = 256;

/** The high byte of an address times 2^32 over the square of the golden ratio: hash_32, include/linux/hash.h, since 4.18. */
const hashSlot = (address: number): number => Math.imul(address, 0x61c88647) >>> 24;

/** A table of 256 slots that the servers fill in turn. */
abstract class HashTable implements IpvsScheduler {
  compared = 1;
  readonly #slots: (RealServer | undefined)[] = new Array(HASH_SLOTS);
  readonly #usesWeights: boolean;

  constructor(usesWeights: boolean) {
    this.#usesWeights = usesWeights;
  }

  protected abstract keyOf(connection: Connection): number;

  choose(_servers: readonly RealServer[], connection: Connection): RealServer | undefined {
    const server = this.#slots[hashSlot(this.keyOf(connection))];
    // Nobody stands in for a server that is removed: its clients are refused until it has left the table.
    return server !== undefined && server.weight > 0 ? server : undefined;
  }

  onChanged(servers: readonly RealServer[]): void {
    let at = 0;
    let given = 0;
    for (let slot = 0; slot < HASH_SLOTS; slot++) {
      this.#slots[slot] = servers.length === 0 ? undefined : servers[at]!;
      if (servers.length > 0 && (!this.#usesWeights || ++given >= servers[at]!.weight)) {
        at = (at + 1) % servers.length;
        given = 0;
      }
    }
  }
}

/** Source hashing. */
class SourceHash extends HashTable {
  constructor() {
    super(true);
  }

  protected keyOf({ source }: Connection): number {
    return source;
  }
}

/** Destination hashing: the destination is the virtual server's own address, so that one server gets everything. */
class DestinationHash extends HashTable {
  constructor() {
    super(false);
  }

  protected keyOf({ destination }: Connection): number {
    return destination;
  }
}

/** More connections than its weight, while another has less than half of its own. */
const isOverloaded = (server: RealServer, servers: readonly RealServer[]): boolean =>
  server.active > server.weight && servers.some(({ active, weight }) => active * 2 < weight);

/** Locality-based least connection: the server that an address went to last, unless it is overloaded. */
class LocalityLeastConnection implements IpvsScheduler {
  readonly remembers = true;
  readonly readsInactive = true;
  compared = 1;
  readonly #last = new Map<number, RealServer>();

  choose(servers: readonly RealServer[], { destination }: Connection): RealServer | undefined {
    const last = this.#last.get(destination);
    this.compared = 1;
    if (last !== undefined && last.weight > 0 && servers.includes(last) && !isOverloaded(last, servers)) return last;
    this.compared = servers.length;
    const chosen = leastWeighted(servers, load);
    if (chosen !== undefined) this.#last.set(destination, chosen);
    return chosen;
  }

  onChanged(): void {}
}

const SET_UNCHANGED_MAX = 24 * 3600e9;

/** The same with a set of servers for each address: it grows while its least loaded one is overloaded. */
class LocalitySetLeastConnection implements IpvsScheduler {
  readonly remembers = true;
  readonly readsInactive = true;
  compared = 1;
  readonly #sets = new Map<number, { servers: RealServer[]; changedAt: number }>();

  choose(servers: readonly RealServer[], { destination, time }: Connection): RealServer | undefined {
    const set = this.#sets.get(destination);
    this.compared = set?.servers.length ?? 0;
    const inSet = set?.servers.filter((server) => servers.includes(server)) ?? [];
    const least = leastWeighted(inSet, load);
    if (set !== undefined && inSet.length > 1 && time - set.changedAt > SET_UNCHANGED_MAX) {
      set.servers = inSet.filter((server) => server !== mostLoaded(inSet));
      set.changedAt = time;
    }
    if (least !== undefined && !isOverloaded(least, servers)) return least;
    this.compared += servers.length;
    const chosen = leastWeighted(servers, load);
    if (chosen === undefined) return undefined;
    if (set === undefined) this.#sets.set(destination, { servers: [chosen], changedAt: time });
    else if (!set.servers.includes(chosen)) {
      set.servers.push(chosen);
      set.changedAt = time;
    }
    return chosen;
  }

  onChanged(): void {}
}

function mostLoaded(servers: readonly RealServer[]): RealServer | undefined {
  let most: RealServer | undefined;
  for (const server of servers) {
    if (server.weight > 0 && (most === undefined || load(most) * server.weight < load(server) * most.weight)) {
      most = server;
    }
  }
  return most;
}

/** Size of the table of Maglev hashing: CONFIG_IP_VS_MH_TAB_INDEX 12, net/netfilter/ipvs/Kconfig. */
export const MAGLEV_SLOTS = 4093;

/** Maglev hashing by address and port of the client: kube-proxy sets the flag for the port. */
class Maglev implements IpvsScheduler {
  compared = 1;
  #slots: (RealServer | undefined)[] = [];

  choose(_servers: readonly RealServer[], { source, sourcePort }: Connection): RealServer | undefined {
    const server = this.#slots[scramble(source + sourcePort, 0) % MAGLEV_SLOTS];
    return server !== undefined && server.weight > 0 ? server : undefined;
  }

  onChanged(servers: readonly RealServer[]): void {
    this.#slots = maglevTable(servers);
  }
}

/** Servers take turns, as many slots a turn as their weight says, each taking the next free one of its permutation. */
export function maglevTable(servers: readonly RealServer[]): (RealServer | undefined)[] {
  const slots: (RealServer | undefined)[] = new Array(MAGLEV_SLOTS).fill(undefined);
  const divisor = servers.reduce((sum, { weight }) => gcd(sum, weight), 0);
  if (divisor === 0) return slots;
  const at = servers.map(({ address }) => scramble(address, 1) % MAGLEV_SLOTS);
  const skips = servers.map(({ address }) => (scramble(address, 2) % (MAGLEV_SLOTS - 1)) + 1);
  let filled = 0;
  while (filled < MAGLEV_SLOTS) {
    for (let i = 0; i < servers.length; i++) {
      for (let turn = servers[i]!.weight / divisor; turn > 0 && filled < MAGLEV_SLOTS; turn--) {
        while (slots[at[i]!] !== undefined) at[i] = (at[i]! + skips[i]!) % MAGLEV_SLOTS;
        slots[at[i]!] = servers[i]!;
        filled++;
      }
    }
  }
  return slots;
}

/** Stands for the kernel's keyed hash (siphash), whose key is drawn at each boot. */
function scramble(value: number, key: number): number {
  let x = (value ^ Math.imul(key + 1, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** What kube-proxy sets if nothing is said. Source: pkg/proxy/ipvs/proxier.go. */
export const IPVS_SCHEDULER_DEFAULT = 'rr';

/** As `ipvsadm -s` takes them. */
export const IPVS_SCHEDULERS: readonly LoadBalancer[] = [
  { name: IPVS_SCHEDULER_DEFAULT, meaning: 'one after another', create: () => new RoundRobin(), isRoundRobin: true },
  { name: 'wrr', meaning: 'one after another, by weight', create: () => new WeightedRoundRobin() },
  { name: 'lc', meaning: 'the one with the fewest connections', create: () => new LeastConnection() },
  {
    name: 'wlc',
    meaning: 'the one with the fewest connections for its weight',
    create: () => new WeightedLeastConnection(),
  },
  {
    name: 'lblc',
    meaning: 'the one last used for the destination address, unless it is overloaded',
    create: () => new LocalityLeastConnection(),
  },
  {
    name: 'lblcr',
    meaning: 'one of the set kept for the destination address',
    create: () => new LocalitySetLeastConnection(),
  },
  { name: 'sh', meaning: 'by a hash of the client’s address', create: () => new SourceHash() },
  { name: 'dh', meaning: 'by a hash of the service’s address', create: () => new DestinationHash() },
  { name: 'sed', meaning: 'the one with the shortest expected delay', create: () => new ShortestExpectedDelay() },
  { name: 'nq', meaning: 'one that is idle, or else the shortest expected delay', create: () => new NeverQueue() },
  { name: 'mh', meaning: 'by a Maglev hash of the client’s address', create: () => new Maglev() },
];
