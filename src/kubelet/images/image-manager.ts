// Images: what lies on a node, the queue of pulls, and the collection of what is not used. Part of the kubelet.
// Pulls are serial by default: one worker a node, first come first served. The registry limit rejects instead of waiting.
// A pull asks the registry, fetches the layers that are not there (over links that all nodes share) and unpacks them.

import {
  type BackOff,
  type ContainerId,
  type Context,
  longerBackOff,
  type NodeCpu,
  type NodeId,
  type PodId,
  RateLimiter,
} from '../../cluster/index.js';
import { type ContainerRuntimes, type ContainersView, pullCosts } from '../../cri/index.js';
import { type EventKind, ProcessorSharing, tickAfter } from '../../engine/index.js';
import type { Counter, Series } from '../../metrics/index.js';
import type { NodeSupply } from '../../node/index.js';
import { kubeletParameters } from '../parameters.js';
import { ImageStore } from './image-store.js';

export type PullAnswer = 'present' | 'pulling' | 'rejected';

export interface PullListener {
  /** The image of a container is there, after so long a wait and a pull. */
  onPulled(container: ContainerId, waited: number, pulled: number): void;
  /** The registry did not answer: the sync fails and is tried again. */
  onPullFailed(container: ContainerId): void;
  /** An image has come to lie on a node, or was thrown away. */
  onImageChanged(node: NodeId, image: string, isThere: boolean): void;
}

interface Pull {
  readonly node: NodeId;
  readonly pod: PodId;
  readonly container: ContainerId;
  readonly image: string;
  readonly askedAt: number;
  begunAt: number;
  /** Layers that this pull fetches; others of the image may be under way in another pull of the node. */
  layers: readonly number[];
  readonly waitsFor: Set<Pull>;
  /** When its own layers are unpacked; Infinity while they are fetched. */
  unpackedAt: number;
  unpackBytesPerSecond: number;
  streamLimit: number;
}

const backOffKey = (pod: PodId, image: string): string => `${pod}/${image}`;

interface NodePulls {
  readonly waiting: Pull[];
  readonly inFlight: Set<Pull>;
  readonly limiter: RateLimiter;
  /** By pod and image. */
  readonly backOff: Map<string, BackOff>;
}

const RESULTS = ['pulled', 'qps_exceeded', 'registry_error'] as const;

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
  readonly #refused: number[] = [];
  readonly #registry: ProcessorSharing;
  /** Speed of the registry that is left, 0 … 1. */
  #registryLeft = 1;
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
    this.store = new ImageStore(spec.images, nodes, disk, (node, image, isThere) =>
      this.#listener.onImageChanged(node, image, isThere),
    );
    this.#registry = new ProcessorSharing(simulation, 'images/fetched', spec.registryBytesPerSecond, (container) =>
      this.#onFetched(container),
    );
    recorder.ownTotal('kubelapse_registry_saturated_seconds_total', () => this.#registry.saturatedTime, 1e9);
    this.#resolved = simulation.on('images/resolved', (container, n) => {
      if (this.#isCurrent(container, n)) this.#onResolved(container);
    });
    this.#unpacked = simulation.on('images/unpacked', (container, n) => {
      if (this.#isCurrent(container, n)) this.#finishIfDone(this.#current.get(container));
    });
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
    this.#registryLeft = left;
    this.#registry.setCapacity(this.#context.spec.registryBytesPerSecond * (left === 0 ? 1 : left));
    for (const pull of this.#current.values()) this.#registry.setLimit(pull.container, this.#limitOf(pull));
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
  ): PullAnswer {
    const { now } = this.#context.simulation;
    const present = this.store.has(node, image);
    if (policy !== 'Always' && present) return 'present';
    if (policy === 'Never') return 'rejected';
    const pulls = this.#pullsOf(node);
    const entry = pulls.backOff.get(backOffKey(pod, image));
    if (entry !== undefined && now < entry.updatedAt + entry.delay) return 'rejected';
    pulls.waiting.push({
      node,
      pod,
      container,
      image,
      askedAt: now,
      begunAt: 0,
      layers: [],
      waitsFor: new Set(),
      unpackedAt: Infinity,
      unpackBytesPerSecond: 0,
      streamLimit: 0,
    });
    this.#next(node);
    return 'pulling';
  }

  /** The node is gone: its pulls are void. */
  forget(node: NodeId): void {
    const pulls = this.#nodes.get(node);
    if (pulls === undefined) return;
    for (const pull of pulls.inFlight) {
      this.#registry.remove(pull.container);
      this.#current.delete(pull.container);
    }
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
      pull.unpackBytesPerSecond = this.#runtimes.unpackBytesPerSecond(this.#containers.keyOf(pull.container), n);
      const begins = this.#runtimes.answersFrom(node);
      const resolved = begins + this.#runtimes.resolveDuration(this.#containers.keyOf(pull.container), n);
      simulation.schedule(resolved, this.#resolved, pull.container, n + 1);
    }
  }

  /** What belongs to a pull of a kubelet that has stopped since is void. */
  #isCurrent(container: ContainerId, n: number): boolean {
    return this.#current.has(container) && this.#pulls.get(container) === n;
  }

  /** The manifest is there: the layers that neither lie on the node nor are on their way to it are fetched. */
  #onResolved(container: ContainerId): void {
    const pull = this.#current.get(container);
    if (pull === undefined) return;
    if (this.#registryLeft === 0) {
      this.#fail(pull);
      return;
    }
    const { inFlight } = this.#pullsOf(pull.node);
    const missing = this.store.missingLayers(pull.node, pull.image);
    for (const other of inFlight) {
      if (other !== pull && other.layers.some((layer) => missing.includes(layer))) pull.waitsFor.add(other);
    }
    pull.layers = missing.filter((layer) => ![...pull.waitsFor].some((other) => other.layers.includes(layer)));
    const bytes = this.store.bytesOf(pull.layers);
    const costs = this.#context.parameters.of(pullCosts);
    const streams = Math.min(costs.fetchStreams.value, pull.layers.length);
    pull.streamLimit = streams * costs.fetchBytesPerSecond.value;
    if (bytes === 0) this.#onFetched(container);
    else {
      this.#registry.add(container, bytes, this.#limitOf(pull));
      this.#shareNodeLink(pull.node);
    }
  }

  #limitOf(pull: Pull): number {
    const fetching = [...this.#pullsOf(pull.node).inFlight].filter((other) => other.unpackedAt === Infinity).length;
    const link = this.#context.nodes.poolOf(pull.node).downloadBytesPerSecond / Math.max(1, fetching);
    return Math.min(link, pull.streamLimit * this.#registryLeft);
  }

  #shareNodeLink(node: NodeId): void {
    const { inFlight } = this.#pullsOf(node);
    if (inFlight.size < 2) return;
    for (const pull of inFlight) this.#registry.setLimit(pull.container, this.#limitOf(pull));
  }

  /** Unpacking went on beside fetching, one layer after the other: the slower of the two counts, then the last layer. */
  #onFetched(container: ContainerId): void {
    const pull = this.#current.get(container);
    if (pull === undefined) return;
    const { simulation, nodes } = this.#context;
    const { layers, node } = pull;
    const bytes = this.store.bytesOf(layers);
    // Each pull unpacks on a core of its own, as long as there are as many.
    const cores = Math.max(1, (nodes.poolOf(node).cpuCapacityMillis / 1000) * this.#cpu.partSpeed(node, 'runtime'));
    const crowd = Math.max(1, this.#pullsOf(node).inFlight.size / cores);
    const rate = pull.unpackBytesPerSecond / crowd;
    const nanoseconds = (b: number): number => (b / rate) * 1e9;
    const fixed = layers.length * this.#context.parameters.of(pullCosts).layerOverhead.value;
    const last = layers.length === 0 ? 0 : nanoseconds(bytes / layers.length);
    const unpacked = Math.max(pull.begunAt + nanoseconds(bytes), simulation.now + last) + fixed;
    pull.unpackedAt = Math.max(simulation.now, Math.round(unpacked));
    this.#shareNodeLink(node);
    simulation.schedule(pull.unpackedAt, this.#unpacked, container, this.#pulls.get(container)!);
  }

  /** A pull is done when its layers are there and those that it left to other pulls. */
  #finishIfDone(pull: Pull | undefined): void {
    const { simulation, nodes } = this.#context;
    if (pull === undefined || pull.unpackedAt > simulation.now || pull.waitsFor.size > 0) return;
    const { node, container, image } = pull;
    const pulls = this.#pullsOf(node);
    this.#current.delete(container);
    pulls.inFlight.delete(pull);
    this.#context.journal?.pullEnded?.(node);
    this.store.add(node, image, simulation.now);
    const pulled = simulation.now - pull.begunAt;
    this.#pullDuration[nodes.pool[node]!]!.record(pulled);
    this.#operation[nodes.pool[node]!]!.record(pulled);
    this.#results.pulled.add();
    this.#next(node);
    this.#listener.onPulled(container, pull.begunAt - pull.askedAt, pulled);
    for (const other of [...pulls.inFlight]) if (other.waitsFor.delete(pull)) this.#finishIfDone(other);
  }

  #fail(pull: Pull): void {
    const pulls = this.#pullsOf(pull.node);
    this.#current.delete(pull.container);
    pulls.inFlight.delete(pull);
    this.#context.journal?.pullEnded?.(pull.node);
    this.#refuse(pull, 'registry_error');
    this.#next(pull.node);
  }

  /** A pull has failed: the pod waits before it tries this image again, twice as long each time. */
  #refuse({ node, pod, container, image }: Pull, result: (typeof RESULTS)[number]): void {
    const { simulation } = this.#context;
    const { imageBackOffInitial, backOffReset, imageBackOffMax } = kubeletParameters;
    const { backOff } = this.#pullsOf(node);
    const key = backOffKey(pod, image);
    const entry = backOff.get(key);
    const rule = { initial: imageBackOffInitial.value, max: imageBackOffMax.value, expiresAfter: backOffReset.value };
    backOff.set(key, longerBackOff(entry, simulation.now, rule));
    this.#results[result].add();
    this.#refused.push(container);
    if (this.#refused.length > 1) return;
    // Whoever is told may ask for another image at once: one after another.
    while (this.#refused.length > 0) {
      this.#listener.onPullFailed(this.#refused[0]!);
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
