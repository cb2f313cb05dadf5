// The instants at which the connections of each traffic entry arrive, as they are drawn. Part of the traffic.

import type { Context, PartList } from '../cluster/index.js';
import { mean, NS_PER_SECOND, type RandomStream } from '../engine/index.js';
import { type RateSegment, rateSegments } from './arrivals.js';
import type { Arrivals, TrafficShape } from './traffic-shape.js';

/** Connections of an entry at one instant at most: a shape that stands still would hold the clock. No published figure. */
const STANDING_MAX = 100_000;

export class ArrivalTimes {
  /** Rates of simulated connections of open entries, by entry; none of the others. */
  readonly segments: readonly (readonly RateSegment[])[];
  readonly #context: Context;
  /** By entry; undefined of those that are not open. */
  readonly #shapes: readonly (Arrivals | undefined)[];
  readonly #gaps: RandomStream;
  /** Connections in a row that came at one instant, by entry. */
  readonly #standing: Uint32Array;

  constructor(context: Context, shapes: PartList<TrafficShape>) {
    const { spec, streams } = context;
    this.#context = context;
    this.#gaps = streams.stream('traffic/gaps');
    this.segments = spec.traffic.map(({ arrivals, weight, requestsPerConnection }) =>
      arrivals.kind === 'open'
        ? rateSegments(arrivals.stages, weight * requestsPerConnection, spec.duration / NS_PER_SECOND)
        : [],
    );
    this.#standing = new Uint32Array(spec.traffic.length);
    this.#shapes = spec.traffic.map((_, entry) => this.#shapeOf(entry, shapes));
  }

  /** When the n-th connection of an entry that is no closed loop arrives, ns; Infinity: never. Asked for in order. */
  next(entry: number, nth: number): number {
    const { simulation, spec } = this.#context;
    const { arrivals } = spec.traffic[entry]!;
    if (arrivals.kind === 'trace') return arrivals.times[nth] ?? Infinity;
    if (arrivals.kind === 'closed') return Infinity;
    const at = Math.round(this.#shapes[entry]!.next(simulation.now / NS_PER_SECOND, nth) * NS_PER_SECOND);
    if (at > simulation.now) this.#standing[entry] = 0;
    else if (!(at >= simulation.now - 1) || ++this.#standing[entry]! > STANDING_MAX) {
      const lasts = `${arrivals.process}: the ${nth}. connection after ${simulation.now} ns comes at ${at} ns`;
      throw new RangeError(`traffic shape ${lasts}; instants must go on`);
    }
    return at;
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

  #shapeOf(entry: number, shapes: PartList<TrafficShape>): Arrivals | undefined {
    const { spec, streams, identities } = this.#context;
    const { arrivals } = spec.traffic[entry]!;
    if (arrivals.kind !== 'open') return undefined;
    const key = identities.traffic[entry]!;
    return shapes.get(arrivals.process).create({
      segments: this.segments[entry]!,
      settings: arrivals.settings ?? {},
      gap: (nth) => this.#gaps.uniform(key, nth),
      draws: (purpose) => {
        const stream = streams.stream(`traffic/${purpose}`);
        return (n) => stream.uniform(key, n);
      },
    });
  }
}
