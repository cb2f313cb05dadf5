// The queues of pods that work off requests. Part of the traffic.
// Where every request is simulated a pod is a list of the instants at which its workers are free: a request waits for the
// first of them (Kiefer and Wolfowitz, 1955). Where one request stands for many, the wait is drawn from what a queue of the
// real load would have: Erlang's C for the chance to wait, an exponential wait of its conditional mean (Allen and Cunneen),
// and behind what has piled up while more came than could be done.

import type { PodId, ServeSpec } from '../cluster/index.js';
import { log, mean, meanSquare } from '../engine/index.js';

/** A request found no place to wait. */
export const BACKLOG_FULL = -1;

/** The queue of a pod whose every request is simulated. */
class ExactQueue {
  /** When each worker is free. */
  readonly #freeAt: Float64Array;
  /** When those that wait will be taken up, in order. */
  #starts: number[] = [];
  #head = 0;

  constructor(concurrency: number) {
    this.#freeAt = new Float64Array(concurrency);
  }

  /** How long a request would wait that came now; Infinity: it would find no place. */
  wait(now: number, backlog: number): number {
    while (this.#head < this.#starts.length && this.#starts[this.#head]! <= now) this.#head++;
    const start = Math.max(
      now,
      this.#freeAt.reduce((first, at) => Math.min(first, at), Infinity),
    );
    return start > now && this.#starts.length - this.#head >= backlog ? Infinity : start - now;
  }

  /** @returns the time that a request which comes now waits, or {@link BACKLOG_FULL}. */
  join(now: number, serviceTime: number, backlog: number): number {
    while (this.#head < this.#starts.length && this.#starts[this.#head]! <= now) this.#head++;
    if (this.#head > 1024) {
      this.#starts = this.#starts.slice(this.#head);
      this.#head = 0;
    }
    const freeAt = this.#freeAt;
    let first = 0;
    for (let i = 1; i < freeAt.length; i++) if (freeAt[i]! < freeAt[first]!) first = i;
    const start = Math.max(now, freeAt[first]!);
    if (start > now) {
      if (this.#starts.length - this.#head >= backlog) return BACKLOG_FULL;
      this.#starts.push(start);
    }
    freeAt[first] = start + serviceTime;
    return start - now;
  }
}

/** What has piled up at a pod that is asked for more than it can do. */
interface Fluid {
  backlog: number;
  at: number;
}

export class Servers {
  readonly #exact = new Map<number, { queue: ExactQueue; incarnation: number }>();
  readonly #fluid = new Map<number, Fluid & { incarnation: number }>();

  /** @param incarnation of the pod's process: a new one begins with an empty queue. */
  joinExact(pod: PodId, incarnation: number, serve: ServeSpec, now: number, serviceTime: number): number {
    let entry = this.#exact.get(pod);
    if (entry === undefined || entry.incarnation !== incarnation) {
      entry = { queue: new ExactQueue(serve.concurrency), incarnation };
      this.#exact.set(pod, entry);
    }
    return entry.queue.join(now, serviceTime, serve.backlog);
  }

  /** How long a request would wait for a worker that came now; Infinity: it would find no place. */
  waitExact(pod: PodId, incarnation: number, serve: ServeSpec, now: number): number {
    const entry = this.#exact.get(pod);
    return entry === undefined || entry.incarnation !== incarnation ? 0 : entry.queue.wait(now, serve.backlog);
  }

  /**
   * The wait of one request of many.
   * @param rate requests per second that come to the pod. @param time mean time of one, ns. @param allowed cores that the
   * container's limit leaves to requests. @param u uniform draw.
   */
  joinSampled(
    pod: PodId,
    incarnation: number,
    serve: ServeSpec,
    now: number,
    rate: number,
    time: number,
    allowed: number,
    u: number,
  ): number {
    const service = time / 1e9;
    const capacity = Math.min(
      serve.concurrency / service,
      serve.cpuTime === 0 ? Infinity : (allowed * 1e9) / serve.cpuTime,
    );
    const fluid = this.#fluidOf(pod, incarnation, now);
    fluid.backlog = Math.max(0, fluid.backlog + ((rate - capacity) * (now - fluid.at)) / 1e9);
    fluid.at = now;
    if (fluid.backlog > serve.backlog) {
      fluid.backlog = serve.backlog;
      // What comes beyond what can be done finds no place.
      if (u > capacity / rate) return BACKLOG_FULL;
    }
    const behind = (fluid.backlog / capacity) * 1e9;
    if (rate >= capacity) return behind;
    const square = meanSquare(serve.time) / (mean(serve.time) * mean(serve.time));
    return behind + waitOf(serve.concurrency, rate * service, service, square, u) * 1e9;
  }

  #fluidOf(pod: PodId, incarnation: number, now: number): Fluid {
    let fluid = this.#fluid.get(pod);
    if (fluid === undefined || fluid.incarnation !== incarnation) {
      fluid = { backlog: 0, at: now, incarnation };
      this.#fluid.set(pod, fluid);
    }
    return fluid;
  }
}

/**
 * The wait below which a share `u` of the requests stays in a queue with `servers` servers, s.
 * @param load offered, in servers; less than there are. @param service mean service time, s.
 * @param square mean of its square over the square of its mean: 2 for exponential times.
 */
export function waitOf(servers: number, load: number, service: number, square: number, u: number): number {
  const waits = erlangC(servers, load);
  if (u <= 1 - waits) return 0;
  // Of those that wait, the longest waits belong to the highest draws.
  const conditional = (service * (square / 2)) / (servers - load);
  return -conditional * log((1 - u) / waits);
}

/** Chance that a request has to wait (Erlang, 1917). @param load in servers, less than there are. */
export function erlangC(servers: number, load: number): number {
  if (load <= 0) return 0;
  // Erlang's B by its recursion, then C.
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked / (1 - (load / servers) * (1 - blocked));
}
