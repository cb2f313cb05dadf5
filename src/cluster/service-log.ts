// The history of the endpoints of every service, as one append-only, multi-version log. Part of the cluster vocabulary:
// the API server writes it, the kube-proxies stand somewhere in it.
// A kube-proxy owns no copy of the services: what it knows, and what its kernel has, are two positions in this log. An
// entry is one write of a service's EndpointSlices: its ready endpoints, then those that still serve while they end. Which
// of them a node uses is its kube-proxy's business. Positions are counted from 0. Endpoint lists that no node can need any
// more are dropped (compaction), the few numbers of an entry stay.

import { grown, type Instant } from '../engine/index.js';
import type { PodId, ServiceId } from './ids.js';

const NONE = -1;
const NO_ENDPOINTS = new Int32Array(0);

export class ServiceLog {
  /** Number of entries; the newest is at `length - 1`. */
  length = 0;
  service = new Int32Array(1024);
  /** Number of the entry among those of its service, from 0. */
  nth = new Int32Array(1024);
  /** When the entry was committed. */
  time = new Float64Array(1024);
  /** Oldest change of a pod's readiness that it carries, NaN if it carries none. */
  triggerTime = new Float64Array(1024);
  /** First of the entries in a row that have the same trigger time as the entry; those without one are a row, too. */
  triggerRow = new Int32Array(1024);
  /** The service's next entry, -1 while this is its newest. */
  next = new Int32Array(1024).fill(NONE);
  previous = new Int32Array(1024).fill(NONE);
  /** Endpoints that came or went against the service's entry before, of those that are used cluster-wide. */
  changes = new Int32Array(1024);
  /** How many of the entry's endpoints are ready: they stand first. */
  ready = new Int32Array(1024);
  /** Service ports of the whole cluster from this entry on, and endpoints used, counted once for each port. */
  totalPorts = new Int32Array(1024);
  totalEndpoints = new Int32Array(1024);
  #endpoints: Int32Array[] = [];
  /** By entry whose endpoints that are ready have hints: the index of the zone that each is for. */
  readonly #hints = new Map<number, Uint16Array>();
  readonly #newest: Int32Array;
  readonly #ports: Int32Array;
  #compactedUpTo = 0;

  /** @param ports number of ports of each service. */
  constructor(ports: readonly number[]) {
    this.#newest = new Int32Array(ports.length).fill(NONE);
    this.#ports = Int32Array.from(ports);
  }

  portsOf(service: ServiceId): number {
    return this.#ports[service]!;
  }

  /**
   * Appends an entry and returns its position.
   * @param endpoints pods: the first `ready` of them are ready, the others serve and end; both parts rise. The list must
   * not be changed afterwards. @param hints zones that those which are ready are for.
   */
  append(
    service: ServiceId,
    time: Instant,
    triggerTime: number,
    endpoints: Int32Array,
    ready: number = endpoints.length,
    hints?: Uint16Array,
  ): number {
    const at = this.length++;
    if (at === this.service.length) this.#grow(at * 2);
    const before = this.#newest[service]!;
    const old = before === NONE ? NO_ENDPOINTS : this.#endpoints[before]!;
    const usedBefore = before === NONE ? 0 : this.usedOf(before);
    const used = ready > 0 ? ready : endpoints.length;
    const ports = this.#ports[service]!;
    this.service[at] = service;
    this.nth[at] = before === NONE ? 0 : this.nth[before]! + 1;
    this.time[at] = time;
    this.triggerTime[at] = triggerTime;
    const isAsBefore = at > 0 && Object.is(this.triggerTime[at - 1], triggerTime);
    this.triggerRow[at] = isAsBefore ? this.triggerRow[at - 1]! : at;
    this.next[at] = NONE;
    this.previous[at] = before;
    this.changes[at] = countChanges(old, usedBefore, endpoints, used);
    this.ready[at] = ready;
    this.totalPorts[at] = this.#last(this.totalPorts, at) + (before === NONE ? ports : 0);
    this.totalEndpoints[at] = this.#last(this.totalEndpoints, at) + (used - usedBefore) * ports;
    this.#endpoints.push(endpoints);
    if (hints !== undefined) this.#hints.set(at, hints);
    if (before !== NONE) this.next[before] = at;
    this.#newest[service] = at;
    return at;
  }

  #last(column: Int32Array, at: number): number {
    return at === 0 ? 0 : column[at - 1]!;
  }

  /** Position of the service's newest entry at or before `position`; -1 if the service did not exist then. */
  entryAt(service: ServiceId, position: number): number {
    let at = this.#newest[service]!;
    while (at > position) at = this.previous[at]!;
    return at;
  }

  /** Position of the service's newest entry. */
  newestOf(service: ServiceId): number {
    return this.#newest[service]!;
  }

  /** Pods behind the service as of an entry: the ready ones, then those that serve and end. */
  endpointsOf(entry: number): Int32Array {
    return this.#endpoints[entry]!;
  }

  /** Index of the zone that each endpoint that is ready is for; undefined: they have no hints. */
  hintsOf(entry: number): Uint16Array | undefined {
    return this.#hints.get(entry);
  }

  /** How many of them, from the first on, are used where nothing else counts: the ready ones; all if none is. */
  usedOf(entry: number): number {
    const ready = this.ready[entry]!;
    return ready > 0 ? ready : this.#endpoints[entry]!.length;
  }

  /** Whether new connections to the service may be sent to a pod as of an entry. */
  uses(entry: number, pod: PodId): boolean {
    const at = this.#endpoints[entry]!.indexOf(pod);
    return at >= 0 && at < this.usedOf(entry);
  }

  /** Drops the endpoint lists of entries that were replaced at or before `position`, which no node stands before. */
  compact(position: number): void {
    for (let at = this.#compactedUpTo; at <= position; at++) {
      const replaced = this.previous[at]!;
      if (replaced !== NONE) {
        this.#endpoints[replaced] = NO_ENDPOINTS;
        this.#hints.delete(replaced);
        this.previous[at] = NONE;
      }
    }
    this.#compactedUpTo = Math.max(this.#compactedUpTo, position + 1);
  }

  /** The oldest position that a node may still come to stand at. */
  get oldestKept(): number {
    return Math.max(0, this.#compactedUpTo - 1);
  }

  /** Endpoint lists held, for tests and memory figures. */
  get listsHeld(): number {
    let held = 0;
    for (const list of this.#endpoints) if (list !== NO_ENDPOINTS) held++;
    return held;
  }

  /** Column by column: a table that grows by the names of its columns is slower to read, and this one is read most. */
  #grow(capacity: number): void {
    this.service = grown(this.service, new Int32Array(capacity));
    this.nth = grown(this.nth, new Int32Array(capacity));
    this.time = grown(this.time, new Float64Array(capacity));
    this.triggerTime = grown(this.triggerTime, new Float64Array(capacity));
    this.triggerRow = grown(this.triggerRow, new Int32Array(capacity));
    this.next = grown(this.next, new Int32Array(capacity));
    this.previous = grown(this.previous, new Int32Array(capacity));
    this.changes = grown(this.changes, new Int32Array(capacity));
    this.ready = grown(this.ready, new Int32Array(capacity));
    this.totalPorts = grown(this.totalPorts, new Int32Array(capacity));
    this.totalEndpoints = grown(this.totalEndpoints, new Int32Array(capacity));
  }
}

/** Members that are in one list and not in the other, of the first so many of each; both rise. */
function countChanges(before: Int32Array, countBefore: number, now: Int32Array, countNow: number): number {
  let i = 0;
  let j = 0;
  let common = 0;
  while (i < countBefore && j < countNow) {
    if (before[i]! < now[j]!) i++;
    else if (before[i]! > now[j]!) j++;
    else {
      common++;
      i++;
      j++;
    }
  }
  return countBefore + countNow - 2 * common;
}
