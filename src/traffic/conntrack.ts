// The kernel's table of connections on each node, as far as it can be full. Part of the traffic.
// Entries of connections that are over stay for a time that depends on the protocol only, so that they leave in the order
// in which they came: a queue for each such time, read when the next entry comes, and no event.

import { type NodeId, type Parameter, parameter } from '../cluster/index.js';
import { seconds } from '../engine/index.js';

export const conntrackParameters = {
  tcpTimeWait: parameter(
    seconds(120),
    'ns',
    'an entry of a TCP connection that is over, or was never answered, stays so long',
    'net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts',
  ),
  udp: parameter(
    seconds(30),
    'ns',
    'an entry of a UDP flow with one question and answer stays so long',
    'net/netfilter/nf_conntrack_proto_udp.c udp_timeouts',
  ),
  udpStream: parameter(
    seconds(120),
    'ns',
    'and one of a flow that went on',
    'net/netfilter/nf_conntrack_proto_udp.c udp_timeouts',
  ),
} as const satisfies Record<string, Parameter<number>>;

/** How an entry ends; that of a connection that was refused is taken out at once. */
export type EntryKind = 'tcp' | 'udp' | 'udpStream' | 'refused';

/** Entries that leave so long after they were let go. */
class Lingering {
  readonly #timeout: number;
  #times: number[] = [];
  #nodes: number[] = [];
  #weights: number[] = [];
  #head = 0;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  add(node: NodeId, weight: number, now: number): void {
    this.#times.push(now + this.#timeout);
    this.#nodes.push(node);
    this.#weights.push(weight);
  }

  /** What a node had is forgotten. */
  forget(node: NodeId): void {
    for (let i = this.#head; i < this.#nodes.length; i++) if (this.#nodes[i] === node) this.#weights[i] = 0;
  }

  /** Takes out what has left by now. */
  release(now: number, counts: Float64Array): void {
    while (this.#head < this.#times.length && this.#times[this.#head]! <= now) {
      counts[this.#nodes[this.#head]!]! -= this.#weights[this.#head]!;
      this.#head++;
    }
    if (this.#head > 4096 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#nodes = this.#nodes.slice(this.#head);
      this.#weights = this.#weights.slice(this.#head);
      this.#head = 0;
    }
  }
}

export class Conntrack {
  /** Entries that did not fit, by node. */
  readonly dropped: Float64Array;
  /** Most entries that a node has had. */
  readonly peak: Float64Array;
  readonly #counts: Float64Array;
  readonly #sizes: Float64Array;
  /** Since when a node remembers, ns. */
  readonly #since: Float64Array;
  readonly #lingering: Readonly<Record<Exclude<EntryKind, 'refused'>, Lingering>> = {
    tcp: new Lingering(conntrackParameters.tcpTimeWait.value),
    udp: new Lingering(conntrackParameters.udp.value),
    udpStream: new Lingering(conntrackParameters.udpStream.value),
  };

  /** @param sizeOf entries that fit into the table of a node. */
  constructor(nodes: number, sizeOf: (node: NodeId) => number) {
    this.#counts = new Float64Array(nodes);
    this.#sizes = Float64Array.from({ length: nodes }, (_, node) => sizeOf(node));
    this.#since = new Float64Array(nodes).fill(-1);
    this.dropped = new Float64Array(nodes);
    this.peak = new Float64Array(nodes);
  }

  /** Forgets what was counted so far: the warm-up ends. */
  resetCounts(): void {
    this.dropped.fill(0);
    this.peak.set(this.#counts);
  }

  /** Entries of a node now. */
  count(node: NodeId, now: number): number {
    this.#release(now);
    return this.#counts[node]!;
  }

  sizeOf(node: NodeId): number {
    return this.#sizes[node]!;
  }

  /** Takes in a new connection; false if the table is full, and its packet is dropped. */
  insert(node: NodeId, weight: number, now: number): boolean {
    this.#release(now);
    const count = this.#counts[node]! + weight;
    if (count > this.#sizes[node]!) {
      this.dropped[node]! += weight;
      return false;
    }
    this.#counts[node] = count;
    if (count > this.peak[node]!) this.peak[node] = count;
    return true;
  }

  /** The connection is over: its entry stays for a while. @param since when it was inserted, ns. */
  letGo(node: NodeId, weight: number, kind: EntryKind, since: number, now: number): void {
    if (since <= this.#since[node]!) return;
    if (kind === 'refused') this.#counts[node]! -= weight;
    else this.#lingering[kind].add(node, weight, now);
  }

  /** The node goes down, and remembers nothing. */
  forget(node: NodeId, now: number): void {
    for (const lingering of Object.values(this.#lingering)) lingering.forget(node);
    this.#counts[node] = 0;
    this.#since[node] = now;
  }

  #release(now: number): void {
    this.#lingering.tcp.release(now, this.#counts);
    this.#lingering.udp.release(now, this.#counts);
    this.#lingering.udpStream.release(now, this.#counts);
  }
}
