// Images: what lies on a node, and the queue of pulls. Part of the kubelet.
// Pulls are serial by default: one worker a node, first come first served. The registry limit rejects instead of waiting.

import { type Context, RateLimiter } from '../cluster/index.js';
import { type ContainerRuntime, imageParameters } from '../cri/index.js';
import type { EventKind, Instant } from '../engine/index.js';
import type { Series } from '../metrics/index.js';
import { kubeletParameters } from './parameters.js';

export type PullAnswer = 'present' | 'pulling' | 'rejected';

interface PullRequest {
  readonly node: number;
  readonly container: number;
  readonly image: string;
  readonly askedAt: number;
}

interface NodeImages {
  readonly present: Set<string>;
  readonly waiting: PullRequest[];
  inFlight: number;
  readonly limiter: RateLimiter;
}

/** Back-off of one (pod, image) after failed pulls. */
interface PullBackOff {
  delay: number;
  failedAt: number;
}

export class ImageManager {
  readonly #context: Context;
  readonly #runtimes: readonly ContainerRuntime[];
  readonly #onPulled: (container: number, waited: number, pulled: number) => void;
  readonly #nodes: NodeImages[];
  readonly #backOff = new Map<string, PullBackOff>();
  readonly #pulls = new Map<number, number>();
  readonly #current = new Map<number, PullRequest & { readonly begunAt: number }>();
  readonly #ended: EventKind;
  readonly #pullDuration: readonly Series[];
  readonly #operation: readonly Series[];

  /** @param runtimes by node pool. @param onPulled the image of a container is there, after so long a wait and a pull. */
  constructor(
    context: Context,
    runtimes: readonly ContainerRuntime[],
    onPulled: (container: number, waited: number, pulled: number) => void,
  ) {
    this.#context = context;
    this.#runtimes = runtimes;
    this.#onPulled = onPulled;
    const everywhere = Object.entries(context.spec.images)
      .filter(([, image]) => image.present)
      .map(([name]) => name);
    this.#nodes = Array.from({ length: context.nodes.count }, (_, node) => {
      const { registryPullQps, registryBurst } = context.nodes.poolOf(node).kubelet;
      return {
        present: new Set(everywhere),
        waiting: [],
        inFlight: 0,
        limiter: new RateLimiter(registryPullQps, registryBurst),
      };
    });
    this.#ended = context.simulation.on('images/pull-ended', (container) => this.#onEnded(container));
    this.#pullDuration = context.nodes.pools.map((pool) =>
      context.recorder.series('kubelet_image_pull_duration_seconds', pool.name),
    );
    this.#operation = context.nodes.pools.map((pool) =>
      context.recorder.series('kubelet_runtime_operations_duration_seconds', pool.name, 'pull_image'),
    );
  }

  /** The image was pulled before the run begins. */
  seed(node: number, image: string): void {
    this.#nodes[node]!.present.add(image);
  }

  /**
   * Asks for a container's image. `pulling`: `onPulled` follows. `rejected`: the registry limit or the pull back-off said
   * no, or the policy forbids a pull; the sync fails and is tried again.
   */
  ensure(node: number, container: number, image: string, policy: 'Always' | 'IfNotPresent' | 'Never'): PullAnswer {
    const images = this.#nodes[node]!;
    const { now } = this.#context.simulation;
    if (policy !== 'Always' && images.present.has(image)) return 'present';
    if (policy === 'Never') return 'rejected';
    const key = `${container}/${image}`;
    const entry = this.#backOff.get(key);
    if (entry !== undefined && now < entry.failedAt + entry.delay) return 'rejected';
    if (!images.limiter.tryTake(now)) {
      const { backOffInitial, imageBackOffMax } = kubeletParameters;
      const delay = entry === undefined ? backOffInitial.value : Math.min(entry.delay * 2, imageBackOffMax.value);
      this.#backOff.set(key, { delay, failedAt: now });
      return 'rejected';
    }
    images.waiting.push({ node, container, image, askedAt: now });
    this.#next(node);
    return 'pulling';
  }

  #next(node: number): void {
    const images = this.#nodes[node]!;
    const { serializeImagePulls, maxParallelImagePulls } = this.#context.nodes.poolOf(node).kubelet;
    const limit = serializeImagePulls ? 1 : maxParallelImagePulls;
    while (images.waiting.length > 0 && images.inFlight < limit) {
      const request = images.waiting.shift()!;
      images.inFlight++;
      const { simulation } = this.#context;
      this.#current.set(request.container, { ...request, begunAt: simulation.now });
      const n = this.#pulls.get(request.container) ?? 0;
      this.#pulls.set(request.container, n + 1);
      const size = this.#context.spec.images[request.image]?.compressedBytes ?? imageParameters.compressedBytes.value;
      const runtime = this.#runtimes[this.#context.nodes.pool[node]!]!;
      // An image that is there, or came while the request waited, costs a look at its manifest.
      const duration = images.present.has(request.image)
        ? runtime.manifestCheckDuration(request.container, n)
        : runtime.pullDuration(size, request.container, n);
      simulation.schedule((simulation.now + duration) as Instant, this.#ended, request.container);
    }
  }

  #onEnded(container: number): void {
    const { simulation, nodes } = this.#context;
    const request = this.#current.get(container)!;
    const { node } = request;
    this.#current.delete(container);
    const images = this.#nodes[node]!;
    images.inFlight--;
    images.present.add(request.image);
    this.#backOff.delete(`${container}/${request.image}`);
    const pulled = simulation.now - request.begunAt;
    this.#pullDuration[nodes.pool[node]!]!.record(pulled);
    this.#operation[nodes.pool[node]!]!.record(pulled);
    this.#next(node);
    this.#onPulled(container, request.begunAt - request.askedAt, pulled);
  }
}
