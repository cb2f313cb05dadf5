// How the layers of images come to nodes: from a registry, a cache before it, or from other nodes. Part of the kubelet.
// Each layer is a download of its own, over one connection or several. It is bounded by what a connection carries, by what the
// node's link and the registry leave to each of the node's connections, and by what the registry sends to all nodes, which
// they share fairly. Speeds of connections are drawn in steps, so that many of them have the same bound.

import type { Context, NodeId, ParameterSet, RegistrySpec } from '../../cluster/index.js';
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
  readonly connections: number;
  /** Whose luck it has, and which draw of that. */
  readonly entity: EntityKey;
  readonly place: number;
}

interface Download extends DownloadRequest {
  readonly id: number;
  readonly source: DownloadSource;
  /** What all its connections carry together if nothing else bounds them, bytes a second. */
  readonly rate: number;
  isMoving: boolean;
}

/** What is known of a layer outside the registry. */
interface Copies {
  /** Nodes that have it, or its pieces, and can give them. */
  holders: number;
  /** What each of those that take it from whole copies may have, bytes a second. */
  share: number;
  /** Downloads of it from peers that are under way. */
  readonly taking: Set<Download>;
  /** Downloads of it from the registry that are under way. */
  readonly origins: Set<number>;
  /** Peers that have all that there is of it so far, and wait for the rest. */
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
  /** Speed that is left, by registry: 1 as usual. */
  readonly #left: number[];
  #count = 0;
  /** Bytes that came from each source, of downloads that have ended. */
  readonly fetched: Record<DownloadSource, number> = { registry: 0, mirror: 0, peers: 0 };

  /** @param onFetched a layer is there. */
  constructor(context: Context, parameters: ParameterSet, onFetched: (id: number) => void) {
    const { simulation, spec, streams } = context;
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
    this.#left = spec.registries.map(() => 1);
  }

  /** Time in which a registry sent all that it can, ns. */
  get saturatedTime(): number {
    return this.#senders.reduce((sum, sender) => sum + sender.saturatedTime, 0);
  }

  /** Speed of the registries that is left, 0 … 1. */
  slow(left: number): void {
    this.#registries.forEach(({ bytesPerSecond }, index) => {
      this.#left[index] = left;
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
    if (source === 'peers') this.#copiesOf(request.layer).taking.add(download);
    else if (source === 'registry' && this.#hasCopies(request)) this.#copiesOf(request.layer).origins.add(id);
    if (source === 'peers') {
      const { simulation } = this.#context;
      const lookup = sample(this.#costs.peerLookup.value, this.#lookups.uniform(request.entity, request.place));
      simulation.schedule(simulation.now + Math.round(lookup), this.#found, id);
    } else this.#begin(id);
    return id;
  }

  /** The node is gone: its downloads are void. @returns their numbers. */
  forget(node: NodeId): readonly number[] {
    const gone = [...(this.#onNode.get(node) ?? [])];
    for (const download of gone) {
      this.#senderOf(download).remove(download.id);
      this.#forget(download);
      const copies = this.#copies.get(download.layer);
      copies?.waiting.delete(download);
      copies?.origins.delete(download.id);
      // Those that took pieces from it go on with what the registry gives the next one: they have waited long enough.
      if (copies !== undefined && copies.origins.size === 0) this.#letGo(copies);
    }
    return gone.map(({ id }) => id);
  }

  /** A node has a layer and can give it to others. */
  hold(layer: number): void {
    const copies = this.#copies.get(layer);
    if (copies === undefined) return;
    copies.holders++;
    this.#shareCopies(layer);
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
    this.fetched[download.source] += download.bytes;
    const copies = this.#copies.get(download.layer);
    // Pieces of a layer come no sooner than whoever fetches it first has them, a node or a cache.
    if (download.source !== 'registry' && copies?.holders === 0 && copies.origins.size > 0) {
      copies.waiting.add(download);
      return;
    }
    this.#forget(download);
    if (download.source !== 'peers') this.#release(download);
    this.#onFetched(id);
  }

  /** The registry has given a layer to one node: others have the rest of it from there. */
  #release({ id, layer, registry, source }: Download): void {
    if (source === 'registry' && this.#mirrors[registry] !== undefined) this.#cached[registry]!.add(layer);
    const copies = this.#copies.get(layer);
    if (copies === undefined || !copies.origins.delete(id)) return;
    this.#letGo(copies);
  }

  /** Peers that waited for the last pieces of a layer have them. */
  #letGo(copies: Copies): void {
    const waiting = [...copies.waiting];
    copies.waiting.clear();
    for (const other of waiting) {
      this.#forget(other);
      this.#onFetched(other.id);
    }
  }

  #forget(download: Download): void {
    this.#downloads.delete(download.id);
    this.#onNode.get(download.node)!.delete(download);
    this.#copies.get(download.layer)?.taking.delete(download);
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
    const share = copies.holders / Math.max(1, copies.taking.size);
    if (Math.abs(share - copies.share) <= SHARE_STEP * copies.share) return;
    copies.share = share;
    for (const other of copies.taking) this.#limit(other);
  }

  #sourceOf({ registry, layer }: DownloadRequest): DownloadSource {
    const { mirror } = this.#registries[registry]!;
    const peers = this.#peersOf({ registry });
    if (peers !== undefined) {
      const copies = this.#copies.get(layer);
      const isThere = copies !== undefined && copies.holders > 0;
      if (isThere || (peers.unit === 'pieces' && copies !== undefined && copies.origins.size > 0)) return 'peers';
    }
    if (mirror === undefined) return 'registry';
    // What it is fetching for one node it fetches for all.
    const isOnItsWay = (this.#copies.get(layer)?.origins.size ?? 0) > 0;
    return mirror.isWarm || isOnItsWay || this.#cached[registry]!.has(layer) ? 'mirror' : 'registry';
  }

  /** Whether what one download brings serves others while it is under way. */
  #hasCopies({ registry }: Pick<DownloadRequest, 'registry'>): boolean {
    const { mirror, peers } = this.#registries[registry]!;
    return peers !== undefined || mirror !== undefined;
  }

  #peersOf({ registry }: Pick<DownloadRequest, 'registry'>): RegistrySpec['peers'] {
    return this.#registries[registry]!.peers;
  }

  #copiesOf(layer: number): Copies {
    let copies = this.#copies.get(layer);
    if (copies === undefined) {
      copies = { holders: 0, share: 0, taking: new Set(), origins: new Set(), waiting: new Set() };
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
    const { nodeBytesPerSecond } = this.#registries[registry]!;
    const { downloadBytesPerSecond } = this.#context.nodes.poolOf(node);
    const link = (downloadBytesPerSecond * connections) / Math.max(connections, all);
    if (source === 'peers') {
      const { share } = this.#copies.get(layer)!;
      const { unit, bytesPerSecond } = this.#peersOf(download)!;
      // Whole layers come from those that have them, which share out what their links carry.
      const given = Math.min(bytesPerSecond, downloadBytesPerSecond);
      const supply = unit === 'pieces' ? Infinity : given * share;
      // What a node takes at most, its downloads share.
      const own = (download.rate * connections) / Math.max(connections, same);
      return Math.min(own, link, supply);
    }
    const left = source === 'registry' ? this.#left[registry]! : 1;
    const own = (nodeBytesPerSecond * connections) / Math.max(connections, same);
    return Math.min(download.rate * left, link, own);
  }
}
