import { describe, expect, it } from 'vitest';
import { logOneMinus, RandomStream, seconds } from '../../src/engine/index.js';
import { arrivalAfter, rateSegments } from '../../src/traffic/index.js';
import { key } from '../fixtures/keys.js';

const stages = [
  { duration: seconds(10), target: 0 },
  { duration: seconds(10), target: 100 },
  { duration: seconds(10), target: 100 },
];

describe('arrivals', () => {
  it('at a constant rate come at constant distance', () => {
    const segments = rateSegments([{ duration: seconds(1), target: 4 }], 1, 100);
    const times = [];
    for (let t = 0; t < 2; t = arrivalAfter(segments, t, 1)) times.push(t);
    expect(times).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]);
  });
  it('on a ramp come where the integral of the rate says', () => {
    const segments = rateSegments(stages, 1, 40);
    // 10 s of nothing, then r = 10 (t-10): the n-th arrival at 10 + sqrt(n / 5).
    let t = 0;
    for (let n = 1; n <= 500; n++) {
      t = arrivalAfter(segments, t, 1);
      expect(t).toBeCloseTo(10 + Math.sqrt(n / 5), 6);
    }
  });
  it('with a weight are so much rarer', () => {
    const segments = rateSegments(stages, 10, 40);
    expect(segments.at(-1)).toMatchObject({ rateAtStart: 10, rateAtEnd: 10, end: 40 });
  });
  it('never come when the rate is 0 for ever', () => {
    expect(arrivalAfter(rateSegments([{ duration: seconds(1), target: 0 }], 1, 100), 0, 1)).toBe(Infinity);
  });
  it('drawn from an exponential are a Poisson process: mean and variance of counts agree', () => {
    const segments = rateSegments([{ duration: seconds(1), target: 50 }], 1, 2000);
    const stream = new RandomStream('poisson', 'gaps');
    const counts = new Array<number>(2000).fill(0);
    for (let t = 0, n = 0; ; n++) {
      t = arrivalAfter(segments, t, -logOneMinus(stream.uniform(key(0), n)));
      if (t >= 2000) break;
      counts[Math.floor(t)]! += 1;
    }
    const mean = counts.reduce((a, b) => a + b, 0) / 2000;
    const variance = counts.reduce((a, b) => a + (b - mean) ** 2, 0) / 2000;
    expect(Math.abs(mean - 50)).toBeLessThan(4 * Math.sqrt(50 / 2000));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(4 * Math.sqrt(2 / 2000));
  });
});
