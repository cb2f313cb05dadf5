// Which real server IPVS sends a new connection to, on every node. Part of kube-proxy.
// A virtual server is made when it is first asked for. Where its scheduler knows nothing but whose turn it is, that one
// number stands for it.

import {
  type FirstPacket,
  kernelVersion,
  type NodeId,
  type PodId,
  type Route,
  ServiceAddress,
} from '../../../cluster/index.js';
import type { ClientAffinity } from '../../client-affinity.js';
import type { EndpointList } from '../../endpoints.js';
import type { FirstPacketQuestion } from '../../first-packet.js';
import type { LoadBalancer } from '../../load-balancer.js';
import type { ChoiceParts, EndpointChoice } from '../../proxy-mode.js';
import { PortReuse } from './port-reuse.js';
import { RoundRobinCursors } from './round-robin-cursors.js';
import { VirtualServer } from './virtual-server.js';

/** Linux from which on a connection whose ports are used again is a new one to IPVS. */
const REUSE_FIXED = kernelVersion(5, 9);
const SWEEP_MIN = 4096;

export class VirtualServers implements EndpointChoice {
  readonly #parts: ChoiceParts;
  readonly #loadBalancer: LoadBalancer;
  readonly #connection = { source: 0, sourcePort: 0, destination: 0, time: 0, choice: 0 };
  /** By node, service and kind of address; only those that were used. */
  readonly #servers = new Map<number, VirtualServer>();
  readonly #cursors = new RoundRobinCursors();
  readonly #portReuse = new PortReuse();
  /** Whether any node's IPVS makes something of ports that are used again. */
  readonly #reusesPorts: boolean;
  readonly #isRoundRobin: boolean;
  /** So many virtual servers are looked through for idle ones. */
  #sweepAt = SWEEP_MIN;

  constructor(parts: ChoiceParts) {
    const { nodes, spec } = parts.context;
    const { connReuseMode, scheduler } = spec.kubeProxy;
    this.#parts = parts;
    this.#loadBalancer = parts.loadBalancers.get(scheduler);
    this.#reusesPorts = connReuseMode === 0 || nodes.pools.some(({ kernel }) => kernel < REUSE_FIXED);
    this.#isRoundRobin = this.#loadBalancer.isRoundRobin === true && !this.#reusesPorts;
  }

  choose(
    packet: FirstPacket,
    route: Route,
    question: FirstPacketQuestion,
    list: EndpointList,
    position: number,
    affinity: ClientAffinity | undefined,
    recalled: number,
  ): number {
    if (this.#isRoundRobin && affinity === undefined) return this.#takeNext(packet, question, list);
    const { now } = this.#parts.context.simulation;
    const server = this.#server(packet);
    if (server.position !== position) {
      const isNew = server.position < 0;
      server.setEndpoints(list.pods, list.count, now);
      server.position = position;
      if (isNew) server.skip(this.#cursorBefore(packet, list.count));
    }
    server.collect(now);
    const reused = this.#reusesPorts ? this.#reuse(packet, server, now, route) : -1;
    if (reused >= 0) return reused;
    if (recalled >= 0 && server.reopen(recalled, packet.weight)) {
      affinity!.remember(packet.source, recalled, now);
      return recalled;
    }
    const connection = this.#connection;
    connection.source = packet.source;
    connection.sourcePort = packet.sourcePort;
    connection.destination = this.#parts.clusterIpOf(packet.service);
    connection.time = now;
    connection.choice = packet.choice;
    const pod = server.open(connection, packet.weight);
    question.compared = server.compared;
    if (pod >= 0) affinity?.remember(packet.source, pod, now);
    return pod;
  }

  close(packet: Pick<FirstPacket, 'node' | 'service' | 'address' | 'weight'>, pod: PodId): void {
    this.#servers.get(this.#keyOf(packet))?.close(pod, packet.weight, this.#parts.context.simulation.now);
  }

  onNodeDown(node: NodeId): void {
    const perNode = this.#parts.context.spec.services.length * 2;
    const isOf = (key: number): boolean => Math.floor(key / perNode) === node;
    for (const key of this.#servers.keys()) if (isOf(key)) this.#servers.delete(key);
    this.#cursors.forget(isOf);
  }

  #takeNext(packet: FirstPacket, question: FirstPacketQuestion, list: EndpointList): number {
    const key = this.#keyOf(packet);
    question.compared = 1;
    const start = this.#cursors.has(key) ? 0 : this.#cursorBefore(packet, list.count);
    return this.#cursors.take(key, list.pods, list.count, start);
  }

  #cursorBefore({ node, service }: FirstPacket, count: number): number {
    return this.#parts.connectionsBefore(node, service, count);
  }

  /** What IPVS makes of ports that it remembers: the pod of the old connection, or -1 if it chooses again. */
  #reuse(packet: FirstPacket, server: VirtualServer, now: number, route: Route): number {
    const { nodes, spec } = this.#parts.context;
    const isOld = nodes.poolOf(packet.node).kernel < REUSE_FIXED;
    const mode = spec.kubeProxy.connReuseMode ?? (isOld ? 0 : 1);
    if (mode === 1 && !isOld) return -1;
    if (!this.#portReuse.isReused(packet.source, this.#keyOf(packet), packet.weight, now)) return -1;
    route.isReused = true;
    if (mode === 0) return server.reuse(packet.choice, packet.weight, now);
    route.losesFirst = true;
    return -1;
  }

  /** The virtual server of the packet's address. */
  #server(packet: FirstPacket): VirtualServer {
    const key = this.#keyOf(packet);
    let server = this.#servers.get(key);
    if (server === undefined) {
      if (this.#servers.size >= this.#sweepAt) this.#forgetIdle();
      server = new VirtualServer(this.#loadBalancer, this.#parts.context.parameters, this.#parts.addressOf);
      this.#servers.set(key, server);
    }
    return server;
  }

  /** Those that remember nothing are as good as new. */
  #forgetIdle(): void {
    const { now } = this.#parts.context.simulation;
    for (const [key, server] of this.#servers) if (server.isIdle(now)) this.#servers.delete(key);
    this.#sweepAt = Math.max(SWEEP_MIN, this.#servers.size * 2);
  }

  #keyOf({ node, service, address }: Pick<FirstPacket, 'node' | 'service' | 'address'>): number {
    const pair = node * this.#parts.context.spec.services.length + service;
    return pair * 2 + (address === ServiceAddress.ClusterIp ? 0 : 1);
  }
}
