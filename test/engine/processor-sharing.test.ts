// A shared capacity: histories that can be worked out by hand, and a twin that moves in small steps.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventQueue, ProcessorSharing, Simulation, seconds } from '../../src/engine/index.js';

interface Arrival {
  readonly at: number;
  readonly work: number;
  readonly limit: number;
}

/** When each job is done, in seconds. */
function run(
  capacity: number,
  arrivals: readonly Arrival[],
  meddle?: (sharing: ProcessorSharing, simulation: Simulation) => void,
) {
  const simulation = new Simulation(createEventQueue('wheel'));
  const done: number[] = [];
  const sharing = new ProcessorSharing(simulation, 'done', capacity, (job) => {
    done[job] = simulation.now / 1e9;
  });
  const arrives = simulation.on('arrives', (job) => sharing.add(job, arrivals[job]!.work, arrivals[job]!.limit));
  arrivals.forEach(({ at }, job) => {
    simulation.schedule(seconds(at) as number, arrives, job);
  });
  meddle?.(sharing, simulation);
  simulation.runUntil(seconds(10_000) as number);
  return { done, sharing };
}

describe('processor sharing', () => {
  it('knows for how long all of its capacity was used', () => {
    // Alone a job gets 4 of 10 a second; from 5 s on three of them want 12: done at 11.67 s; then the first ends alone.
    const { sharing } = run(10, [
      { at: 0, work: 60, limit: 4 },
      { at: 5, work: 20, limit: 4 },
      { at: 5, work: 20, limit: 4 },
    ]);
    // Two of 20 at 10/3 a second each: six seconds.
    expect(sharing.saturatedTime / 1e9).toBeCloseTo(6, 6);
  });
  it('gives one job all, two jobs half each', () => {
    const { done } = run(10, [
      { at: 0, work: 100, limit: Infinity },
      { at: 5, work: 100, limit: Infinity },
    ]);
    // 50 left at 5 s, shared: done at 15 s; the other has then had 50 and the rest alone.
    expect(done[0]).toBeCloseTo(15, 6);
    expect(done[1]).toBeCloseTo(20, 6);
  });
  it('shares what limited jobs leave among the others', () => {
    const { done } = run(10, [
      { at: 0, work: 20, limit: 2 },
      { at: 0, work: 80, limit: 100 },
    ]);
    expect(done).toEqual([10, 10]);
  });
  it('does nothing at capacity 0 and goes on where it was', () => {
    const { done } = run(10, [{ at: 0, work: 100, limit: Infinity }], (sharing, simulation) => {
      const set = simulation.on('set', (capacity) => sharing.setCapacity(capacity));
      simulation.schedule(seconds(4) as number, set, 0);
      simulation.schedule(seconds(104) as number, set, 20);
    });
    expect(done[0]).toBeCloseTo(107, 6);
  });
  it('keeps what was done when a limit changes, and forgets a job that is removed', () => {
    const { done, sharing } = run(
      100,
      [
        { at: 0, work: 100, limit: 10 },
        { at: 0, work: 1000, limit: 1 },
      ],
      (s, simulation) => {
        const limit = simulation.on('limit', () => s.setLimit(0, 50));
        const remove = simulation.on('remove', () => s.remove(1));
        simulation.schedule(seconds(5) as number, limit, 0);
        simulation.schedule(seconds(7) as number, remove, 0);
      },
    );
    expect(done[0]).toBeCloseTo(6, 6);
    expect(done[1]).toBeUndefined();
    expect(sharing.size).toBe(0);
  });
  it('refuses a job whose rate nothing bounds, and one that is there', () => {
    expect(() => run(Infinity, [{ at: 0, work: 1, limit: Infinity }])).toThrow(RangeError);
    expect(() =>
      run(1, [{ at: 0, work: 1, limit: 1 }], (sharing) => {
        sharing.add(0, 5, 1);
      }),
    ).toThrow('job 0 is there already');
  });
  it('ends every job when a twin that moves in small steps does', () => {
    const arrival = fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      work: fc.integer({ min: 1, max: 100 }),
      limit: fc.constantFrom(1, 3, 8, Infinity),
    });
    fc.assert(
      fc.property(
        fc.array(arrival, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        (arrivals, capacity) => {
          const { done } = run(capacity, arrivals);
          const step = 0.01;
          const left = arrivals.map(({ work }) => work);
          const ends = arrivals.map(() => Number.NaN);
          for (let i = 0; left.some((work) => work > 1e-9); i++) {
            const present = arrivals.flatMap(({ at }, job) =>
              at <= i * step + 1e-9 && left[job]! > 1e-9 ? [job] : [],
            );
            const byLimit = [...present].sort((a, b) => arrivals[a]!.limit - arrivals[b]!.limit);
            let room = capacity;
            byLimit.forEach((job, k) => {
              const rate = Math.min(arrivals[job]!.limit, room / (byLimit.length - k));
              room -= rate;
              left[job]! -= rate * step;
              if (left[job]! <= 1e-9) ends[job] = (i + 1) * step;
            });
          }
          done.forEach((end, job) => {
            expect(Math.abs(end - ends[job]!)).toBeLessThan(0.02 * arrivals.length + 0.011);
          });
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });
});
