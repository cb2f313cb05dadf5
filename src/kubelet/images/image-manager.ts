// Images: what lies on a node, the queue of pulls, and the collection of what is not used. Part of the kubelet.
// Pulls are serial by default: one worker a node, first come first served. The registry limit rejects instead of waiting.
// A pull asks the registry, fetches the layers that are not there, several at a time, and unpacks each when it has come: one
// after another in the order of the image, or several at a time. With a lazy snapshotter it takes only what its container
// reads at its start, and the rest comes behind that.

import {
  type BackOff,
  type ContainerId,
  type Context,
  longerBackOff,
  type NodeCpu,
  type NodeId,
  type PodId,
  RateLimiter,
  type RegistrySpec,
} from '../../cluster/index.js';
import {
  type ContainerRuntimes,
  type ContainersView,
  lazyReadTime,
  pullCosts,
  type Snapshotter,
  snapshotterOf,
  unpackTime,
} from '../../cri/index.js';
import { type EventKind, lognormal, sample, tickAfter } from '../../engine/index.js';
import type { Counter, Series } from '../../metrics/index.js';
import type { NodeSupply } from '../../node/index.js';
import { kubeletParameters } from '../parameters.js';
import { Downloads } from './downloads.js';
import { ImageStore } from './image-store.js';
import { LayerDisk } from './layer-disk.js';
import { PullLimits } from './pull-limits.js';

export type PullAnswer = 'present' | 'pulling' | 'rejected';

export interface PullListener {
  /** The image of a container is there, after so long a wait and a pull. */
  onPulled(container: ContainerId, waited: number, pulled: number): void;
  /** The pull of an image failed or was refused after so long: the sync fails and is tried again. */
  onPullFailed(container: ContainerId, after: number): void;
  /** An image has come to lie on a node, or was thrown away. */
  onImageChanged(node: NodeId, image: string, isThere: boolean): void;
}

interface Pull {
  readonly node: NodeId;
  readonly pod: PodId;
  readonly container: ContainerId;
  readonly image: string;
  /** Names of the secrets that it shows the registry. */
  readonly secrets: string;
  readonly askedAt: number;
  begunAt: number;
  /** Layers that this pull fetches; others of the image may be under way in another pull of the node. */
  layers: readonly number[];
  readonly waitsFor: Set<Pull>;
  /** How many of its layers are fetched or on their way, are being unpacked or were, and are unpacked. */
  begun: number;
  fetching: number;
  unpacking: number;
  unpacked: number;
  /** When each of its layers lies on the disk, ns; NaN: it is not there yet, Infinity: it has been taken to be unpacked. */
  readyAt: Float64Array;
  /** How long unpacking takes against the usual. */
  luck: number;
  /** It knows which layers it needs. */
  isResolved: boolean;
  /** What its container reads first has come: only for lazy snapshotters. */
  isRead: boolean;
}

const backOffKey = (pod: PodId, image: string): string => `${pod}/${image}`;

interface NodePulls {
  readonly waiting: Pull[];
  readonly inFlight: Set<Pull>;
  readonly limiter: RateLimiter;
  /** By pod and image. */
  readonly backOff: Map<string, BackOff>;
}

const RESULTS = ['pulled', 'qps_exceeded', 'registry_error', 'too_many_requests'] as const;

/** Layers of a pull are numbered below this in its events. */
const LAYERS = 256;
const NOTHING = new Float64Array(0);
/** A thread that unpacks. */
const ONE_CORE = 1000;

export class ImageManager {
  readonly store: ImageStore;
  readonly #context: Context;
  readonly #containers: ContainersView;
  readonly #runtimes: ContainerRuntimes;
  readonly #cpu: NodeCpu;
  readonly #listener: PullListener;
  readonly #nodes = new Map<number, NodePulls>();
  readonly #pulls = new Map<number, number>();
  readonly #current = new Map<number, Pull>();
  /** Containers whose pulls have failed and who are still to be told. */
  readonly #refused: Pull[] = [];
  readonly #downloads: Downloads;
  /** What each download under way is of; those that nobody waits for are not here. */
  readonly #fetches = new Map<number, { readonly pull: Pull; readonly index: number }>();
  readonly #layerDisk: LayerDisk;
  readonly #limits: PullLimits;
  readonly #costs: typeof pullCosts;
  readonly #resolved: EventKind;
  readonly #unpacked: EventKind;
  readonly #collect: EventKind;
  /** When the collector comes that will find a disk too full, by node. */
  readonly #collectsAt = new Map<NodeId, number>();
  readonly #disk: NodeSupply;
  readonly #pullDuration: readonly Series[];
  readonly #operation: readonly Series[];
  readonly #results: Record<(typeof RESULTS)[number], Counter>;

  constructor(
    context: Context,
    containers: ContainersView,
    runtimes: ContainerRuntimes,
    cpu: NodeCpu,
    disk: NodeSupply,
    listener: PullListener,
  ) {
    const { simulation, recorder, nodes, spec } = context;
    this.#context = context;
    this.#containers = containers;
    this.#runtimes = runtimes;
    this.#cpu = cpu;
    this.#listener = listener;
    this.#disk = disk;
    const onChanged: PullListener['onImageChanged'] = (node, image, isThere) => {
      if (!isThere) for (const layer of this.store.missingLayers(node, image)) this.#downloads.drop(node, layer);
      this.#listener.onImageChanged(node, image, isThere);
    };
    this.store = new ImageStore(spec.images, nodes, disk, onChanged, spec.registries);
    this.#costs = context.parameters.of(pullCosts);
    this.#downloads = new Downloads(context, (id) => this.#onFetched(id));
    this.#layerDisk = new LayerDisk(nodes, context.parameters, () => simulation.now);
    this.#limits = new PullLimits(spec.registries);
    recorder.ownTotal('kubelapse_registry_saturated_seconds_total', () => this.#downloads.saturatedTime, 1e9);
    for (const source of ['registry', 'mirror', 'peers'] as const)
      recorder.ownTotal('kubelapse_image_fetched_bytes_total', () => this.#downloads.fetched[source], 1, source);
    this.#resolved = simulation.on('images/resolved', (container, n) => {
      if (this.#isCurrent(container, n)) this.#onResolved(container);
    });
    this.#unpacked = simulation.on('images/unpacked', (container, argument) =>
      this.#onUnpacked(container, Math.floor(argument / LAYERS)),
    );
    this.#collect = simulation.on('images/garbage-collection', (node) => this.#onCollect(node));
    this.#pullDuration = nodes.pools.map((pool) => recorder.series('kubelet_image_pull_duration_seconds', pool.name));
    this.#operation = nodes.pools.map((pool) =>
      recorder.series('kubelet_runtime_operations_duration_seconds', pool.name, 'pull_image'),
    );
    this.#results = Object.fromEntries(
      RESULTS.map((result) => [result, recorder.counter('kubelapse_image_pulls_total', result)]),
    ) as Record<(typeof RESULTS)[number], Counter>;
  }

  /** Bytes a second that the registry has left for every puller, as a share of what it usually has. */
  slowRegistry(left: number): void {
    this.#downloads.slow(left);
  }

  /**
   * Asks for a container's image. `pulling`: the listener learns of the end. `rejected`: the pull back-off said no, or the
   * policy forbids a pull; the sync fails and is tried again.
   */
  ensure(
    node: NodeId,
    pod: PodId,
    container: ContainerId,
    image: string,
    policy: 'Always' | 'IfNotPresent' | 'Never',
    secrets = '',
  ): PullAnswer {
    const { now } = this.#context.simulation;
    const isPresent = this.store.has(node, image);
    if (policy !== 'Always' && isPresent && this.#mayUse(node, image, secrets)) return 'present';
    if (policy === 'Never') return 'rejected';
    const pulls = this.#pullsOf(node);
    const entry = pulls.backOff.get(backOffKey(pod, image));
    if (entry !== undefined && now < entry.updatedAt + entry.delay) return 'rejected';
    pulls.waiting.push({
      node,
      pod,
      container,
      image,
      secrets,
      askedAt: now,
      begunAt: 0,
      layers: [],
      waitsFor: new Set(),
      begun: 0,
      fetching: 0,
      unpacking: 0,
      unpacked: 0,
      readyAt: NOTHING,
      luck: 1,
      isResolved: false,
      isRead: false,
    });
    this.#next(node);
    return 'pulling';
  }

  /** EnsureSecretPulledImages: an image that was pulled with secrets is for those alone who have them. */
  #mayUse(node: NodeId, image: string, secrets: string): boolean {
    return !this.#context.nodes.poolOf(node).kubelet.ensuresPullSecrets || this.store.isFor(node, image, secrets);
  }

  /** Whether its disk writes what was fetched as fast as it can. */
  isDiskBusy(node: NodeId): boolean {
    return this.#layerDisk.isBusy(node);
  }

  /** The node is gone: its pulls are void. */
  forget(node: NodeId): void {
    const pulls = this.#nodes.get(node);
    if (pulls === undefined) return;
    for (const pull of pulls.inFlight) {
      this.#charge(node, -pull.unpacking);
      this.#current.delete(pull.container);
    }
    // What was fetched and not unpacked is fetched again.
    for (const pull of pulls.inFlight) for (const layer of pull.layers) this.#downloads.drop(node, layer);
    for (const id of this.#downloads.forget(node)) this.#fetches.delete(id);
    this.#layerDisk.forget(node);
    this.#nodes.delete(node);
  }

  #pullsOf(node: NodeId): NodePulls {
    let pulls = this.#nodes.get(node);
    if (pulls === undefined) {
      const { registryPullQps, registryBurst } = this.#context.nodes.poolOf(node).kubelet;
      pulls = {
        waiting: [],
        inFlight: new Set(),
        limiter: new RateLimiter(registryPullQps, registryBurst),
        backOff: new Map(),
      };
      this.#nodes.set(node, pulls);
    }
    return pulls;
  }

  #next(node: NodeId): void {
    const pulls = this.#pullsOf(node);
    const { simulation, nodes } = this.#context;
    const { serializeImagePulls, maxParallelImagePulls } = nodes.poolOf(node).kubelet;
    const limit = serializeImagePulls ? 1 : maxParallelImagePulls;
    while (pulls.waiting.length > 0 && pulls.inFlight.size < limit) {
      const pull = pulls.waiting.shift()!;
      // The registry limit stands behind the queue: a serial puller hardly ever meets it.
      if (!pulls.limiter.tryTake(simulation.now)) {
        this.#refuse(pull, 'qps_exceeded');
        continue;
      }
      this.#context.journal?.pullAdmitted?.(node);
      pulls.inFlight.add(pull);
      this.#context.journal?.pullBegan?.(node);
      this.#current.set(pull.container, pull);
      pull.begunAt = simulation.now;
      const n = this.#pulls.get(pull.container) ?? 0;
      this.#pulls.set(pull.container, n + 1);
      const key = this.#containers.keyOf(pull.container);
      pull.luck = sample(lognormal(1, this.#costs.unpackSpread.value), this.#runtimes.unpackLuck(key, n));
      const begins = this.#runtimes.answersFrom(node);
      const firstByte = this.#registryOf(pull.image).firstByte ?? this.#costs.firstByte.value;
      const later = this.#costs.answersPerPull.value * (firstByte - this.#costs.firstByte.value);
      const resolved = begins + Math.max(1, Math.round(this.#runtimes.resolveDuration(key, n) + later));
      simulation.schedule(resolved, this.#resolved, pull.container, n + 1);
    }
  }

  /** What belongs to a pull of a kubelet that has stopped since is void. */
  #isCurrent(container: ContainerId, n: number): boolean {
    return this.#current.has(container) && this.#pulls.get(container) === n;
  }

  #registryOf(image: string): RegistrySpec {
    return this.#context.spec.registries[this.store.registryOf(image)]!;
  }

  /** The manifest is there: the layers that neither lie on the node nor are on their way to it are fetched. */
  #onResolved(container: ContainerId): void {
    const pull = this.#current.get(container);
    if (pull === undefined) return;
    const { simulation } = this.#context;
    const registry = this.store.registryOf(pull.image);
    // Caches and other nodes answer for what they have.
    const missing = this.store.missingLayers(pull.node, pull.image);
    const isBeside = this.#downloads.areBeside(registry, pull.node, missing);
    if (this.#downloads.isCutOff && !isBeside) {
      this.#fail(pull, 'registry_error');
      return;
    }
    // What lies on the node is only asked for its version, which does not count.
    const counts = !isBeside && !this.store.has(pull.node, pull.image);
    if (counts && !this.#limits.take(registry, simulation.now)) {
      this.#fail(pull, 'too_many_requests');
      return;
    }
    const { inFlight } = this.#pullsOf(pull.node);
    for (const other of inFlight) {
      if (other !== pull && other.layers.some((layer) => missing.includes(layer))) pull.waitsFor.add(other);
    }
    pull.layers = missing.filter((layer) => ![...pull.waitsFor].some((other) => other.layers.includes(layer)));
    pull.readyAt = new Float64Array(pull.layers.length).fill(Number.NaN);
    pull.isResolved = true;
    if (this.#snapshotterOf(pull.node).isLazy) this.#readFirst(pull);
    else this.#fetchMore(pull);
    this.#finishIfDone(pull);
  }

  #snapshotterOf(node: NodeId): Snapshotter {
    return snapshotterOf(this.#context.nodes.poolOf(node).pulls.snapshotter);
  }

  /** The next layers are fetched, as many at a time as the runtime does. */
  #fetchMore(pull: Pull): void {
    const { layersAtOnce } = this.#context.nodes.poolOf(pull.node).pulls;
    while (pull.begun < pull.layers.length && pull.fetching < layersAtOnce) {
      const index = pull.begun++;
      const layer = pull.layers[index]!;
      pull.fetching++;
      this.#fetches.set(this.#download(pull, layer, this.store.layer(layer).compressedBytes, true), { pull, index });
    }
  }

  /** @returns the number of the download. */
  #download(pull: Pull, layer: number, bytes: number, completes: boolean): number {
    const { node, container, image } = pull;
    const { connectionsPerLayer } = this.#context.nodes.poolOf(node).pulls;
    return this.#downloads.start({
      node,
      layer,
      bytes,
      completes,
      registry: this.store.registryOf(image),
      connections: connectionsPerLayer,
      entity: this.#containers.keyOf(container),
      // By its place in the image: the numbers of layers depend on what else is there.
      place: this.store.layersOf(image).indexOf(layer),
    });
  }

  /** A layer has come: it is unpacked when it lies on the disk and its turn is come. */
  #onFetched(id: number): void {
    const fetch = this.#fetches.get(id);
    if (fetch === undefined) return;
    this.#fetches.delete(id);
    const { pull, index } = fetch;
    pull.fetching--;
    if (this.#snapshotterOf(pull.node).isLazy) {
      if (pull.fetching === 0) this.#onRead(pull);
      return;
    }
    const layer = pull.layers[index]!;
    pull.readyAt[index] = this.#layerDisk.sync(pull.node, this.store.layer(layer).compressedBytes);
    this.#fetchMore(pull);
    this.#unpackMore(pull);
  }

  #unpackMore(pull: Pull): void {
    const { unpacksAtOnce } = this.#context.nodes.poolOf(pull.node).pulls;
    while (pull.unpacking < unpacksAtOnce) {
      const index = this.#nextToUnpack(pull, unpacksAtOnce === 1);
      if (index < 0) return;
      this.#unpack(pull, index);
    }
  }

  /** The next layer that can be unpacked; below 0: there is none yet. @param inOrder after those before it in the image. */
  #nextToUnpack({ readyAt, unpacked }: Pull, inOrder: boolean): number {
    if (inOrder) return Number.isFinite(readyAt[unpacked] ?? Number.NaN) ? unpacked : -1;
    return readyAt.findIndex(Number.isFinite);
  }

  /** Each layer is unpacked on a core of its own, as long as there are as many; the disk may hold it up. */
  #unpack(pull: Pull, index: number): void {
    const { node, image, container } = pull;
    const { simulation, nodes } = this.#context;
    const { cpuSpeed, pulls } = nodes.poolOf(node);
    const layer = this.store.layer(pull.layers[index]!);
    const how = { compression: this.store.compressionOf(image), decompressor: pulls.decompressor };
    const { takes } = unpackTime(layer, how, this.#costs, this.#snapshotterOf(node).writes);
    const begins = Math.max(simulation.now, pull.readyAt[index]!);
    pull.readyAt[index] = Infinity;
    pull.unpacking++;
    this.#charge(node, 1);
    const speed = cpuSpeed * this.#cpu.speed(this.#cpu.partOf(node, 'runtime'));
    const worked = begins + this.#costs.layerOverhead.value + (takes * pull.luck) / speed;
    const ends = Math.max(worked, this.#layerDisk.write(node, layer.uncompressedBytes), simulation.now + 1);
    const n = this.#pulls.get(container)!;
    simulation.schedule(Math.round(ends), this.#unpacked, container, n * LAYERS + index);
  }

  /** So many threads more unpack layers on a node, or fewer. */
  #charge(node: NodeId, threads: number): void {
    if (threads !== 0) this.#cpu.changeDemand(this.#cpu.partOf(node, 'runtime'), threads * ONE_CORE);
  }

  #onUnpacked(container: ContainerId, n: number): void {
    if (!this.#isCurrent(container, n)) return;
    const pull = this.#current.get(container)!;
    pull.unpacking--;
    pull.unpacked++;
    this.#charge(pull.node, -1);
    this.#unpackMore(pull);
    this.#finishIfDone(pull);
  }

  /** A lazy snapshotter fetches what the container reads at its start, which is a part of each layer. */
  #readFirst(pull: Pull): void {
    const share = this.store.readAtStart(pull.image);
    if (share === 0) {
      this.#onRead(pull);
      return;
    }
    pull.fetching = pull.layers.length;
    pull.isRead = pull.fetching === 0;
    pull.layers.forEach((layer, index) => {
      const { compressedBytes } = this.store.layer(layer);
      this.#fetches.set(this.#download(pull, layer, compressedBytes * share, share === 1), { pull, index });
    });
  }

  /** What its container reads first has come; the rest of each layer comes behind that, and nobody waits for it. */
  #onRead(pull: Pull): void {
    const { simulation } = this.#context;
    const share = this.store.readAtStart(pull.image);
    const n = this.#pulls.get(pull.container)!;
    const takes = lazyReadTime(this.store.bytesOf(pull.layers) * share, this.#costs);
    const at = simulation.now + Math.max(1, Math.round(takes));
    pull.isRead = true;
    pull.unpacking = 1;
    this.#charge(pull.node, 1);
    simulation.schedule(at, this.#unpacked, pull.container, n * LAYERS);
    if (share === 1) return;
    for (const layer of pull.layers)
      this.#download(pull, layer, this.store.layer(layer).compressedBytes * (1 - share), true);
  }

  /** Whether all that the pull waits for itself is there. */
  #isUnpacked(pull: Pull): boolean {
    if (!pull.isResolved) return false;
    if (this.#snapshotterOf(pull.node).isLazy) return pull.isRead && pull.unpacking === 0;
    return pull.unpacked === pull.layers.length;
  }

  /** A pull is done when its layers are there and those that it left to other pulls. */
  #finishIfDone(pull: Pull | undefined): void {
    const { simulation, nodes } = this.#context;
    if (pull === undefined || !this.#isUnpacked(pull) || pull.waitsFor.size > 0) return;
    const { node, container, image } = pull;
    const pulls = this.#pullsOf(node);
    this.#current.delete(container);
    pulls.inFlight.delete(pull);
    this.#context.journal?.pullEnded?.(node);
    this.store.add(node, image, simulation.now, pull.secrets);
    const pulled = simulation.now - pull.begunAt;
    this.#pullDuration[nodes.pool[node]!]!.record(pulled);
    this.#operation[nodes.pool[node]!]!.record(pulled);
    this.#results.pulled.add();
    this.#next(node);
    this.#listener.onPulled(container, pull.begunAt - pull.askedAt, pulled);
    for (const other of [...pulls.inFlight]) if (other.waitsFor.delete(pull)) this.#finishIfDone(other);
  }

  #fail(pull: Pull, result: (typeof RESULTS)[number]): void {
    const pulls = this.#pullsOf(pull.node);
    this.#current.delete(pull.container);
    pulls.inFlight.delete(pull);
    this.#context.journal?.pullEnded?.(pull.node);
    this.#refuse(pull, result);
    this.#next(pull.node);
  }

  /** A pull has failed: the pod waits before it tries this image again, twice as long each time. */
  #refuse(pull: Pull, result: (typeof RESULTS)[number]): void {
    const { node, pod, image } = pull;
    const { simulation } = this.#context;
    const { imageBackOffInitial, backOffReset, imageBackOffMax } = kubeletParameters;
    const { backOff } = this.#pullsOf(node);
    const key = backOffKey(pod, image);
    const entry = backOff.get(key);
    const rule = { initial: imageBackOffInitial.value, max: imageBackOffMax.value, expiresAfter: backOffReset.value };
    backOff.set(key, longerBackOff(entry, simulation.now, rule));
    this.#results[result].add();
    this.#refused.push(pull);
    if (this.#refused.length > 1) return;
    // Whoever is told may ask for another image at once: one after another.
    while (this.#refused.length > 0) {
      const { container, askedAt } = this.#refused[0]!;
      this.#listener.onPullFailed(container, simulation.now - askedAt);
      this.#refused.shift();
    }
  }

  // Garbage collection ------------------------------------------------------------------------------------------------

  /** The collector looks every five minutes; it is an event only where it will find the disk too full. */
  reconsiderDisk(node: NodeId): void {
    const { nodes, simulation, streams } = this.#context;
    const full = this.#disk.reaches(node, this.store.leftAt(node, nodes.poolOf(node).kubelet.imageGcHigh));
    if (full === Infinity) return;
    const { imageGcPeriod } = kubeletParameters;
    const phase = streams.stream('kubelet/image-gc-phase').below(imageGcPeriod.value, nodes.keyOf(node), 0);
    const at = tickAfter(phase, imageGcPeriod.value, full);
    if (at >= (this.#collectsAt.get(node) ?? Infinity)) return;
    this.#collectsAt.set(node, at);
    simulation.schedule(at, this.#collect, node);
  }

  /** What no container uses is thrown away at once: the node is short of disk. */
  collectUnused(node: NodeId): void {
    this.#collectDownTo(node, 0);
  }

  #collectDownTo(node: NodeId, share: number): void {
    const { simulation, nodes } = this.#context;
    this.store.collect(node, share, simulation.now - nodes.poolOf(node).kubelet.imageMinimumGcAge);
  }

  #onCollect(node: NodeId): void {
    const { simulation, nodes } = this.#context;
    // One that was planned before an earlier one became necessary.
    if (this.#collectsAt.get(node) !== simulation.now) return;
    this.#collectsAt.delete(node);
    const { imageGcHigh, imageGcLow } = nodes.poolOf(node).kubelet;
    if (this.store.isAbove(node, imageGcHigh)) this.#collectDownTo(node, imageGcLow);
    this.reconsiderDisk(node);
  }
}
