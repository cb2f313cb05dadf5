// How pages write numbers and lay out axes.
import { describe, expect, it } from 'vitest';
import { linearScale, logScale } from '../../src/page/scale.js';
import { label, plain, withUnit } from '../../src/page/words.js';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [1234567, '1,234,567'],
    [0.000123456, '0.0001235'],
    [0.00000000123, '0.00000000123'],
    [12.3456, '12.35'],
    [-1500, '-1,500'],
  ])('%d is written %s', (value, text) => expect(plain(value)).toBe(text));
  it('take the unit that fits where an axis has none', () => {
    const mixed = { size: 1, name: '', isMixed: true };
    expect([1e-9, 2e-6, 0.05, 1, 90, 7200].map((value) => label(value, mixed))).toEqual([
      '1 ns',
      '2 µs',
      '50 ms',
      '1 s',
      '1.5 min',
      '120 min',
    ]);
    expect(withUnit(5, { size: 60, name: 'min' })).toBe('5 min');
  });
});

describe('axes', () => {
  it('go from 0 to a round number beyond the greatest', () => {
    const { ticks, place } = linearScale([3, 47], true);
    expect(ticks).toEqual([0, 10, 20, 30, 40, 50]);
    expect([place(0), place(25), place(50)]).toEqual([0, 0.5, 1]);
  });
  it('of one figure have room', () => {
    const { ticks, place } = linearScale([7], false);
    expect(ticks.length).toBeGreaterThan(1);
    expect(Number.isFinite(place(7))).toBe(true);
  });
  it('of logarithms are even in ratios, with room at the ends', () => {
    const { place } = logScale([1, 100], [1, 10, 100]);
    expect(place(10) - place(1)).toBeCloseTo(place(100) - place(10), 12);
    expect(place(1)).toBeGreaterThan(0);
    expect(place(100)).toBeLessThan(1);
  });
});
