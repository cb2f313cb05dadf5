// A load balancer: of two servers that are drawn, the one with fewer connections. Nearly as even as asking all of them, at
// the price of two (M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS 12(10), 2001).
// IPVS has no such scheduler; a scenario names this one as it names those that the kernel has.
import { defineExtension } from 'kubelapse/extension';

/**
 * What a connection weighs for IPVS: one that is established as much as 256 that are over.
 * @param {import('kubelapse/extension').RealServer} server
 */
const load = ({ active, inactive }) => active * 256 + inactive;

/** @type {import('kubelapse/extension').LoadBalancer} */
const powerOfTwo = {
  name: 'p2c',
  meaning: 'of two servers that are drawn, the one with fewer connections',
  create: () => ({
    compared: 2,
    readsInactive: true,
    choose: (servers, { choice }) => {
      const count = servers.length;
      if (count === 0) return undefined;
      // One draw is enough for two servers: its first digits say which is the first, the rest which of the others.
      const place = choice * count;
      const first = Math.floor(place);
      const second = (first + 1 + Math.floor((place - first) * (count - 1))) % count;
      const [one, other] = [servers[first], servers[second]];
      if (one.weight <= 0 || other.weight <= 0) return servers.find(({ weight }) => weight > 0);
      return load(other) < load(one) ? other : one;
    },
    onChanged: () => {},
  }),
};

export default defineExtension({
  name: 'power-of-two-choices',
  version: '1.0.0',
  parts: { loadBalancers: [powerOfTwo] },
});
