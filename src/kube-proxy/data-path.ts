// The service data path of all nodes: what the rules in force on a node do with the first packet of a connection. Part of
// kube-proxy. Per-node state exists only where somebody has sent a connection: virtual servers of IPVS, remembered clients.

import {
  type Context,
  type FirstPacket,
  kernelVersion,
  PacketSource,
  type Route,
  ServiceAddress,
  type ServiceLog,
  type ServiceRouting,
  Verdict,
} from '../cluster/index.js';
import { type EntityKey, keyWithin, type RandomStream } from '../engine/index.js';
import { ClientAffinity } from './client-affinity.js';
import type { EndpointList } from './endpoints.js';
import { type ArrivalRule, emptyQuestion, type FirstPacketCost, type FirstPacketRule } from './first-packet.js';
import { PortReuse } from './ipvs/port-reuse.js';
import { Turns } from './ipvs/turns.js';
import { VirtualServer } from './ipvs/virtual-server.js';
import type { KubeProxies } from './kube-proxy.js';
import { LOOKUPS, type ModeLookup } from './lookups.js';
import { forwardingParameters, kernelParameters, lookupParameters } from './parameters.js';

/** 10.96.0.0/12: cluster IPs are given out from here, by chance. */
const CLUSTER_IP_BASE = 0x0a600000;
const CLUSTER_IP_PREFIX = 12;

const SWEEP_MIN = 4096;

/** Linux from which on a connection whose ports are used again is a new one to IPVS. */
const REUSE_FIXED = kernelVersion(5, 9);

export class ServiceDataPath implements ServiceRouting {
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #proxies: KubeProxies;
  readonly forwardedPacket: number;
  readonly #lookup: ModeLookup;
  readonly #firstPacket: FirstPacketRule;
  readonly #arrival: ArrivalRule;
  readonly #addressOf: (pod: number) => number;
  readonly #places: RandomStream;
  readonly #turnsTaken: RandomStream;
  readonly #masquerades: number;
  readonly #question = emptyQuestion();
  readonly #cost: FirstPacketCost = { traversed: 0, duration: 0 };
  readonly #connection = { source: 0, sourcePort: 0, destination: 0, time: 0 };
  /** By node * services + service; only pairs that were used. */
  readonly #virtualServers = new Map<number, VirtualServer>();
  readonly #affinities = new Map<number, ClientAffinity>();
  /** Used instead of virtual servers where a turn is all that has to be remembered. */
  readonly #turns = new Turns();
  readonly #portReuse = new PortReuse();
  /** Whether any node's IPVS makes something of it. */
  readonly #reusesPorts: boolean;
  readonly #takesTurns: boolean;
  /** So many virtual servers are looked through for idle ones. */
  #sweepAt = SWEEP_MIN;

  /** @param addressOf IPv4 address of a pod as a number. */
  constructor(context: Context, log: ServiceLog, proxies: KubeProxies, addressOf: (pod: number) => number) {
    this.#context = context;
    this.#log = log;
    this.#proxies = proxies;
    this.#lookup = LOOKUPS[context.spec.kubeProxy.mode];
    const costs = context.parameters.of(lookupParameters);
    this.forwardedPacket = context.parameters.of(forwardingParameters)[context.spec.kubeProxy.mode].value;
    this.#firstPacket = this.#lookup.firstPacket(costs);
    this.#arrival = this.#lookup.arrival(costs);
    this.#addressOf = addressOf;
    this.#places = context.streams.stream('kube-proxy/service-order');
    this.#turnsTaken = context.streams.stream('kube-proxy/turns-taken');
    const { connReuseMode } = context.spec.kubeProxy;
    this.#reusesPorts = connReuseMode === 0 || context.nodes.pools.some(({ kernel }) => kernel < REUSE_FIXED);
    this.#takesTurns = this.#lookup.schedules && context.spec.kubeProxy.scheduler === 'rr' && !this.#reusesPorts;
    this.#masquerades = context.spec.kubeProxy.masquerades ? 1 : 0;
  }

  route(packet: FirstPacket, route: Route): void {
    const { node, service } = packet;
    const proxies = this.#proxies;
    const position = proxies.positionFor(node, service);
    const entry = position < 0 ? -1 : this.#log.entryAt(service, position);
    route.pod = -1;
    route.isReused = false;
    route.losesFirst = false;
    route.place = this.#places.uniform(this.#keyOf(node, service), proxies.changesOf(service, position));
    const shape = proxies.shapes[service]!;
    const isExternal = packet.address !== ServiceAddress.ClusterIp;
    const question = this.#question;
    question.services = this.#lookup.services(proxies.book, node, position);
    question.filter = this.#lookup.filter(proxies.book, node, position);
    question.nodePorts =
      packet.address === ServiceAddress.NodePort ? this.#lookup.nodePorts(proxies.book, node, position) : 0;
    question.place = route.place;
    question.affinityRules = 0;
    question.masquerades = this.#masquerades;
    question.isForwarded = packet.from !== PacketSource.Node;
    question.isExternal = isExternal;
    question.compared = 0;
    question.chosen = 0;
    if (entry < 0) {
      this.#answer(route, position < 0 || entry < 0 ? Verdict.Unknown : Verdict.Rejected);
      return;
    }
    const { chooser } = proxies;
    chooser.choose(service, entry, node);
    // Externally a policy is about packets from outside: KUBE-EXT sends those of the cluster to all endpoints.
    const isLocal = isExternal ? shape.externalLocal && packet.from === PacketSource.Outside : shape.internalLocal;
    const list = isLocal ? chooser.local : chooser.cluster;
    question.isMarked = isMarked(packet.from, isExternal, shape.externalLocal, this.#masquerades === 1);
    question.endpoints = list.count;
    if (list.count === 0) {
      const isNowhere = this.#log.endpointsOf(entry).length === 0;
      this.#answer(route, isNowhere ? Verdict.Rejected : Verdict.Dropped);
      return;
    }
    route.pod = this.#choose(packet, route, list, position, shape.hasAffinity === 1);
    this.#answer(route, route.pod < 0 ? Verdict.Rejected : Verdict.Endpoint);
  }

  arrive(node: number, route: Route): void {
    const position = this.#proxies.positionOn(node);
    const { book } = this.#proxies;
    const cost = this.#cost;
    this.#arrival(this.#lookup.services(book, node, position), this.#lookup.filter(book, node, position), cost);
    route.traversed = cost.traversed;
    route.duration = cost.duration;
  }

  close(packet: Pick<FirstPacket, 'node' | 'service' | 'address' | 'weight'>, pod: number): void {
    this.#virtualServers.get(this.#virtualServerKey(packet))?.close(pod, packet.weight, this.#context.simulation.now);
  }

  /** A node goes down: its kernel remembers nothing of connections and clients. */
  onNodeDown(node: number): void {
    const services = this.#context.spec.services.length;
    const isOf = (pair: number): boolean => Math.floor(pair / services) === node;
    const isServerOf = (key: number): boolean => isOf(Math.floor(key / 2));
    for (const key of this.#virtualServers.keys()) if (isServerOf(key)) this.#virtualServers.delete(key);
    this.#turns.forget(isServerOf);
    for (const key of this.#affinities.keys()) if (isOf(key)) this.#affinities.delete(key);
  }

  #answer(route: Route, verdict: Verdict): void {
    this.#firstPacket(this.#question, this.#cost);
    route.verdict = verdict;
    route.traversed = this.#cost.traversed;
    route.duration = this.#cost.duration;
  }

  /** What names a service's rules on a node in draws. */
  #keyOf(node: number, service: number): EntityKey {
    const { identities, nodes } = this.#context;
    return keyWithin(identities.services[service]!, nodes.keyOf(node));
  }

  /** An address by the service's name: the order of the services says nothing. */
  #clusterIpOf(service: number): number {
    return CLUSTER_IP_BASE + (this.#context.identities.services[service]! >>> CLUSTER_IP_PREFIX);
  }

  #pair(node: number, service: number): number {
    return node * this.#context.spec.services.length + service;
  }

  /** @returns the pod, -1 if IPVS has none for the client. */
  #choose(packet: FirstPacket, route: Route, list: EndpointList, position: number, hasAffinity: boolean): number {
    const affinity = hasAffinity ? this.#affinityOf(packet) : undefined;
    const { now } = this.#context.simulation;
    const recalled = affinity?.recall(packet.source, now) ?? -1;
    if (this.#takesTurns && affinity === undefined) return this.#takeTurn(packet, list);
    if (this.#lookup.schedules) return this.#schedule(packet, route, list, position, affinity, recalled);
    let chosen = recalled < 0 ? -1 : list.pods.indexOf(recalled);
    const isKnown = chosen >= 0 && chosen < list.count;
    if (affinity !== undefined) this.#question.affinityRules = isKnown ? chosen + 1 : list.count;
    if (!isKnown) chosen = Math.floor(packet.choice * list.count);
    // A client that is remembered jumps past the random choice.
    this.#question.chosen = isKnown ? 0 : chosen;
    const pod = list.pods[chosen]!;
    affinity?.remember(packet.source, pod, now);
    return pod;
  }

  #takeTurn(packet: FirstPacket, list: EndpointList): number {
    const key = this.#virtualServerKey(packet);
    this.#question.compared = 1;
    const start = this.#turns.has(key) ? 0 : this.#turnsBefore(packet, list.count);
    return this.#turns.take(key, list.pods, list.count, start);
  }

  /** One that was there before the run has had connections before. */
  #turnsBefore({ node, service }: FirstPacket, count: number): number {
    const isNew = this.#context.spec.services[service]!.createdAt !== undefined;
    return isNew ? 0 : this.#turnsTaken.below(count, this.#keyOf(node, service), 0);
  }

  #schedule(
    packet: FirstPacket,
    route: Route,
    list: EndpointList,
    position: number,
    affinity: ClientAffinity | undefined,
    recalled: number,
  ): number {
    const { now } = this.#context.simulation;
    const server = this.#virtualServer(packet);
    if (server.position !== position) {
      const isNew = server.position < 0;
      server.setEndpoints(list.pods, list.count, now);
      server.position = position;
      if (isNew) server.skip(this.#turnsBefore(packet, list.count));
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
    connection.destination = this.#clusterIpOf(packet.service);
    connection.time = now;
    const pod = server.open(connection, packet.weight);
    this.#question.compared = server.compared;
    if (pod >= 0) affinity?.remember(packet.source, pod, now);
    return pod;
  }

  /** What IPVS makes of ports that it remembers: the pod of the old connection, or -1 if it chooses anew. */
  #reuse(packet: FirstPacket, server: VirtualServer, now: number, route: Route): number {
    const { nodes, spec } = this.#context;
    const isOld = nodes.poolOf(packet.node).kernel < REUSE_FIXED;
    const mode = spec.kubeProxy.connReuseMode ?? (isOld ? 0 : 1);
    if (mode === 1 && !isOld) return -1;
    const key = this.#virtualServerKey(packet);
    if (!this.#portReuse.isReused(packet.source, key, packet.weight, now)) return -1;
    route.isReused = true;
    if (mode === 0) return server.reuse(packet.choice, packet.weight, now);
    route.losesFirst = true;
    return -1;
  }

  /** The virtual server of the packet's address, made when it is first asked for. */
  #virtualServer(packet: FirstPacket): VirtualServer {
    const key = this.#virtualServerKey(packet);
    let server = this.#virtualServers.get(key);
    if (server === undefined) {
      if (this.#virtualServers.size >= this.#sweepAt) this.#forgetIdle();
      server = new VirtualServer(this.#context.spec.kubeProxy.scheduler, this.#addressOf);
      this.#virtualServers.set(key, server);
    }
    return server;
  }

  /** Those that remember nothing are as good as new. */
  #forgetIdle(): void {
    const { now } = this.#context.simulation;
    for (const [key, server] of this.#virtualServers) if (server.isIdle(now)) this.#virtualServers.delete(key);
    this.#sweepAt = Math.max(SWEEP_MIN, this.#virtualServers.size * 2);
  }

  #virtualServerKey({ node, service, address }: Pick<FirstPacket, 'node' | 'service' | 'address'>): number {
    return this.#pair(node, service) * 2 + (address === ServiceAddress.ClusterIp ? 0 : 1);
  }

  #affinityOf({ node, service }: FirstPacket): ClientAffinity {
    const pair = this.#pair(node, service);
    let affinity = this.#affinities.get(pair);
    if (affinity === undefined) {
      const { affinityTimeout } = this.#context.spec.services[service]!;
      const isIptables = this.#context.spec.kubeProxy.mode === 'iptables';
      affinity = new ClientAffinity(affinityTimeout, isIptables ? kernelParameters.recentClients.value : Infinity);
      this.#affinities.set(pair, affinity);
    }
    return affinity;
  }
}

/** Whether the source address of a packet to a service is replaced by the node's. */
function isMarked(from: PacketSource, isExternal: boolean, isLocalOnly: boolean, masquerades: boolean): boolean {
  if (!isExternal) return masquerades && from !== PacketSource.Pod;
  return isLocalOnly ? from === PacketSource.Node : true;
}
