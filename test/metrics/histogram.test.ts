import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, METRICS } from '../../src/metrics/index.js';

describe('histogram', () => {
  it('has quantiles within 0.4 % of the exact ones, and exact count, min, max, sum', () => {
    const values = fc.array(fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 45 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (samples, q) => {
        const histogram = new Histogram();
        for (const sample of samples) histogram.record(sample);
        const sorted = samples.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)]!;
        expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(exact * 0.004 + 1e-9);
        expect([histogram.count, histogram.min, histogram.max]).toEqual([samples.length, sorted[0], sorted.at(-1)]);
        expect(histogram.sum).toBe(samples.reduce((a, b) => a + b, 0));
      }),
      { seed: 6 },
    );
  });
  it('merges to what recording everything in one would give', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 2 ** 51 }), { minLength: 1, maxLength: 100 });
    const of = (values: readonly number[]) => {
      const histogram = new Histogram([1e-6, 1]);
      for (const value of values) histogram.record(value);
      return histogram;
    };
    const shown = (h: Histogram) => [h.count, h.min, h.max, h.sum, h.quantile(0.3), h.quantile(0.99), h.boundCounts];
    fc.assert(
      fc.property(samples, samples, (a, b) => {
        expect(shown(Histogram.merged([of(a), of(b)]))).toEqual(shown(of([...a, ...b])));
        expect(shown(Histogram.merged([of(b), of(a)]))).toEqual(shown(of([...a, ...b])));
      }),
      { seed: 8 },
    );
  });
  it('refuses what is no duration', () => {
    for (const value of [Number.NaN, -1]) expect(() => new Histogram().record(value)).toThrow(RangeError);
  });
  it('keeps sums exactly where a double would lose them', () => {
    const histogram = new Histogram();
    for (let i = 0; i < 10; i++) histogram.record(2 ** 51 + 1);
    expect(histogram.mean).toBe((10 * 2 ** 51 + 10) / 10);
  });
  it('takes weights as that many samples', () => {
    const [weighted, plain] = [new Histogram([1]), new Histogram([1])];
    weighted.record(5e8, 3);
    for (let i = 0; i < 3; i++) plain.record(5e8);
    expect([weighted.count, weighted.sum, weighted.quantile(0.5), weighted.boundCounts]).toEqual([
      plain.count,
      plain.sum,
      plain.quantile(0.5),
      plain.boundCounts,
    ]);
  });
  it('counts a value at a bound below it, as Prometheus does', () => {
    const histogram = new Histogram([0.5, 1]);
    for (const s of [0.5, 0.500000001, 1, 1.1]) histogram.record(Math.round(s * 1e9));
    expect(histogram.boundCounts).toEqual([1, 2, 1]);
  });
});

it('bucket bounds rise, and are those that Kubernetes exports', () => {
  for (const metric of Object.values(METRICS)) {
    const bounds = 'bounds' in metric ? metric.bounds : [];
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
  }
  expect(METRICS.kubeproxy_sync_proxy_rules_duration_seconds.bounds.at(-1)).toBe(16.384);
  expect(METRICS.kubeproxy_network_programming_duration_seconds.bounds.length).toBe(2 + 59 + 12 + 7);
});

it('a histogram comes back from its plain data, through JSON, as it was', () => {
  const samples = fc.array(fc.integer({ min: 0, max: 2 ** 51 }), { maxLength: 60 });
  fc.assert(
    fc.property(samples, samples, (values, more) => {
      const histogram = new Histogram([1e-6, 1]);
      for (const value of values) histogram.record(value);
      const back = Histogram.fromData(JSON.parse(JSON.stringify(histogram.toData())));
      for (const value of more) {
        histogram.record(value);
        back.record(value);
      }
      expect(back.toData()).toEqual(histogram.toData());
      expect([back.min, back.quantile(0.5), back.standardDeviation]).toEqual([
        histogram.min,
        histogram.quantile(0.5),
        histogram.standardDeviation,
      ]);
    }),
    { seed: 4 },
  );
});
