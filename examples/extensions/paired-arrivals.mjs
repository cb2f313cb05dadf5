// A traffic shape: connections come in pairs, as of browsers that ask for a page and for what is on it.
import {
  arrivalAfter,
  defineExtension,
  logOneMinus,
  NS_PER_SECOND,
  ns,
  optional,
  someTime,
  trafficShape,
} from 'kubelapse/extension';

const paired = trafficShape({
  name: 'paired',
  meaning: 'in pairs, the second one shortly after the first',
  fields: {
    pairGap: optional(someTime, 'only for paired arrivals: from the first to the second', { default: '50ms' }),
  },
  read: ({ pairGap = '50ms' }) => ({ gap: ns(pairGap) / NS_PER_SECOND }),
  // What stands for several connections could not be a pair.
  isSimulatedWhole: true,
  create: ({ segments, settings, gap }) => ({
    // Two come where one is expected, so that the rate is the one that was asked for.
    next: (from, nth) =>
      nth % 2 === 1 ? from + settings.gap : arrivalAfter(segments, from, -2 * logOneMinus(gap(nth))),
  }),
});

export default defineExtension({ name: 'paired-arrivals', version: '1.0.0', parts: { trafficShapes: [paired] } });
