// One virtual server in the kernel of one node: its real servers, and the connections that they have. Part of kube-proxy.
// It is brought up to date when somebody asks for it, as if each sync and each minute's look at servers that are taken
// away had taken place in between.

import type { ParameterSet, PodId } from '../../../cluster/index.js';
import type { Connection, IpvsScheduler, LoadBalancer, RealServer } from '../../load-balancer.js';
import { kernelParameters } from '../../parameters.js';

/** A real server with the times at which connections that are over will be forgotten. */
interface Member extends RealServer {
  weight: number;
  active: number;
  inactive: number;
  readonly forgets: number[];
  forgetsFrom: number;
}

/** So many servers are looked through without an index. */
const LOOKED_THROUGH = 16;
const NOBODY: Connection = { source: 0, sourcePort: 0, destination: 0, time: 0, choice: 0.5 };

export class VirtualServer {
  /** Position of the service log that it has; -1: none yet. */
  position = -1;
  readonly #scheduler: IpvsScheduler;
  readonly #servers: Member[] = [];
  /** Where there are so many that looking through them takes longer. */
  #byPod: Map<number, Member> | undefined;
  readonly #addressOf: (pod: PodId) => number;
  /** Whether a server is removed, or any remembers connections that are over. */
  #isDraining = false;
  #remembers = false;
  /** Servers that are gone, and until when their connections are remembered. */
  #ghosts: { readonly pod: PodId; readonly until: number }[] = [];

  constructor(loadBalancer: LoadBalancer, parameters: ParameterSet, addressOf: (pod: PodId) => number) {
    this.#scheduler = loadBalancer.create({ parameters });
    this.#addressOf = addressOf;
  }

  /** Servers in the kernel, those that are removed included. */
  get servers(): readonly RealServer[] {
    return this.#servers;
  }

  get compared(): number {
    return this.#scheduler.compared;
  }

  /** A sync has brought it the endpoints: the first `count` of a rising list. @param now ns. */
  setEndpoints(pods: Int32Array, count: number, now: number): void {
    const wanted = new Set(pods.subarray(0, count));
    for (let i = this.#servers.length - 1; i >= 0; i--) {
      const server = this.#servers[i]!;
      if (!wanted.has(server.pod)) this.#takeAway(i, now);
      // One that comes back while it is removed is deleted and added again.
      else if (server.weight === 0) this.#remove(i, now);
    }
    const added: Member[] = [];
    for (const pod of wanted) {
      if (this.#find(pod) !== undefined) continue;
      const server = {
        pod,
        address: this.#addressOf(pod),
        weight: 1,
        active: 0,
        inactive: 0,
        forgets: [],
        forgetsFrom: 0,
      };
      added.push(server);
    }
    // The kernel puts a new server in front.
    this.#servers.unshift(...added.reverse());
    const isLong = this.#servers.length > LOOKED_THROUGH;
    this.#byPod = isLong ? new Map(this.#servers.map((server) => [server.pod, server])) : undefined;
    this.#scheduler.onChanged(this.#servers);
  }

  #find(pod: PodId): Member | undefined {
    if (this.#byPod !== undefined) return this.#byPod.get(pod);
    for (const server of this.#servers) if (server.pod === pod) return server;
    return undefined;
  }

  /** The pod for a new connection, which it then has; -1: there is none. @param weight real connections it stands for. */
  open(connection: Connection, weight: number): number {
    if (this.#remembers && this.#scheduler.readsInactive)
      for (const server of this.#servers) forget(server, connection.time);
    // A scheduler sees servers that it cannot change, and chooses one of those that it is handed.
    const server = this.#scheduler.choose(this.#servers, connection) as Member | undefined;
    if (server === undefined) return -1;
    server.active += weight;
    return server.pod;
  }

  /** Whether it has no connections, remembered ones included, and its scheduler knows of none. */
  isIdle(now: number): boolean {
    if (this.#scheduler.turns || this.#scheduler.remembers || this.#ghosts.some(({ until }) => until > now))
      return false;
    return this.#servers.every((server) => {
      forget(server, now);
      return server.weight > 0 && server.active + server.inactive === 0;
    });
  }

  /** It has had so many connections before, which are over. */
  skip(connections: number): void {
    const { turns } = this.#scheduler;
    if (turns) for (let i = 0; i < connections; i++) this.#scheduler.choose(this.#servers, NOBODY);
  }

  /** The pod of a client that is to keep it, if it may have new connections. */
  reopen(pod: PodId, weight: number): boolean {
    const server = this.#find(pod);
    if (server === undefined || server.weight === 0) return false;
    server.active += weight;
    return true;
  }

  /**
   * The pod that an old connection went to whose ports are used again: any that had some within the time that connections
   * are remembered. @param choice uniform draw.
   */
  reuse(choice: number, weight: number, now: number): number {
    this.#ghosts = this.#ghosts.filter(({ until }) => until > now);
    const pods = [...this.#servers.map(({ pod }) => pod), ...this.#ghosts.map(({ pod }) => pod)];
    const pod = pods[Math.floor(choice * pods.length)] ?? -1;
    const server = this.#find(pod);
    if (server !== undefined) server.active += weight;
    return pod;
  }

  /** A connection to the pod is over; it is remembered for a while. */
  close(pod: PodId, weight: number, now: number): void {
    const server = this.#find(pod);
    if (server === undefined || server.active < weight) return;
    this.#remembers = true;
    forget(server, now);
    server.active -= weight;
    server.inactive += weight;
    server.forgets.push(now + kernelParameters.ipvsTimeWait.value, weight);
  }

  /** Takes servers away for good that have no connections left: kube-proxy looks for them once a minute. */
  collect(now: number): void {
    if (!this.#isDraining) return;
    for (let i = this.#servers.length - 1; i >= 0; i--) {
      const server = this.#servers[i]!;
      if (server.weight > 0) continue;
      forget(server, now);
      if (server.active + server.inactive === 0) this.#remove(i, now);
    }
  }

  #takeAway(i: number, now: number): void {
    const server = this.#servers[i]!;
    forget(server, now);
    if (server.active + server.inactive === 0) this.#remove(i, now);
    else {
      server.weight = 0;
      this.#isDraining = true;
    }
  }

  #remove(i: number, now: number): void {
    const server = this.#servers[i]!;
    const before = this.#servers[i - 1];
    this.#ghosts.push({ pod: server.pod, until: now + kernelParameters.ipvsTimeWait.value });
    this.#servers.splice(i, 1);
    this.#byPod?.delete(server.pod);
    this.#isDraining = this.#servers.some(({ weight }) => weight === 0);
    this.#scheduler.onChanged(this.#servers, { server, before });
  }
}

/** Drops what is remembered of connections for longer than the kernel does. */
function forget(server: Member, now: number): void {
  const { forgets } = server;
  while (server.forgetsFrom < forgets.length && forgets[server.forgetsFrom]! <= now) {
    server.inactive -= forgets[server.forgetsFrom + 1]!;
    server.forgetsFrom += 2;
  }
  if (server.forgetsFrom > 256 && server.forgetsFrom * 2 > forgets.length) {
    forgets.splice(0, server.forgetsFrom);
    server.forgetsFrom = 0;
  }
}
