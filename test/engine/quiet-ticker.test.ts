// Tickers whose ticks are skipped must come to the same as tickers of which every tick is executed.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  createEventQueue,
  type EntityKey,
  NO_OUTCOME,
  QuietTickers,
  RandomStreams,
  Simulation,
} from '../../src/engine/index.js';
import { rounds } from '../fixtures/tier.js';

const END = 1000;

interface Change {
  readonly at: number;
  readonly odds: number;
}

const HEADS = 1;
const TAILS = 2;

/**
 * A coin that is tossed at each tick. Its first toss, and the one after tails, comes up heads; after heads it is tails with odds that
 * change at some instants.
 */
function tosses(period: number, phase: number, changes: readonly Change[], executeEveryTick: boolean) {
  const simulation = new Simulation(createEventQueue('heap'), { end: END });
  const stream = new RandomStreams('coin').stream('toss');
  let { odds } = changes[0]!;
  let draws = 0;
  let isQuiet = false;
  const counts = [0, 0, 0];
  const tails: number[] = [];
  const tickers = new QuietTickers(simulation, 'tick', executeEveryTick, {
    onTick: (ticker, wasQuiet) => {
      const { now } = simulation;
      expect(wasQuiet).toBe(isQuiet);
      counts[wasQuiet ? TAILS : HEADS]! += 1;
      if (wasQuiet) tails.push(now);
      tickers.countFrom(ticker, now);
      isQuiet = !wasQuiet;
      if (isQuiet) settle(ticker);
      else tickers.schedule(ticker, tickers.tickAfter(ticker, now));
    },
    onSkipped: (_, outcome, detail, ticks) => {
      expect(detail).toBe(7);
      counts[outcome]! += ticks;
    },
    draw: (ticker) => stream.uniform(ticker as EntityKey, draws++),
  });
  const settle = (ticker: number): void => {
    const next = tickers.tickAfter(ticker, simulation.now);
    tickers.settle(ticker, next, next, HEADS, 7, odds);
  };
  const coin = tickers.add(phase, period);
  tickers.schedule(coin, tickers.tickAfter(coin, -1));
  const changed = simulation.on('change', (index) => {
    const isPassed = tickers.passTickOfNow(coin);
    odds = changes[index]!.odds;
    if (isQuiet && isPassed) settle(coin);
  });
  changes.forEach(({ at }, index) => {
    simulation.schedule(at, changed, index);
  });
  simulation.runUntil(END);
  tickers.countSkipped(coin);
  return { counts, tails, draws };
}

it('skips nothing that matters', () => {
  const change = fc.record({
    at: fc.integer({ min: 0, max: 999 }),
    odds: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0.001, max: 0.9, noNaN: true })),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 100 }),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      (period, phase, changes) => {
        expect(tosses(period, phase, changes, false)).toEqual(tosses(period, phase, changes, true));
      },
    ),
    { numRuns: rounds(300, 3000) },
  );
});

it('comes up as often as its odds say', () => {
  const { counts, tails } = tosses(1, 0, [{ at: 0, odds: 0.2 }], false);
  expect(counts[NO_OUTCOME]).toBe(0);
  expect(counts[HEADS]! + counts[TAILS]!).toBe(1000);
  expect(counts[TAILS]).toBe(tails.length);
  // After tails the next toss is heads: one in 1/0.2 + 1.
  expect(tails.length / 1000).toBeCloseTo(1 / 6, 1);
});
