// The pods whose requests use CPU under a limit, each with its queue. Part of the traffic: drives the queues by events.

import type { Context, NodeId, PodId, ServeSpec } from '../cluster/index.js';
import { containersOf } from '../cluster/index.js';
import { type EventHandle, type EventKind, mean, NO_EVENT } from '../engine/index.js';
import { CpuQueue } from './cpu-queue.js';

interface Server {
  readonly pod: PodId;
  readonly index: number;
  readonly incarnation: number;
  readonly queue: CpuQueue;
  handle: EventHandle;
}

/** What limits did to the requests of a container, since counting began. */
export interface Throttling {
  readonly periods: number;
  readonly throttledPeriods: number;
  /** ns. */
  readonly throttledTime: number;
}

export class LimitedServers {
  readonly #context: Context;
  readonly #onServed: (token: number, at: number) => void;
  readonly #servers: Server[] = [];
  /** The newest server of a pod: its place. */
  readonly #newest = new Map<PodId, number>();
  readonly #byNode = new Map<NodeId, number[]>();
  readonly #happens: EventKind;

  /** @param onServed called with what was given with a request, when its pod has worked it off. */
  constructor(context: Context, onServed: (token: number, at: number) => void) {
    this.#context = context;
    this.#onServed = onServed;
    this.#happens = context.simulation.on('traffic/served', (place) => {
      this.#servers[place]!.handle = NO_EVENT;
      this.#servers[place]!.queue.advance(context.simulation.now);
      this.#expect(place);
    });
    context.cpu.onChanged({
      onNode: (node) => {
        if (this.#servers.length === 0) return;
        for (const place of this.#byNode.get(node) ?? []) this.#setCores(place);
      },
      onContainer: () => {},
    });
  }

  /**
   * A request comes to a pod.
   * @param incarnation of the pod's process: a new one begins with an empty queue. @param index of the container that serves.
   * @param time that it takes with all the CPU it wants, ns. @returns false: it finds no place to wait.
   */
  join(pod: PodId, incarnation: number, index: number, serve: ServeSpec, time: number, token: number): boolean {
    const place = this.#placeOf(pod, incarnation, index, serve);
    const rest = Math.max(0, time - serve.cpuTime / serve.threads);
    const hasJoined = this.#servers[place]!.queue.join(token, serve.cpuTime, rest, this.#context.simulation.now);
    this.#expect(place);
    return hasJoined;
  }

  /** About how long a request would wait that comes to a pod now, ns. */
  waitFor(pod: PodId, incarnation: number, serve: ServeSpec): number {
    const place = this.#newest.get(pod);
    if (place === undefined || this.#servers[place]!.incarnation !== incarnation) return 0;
    const { queue } = this.#servers[place]!;
    queue.advance(this.#context.simulation.now);
    this.#expect(place);
    return queue.waitFor(mean(serve.time));
  }

  /** Counts nothing before this instant: the warm-up ends. */
  resetCounts(): void {
    for (const { queue } of this.#servers) {
      queue.advance(this.#context.simulation.now);
      queue.periods = 0;
      queue.throttledPeriods = 0;
      queue.throttledTime = 0;
    }
  }

  /** Of each container that had a queue. */
  forEachThrottling(tell: (pod: PodId, index: number, throttling: Throttling) => void): void {
    for (const { pod, index, queue } of this.#servers) {
      queue.advance(this.#context.simulation.now);
      tell(pod, index, queue);
    }
  }

  #placeOf(pod: PodId, incarnation: number, index: number, serve: ServeSpec): number {
    const known = this.#newest.get(pod);
    if (known !== undefined && this.#servers[known]!.incarnation === incarnation) return known;
    const { cpu, pods, simulation } = this.#context;
    const { servingCpuMillis } = containersOf(this.#context, pod)[index]!.behavior;
    const node = pods.node[pod]!;
    const queue = new CpuQueue(
      serve,
      cpu.limitOf(pod, index),
      servingCpuMillis / 1000,
      cpu.coresFor(pod, index),
      cpu.availableShare(node),
      simulation.now,
      this.#onServed,
    );
    const place = this.#servers.length;
    this.#servers.push({ pod, index, incarnation, queue, handle: NO_EVENT });
    this.#newest.set(pod, place);
    const places = this.#byNode.get(node) ?? [];
    this.#byNode.set(node, places);
    places.push(place);
    return place;
  }

  #setCores(place: number): void {
    const { cpu, pods, simulation } = this.#context;
    const { pod, index, queue } = this.#servers[place]!;
    queue.setCores(cpu.coresFor(pod, index), cpu.availableShare(pods.node[pod]!), simulation.now);
    this.#expect(place);
  }

  /** The next thing that happens in a queue is an event. */
  #expect(place: number): void {
    const { simulation } = this.#context;
    const server = this.#servers[place]!;
    if (server.handle !== NO_EVENT) simulation.cancel(server.handle);
    const next = server.queue.nextAt;
    server.handle =
      next === Infinity
        ? NO_EVENT
        : simulation.scheduleCancellable(Math.max(simulation.now, Math.ceil(next)), this.#happens, place);
  }
}
