// What the scheduler believes of every node: what it has promised there, and what the Node object said last, in columns. Part of
// the scheduler. Plugins ask it.

import {
  type ClusterSpec,
  type HostPort,
  type ImageSpec,
  type NodeId,
  NodeReady,
  type NodeTable,
  ownTaint,
  type PodTemplate,
  pressureTaints,
  type TaintSpec,
  UNSCHEDULABLE,
} from '../../cluster/index.js';

/** One resource beside CPU and memory on all nodes. */
export interface ResourceColumn {
  readonly name: string;
  readonly total: Float64Array;
  readonly used: Float64Array;
}

/** What a template asks for of such a resource. */
export interface ResourceRequest {
  readonly column: ResourceColumn;
  readonly amount: number;
}

/** Which nodes list an image. */
export interface ListedImage {
  readonly bytes: number;
  /** 1: the node's object lists it. */
  readonly on: Uint8Array;
  nodes: number;
}

/** What of a pod may change while it runs. */
export type Size = Pick<
  PodTemplate,
  'cpuRequestMillis' | 'memoryRequestBytes' | 'cpuScoredMillis' | 'memoryScoredBytes'
>;

/** Of each resource the larger amount. */
export const largerOf = (one: Size, other: Size): Size => ({
  cpuRequestMillis: Math.max(one.cpuRequestMillis, other.cpuRequestMillis),
  memoryRequestBytes: Math.max(one.memoryRequestBytes, other.memoryRequestBytes),
  cpuScoredMillis: Math.max(one.cpuScoredMillis, other.cpuScoredMillis),
  memoryScoredBytes: Math.max(one.memoryScoredBytes, other.memoryScoredBytes),
});

/** CPU in millicores and memory in bytes of all nodes, one entry a node. */
export class NodeInfo {
  /** Allocatable, as the node's pool has it. */
  readonly cpuTotal: Float64Array;
  readonly memoryTotal: Float64Array;
  readonly podsTotal: Float64Array;
  /** Asked for by the pods that are booked there. */
  readonly cpuUsed: Float64Array;
  readonly memoryUsed: Float64Array;
  readonly podsUsed: Uint32Array;
  /** As used, but a container without a request counts as a small one: only scores see that. */
  readonly cpuScored: Float64Array;
  readonly memoryScored: Float64Array;
  /** Other resources, by name. */
  readonly resources: ReadonlyMap<string, ResourceColumn>;
  /** Ready condition when it was last observed, one of {@link NodeReady}. */
  readonly ready: Uint8Array;
  /** What it said that it is short of, bits of NodePressure. */
  readonly pressures: Uint8Array;
  /** One more whenever any of this changes, from 1. */
  readonly version: Uint32Array;
  /** Images that some pod names and the scenario knows of, by name. */
  readonly images = new Map<string, ListedImage>();
  /** How often the conditions of a node have changed. */
  conditionChanges = 0;
  /** Ports that are taken, of nodes where some are. */
  readonly #ports = new Map<NodeId, HostPort[]>();
  readonly #asked = new Map<PodTemplate, readonly ResourceRequest[]>();
  /** Taints of nodes that do not have those of their pool any more. */
  readonly #taints = new Map<NodeId, readonly TaintSpec[]>();
  readonly #pools: NodeTable;

  constructor(
    nodes: NodeTable,
    spec: Pick<ClusterSpec, 'workloads' | 'images'>,
    imageBytes: (image: ImageSpec | undefined) => number,
  ) {
    const { count } = nodes;
    this.#pools = nodes;
    const ofPool = (of: 'cpuMillis' | 'memoryBytes' | 'pods'): Float64Array =>
      Float64Array.from({ length: count }, (_, node) => nodes.poolOf(node)[of]);
    this.cpuTotal = ofPool('cpuMillis');
    this.memoryTotal = ofPool('memoryBytes');
    this.podsTotal = ofPool('pods');
    this.cpuUsed = new Float64Array(count);
    this.memoryUsed = new Float64Array(count);
    this.podsUsed = new Uint32Array(count);
    this.cpuScored = new Float64Array(count);
    this.memoryScored = new Float64Array(count);
    this.ready = new Uint8Array(count).fill(NodeReady.True);
    this.pressures = new Uint8Array(count);
    this.version = new Uint32Array(count).fill(1);
    const templates = new Set(spec.workloads.flatMap(({ template, updates }) => [template, ...updates]));
    const names = new Set([...templates].flatMap(({ resources }) => Object.keys(resources)));
    for (const { resources } of nodes.pools) for (const name of Object.keys(resources)) names.add(name);
    this.resources = new Map(
      [...names].map((name) => {
        const total = Float64Array.from({ length: count }, (_, node) => nodes.poolOf(node).resources[name] ?? 0);
        return [name, { name, total, used: new Float64Array(count) }];
      }),
    );
    for (const image of new Set([...templates].flatMap(({ containers }) => containers.map((one) => one.image)))) {
      const known = spec.images[image];
      const isThere = known?.present === true;
      this.images.set(image, {
        bytes: imageBytes(known),
        on: new Uint8Array(count).fill(isThere ? 1 : 0),
        nodes: isThere ? count : 0,
      });
    }
  }

  get count(): number {
    return this.version.length;
  }

  /** What a template asks for beside CPU and memory. */
  askedBy(template: PodTemplate): readonly ResourceRequest[] {
    let asked = this.#asked.get(template);
    if (asked === undefined) {
      asked = Object.entries(template.resources)
        .filter(([, amount]) => amount > 0)
        .map(([name, amount]) => ({ column: this.resources.get(name)!, amount }));
      this.#asked.set(template, asked);
    }
    return asked;
  }

  portsOn(node: NodeId): readonly HostPort[] {
    return this.#ports.get(node) ?? NO_PORTS;
  }

  /** Taints that follow from the node's conditions and from its being cordoned. */
  passingTaints(node: NodeId): readonly TaintSpec[] {
    const ready = this.ready[node]!;
    const pressures = this.pressures[node]!;
    const { isUnschedulable } = this.#pools.poolOf(node);
    if (ready === NodeReady.True && pressures === 0 && !isUnschedulable) return NO_TAINTS;
    return [
      ...(ready === NodeReady.True ? [] : [ready === NodeReady.False ? NOT_READY : UNREACHABLE]),
      ...pressureTaints(pressures),
      ...(isUnschedulable ? [UNSCHEDULABLE] : []),
    ];
  }

  /** A pod that is booked counts as much more, or less, as one size is larger than another. */
  resize(from: Size, to: Size, node: NodeId): void {
    this.cpuUsed[node]! += to.cpuRequestMillis - from.cpuRequestMillis;
    this.memoryUsed[node]! += to.memoryRequestBytes - from.memoryRequestBytes;
    this.cpuScored[node]! += to.cpuScoredMillis - from.cpuScoredMillis;
    this.memoryScored[node]! += to.memoryScoredBytes - from.memoryScoredBytes;
    this.version[node]! += 1;
  }

  /** Books a pod of a template on a node, or takes it off (`by` -1). */
  book(template: PodTemplate, node: NodeId, by: 1 | -1): void {
    this.cpuUsed[node]! += by * template.cpuRequestMillis;
    this.memoryUsed[node]! += by * template.memoryRequestBytes;
    this.cpuScored[node]! += by * template.cpuScoredMillis;
    this.memoryScored[node]! += by * template.memoryScoredBytes;
    this.podsUsed[node]! += by;
    const asked = this.askedBy(template);
    for (let i = 0; i < asked.length; i++) asked[i]!.column.used[node]! += by * asked[i]!.amount;
    if (template.hostPorts.length > 0) this.#bookPorts(template.hostPorts, node, by);
    this.version[node]! += 1;
  }

  #bookPorts(ports: readonly HostPort[], node: NodeId, by: 1 | -1): void {
    const taken = [...this.portsOn(node)];
    for (const port of ports) {
      if (by === 1) taken.push(port);
      else
        taken.splice(
          taken.findIndex((one) => isSamePort(one, port)),
          1,
        );
    }
    if (taken.length === 0) this.#ports.delete(node);
    else this.#ports.set(node, taken);
  }

  /** The taints that a node has been given beside its pool's, or instead; undefined: it has its pool's. */
  ownTaints(node: NodeId): readonly TaintSpec[] | undefined {
    return this.#taints.get(node);
  }

  /** The taints of a Node object have reached the scheduler. */
  setTaints(node: NodeId, taints: readonly TaintSpec[]): void {
    this.#taints.set(node, taints);
    this.conditionChanges++;
    this.version[node]! += 1;
  }

  /** What the Node object says has reached the scheduler. */
  observe(node: NodeId, condition: 'ready' | 'pressures', value: number): void {
    this[condition][node] = value;
    this.conditionChanges++;
    this.version[node]! += 1;
  }

  /** A Node object lists an image, or does not any more. */
  list(node: NodeId, image: string, isThere: boolean): void {
    const listed = this.images.get(image);
    if (listed === undefined || (listed.on[node] === 1) === isThere) return;
    listed.on[node] = isThere ? 1 : 0;
    listed.nodes += isThere ? 1 : -1;
  }
}

const isSamePort = (one: HostPort, other: HostPort): boolean =>
  one.port === other.port && one.protocol === other.protocol && one.ip === other.ip;

const NO_PORTS: readonly HostPort[] = [];
const NO_TAINTS: readonly TaintSpec[] = [];
const NOT_READY = ownTaint('not-ready');
const UNREACHABLE = ownTaint('unreachable');
