// Queueing theory on the engine: a queue built of its parts has the waiting times that the formulas give.
// Confidence: the mean of batch means against the exact value, at most 4 standard errors off (99.99 %).
import { describe, expect, it } from 'vitest';
import { QUEUE_NAMES } from '../../src/engine/index.js';
import { erlangC, mmc, SCALE } from '../fixtures/queue.js';

/** Mean and its standard error by 50 batch means, the first batch left out as warm-up. */
function batchMeans(values: Float64Array): { mean: number; error: number } {
  const batches = 50;
  const size = Math.floor(values.length / (batches + 1));
  const means = Array.from({ length: batches }, (_, b) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += values[(b + 1) * size + i]!;
    return sum / size;
  });
  const mean = means.reduce((a, b) => a + b, 0) / batches;
  const variance = means.reduce((a, b) => a + (b - mean) ** 2, 0) / (batches - 1);
  return { mean, error: Math.sqrt(variance / batches) };
}

describe.each([
  [1, 0.5],
  [1, 0.8],
  [2, 0.7],
  [5, 0.8],
  [16, 0.9],
])('M/M/%d at load %d', (servers, rho) => {
  const outcome = mmc(servers, rho, 510_000);
  it('has the mean wait of Erlang’s formula', () => {
    const exact = (erlangC(servers, rho) * SCALE) / (servers * (1 - rho));
    const { mean, error } = batchMeans(outcome.waits);
    expect(Math.abs(mean - exact)).toBeLessThan(4 * error);
    // The test can fail: its error is small against what it measures.
    expect(error / exact).toBeLessThan(0.05);
  });
  it('makes as many customers wait as Erlang’s formula says', () => {
    const waited = Float64Array.from(outcome.waits, (wait) => (wait > 0 ? 1 : 0));
    const { mean, error } = batchMeans(waited);
    expect(Math.abs(mean - erlangC(servers, rho))).toBeLessThan(4 * error);
  });
  it('obeys Little’s law: as many are there as the formula’s waits say, in the eyes of those who arrive', () => {
    const inSystem = servers * rho + (erlangC(servers, rho) * rho) / (1 - rho);
    const { mean, error } = batchMeans(outcome.seen);
    expect(Math.abs(mean - inSystem)).toBeLessThan(4 * error);
    expect(error / inSystem).toBeLessThan(0.05);
  });
});

it('M/M/1: waits that are not zero are exponential (Kolmogorov-Smirnov on every 200th customer)', () => {
  const { waits } = mmc(1, 0.5, 510_000);
  const positive = [];
  for (let i = 5000; i < waits.length; i += 200) if (waits[i]! > 0) positive.push(waits[i]!);
  positive.sort((a, b) => a - b);
  const mean = SCALE / (1 - 0.5);
  let distance = 0;
  positive.forEach((wait, i) => {
    const cdf = 1 - Math.exp(-wait / mean);
    distance = Math.max(distance, Math.abs(cdf - i / positive.length), Math.abs((i + 1) / positive.length - cdf));
  });
  // 99.9 % quantile of the Kolmogorov distribution: 1.95 / sqrt(n).
  expect(distance).toBeLessThan(1.95 / Math.sqrt(positive.length));
});

it('all event queues give the same customers the same waits', () => {
  const [first, ...others] = QUEUE_NAMES.map((name) => mmc(3, 0.8, 20_000, name).waits);
  for (const other of others) expect(other).toEqual(first);
});
