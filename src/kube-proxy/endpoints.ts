// Which endpoints of a service the proxy of a node uses (CategorizeEndpoints, pkg/proxy/topology.go). Part of kube-proxy.
// Most services are the same on every node: the first so many of the log's list. Only for a Local policy or a preference
// for near endpoints is a list made for the node, in a buffer that the next question overwrites.

import type { NodeId, NodeTable, PodTable, ServiceId, ServiceLog, ServiceSpec } from '../cluster/index.js';
import type { EndpointCounts, ServiceShape } from './service-shape.js';

/** Pods: the first `count` of a list that may be longer, and that the next question may change. */
export interface EndpointList {
  pods: Int32Array;
  count: number;
}

const NONE = new Int32Array(0);

export class EndpointChooser {
  /** What the last question was answered with: for the policies Cluster and Local. */
  readonly cluster: EndpointList = { pods: NONE, count: 0 };
  readonly local: EndpointList = { pods: NONE, count: 0 };
  readonly counts: { -readonly [K in keyof EndpointCounts]: EndpointCounts[K] } = {
    cluster: 0,
    local: 0,
    reachable: 0,
  };
  readonly #log: ServiceLog;
  readonly #services: readonly ServiceSpec[];
  readonly #shapes: readonly ServiceShape[];
  readonly #nodes: NodeTable;
  readonly #pods: PodTable;
  #nearBuffer = new Int32Array(64);
  #localBuffer = new Int32Array(64);

  constructor(
    log: ServiceLog,
    services: readonly ServiceSpec[],
    shapes: readonly ServiceShape[],
    nodes: NodeTable,
    pods: PodTable,
  ) {
    this.#log = log;
    this.#services = services;
    this.#shapes = shapes;
    this.#nodes = nodes;
    this.#pods = pods;
  }

  /** Fills in {@link cluster}, {@link local} and {@link counts} for a service as of an entry, on a node. */
  choose(service: ServiceId, entry: number, node: NodeId): void {
    const { cluster, local, counts } = this;
    const shape = this.#shapes[service]!;
    cluster.pods = this.#log.endpointsOf(entry);
    cluster.count = this.#log.usedOf(entry);
    local.count = 0;
    if (shape.dependsOnNode) {
      const all = cluster.pods;
      const ready = this.#log.ready[entry]!;
      if (shape.usesLocalEndpoints) this.#chooseLocal(all, ready, node);
      if (!shape.usesClusterEndpoints) cluster.count = 0;
      else if (ready > 0) this.#preferNear(all, ready, service, entry, node);
    }
    counts.cluster = cluster.count;
    counts.local = local.count;
    counts.reachable = cluster.count + this.#localOnly();
  }

  /** The endpoints on the node that are ready; if none is, those that still serve. */
  #chooseLocal(all: Int32Array, ready: number, node: NodeId): void {
    const { local } = this;
    if (this.#localBuffer.length < all.length) this.#localBuffer = new Int32Array(all.length * 2);
    local.pods = this.#localBuffer;
    local.count = this.#copyLocal(all, 0, ready, node);
    if (local.count === 0) local.count = this.#copyLocal(all, ready, all.length, node);
  }

  #copyLocal(all: Int32Array, from: number, to: number, node: NodeId): number {
    const { node: nodeOf } = this.#pods;
    let count = 0;
    for (let i = from; i < to; i++) if (nodeOf[all[i]!] === node) this.#localBuffer[count++] = all[i]!;
    return count;
  }

  /** Every endpoint has a hint: its node, its zone. A preference that nobody meets is none (KEP-4444, KEP-3015). */
  #preferNear(all: Int32Array, ready: number, service: ServiceId, entry: number, node: NodeId): void {
    const { isTopologyAware, trafficDistribution } = this.#services[service]!;
    if (isTopologyAware === true) {
      this.#chooseHinted(all, ready, entry, node);
      return;
    }
    if (trafficDistribution === 'none') return;
    if (this.#nearBuffer.length < ready) this.#nearBuffer = new Int32Array(ready * 2);
    const near = this.#nearBuffer;
    const { node: nodeOf } = this.#pods;
    const { zone } = this.#nodes;
    let count = 0;
    if (trafficDistribution === 'PreferSameNode') {
      for (let i = 0; i < ready; i++) if (nodeOf[all[i]!] === node) near[count++] = all[i]!;
    }
    if (count === 0) {
      for (let i = 0; i < ready; i++) if (zone[nodeOf[all[i]!]!] === zone[node]) near[count++] = all[i]!;
    }
    if (count === 0) return;
    this.cluster.pods = near;
    this.cluster.count = count;
  }

  /** Hints of the slices count where there are some for the zone of the node. */
  #chooseHinted(all: Int32Array, ready: number, entry: number, node: NodeId): void {
    const hints = this.#log.hintsOf(entry);
    if (hints === undefined) return;
    if (this.#nearBuffer.length < ready) this.#nearBuffer = new Int32Array(ready * 2);
    const zone = this.#nodes.zone[node];
    let count = 0;
    for (let i = 0; i < ready; i++) if (hints[i] === zone) this.#nearBuffer[count++] = all[i]!;
    if (count === 0) return;
    this.cluster.pods = this.#nearBuffer;
    this.cluster.count = count;
  }

  /** Local endpoints that are not in the other set. */
  #localOnly(): number {
    const { cluster, local } = this;
    let only = 0;
    for (let i = 0; i < local.count; i++) {
      const at = cluster.count === 0 ? -1 : cluster.pods.indexOf(local.pods[i]!);
      if (at < 0 || at >= cluster.count) only++;
    }
    return only;
  }
}
