// The search on rules whose answer is known.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, type Finding, type SearchOptions, search } from '../../src/experiment/plan/search.js';

const options = { direction: 'maximise', lower: 1, precision: 0, checks: 0 } as const;
function solved(rule: (n: number) => Finding, more: Partial<SearchOptions> = {}): { answer: Answer; tried: number[] } {
  const steps = search({ ...options, ...more });
  const tried: number[] = [];
  let step = steps.next();
  while (!step.done) {
    tried.push(step.value);
    step = steps.next(rule(step.value));
  }
  expect(new Set(tried).size).toBe(tried.length);
  return { answer: step.value, tried };
}
const upTo = (most: number) => (n: number) => (n <= most ? 'holds' : 'fails') as Finding;
const from = (least: number) => (n: number) => (n >= least ? 'holds' : 'fails') as Finding;

describe('the search', () => {
  it('finds the last number that holds, in as many tries as doubling and halving take', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (most) => {
        const { answer, tried } = solved(upTo(most));
        expect(answer).toEqual({ best: most, beyond: most + 1, exceptions: [], safe: most });
        expect(tried.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(most + 1)) + 3);
      }),
      { seed: 1 },
    );
  });
  it('finds the first number that holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (least) => {
        const { answer } = solved(from(least), { direction: 'minimise' });
        expect([answer.best, answer.exceptions]).toEqual([least, []]);
        if (least > 1) expect(answer.beyond).toBe(least - 1);
      }),
      { seed: 1 },
    );
  });
  it('within bounds', () => {
    expect(solved(upTo(5000), { upper: 3000 }).answer).toMatchObject({ best: 3000, beyond: undefined });
    expect(solved(upTo(700), { lower: 100, upper: 3000 }).answer.best).toBe(700);
    expect(solved(upTo(50), { lower: 100, upper: 3000 })).toMatchObject({
      answer: { best: undefined, safe: undefined },
      tried: [100],
    });
    expect(solved(from(50), { lower: 100, direction: 'minimise' }).answer.best).toBe(100);
    expect(solved(from(50), { upper: 20, direction: 'minimise' }).answer.best).toBeUndefined();
  });
  it('as exactly as is wanted', () => {
    const { answer, tried } = solved(upTo(123_456), { precision: 0.01 });
    expect(answer.best).toBeGreaterThan(123_456 * 0.985);
    expect(answer.best).toBeLessThanOrEqual(123_456);
    expect(tried.length).toBeLessThan(solved(upTo(123_456)).tried.length - 5);
  });
  it('takes what is undecided for not shown', () => {
    const rule = (n: number): Finding => (n <= 40 ? 'holds' : n <= 60 ? 'undecided' : 'fails');
    expect(solved(rule).answer).toMatchObject({ best: 40, beyond: 41, exceptions: [] });
  });
  it('ends where a number is more than the field may be', () => {
    const rule = (n: number): Finding => (n > 1000 ? 'invalid' : 'holds');
    expect(solved(rule).answer).toMatchObject({ best: 1000, beyond: 1001, exceptions: [] });
    const never = (n: number): Finding => (n > 1000 ? 'invalid' : 'fails');
    const { answer, tried } = solved(never, { direction: 'minimise' });
    expect([answer.best, tried.length]).toEqual([undefined, 11]);
  });
  it('tells where more is not harder, and how far it is safe', () => {
    // Holds at 1 … 100 and fails at 30 … 50.
    const rule = (n: number): Finding => (n > 100 || (n >= 30 && n <= 50) ? 'fails' : 'holds');
    const { answer } = solved(rule, { upper: 200, checks: 9 });
    expect(answer.exceptions[0]).toBeGreaterThanOrEqual(30);
    expect(answer.exceptions.at(-1)).toBeLessThanOrEqual(50);
    expect(answer.best).toBe(100);
    expect(answer.safe).toBeLessThan(30);
    // Holds again far beyond.
    const again = (n: number): Finding => (n <= 20 || n > 150 ? 'holds' : 'fails');
    expect(solved(again, { upper: 140, checks: 0 }).answer.best).toBe(20);
    expect(solved((n) => (n === 160 ? 'holds' : upTo(20)(n)), { upper: 200, checks: 4 }).answer.exceptions).toEqual([
      160,
    ]);
  });
});
