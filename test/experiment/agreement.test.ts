import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementOf, isLimit, type Pair, reachesGoal, tally } from '../../src/experiment/reproduce/index.js';

const pair = (low: number, simulated: number, high = low, precision = 0): Pair => ({
  published: { line: 1, metric: 'm', conditions: {}, labels: {}, low, high, precision, usedFor: '', followsFrom: '' },
  simulated,
});

describe('agreement with a published figure', () => {
  it('is the ratio, and the error relative to what was published', () => {
    expect(agreementOf(pair(10, 12))).toEqual({ ratio: 1.2, error: expect.closeTo(0.2) });
    expect(agreementOf(pair(10, 5))).toEqual({ ratio: 0.5, error: -0.5 });
  });
  it('is full within a published range, and is held against its nearer end outside', () => {
    expect(agreementOf(pair(24, 30, 34))).toEqual({ ratio: 1, error: 0 });
    expect(agreementOf(pair(24, 12, 34)).ratio).toBe(0.5);
    expect(agreementOf(pair(24, 68, 34)).ratio).toBe(2);
  });
  it('with a limit is kept or broken', () => {
    const atMost = pair(0, 4, 5);
    expect(isLimit(atMost.published)).toBe(true);
    expect(tally([[atMost, pair(0, 6, 5), pair(15, 20, Infinity)]])).toMatchObject({ limits: 3, broken: 1 });
  });
});

describe('a tally', () => {
  it('has the median of the absolute errors and the worst factor either way', () => {
    const t = tally([[pair(10, 11), pair(10, 8), pair(10, 4)]]);
    expect(t.median).toBeCloseTo(0.2);
    expect(t.worst).toBeCloseTo(2.5);
    expect(tally([[pair(10, 11), pair(10, 8)]]).median).toBeCloseTo(0.15);
  });
  it('of nothing says nothing', () => {
    expect(tally([])).toMatchObject({ figures: 0, worst: 1 });
    expect(tally([]).median).toBeNaN();
    expect(tally([[pair(1, 5)]]).rank).toBeNaN();
  });
  it('asks for the order within a metric only', () => {
    expect(
      tally([
        [pair(1, 10), pair(2, 20)],
        [pair(3, 1), pair(4, 2)],
      ]).rank,
    ).toBe(1);
    expect(tally([[pair(1, 2), pair(2, 1)]]).rank).toBe(-1);
  });
  it('counts figures nearer than they could be read as equal, and a tie of the model as half right', () => {
    expect(tally([[pair(297.8, 9, 297.8, 4), pair(295.6, 10, 295.6, 4)]]).pairs).toBe(0);
    expect(tally([[pair(1, 5), pair(2, 5)]]).rank).toBe(0);
    expect(tally([[pair(24, 3, 34), pair(32, 1, 52)]]).pairs).toBe(0);
  });
  it('of figures that any rising function made of the published ones is in order, of a falling one against it', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(numbers, (published) => {
        expect(tally([published.map((x) => pair(x, x * x + 3))]).rank).toBe(1);
        expect(tally([published.map((x) => pair(x, 1 / x))]).rank).toBe(-1);
      }),
      { seed: 1 },
    );
  });
});

describe('the goal', () => {
  const good = tally([[pair(10, 11), pair(20, 21)]]);
  it('is 20 %, a factor of 2 and the right order for what set nothing, 8 % for what set a parameter', () => {
    const none = tally([]);
    expect(reachesGoal(good, none)).toBe(true);
    expect(reachesGoal(none, good)).toBe(true);
    expect(reachesGoal(tally([[pair(10, 12.5)]]), none)).toBe(false);
    expect(reachesGoal(tally([[pair(10, 10), pair(20, 20), pair(30, 100)]]), none)).toBe(false);
    expect(reachesGoal(tally([[pair(10, 11), pair(11, 10.5)]]), none)).toBe(false);
    expect(reachesGoal(none, tally([[pair(10, 11)]]))).toBe(false);
    expect(reachesGoal(tally([[pair(0, 6, 5)]]), none)).toBe(false);
  });
});
