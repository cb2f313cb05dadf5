// Changes between two positions, counted by their second: against counting them one by one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceLog } from '../../src/cluster/index.js';
import { TriggerCounts } from '../../src/kube-proxy/index.js';

describe('changes of one second', () => {
  it('are as many as there are, however often and in whatever order stretches are asked for', () => {
    const triggers = fc.array(fc.option(fc.integer({ min: 0, max: 12 }), { nil: Number.NaN }), { minLength: 1 });
    const stretches = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(triggers, stretches, (times, asked) => {
        const log = new ServiceLog([1]);
        for (const [i, time] of times.entries()) log.append(0, i, time, new Int32Array(0));
        const counts = new TriggerCounts(log);
        for (const [a, b] of [...asked, ...asked]) {
          const [from, to] = [(a % (times.length + 1)) - 1, b % times.length];
          const found = new Map<number, number>();
          for (let i = counts.find(from, to); i < counts.end; i++) {
            found.set(counts.triggers[i]!, (found.get(counts.triggers[i]!) ?? 0) + counts.counts[i]!);
          }
          const expected = new Map<number, number>();
          for (let i = from + 1; i <= to; i++) {
            if (!Number.isNaN(times[i]!)) expected.set(times[i]!, (expected.get(times[i]!) ?? 0) + 1);
          }
          expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
        }
      }),
      { seed: 21 },
    );
  });
});
