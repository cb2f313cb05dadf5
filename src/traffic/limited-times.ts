// How long requests take at a pod with a CPU limit, as a distribution: where one simulated request stands for many. Part of the
// traffic. There is no closed form for it: a queue of its own is run through once for each load that occurs, with draws of its own.

import type { CpuLimit, ServeSpec } from '../cluster/index.js';
import { entityKey, log, mean, type RandomStreams, sample } from '../engine/index.js';
import { CpuQueue } from './cpu-queue.js';

/** Requests of such a run, those left out at its beginning, and the quantiles that are kept. */
const REQUESTS = 20_000;
const WARM_UP = 1_000;
const QUANTILES = 2_000;

export class LimitedTimes {
  readonly #streams: RandomStreams;
  readonly #known = new WeakMap<ServeSpec, Map<string, Float64Array>>();

  constructor(streams: RandomStreams) {
    this.#streams = streams;
  }

  /**
   * The time below which a share `u` of the requests are answered, ns.
   * @param rate requests a second, fewer than the limit lets pass. @param beside CPU that the container uses beside them, cores.
   */
  quantile(serve: ServeSpec, limit: CpuLimit, beside: number, cores: number, rate: number, u: number): number {
    const times = this.#timesAt(serve, limit, beside, cores, Number(rate.toPrecision(2)));
    return times[Math.min(times.length - 1, Math.floor(u * times.length))]!;
  }

  #timesAt(serve: ServeSpec, limit: CpuLimit, beside: number, cores: number, rate: number): Float64Array {
    const known = this.#known.get(serve) ?? new Map<string, Float64Array>();
    this.#known.set(serve, known);
    const key = `${limit.amount}/${limit.period}/${beside}/${cores}/${rate}`;
    const times = known.get(key) ?? this.#run(serve, limit, beside, cores, rate);
    known.set(key, times);
    return times;
  }

  #run(serve: ServeSpec, limit: CpuLimit, beside: number, cores: number, rate: number): Float64Array {
    const gaps = this.#streams.stream('traffic/limited-times/gap');
    const services = this.#streams.stream('traffic/limited-times/service');
    const key = entityKey(`${serve.concurrency}/${serve.cpuTime}/${mean(serve.time)}/${limit.amount}`);
    const came = new Float64Array(REQUESTS);
    const took: number[] = [];
    const queue = new CpuQueue(serve, { ...limit, offset: 0 }, beside, cores, 1, 0, (token, at) => {
      if (token >= WARM_UP) took.push(at - came[token]!);
    });
    let now = 0;
    for (let i = 0; i < REQUESTS; i++) {
      now += (-log(gaps.uniform(key, i)) * 1e9) / rate;
      came[i] = now;
      const time = sample(serve.time, services.uniform(key, i));
      queue.join(i, serve.cpuTime, Math.max(0, time - serve.cpuTime / serve.threads), now);
    }
    queue.advance(now + 1e12);
    const sorted = Float64Array.from(took).sort();
    return Float64Array.from({ length: QUANTILES }, (_, i) => {
      const at = Math.floor(((i + 0.5) / QUANTILES) * sorted.length);
      return sorted[Math.min(sorted.length - 1, at)] ?? 0;
    });
  }
}
