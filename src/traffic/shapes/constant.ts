// Connections at equal distances. Part of the traffic.

import { arrivalAfter } from '../arrivals.js';
import type { TrafficShape } from '../traffic-shape.js';

export const constant: TrafficShape = {
  name: 'constant',
  meaning: 'equal',
  create: ({ segments }) => ({ next: (from) => arrivalAfter(segments, from, 1) }),
};
