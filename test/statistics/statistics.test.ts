// The statistics against tables, exact sums, and the share of intervals that hold what they should.
import { describe, expect, it } from 'vitest';
import { logOneMinus, normalQuantile, RandomStream } from '../../src/engine/index.js';
import {
  estimateOf,
  mserWarmUp,
  pairedDifference,
  quantileRanks,
  relativeHalfWidth,
  studentQuantile,
  studentTwoSided,
  welchDifference,
} from '../../src/statistics/index.js';
import { key } from '../fixtures/keys.js';

const stream = new RandomStream('7', 'statistics');

describe("Student's t", () => {
  it('is the table’s (Abramowitz and Stegun, table 26.10)', () => {
    for (const [freedom, t] of [
      [1, 12.706],
      [4, 2.776],
      [9, 2.262],
      [29, 2.045],
      [120, 1.98],
    ] as const) {
      expect(studentQuantile(0.975, freedom)).toBeCloseTo(t, 3);
      expect(studentTwoSided(t, freedom)).toBeCloseTo(0.05, 4);
    }
  });
});

describe('an estimate', () => {
  it('is the mean with an interval around it', () => {
    const { count, mean, standardDeviation, interval } = estimateOf([1, 2, 3, 4, 5]);
    expect([count, mean]).toEqual([5, 3]);
    expect(standardDeviation).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(interval!.high - 3).toBeCloseTo((2.776445 * Math.sqrt(2.5)) / Math.sqrt(5), 5);
    expect(3 - interval!.low).toBeCloseTo(interval!.high - 3, 12);
    expect(relativeHalfWidth({ count, mean, standardDeviation, interval })).toBeCloseTo((interval!.high - 3) / 3, 12);
  });
  it('of one value has no interval, of equal values one without width', () => {
    expect(estimateOf([4])).toEqual({ count: 1, mean: 4, standardDeviation: undefined, interval: undefined });
    expect(relativeHalfWidth(estimateOf([0, 0, 0]))).toBe(0);
    expect(() => estimateOf([])).toThrow(RangeError);
  });
  it('holds the true mean in 95 of 100 cases', () => {
    const cases = 4000;
    let held = 0;
    for (let c = 0; c < cases; c++) {
      const values = Array.from({ length: 6 }, (_, i) => 10 + 3 * normalQuantile(stream.uniform(key(c), i)));
      const { low, high } = estimateOf(values).interval!;
      if (low <= 10 && 10 <= high) held++;
    }
    // Four standard errors of a share of 0.95 in so many cases.
    expect(Math.abs(held / cases - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / cases));
  });
});

describe('the interval of a quantile', () => {
  it('has the ranks of the binomial distribution, exactly', () => {
    // Sum of the binomial, term by term: the slow twin.
    const below = (n: number, q: number, rank: number): number => {
      let logTerm = n * Math.log(1 - q);
      let sum = 0;
      for (let k = 0; k < rank; k++) {
        sum += Math.exp(logTerm);
        logTerm += Math.log(((n - k) / (k + 1)) * (q / (1 - q)));
      }
      return sum;
    };
    for (const [n, q] of [
      [10, 0.5],
      [60, 0.9],
      [500, 0.99],
      [200, 0.5],
      [1000, 0.95],
    ] as const) {
      const { low, high } = quantileRanks(n, q);
      if (low !== undefined) {
        expect(below(n, q, low)).toBeLessThanOrEqual(0.025);
        expect(below(n, q, low + 1)).toBeGreaterThan(0.025);
      }
      if (high !== undefined) {
        expect(below(n, q, high)).toBeGreaterThanOrEqual(0.975);
        expect(below(n, q, high - 1)).toBeLessThan(0.975);
      }
    }
    // The median of ten: between the second and the ninth (David and Nagaraja, section 7.1).
    expect(quantileRanks(10, 0.5)).toEqual({ low: 2, high: 9 });
  });
  it('has no upper end where too few samples lie above', () => {
    expect(quantileRanks(100, 0.99).high).toBeUndefined();
    expect(quantileRanks(3, 0.5)).toEqual({ low: undefined, high: undefined });
  });
  it('is nearly the same by the normal approximation that takes over for many', () => {
    const [exact, normal] = [quantileRanks(100_000, 0.99), quantileRanks(100_001, 0.99)];
    expect(Math.abs(exact.low! - normal.low!)).toBeLessThan(4);
    expect(Math.abs(exact.high! - normal.high!)).toBeLessThan(4);
  });
  it('holds the true quantile in at least 95 of 100 cases', () => {
    const cases = 2000;
    const n = 300;
    const truth = -logOneMinus(0.9);
    let held = 0;
    for (let c = 0; c < cases; c++) {
      const sorted = Array.from({ length: n }, (_, i) => -logOneMinus(stream.uniform(key(c + 10_000), i))).sort(
        (a, b) => a - b,
      );
      const { low, high } = quantileRanks(n, 0.9);
      if (sorted[low! - 1]! <= truth && truth <= sorted[high! - 1]!) held++;
    }
    expect(held / cases).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / cases));
    // Not because it is needlessly wide.
    expect(held / cases).toBeLessThan(0.98);
  });
});

describe('two systems', () => {
  it('differ by the mean of the pairs’ differences, whatever the pairs have in common', () => {
    const luck = Array.from({ length: 20 }, (_, i) => 100 * stream.uniform(key(1), i));
    const a = luck.map((x, i) => 10 + x + stream.uniform(key(2), i));
    const b = luck.map((x, i) => 11 + x + stream.uniform(key(3), i));
    const paired = pairedDifference(a, b);
    const unpaired = welchDifference(a, b)!;
    expect(paired.mean).toBeCloseTo(unpaired.mean, 10);
    expect(paired.pValue).toBeLessThan(0.001);
    expect(unpaired.pValue).toBeGreaterThan(0.5);
    const width = (d: typeof paired) => d.interval!.high - d.interval!.low;
    expect(width(paired)).toBeLessThan(width(unpaired) / 10);
    expect(paired.effectSize).toBeCloseTo(paired.mean / paired.standardDeviation!, 12);
  });
  it('that are the same are not told apart; a difference that never varies is sure', () => {
    expect(pairedDifference([1, 2, 3], [1, 2, 3])).toMatchObject({ mean: 0, pValue: 1 });
    expect(pairedDifference([1, 2, 3], [2, 3, 4])).toMatchObject({ mean: 1, pValue: 0, effectSize: undefined });
    expect(pairedDifference([1], [2])).toMatchObject({ mean: 1, interval: undefined, pValue: undefined });
    expect(welchDifference([1], [1, 2])).toBeUndefined();
    expect(welchDifference([5, 5], [5, 5])).toMatchObject({ mean: 0, pValue: 1 });
  });
  it('are told apart by chance alone in five of a hundred cases', () => {
    const cases = 4000;
    let paired = 0;
    let welch = 0;
    for (let c = 0; c < cases; c++) {
      const draw = (side: number) =>
        Array.from({ length: 8 }, (_, i) => normalQuantile(stream.uniform(key(50_000 + c), side + i)));
      const [a, b] = [draw(0), draw(100)];
      if (pairedDifference(a, b).pValue! < 0.05) paired++;
      if (welchDifference(a, b)!.pValue! < 0.05) welch++;
    }
    for (const found of [paired, welch]) {
      expect(Math.abs(found / cases - 0.05)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / cases));
    }
  });
});

describe('the warm-up by MSER-5', () => {
  const noise = (i: number) => stream.uniform(key(9), i) - 0.5;
  it('is what comes before the steady state', () => {
    const series = Array.from({ length: 400 }, (_, i) => (i < 60 ? 60 - i : 0) + noise(i));
    const found = mserWarmUp(series)!;
    expect(found).toBeGreaterThanOrEqual(55);
    expect(found).toBeLessThanOrEqual(75);
  });
  it('is nothing where all is steady, or too short to say', () => {
    expect(mserWarmUp(new Array(200).fill(3))).toBe(0);
    expect(mserWarmUp([1, 2, 3])).toBe(0);
  });
  it('is not found where it takes up more than half', () => {
    const series = Array.from({ length: 400 }, (_, i) => Math.max(0, 300 - i) + noise(i));
    expect(mserWarmUp(series)).toBeUndefined();
  });
});
