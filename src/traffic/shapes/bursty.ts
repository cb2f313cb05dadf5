// Connections that all come in bursts: an interrupted Poisson process. Part of the traffic.

import { z } from 'zod';
import { logOneMinus, NS_PER_SECOND } from '../../engine/index.js';
import { field, ns, optional, someTime } from '../../format/index.js';
import { type Bursts, burstyArrivalAfter } from '../arrivals.js';
import { trafficShape } from '../traffic-shape.js';

/** Mean times of a burst, in which all of them come, and of the silence after it; ns. */
interface Settings {
  readonly on: number;
  readonly off: number;
}

const burst = z.strictObject({
  on: field(someTime, 'mean length of a burst'),
  off: field(someTime, 'mean silence after it'),
});

function burstsOf({ on, off }: Settings, draw: (n: number) => number): Bursts {
  const length = (meanLength: number, n: number): number => (-meanLength / NS_PER_SECOND) * logOneMinus(draw(n));
  return { density: (on + off) / on, length: (n) => ({ on: length(on, n * 2), off: length(off, n * 2 + 1) }) };
}

export const bursty = trafficShape({
  name: 'bursty',
  meaning: 'all of them in bursts, silence between (interrupted Poisson)',
  fields: { burst: optional(burst, 'needed for bursty arrivals, and only there; lengths are exponential') },
  read: ({ burst: given }, at, report): Settings => {
    if (given !== undefined) return { on: ns(given.on), off: ns(given.off) };
    report([...at, 'arrivals'], 'bursty needs burst: {on, off}');
    return { on: 1, off: 0 };
  },
  isSimulatedWhole: true,
  create: ({ segments, settings, gap, draws }) => {
    const bursts = burstsOf(settings, draws('bursts'));
    const position = { n: 0, begins: 0 };
    return { next: (from, nth) => burstyArrivalAfter(segments, bursts, position, from, -logOneMinus(gap(nth))) };
  },
});
