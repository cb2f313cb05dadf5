import { describe, expect, it } from 'vitest';
import {
  type Distribution,
  exceedanceProbability,
  fixed,
  lognormal,
  lognormalByQuantiles,
  mean,
  mixture,
  RandomStream,
  sample,
  trialsUntilSuccess,
  uniform,
} from '../../src/engine/index.js';
import { key } from '../fixtures/keys.js';

const stream = new RandomStream('distributions', 'u');
const draw = (distribution: Distribution, n = 200_000): number[] =>
  Array.from({ length: n }, (_, i) => sample(distribution, stream.uniform(key(0), i)));

describe.each<[string, Distribution]>([
  ['fixed', fixed(5)],
  ['uniform', uniform(2, 10)],
  ['exponential', { kind: 'exponential', mean: 3 }],
  ['normal', { kind: 'normal', mean: 100, standardDeviation: 10 }],
  ['lognormal', lognormal(65, 0.35)],
  [
    'empirical',
    {
      kind: 'empirical',
      points: [
        [0, 0],
        [0.5, 10],
        [1, 100],
      ],
    },
  ],
  ['mixture', mixture({ weight: 3, distribution: uniform(0, 1) }, { weight: 1, distribution: fixed(9) })],
])('%s', (_, distribution) => {
  it('has the mean that it says, within four standard errors', () => {
    const samples = draw(distribution);
    const m = samples.reduce((a, b) => a + b, 0) / samples.length;
    const variance = samples.reduce((a, b) => a + (b - m) ** 2, 0) / samples.length;
    expect(Math.abs(m - mean(distribution))).toBeLessThanOrEqual(4 * Math.sqrt(variance / samples.length) + 1e-9);
  });
  it('exceeds a limit as often as it says', () => {
    const limit = mean(distribution) * 1.1;
    const p = exceedanceProbability(distribution, limit);
    const share = draw(distribution).filter((x) => x > limit).length / 200_000;
    expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / 200_000) + 1e-9);
  });
});

it('a lognormal goes through the two quantiles it was made of', () => {
  const distribution = lognormalByQuantiles(0.5, 2, 0.99, 15);
  expect(sample(distribution, 0.5)).toBeCloseTo(2, 10);
  expect(sample(distribution, 0.99)).toBeCloseTo(15, 10);
});

it('refuses quantiles that fall', () => {
  expect(() => lognormalByQuantiles(0.5, 3, 0.99, 2)).toThrow(
    '0.99 quantile (2) must not lie below the 0.5 quantile (3)',
  );
  expect(() => lognormalByQuantiles(0.9, 1, 0.5, 2)).toThrow('must rise');
});

describe('trials until success', () => {
  it('is geometric: chi-square against (1-p)^(k-1) p', () => {
    const p = 0.2;
    const n = 100_000;
    const counts = new Array<number>(30).fill(0);
    for (let i = 0; i < n; i++) counts[Math.min(29, trialsUntilSuccess(p, stream.uniform(key(5), i)) - 1)]! += 1;
    let chi2 = 0;
    let rest = 1;
    for (let k = 0; k < 29; k++) {
      const expected = n * rest * p;
      chi2 += (counts[k]! - expected) ** 2 / expected;
      rest *= 1 - p;
    }
    chi2 += (counts[29]! - n * rest) ** 2 / (n * rest);
    // 29 degrees of freedom: 99.99 % quantile 66.2.
    expect(chi2).toBeLessThan(66.2);
  });
  it('has no memory: drawing again after k failures gives the same law', () => {
    const p = 0.1;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < 100_000; i++) {
      const first = trialsUntilSuccess(p, stream.uniform(key(6), i));
      if (first > 5) {
        sum += trialsUntilSuccess(p, stream.uniform(key(7), i));
        count++;
      }
    }
    expect(Math.abs(sum / count - 1 / p)).toBeLessThan((4 * Math.sqrt(1 - p)) / p / Math.sqrt(count));
  });
  it('knows its edges', () => {
    expect(trialsUntilSuccess(0, 0.5)).toBe(Infinity);
    expect(trialsUntilSuccess(1, 0.5)).toBe(1);
    expect(trialsUntilSuccess(1e-12, 0.999)).toBeGreaterThan(1e12);
  });
});
