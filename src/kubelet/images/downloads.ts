// How the layers of images come to nodes: from a registry, a cache before it, or from other nodes. Part of the kubelet.
// Each layer is a download of its own, over one connection or several. It is bounded by what a connection carries, by what the
// node's link and the registry leave to each of the node's connections, and by what the registry sends to all nodes, which
// they share fairly. Speeds of connections are drawn in steps, so that many of them have the same bound.

import type { Context, NodeId, RegistrySpec } from '../../cluster/index.js';
import { connectionRate, pullCosts } from '../../cri/index.js';
import {
  type EntityKey,
  type EventKind,
  exp,
  lognormal,
  ProcessorSharing,
  type RandomStream,
  sample,
} from '../../engine/index.js';

/** Where the bytes of a download come from. */
export type DownloadSource = 'registry' | 'mirror' | 'peers';

export interface DownloadRequest {
  readonly node: NodeId;
  /** Index of its registry. */
  readonly registry: number;
  readonly layer: number;
  readonly bytes: number;
  /** The node has the whole layer then. */
  readonly completes: boolean;
  readonly connections: number;
  /** Whose luck it has, and which draw of that. */
  readonly entity: EntityKey;
  readonly place: number;
}

interface Download extends DownloadRequest {
  readonly id: number;
  source: DownloadSource;
  /** What all its connections carry together if nothing else bounds them, bytes a second. */
  rate: number;
  isMoving: boolean;
}

/** What is known of a layer outside the registry. */
interface Copies {
  /** Nodes that have it and can give it. */
  readonly holders: Set<NodeId>;
  /** What each of those that take it from whole copies may have, bytes a second. */
  share: number;
  /** Downloads of it from peers that are under way. */
  readonly taking: Set<Download>;
  /** Downloads of it from the registry that are under way. */
  readonly origins: Set<number>;
  /** Downloads that have all that there is of it so far, and wait for the rest. */
  readonly waiting: Set<Download>;
}

/** Speeds of connections are drawn in so many steps. */
const STEPS = 16;
/** Shares of copies that have changed by less are left as they are. */
const SHARE_STEP = 0.05;

export class Downloads {
  readonly #context: Context;
  readonly #registries: readonly RegistrySpec[];
  readonly #costs: typeof pullCosts;
  readonly #onFetched: (id: number) => void;
  readonly #luck: RandomStream;
  readonly #lookups: RandomStream;
  /** By registry; and that of its cache, if it has one. */
  readonly #senders: readonly ProcessorSharing[];
  readonly #mirrors: readonly (ProcessorSharing | undefined)[];
  /** What peers give each other: nothing is shared by all of them. */
  readonly #peers: ProcessorSharing | undefined;
  readonly #found: EventKind;
  readonly #downloads = new Map<number, Download>();
  readonly #onNode = new Map<NodeId, Set<Download>>();
  readonly #copies = new Map<number, Copies>();
  /** Layers that lie in a cache, by registry. */
  readonly #cached: readonly Set<number>[];
  /** Speed of the registries that is left, 0 … 1. */
  #left = 1;
  #count = 0;
  /** Bytes that came from each source, of downloads that have ended. */
  readonly fetched: Record<DownloadSource, number> = { registry: 0, mirror: 0, peers: 0 };

  /** @param onFetched a layer is there. */
  constructor(context: Context, onFetched: (id: number) => void) {
    const { simulation, spec, streams, parameters } = context;
    this.#context = context;
    this.#registries = spec.registries;
    this.#costs = parameters.of(pullCosts);
    this.#onFetched = onFetched;
    this.#luck = streams.stream('images/connection');
    this.#lookups = streams.stream('images/peer-lookup');
    const sender = (name: string, capacity: number): ProcessorSharing =>
      new ProcessorSharing(simulation, name, capacity, (id) => this.#onDone(id));
    this.#senders = spec.registries.map(({ bytesPerSecond }) => sender('images/fetched', bytesPerSecond));
    this.#mirrors = spec.registries.map(({ mirror }) => mirror && sender('images/from-mirror', mirror.bytesPerSecond));
    const hasPeers = spec.registries.some(({ peers }) => peers !== undefined);
    this.#peers = hasPeers ? sender('images/from-peers', Infinity) : undefined;
    this.#found = simulation.on('images/peer-found', (id) => this.#begin(id));
    this.#cached = spec.registries.map(() => new Set());
  }

  /** Time in which a registry sent all that it can, ns. */
  get saturatedTime(): number {
    return this.#senders.reduce((sum, sender) => sum + sender.saturatedTime, 0);
  }

  /** Whether the registries send nothing at all. */
  get isCutOff(): boolean {
    return this.#left === 0;
  }

  /** Bytes a second that the registries have left for every puller, as a share of what they usually have. */
  slow(left: number): void {
    this.#left = left;
    this.#registries.forEach(({ bytesPerSecond }, index) => {
      this.#senders[index]!.setCapacity(bytesPerSecond * (left === 0 ? 1 : left));
    });
    for (const download of this.#downloads.values()) this.#limit(download);
  }

  /** Begins to fetch a layer. @returns its number, which is told when it is there. */
  start(request: DownloadRequest): number {
    const id = ++this.#count;
    const source = this.#sourceOf(request);
    const download: Download = { ...request, id, source, rate: this.#rateOf(request, source), isMoving: false };
    this.#downloads.set(id, download);
    const on = this.#onNode.get(request.node);
    if (on === undefined) this.#onNode.set(request.node, new Set([download]));
    else on.add(download);
    if (source === 'peers') {
      this.#copiesOf(request.layer).taking.add(download);
      const { simulation } = this.#context;
      const lookup = sample(this.#costs.peerLookup.value, this.#lookups.uniform(request.entity, request.place));
      simulation.schedule(simulation.now + Math.round(lookup), this.#found, id);
    } else {
      if (this.#isOrigin(download)) this.#copiesOf(request.layer).origins.add(id);
      this.#begin(id);
    }
    return id;
  }

  /** The node is gone, or its kubelet: its downloads are void. @returns their numbers. */
  forget(node: NodeId): readonly number[] {
    const gone = [...(this.#onNode.get(node) ?? [])];
    for (const download of gone) {
      this.#senderOf(download).remove(download.id);
      this.#forget(download);
    }
    for (const { layer } of gone) this.#goOn(layer);
    if (this.#context.nodes.up[node] === 0) for (const layer of this.#copies.keys()) this.drop(node, layer);
    return gone.map(({ id }) => id);
  }

  /** A node has a layer and can give it to others. */
  #hold(node: NodeId, layer: number): void {
    const copies = this.#copies.get(layer);
    if (copies === undefined) return;
    copies.holders.add(node);
    this.#shareCopies(layer);
  }

  /** A node has a layer no more. */
  drop(node: NodeId, layer: number): void {
    if (this.#copies.get(layer)?.holders.delete(node) === true) this.#shareCopies(layer);
  }

  /** Whether a node can have these layers without asking the registry: from its cache, or from other nodes. */
  areBeside(registry: number, node: NodeId, layers: readonly number[]): boolean {
    const { mirror, peers } = this.#registries[registry]!;
    if (mirror === undefined && peers === undefined) return false;
    if (mirror?.isWarm) return true;
    return layers.every((layer) => {
      const isCached = mirror !== undefined && this.#cached[registry]!.has(layer);
      return isCached || (peers !== undefined && this.#othersHave(layer, node));
    });
  }

  #othersHave(layer: number, node: NodeId): boolean {
    const holders = this.#copies.get(layer)?.holders;
    return holders !== undefined && holders.size > (holders.has(node) ? 1 : 0);
  }

  #begin(id: number): void {
    const download = this.#downloads.get(id);
    if (download === undefined) return;
    download.isMoving = true;
    this.#senderOf(download).add(id, download.bytes, this.#limitOf(download));
    this.#shareAgain(download);
  }

  #onDone(id: number): void {
    const download = this.#downloads.get(id)!;
    const copies = this.#copies.get(download.layer);
    // Pieces of a layer come no sooner than whoever fetches it first has them, a node or a cache.
    if (download.source !== 'registry' && copies?.holders.size === 0 && copies.origins.size > 0) {
      copies.waiting.add(download);
      return;
    }
    this.#end(download);
    if (download.source === 'registry') this.#goOn(download.layer);
  }

  /** A download has come to its end. */
  #end(download: Download): void {
    const { id, node, layer, registry, source, bytes, completes } = download;
    this.fetched[source] += bytes;
    this.#forget(download);
    if (completes && source === 'registry' && this.#mirrors[registry] !== undefined) this.#cached[registry]!.add(layer);
    if (completes) this.#hold(node, layer);
    this.#onFetched(id);
  }

  /** Those that waited for the rest of a layer have it, or one of them has to fetch it from the registry. */
  #goOn(layer: number): void {
    const copies = this.#copies.get(layer);
    if (copies === undefined || copies.origins.size > 0) return;
    const waiting = [...copies.waiting];
    copies.waiting.clear();
    const isThere = copies.holders.size > 0 || this.#cached.some((layers) => layers.has(layer));
    if (isThere) {
      for (const other of waiting) this.#end(other);
      return;
    }
    for (const other of waiting.slice(1)) copies.waiting.add(other);
    const next = waiting[0] ?? [...copies.taking][0];
    if (next !== undefined) this.#askRegistry(next);
  }

  /** A download that went by what another one brought begins anew at the registry. */
  #askRegistry(download: Download): void {
    this.#senderOf(download).remove(download.id);
    const copies = this.#copiesOf(download.layer);
    copies.taking.delete(download);
    copies.origins.add(download.id);
    download.source = 'registry';
    download.rate = this.#rateOf(download, 'registry');
    this.#begin(download.id);
  }

  #forget(download: Download): void {
    this.#downloads.delete(download.id);
    this.#onNode.get(download.node)!.delete(download);
    const copies = this.#copies.get(download.layer);
    copies?.taking.delete(download);
    copies?.waiting.delete(download);
    copies?.origins.delete(download.id);
    this.#shareAgain(download);
  }

  /** Others on the node, and others that take the same layer from peers, have another share now. */
  #shareAgain({ node, layer, source }: Download): void {
    for (const other of this.#onNode.get(node)!) this.#limit(other);
    if (source === 'peers') this.#shareCopies(layer);
  }

  /** What those that have a layer give is shared by those that take it; small changes are not worth telling everybody. */
  #shareCopies(layer: number): void {
    const copies = this.#copies.get(layer)!;
    const share = copies.holders.size / Math.max(1, copies.taking.size);
    if (Math.abs(share - copies.share) <= SHARE_STEP * copies.share) return;
    copies.share = share;
    for (const other of copies.taking) this.#limit(other);
  }

  #sourceOf({ registry, layer, node, completes }: DownloadRequest): DownloadSource {
    const { mirror, peers } = this.#registries[registry]!;
    // What is fetched for one is fetched for all.
    const isOnItsWay = completes && (this.#copies.get(layer)?.origins.size ?? 0) > 0;
    if (peers !== undefined && (this.#othersHave(layer, node) || (peers.unit === 'pieces' && isOnItsWay)))
      return 'peers';
    if (mirror === undefined) return 'registry';
    return mirror.isWarm || isOnItsWay || this.#cached[registry]!.has(layer) ? 'mirror' : 'registry';
  }

  /** Whether what a download brings serves others while it is under way. */
  #isOrigin({ registry, source, completes }: Download): boolean {
    const { mirror, peers } = this.#registries[registry]!;
    return source === 'registry' && completes && (peers !== undefined || mirror !== undefined);
  }

  #copiesOf(layer: number): Copies {
    let copies = this.#copies.get(layer);
    if (copies === undefined) {
      copies = { holders: new Set(), share: 0, taking: new Set(), origins: new Set(), waiting: new Set() };
      this.#copies.set(layer, copies);
    }
    return copies;
  }

  /** What the connections of a download carry together, by luck. */
  #rateOf({ registry, connections, entity, place }: DownloadRequest, source: DownloadSource): number {
    const { type, connectionBytesPerSecond, mirror, peers } = this.#registries[registry]!;
    const step = (Math.floor(this.#luck.uniform(entity, place) * STEPS) + 0.5) / STEPS;
    if (source === 'peers') return peers!.bytesPerSecond / sample(lognormal(1, this.#costs.peerSpread.value), step);
    const usual = connectionBytesPerSecond ?? connectionRate(type, this.#costs).value;
    const median =
      source === 'mirror' ? (mirror!.connectionBytesPerSecond ?? this.#costs.nearBytesPerSecond.value) : usual;
    // Several connections are as fast as the mean of as many, which varies less.
    const spread = this.#costs.connectionSpread.value;
    const sigma = spread / Math.sqrt(connections);
    const lift = connections === 1 ? 1 : exp((spread * spread - sigma * sigma) / 2);
    return connections * lift * sample(lognormal(median, sigma), step);
  }

  #senderOf({ registry, source }: Download): ProcessorSharing {
    if (source === 'peers') return this.#peers!;
    return source === 'mirror' ? this.#mirrors[registry]! : this.#senders[registry]!;
  }

  #limit(download: Download): void {
    if (download.isMoving) this.#senderOf(download).setLimit(download.id, this.#limitOf(download));
  }

  #limitOf(download: Download): number {
    const { node, registry, source, connections, layer } = download;
    let all = 0;
    let same = 0;
    for (const other of this.#onNode.get(node)!) {
      if (!other.isMoving) continue;
      all += other.connections;
      if (other.source === source && other.registry === registry) same += other.connections;
    }
    const { nodeBytesPerSecond, peers } = this.#registries[registry]!;
    const { downloadBytesPerSecond } = this.#context.nodes.poolOf(node);
    const link = (downloadBytesPerSecond * connections) / Math.max(connections, all);
    if (source === 'peers') {
      const { share } = this.#copies.get(layer)!;
      const { unit, bytesPerSecond } = peers!;
      // Whole layers come from those that have them, which share out what their links carry.
      const given = Math.min(bytesPerSecond, downloadBytesPerSecond);
      const supply = unit === 'pieces' ? Infinity : given * share;
      // What a node takes at most, its downloads share.
      const own = (download.rate * connections) / Math.max(connections, same);
      return Math.min(own, link, supply);
    }
    const left = source === 'registry' ? this.#left : 1;
    const own = (nodeBytesPerSecond * connections) / Math.max(connections, same);
    return Math.min(download.rate * left, link, own);
  }
}
