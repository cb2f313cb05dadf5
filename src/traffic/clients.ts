// Where requests come from. Part of the traffic.

import {
  type Context,
  type NodeId,
  PacketSource,
  type PodId,
  type ServiceId,
  type ServiceLog,
  type TrafficSpec,
  templateOf,
  type WorkloadId,
} from '../cluster/index.js';
import { type EntityKey, keyWithin, type RandomStream } from '../engine/index.js';

/** What a client needs to know of the cluster. */
export interface Surroundings {
  /** Pods of a workload. */
  podsOf(workload: WorkloadId): readonly number[];
  /** Whether a pod's processes are there: it can send. */
  isRunning(pod: PodId): boolean;
  /** IPv4 addresses as numbers. */
  addressOf(pod: PodId): number;
  nodeAddressOf(node: NodeId): number;
  /** Whether the Node object says so. Load balancers and people outside are no watchers: they are taken to know at once. */
  isNodeReady(node: NodeId): boolean;
}

/** A client: a pod, or a process on a node, or somebody outside whose packets reach the cluster at a node. */
export interface Client {
  from: PacketSource;
  node: NodeId;
  /** -1: no pod. */
  pod: PodId;
  address: number;
}

/** Draws of a new connection. */
export const Pick = { Service: 0, Place: 1, Client: 2, Endpoint: 3 } as const;

/** Addresses outside the cluster: 198.18.0.0/15, which is set aside for benchmarks (RFC 2544). */
const OUTSIDE_BASE = 0xc6120000;
const OUTSIDE_COUNT = 1 << 17;

export class Clients {
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #surroundings: Surroundings;
  readonly #picks: RandomStream;
  /** Nodes that have an endpoint of a service, as of an entry of the log. */
  readonly #having = new Map<number, { readonly entry: number; readonly nodes: readonly number[] }>();
  /** Workloads of the client application, by traffic entry. */
  readonly #workloads: readonly (readonly number[])[];

  constructor(context: Context, log: ServiceLog, surroundings: Surroundings, picks: RandomStream) {
    const { spec } = context;
    this.#context = context;
    this.#log = log;
    this.#surroundings = surroundings;
    this.#picks = picks;
    this.#workloads = spec.traffic.map(({ from }) =>
      spec.workloads.flatMap((workload, index) => (from.kind === 'app' && workload.app === from.app ? [index] : [])),
    );
  }

  /**
   * Chooses the client of a connection.
   * @param key what names the connection in draws. @returns false if there is nobody.
   */
  pick(entry: number, spec: TrafficSpec, service: ServiceId, key: EntityKey, client: Client): boolean {
    const { nodes, pods } = this.#context;
    client.pod = -1;
    client.from = PacketSource.Node;
    switch (spec.from.kind) {
      case 'nodes':
        client.node = this.#picks.below(nodes.count, key, Pick.Place);
        client.address = this.#surroundings.nodeAddressOf(client.node);
        return this.isThere(client);
      case 'app': {
        const workloads = this.#workloads[entry]!;
        const workload = workloads[this.#picks.below(workloads.length, key, Pick.Place)]!;
        const clients = this.#surroundings.podsOf(workload);
        if (clients.length === 0) return false;
        const pod = clients[this.#picks.below(clients.length, key, Pick.Client)]!;
        if (!templateOf(this.#context, pod).hostNetwork) client.from = PacketSource.Pod;
        client.pod = pod;
        client.node = pods.node[pod]!;
        client.address = this.#surroundings.addressOf(pod);
        return this.isThere(client);
      }
      case 'outside':
        client.from = PacketSource.Outside;
        client.node = this.#entryNode(service, key, spec.address === 'loadBalancer');
        client.address = OUTSIDE_BASE + this.#picks.below(OUTSIDE_COUNT, key, Pick.Client);
        return client.node >= 0;
    }
  }

  /** Whether a client of the cluster runs; somebody outside always does. */
  isThere({ from, node, pod }: Client): boolean {
    if (from === PacketSource.Outside) return true;
    return node >= 0 && this.#context.nodes.up[node] === 1 && (pod < 0 || this.#surroundings.isRunning(pod));
  }

  /**
   * The node at which a connection comes in. A load balancer sends it to one whose health check answers, as if it asked all
   * the time: with policy Local those that have an endpoint, otherwise those that are ready. Clients of a node port know of
   * no endpoints: they try any node that is ready.
   */
  #entryNode(service: ServiceId, key: EntityKey, isBalanced: boolean): number {
    const { nodes, spec } = this.#context;
    if (isBalanced && spec.services[service]!.externalTrafficPolicy === 'Local') {
      const having = this.#nodesHaving(service);
      return having.length === 0 ? -1 : having[this.#picks.below(having.length, key, Pick.Place)]!;
    }
    // A few tries: hardly any node is not ready.
    for (let tries = 0; tries < ENTRY_TRIES; tries++) {
      const node = this.#picks.below(nodes.count, keyWithin(key, tries), Pick.Place);
      if (this.#surroundings.isNodeReady(node)) return node;
    }
    return -1;
  }

  #nodesHaving(service: ServiceId): readonly number[] {
    const entry = this.#log.newestOf(service);
    if (entry < 0) return [];
    let having = this.#having.get(service);
    if (having === undefined || having.entry !== entry) {
      const used = this.#log.endpointsOf(entry).subarray(0, this.#log.usedOf(entry));
      const nodes = [...new Set(Array.from(used, (pod) => this.#context.pods.node[pod]!))];
      having = { entry, nodes };
      this.#having.set(service, having);
    }
    return having.nodes;
  }
}

const ENTRY_TRIES = 16;
