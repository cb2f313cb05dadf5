// Connections that know nothing of each other, as those of many clients. Part of the traffic.

import { logOneMinus } from '../../engine/index.js';
import { arrivalAfter } from '../arrivals.js';
import type { TrafficShape } from '../traffic-shape.js';

export const poisson: TrafficShape = {
  name: 'poisson',
  meaning: 'exponential, as of many clients that know nothing of each other',
  create: ({ segments, gap }) => ({ next: (from, nth) => arrivalAfter(segments, from, -logOneMinus(gap(nth))) }),
};
