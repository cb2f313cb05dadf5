// The service data path of all nodes: what the rules in force on a node do with the first packet of a connection. Part of
// kube-proxy. Per-node state exists only where somebody has sent a connection: virtual servers of IPVS, remembered clients.

import {
  type Context,
  type FirstPacket,
  type NodeId,
  PacketSource,
  type PartList,
  type PodId,
  type Route,
  ServiceAddress,
  type ServiceId,
  type ServiceLog,
  type ServiceRouting,
  Verdict,
} from '../cluster/index.js';
import { type EntityKey, keyWithin, type RandomStream } from '../engine/index.js';
import { ClientAffinity } from './client-affinity.js';
import type { EndpointList } from './endpoints.js';
import { type ArrivalRule, emptyQuestion, type FirstPacketCost, type FirstPacketRule } from './first-packet.js';
import type { LoadBalancer } from './load-balancer.js';
import type { KubeProxies } from './proxies/kube-proxies.js';
import type { EndpointChoice, ProxyMode } from './proxy-mode.js';

/** 10.96.0.0/12: cluster IPs are given out from here, by chance. */
const CLUSTER_IP_BASE = 0x0a600000;
const CLUSTER_IP_PREFIX = 12;

export class ServiceDataPath implements ServiceRouting {
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #proxies: KubeProxies;
  readonly forwardedPacket: number;
  readonly tracksConnections: boolean;
  readonly #mode: ProxyMode;
  readonly #firstPacket: FirstPacketRule;
  readonly #arrival: ArrivalRule;
  readonly #places: RandomStream;
  readonly #connectionsBefore: RandomStream;
  readonly #masquerades: number;
  readonly #question = emptyQuestion();
  readonly #cost: FirstPacketCost = { traversed: 0, duration: 0 };
  readonly #affinities = new Map<number, ClientAffinity>();
  readonly #choice: EndpointChoice | undefined;

  /** @param addressOf IPv4 address of a pod as a number. */
  constructor(
    context: Context,
    log: ServiceLog,
    proxies: KubeProxies,
    loadBalancers: PartList<LoadBalancer>,
    addressOf: (pod: PodId) => number,
  ) {
    this.#context = context;
    this.#log = log;
    this.#proxies = proxies;
    const { mode } = proxies;
    this.#mode = mode;
    this.forwardedPacket = mode.forwardedPacket(context.parameters);
    this.tracksConnections = mode.tracksConnections;
    this.#firstPacket = mode.firstPacket(context.parameters);
    this.#arrival = mode.arrival(context.parameters);
    this.#choice = mode.choice?.({
      context,
      loadBalancers,
      addressOf,
      clusterIpOf: (service) => this.#clusterIpOf(service),
      connectionsBefore: (node, service, count) => this.#drawConnectionsBefore(node, service, count),
    });
    this.#places = context.streams.stream('kube-proxy/service-order');
    this.#connectionsBefore = context.streams.stream('kube-proxy/turns-taken');
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
    question.services = this.#mode.services(proxies.book, node, position);
    question.filter = this.#mode.filter(proxies.book, node, position);
    question.nodePorts =
      packet.address === ServiceAddress.NodePort ? this.#mode.nodePorts(proxies.book, node, position) : 0;
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

  arrive(node: NodeId, route: Route): void {
    const position = this.#proxies.positionOn(node);
    const { book } = this.#proxies;
    const cost = this.#cost;
    this.#arrival(this.#mode.services(book, node, position), this.#mode.filter(book, node, position), cost);
    route.traversed = cost.traversed;
    route.duration = cost.duration;
  }

  close(packet: Pick<FirstPacket, 'node' | 'service' | 'address' | 'weight'>, pod: PodId): void {
    this.#choice?.close(packet, pod);
  }

  /** A node goes down: its kernel remembers nothing of connections and clients. */
  onNodeDown(node: NodeId): void {
    const services = this.#context.spec.services.length;
    const isOf = (pair: number): boolean => Math.floor(pair / services) === node;
    this.#choice?.onNodeDown(node);
    for (const key of this.#affinities.keys()) if (isOf(key)) this.#affinities.delete(key);
  }

  #answer(route: Route, verdict: Verdict): void {
    this.#firstPacket(this.#question, this.#cost);
    route.verdict = verdict;
    route.traversed = this.#cost.traversed;
    route.duration = this.#cost.duration;
  }

  /** What names a service's rules on a node in draws. */
  #keyOf(node: NodeId, service: ServiceId): EntityKey {
    const { identities, nodes } = this.#context;
    return keyWithin(identities.services[service]!, nodes.keyOf(node));
  }

  /** An address by the service's name: the order of the services says nothing. */
  #clusterIpOf(service: ServiceId): number {
    return CLUSTER_IP_BASE + (this.#context.identities.services[service]! >>> CLUSTER_IP_PREFIX);
  }

  #pair(node: NodeId, service: ServiceId): number {
    return node * this.#context.spec.services.length + service;
  }

  /** @returns the pod, -1 if IPVS has none for the client. */
  #choose(packet: FirstPacket, route: Route, list: EndpointList, position: number, hasAffinity: boolean): number {
    const affinity = hasAffinity ? this.#affinityOf(packet) : undefined;
    const { now } = this.#context.simulation;
    const recalled = affinity?.recall(packet.source, now) ?? -1;
    if (this.#choice !== undefined) {
      return this.#choice.choose(packet, route, this.#question, list, position, affinity, recalled);
    }
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

  /** One that was there before the run has had connections before. */
  #drawConnectionsBefore(node: NodeId, service: ServiceId, count: number): number {
    const isNew = this.#context.spec.services[service]!.createdAt !== undefined;
    return isNew ? 0 : this.#connectionsBefore.below(count, this.#keyOf(node, service), 0);
  }

  #affinityOf({ node, service }: FirstPacket): ClientAffinity {
    const pair = this.#pair(node, service);
    let affinity = this.#affinities.get(pair);
    if (affinity === undefined) {
      const { affinityTimeout } = this.#context.spec.services[service]!;
      affinity = new ClientAffinity(affinityTimeout, this.#mode.affinityClientsMax);
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
