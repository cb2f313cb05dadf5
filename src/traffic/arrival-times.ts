// The instants at which the connections of each traffic entry arrive, as they are drawn. Part of the traffic.

import type { Context, TrafficSpec } from '../cluster/index.js';
import { logOneMinus, mean, NS_PER_SECOND, type RandomStream } from '../engine/index.js';
import {
  arrivalAfter,
  type BurstPosition,
  type Bursts,
  burstyArrivalAfter,
  type RateSegment,
  rateSegments,
} from './arrivals.js';

export class ArrivalTimes {
  /** Rates of simulated connections of open entries, by entry; none of the others. */
  readonly segments: readonly (readonly RateSegment[])[];
  readonly #context: Context;
  readonly #bursts: readonly (Bursts | undefined)[];
  readonly #burstPositions: readonly BurstPosition[];
  readonly #gaps: RandomStream;

  constructor(context: Context) {
    const { spec, streams } = context;
    this.#context = context;
    this.#gaps = streams.stream('traffic/gaps');
    this.segments = spec.traffic.map(({ arrivals, weight, requestsPerConnection }) =>
      arrivals.kind === 'open'
        ? rateSegments(arrivals.stages, weight * requestsPerConnection, spec.duration / NS_PER_SECOND)
        : [],
    );
    this.#bursts = spec.traffic.map((entry, index) => this.#burstsOf(entry, index));
    this.#burstPositions = spec.traffic.map(() => ({ n: 0, begins: 0 }));
  }

  /** When the n-th connection of an entry that is no closed loop arrives, ns; Infinity: never. Asked for in order. */
  next(entry: number, nth: number): number {
    const { simulation, spec } = this.#context;
    const { arrivals } = spec.traffic[entry]!;
    if (arrivals.kind === 'trace') return arrivals.times[nth] ?? Infinity;
    if (arrivals.kind === 'closed') return Infinity;
    const isConstant = arrivals.process === 'constant';
    const amount = isConstant ? 1 : -logOneMinus(this.#gaps.uniform(this.#context.identities.traffic[entry]!, nth));
    const from = simulation.now / NS_PER_SECOND;
    const segments = this.segments[entry]!;
    const bursts = this.#bursts[entry];
    const seconds =
      bursts === undefined
        ? arrivalAfter(segments, from, amount)
        : burstyArrivalAfter(segments, bursts, this.#burstPositions[entry]!, from, amount);
    return Math.round(seconds * NS_PER_SECOND);
  }

  /** When the clients of a closed loop begin, ns: spread over one pause, so that they do not march in step. */
  *beginsOf(entry: number): Generator<number> {
    const { arrivals } = this.#context.spec.traffic[entry]!;
    if (arrivals.kind !== 'closed') return;
    const spread = mean(arrivals.think);
    for (let client = 0; client < arrivals.clients; client++) {
      yield Math.floor(this.#gaps.uniform(this.#context.identities.traffic[entry]!, client) * spread);
    }
  }

  #burstsOf({ arrivals }: TrafficSpec, entry: number): Bursts | undefined {
    if (arrivals.kind !== 'open' || arrivals.burst === undefined) return undefined;
    const { on, off } = arrivals.burst;
    const stream = this.#context.streams.stream('traffic/bursts');
    const draw = (meanLength: number, n: number): number =>
      (-meanLength / NS_PER_SECOND) * logOneMinus(stream.uniform(this.#context.identities.traffic[entry]!, n));
    return {
      density: (on + off) / on,
      length: (n) => ({ on: draw(on, n * 2), off: draw(off, n * 2 + 1) }),
    };
  }
}
