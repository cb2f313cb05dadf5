// Limits and weights as the kernel has them: worked examples, and a twin that runs every period.

import { describe, expect, it } from 'vitest';
import { entityKey, RandomStreams } from '../../src/engine/index.js';
import {
  type Beside,
  linearWeight,
  NOTHING_BESIDE,
  quadraticWeight,
  quotaOf,
  sharesOf,
  throttledRun,
} from '../../src/node/index.js';

const MS = 1e6;
const P = 100 * MS;
const quota = (cores: number, period = P) => ({ amount: cores * period, period });
/** Work and phase in ms. */
const run = (work: number, threads: number, cores: number, phase: number) =>
  throttledRun(work * MS, threads, quota(cores), phase * MS);

describe('weights', () => {
  it.each([
    [0, 2, 1, 1],
    [25, 25, 1, 6],
    [100, 102, 4, 17],
    [250, 256, 10, 35],
    [500, 512, 20, 59],
    [1000, 1024, 39, 100],
    [2000, 2048, 79, 174],
    [4000, 4096, 157, 303],
    [7910, 8099, 309, 527],
    [31_850, 32_614, 1244, 1675],
    [63_770, 65_300, 2491, 3014],
    [1e9, 262_144, 10_000, 10_000],
  ])('of %d m: %d shares, %d in proportion, %d by the newer formula', (millis, shares, linear, quadratic) => {
    expect([sharesOf(millis), linearWeight(millis), quadraticWeight(millis)]).toEqual([shares, linear, quadratic]);
  });
  it('a quota is at least 1 ms, and none where there is no limit', () => {
    expect([quotaOf(200, P), quotaOf(5, P), quotaOf(Infinity, P)]).toEqual([20 * MS, 1 * MS, Infinity]);
  });
});

describe('a burst under a quota', () => {
  it.each([
    [60, 1, 0.4, 0, 120],
    [60, 1, 0.4, 70, 60],
    [60, 1, 0.4, 90, 120],
    [100, 1, 0.5, 0, 150],
    [100, 1, 0.5, 30, 120],
    [100, 1, 0.5, 50, 100],
    [100, 1, 0.5, 80, 150],
    [200, 2, 0.5, 0, 325],
    [200, 2, 0.5, 75, 250],
    [200, 2, 0.5, 90, 325],
  ])('%d ms on %d threads at %d cores, phase %d: %d ms', (work, threads, cores, phase, expected) => {
    expect(run(work, threads, cores, phase).duration / MS).toBeCloseTo(expected, 6);
  });
  it('ten core seconds at a tenth of a core take a hundred seconds, less what is left at both ends', () => {
    const durations = Array.from({ length: 100 }, (_, phase) => run(10_000, 1, 0.1, phase + 0.5).duration / 1e9);
    expect(Math.min(...durations)).toBeGreaterThan(99.81);
    expect(Math.max(...durations)).toBeLessThan(99.92);
  });
  it('is never stopped with no more threads than the limit allows', () => {
    for (const work of [1, 100, 10_000]) {
      expect(run(work, 2, 2, 37)).toEqual({ duration: (work * MS) / 2, stops: 0 });
    }
  });
  it('is stopped as often as its pool runs out before the work is done', () => {
    // 40 at once, then 20 of the next 40.
    expect(run(60, 1, 0.4, 0).stops).toBe(1);
    expect(run(60, 1, 0.4, 70).stops).toBe(0);
    expect(run(200, 2, 0.5, 0).stops).toBe(3);
  });

  /** Runs every period in small steps. */
  function twin(work: number, threads: number, cores: number, phase: number, beside: Beside, step: number): number {
    let now = phase;
    let left = work;
    let pool = cores * P - beside.used * P;
    // What always runs beside it has run since the period began.
    pool -= Math.min(Math.max(pool, 0), beside.threads * phase);
    while (left > 1e-6) {
      const end = (Math.floor(now / P + 1e-12) + 1) * P;
      const dt = Math.min(step, end - now);
      const share = Math.min(dt, Math.max(0, pool) / (threads + beside.threads));
      const done = Math.min(left, share * threads);
      if (done === left) return now + left / threads - phase;
      left -= done;
      pool -= share * (threads + beside.threads);
      now += dt;
      if (now >= end - 1e-6) pool = cores * P - beside.used * P;
    }
    return now - phase;
  }
  it('is what a twin comes to that runs every period: random work, threads, limits, phases, neighbours', () => {
    const draws = new RandomStreams('quota').stream('twin');
    for (let n = 0; n < 400; n++) {
      const u = (i: number): number => draws.uniform(entityKey('case'), n * 8 + i);
      const threads = 1 + Math.floor(u(0) * 4);
      const cores = 0.05 + u(1) * 2;
      const work = (1 + u(2) * 600) * MS;
      const phase = u(3) * P;
      const beside: Beside = [
        NOTHING_BESIDE,
        { threads: 0, used: cores * u(5) * 0.9 },
        { threads: 1 + Math.floor(u(6) * 3), used: 0 },
      ][Math.floor(u(4) * 3)]!;
      const { duration } = throttledRun(work, threads, quota(cores), phase, beside);
      expect(duration / MS).toBeCloseTo(twin(work, threads, cores, phase, beside, MS / 4) / MS, 3);
    }
  });
});
