import { describe, expect, it } from 'vitest';
import {
  BoundExceededError,
  createEventQueue,
  duration,
  Fingerprint,
  type Instant,
  instant,
  NO_EVENT,
  Simulation,
  seconds,
  tickAfter,
  tickAtOrAfter,
  ticksBetween,
} from '../../src/engine/index.js';

const simulation = (bounds = {}) => new Simulation(createEventQueue('wheel'), bounds);
const at = (ns: number): Instant => instant(ns);

describe('the loop', () => {
  it('runs events of one instant in the order in which they were scheduled', () => {
    const s = simulation();
    const log: string[] = [];
    const kind = s.on('note', (subject) => {
      log.push(`${s.now}:${subject}`);
      if (subject === 1) s.schedule(s.now, kind, 9);
    });
    s.schedule(at(5), kind, 1);
    s.schedule(at(5), kind, 2);
    s.schedule(at(3), kind, 3);
    s.runUntil(at(100));
    expect(log).toEqual(['3:3', '5:1', '5:2', '5:9']);
    expect(s.now).toBe(100);
  });
  it('runs nothing at or after the end', () => {
    const s = simulation();
    const seen: number[] = [];
    const kind = s.on('note', (subject) => seen.push(subject));
    s.schedule(at(9), kind, 1);
    s.schedule(at(10), kind, 2);
    s.runUntil(at(10));
    expect(seen).toEqual([1]);
    s.runUntil(at(11));
    expect(seen).toEqual([1, 2]);
  });
  it('runs so many events as are asked for, and says whether there may be more', () => {
    const s = simulation();
    const seen: number[] = [];
    const kind = s.on('note', (subject) => seen.push(subject));
    for (const subject of [1, 2, 3]) s.schedule(at(subject), kind, subject);
    expect([s.runUntil(at(10), 2), s.now, seen]).toEqual([false, 2, [1, 2]]);
    expect([s.runUntil(at(10), 1), s.now]).toEqual([false, 3]);
    expect([s.runUntil(at(10), 1), s.now, seen]).toEqual([true, 10, [1, 2, 3]]);
  });
  it('refuses the past, with the event and both times', () => {
    const s = simulation();
    const kind = s.on('probe', () => {});
    s.runUntil(at(50));
    expect(() => s.schedule(at(20), kind, 7, 3)).toThrow(
      'event probe (subject 7, argument 3) scheduled for 20 ns, but it is 50 ns',
    );
  });
  it('names the bound that was exceeded', () => {
    const s = simulation({ eventsMax: 10 });
    const kind = s.on('again', () => s.schedule(s.now + 1, kind, 0));
    s.schedule(at(0), kind, 0);
    expect(() => s.runUntil(at(1000))).toThrow(
      new BoundExceededError('events', 'event bound of 10 exceeded at 9 ns with 1 events pending'),
    );
    const t = simulation({ timeMax: at(100) });
    const late = t.on('late', () => {});
    expect(() => t.schedule(at(101), late, 4)).toThrow(
      'time bound of 100 ns exceeded: event late (subject 4) wants 101 ns',
    );
  });
  it('cancels', () => {
    const s = simulation();
    const seen: number[] = [];
    const kind = s.on('note', (subject) => seen.push(subject));
    const handle = s.scheduleCancellable(at(1), kind, 1);
    s.schedule(at(2), kind, 2);
    expect(s.cancel(handle)).toBe(true);
    s.runUntil(at(10));
    expect(seen).toEqual([2]);
  });
  it('counts what it executed, by kind', () => {
    const s = simulation();
    const a = s.on('a', () => {});
    s.on('b', () => {});
    s.schedule(at(1), a, 0);
    s.runUntil(at(2));
    expect(s.executedByKind()).toEqual([
      { name: 'a', executed: 1 },
      { name: 'b', executed: 0 },
    ]);
  });
});

describe('the fingerprint', () => {
  const of = (...events: [number, number, number, number][]): string => {
    const fingerprint = new Fingerprint();
    for (const event of events) fingerprint.add(...event);
    return fingerprint.toString();
  };
  it('depends on time, kind, subject, argument and order', () => {
    const base = of([1, 1, 1, 1], [2, 1, 1, 1]);
    expect(of([1, 1, 1, 1], [2, 1, 1, 1])).toBe(base);
    const others = [
      of([2, 1, 1, 1], [1, 1, 1, 1]),
      of([1, 2, 1, 1], [2, 1, 1, 1]),
      of([1, 1, 2, 1], [2, 1, 1, 1]),
      of([1, 1, 1, 2], [2, 1, 1, 1]),
      of([1 + 2 ** 40, 1, 1, 1], [2, 1, 1, 1]),
    ];
    expect(new Set([base, ...others]).size).toBe(6);
  });
});

describe('time', () => {
  it('refuses what is not a whole number of nanoseconds', () => {
    expect(() => instant(-1)).toThrow('instant must be a whole number');
    expect(() => duration(0.5)).toThrow('duration must be a whole number');
    expect(() => instant(2 ** 53)).toThrow(RangeError);
    expect(seconds(1.5)).toBe(1_500_000_000);
  });
});

describe('periodic timers', () => {
  const phase = at(7);
  const period = duration(10);
  it('know their ticks by arithmetic', () => {
    expect(tickAtOrAfter(phase, period, at(0))).toBe(7);
    expect(tickAtOrAfter(phase, period, at(17))).toBe(17);
    expect(tickAfter(phase, period, at(17))).toBe(27);
    expect(tickAfter(phase, period, at(6))).toBe(7);
    expect(tickAfter(phase, period, at(7))).toBe(17);
  });
  it('count ticks as a loop would', () => {
    for (let from = 0; from < 60; from++) {
      for (let until = from; until < 80; until++) {
        let count = 0;
        for (let tick = 7; tick < 100; tick += 10) if (tick >= from && tick < until) count++;
        expect(ticksBetween(phase, period, at(from), at(until))).toBe(count);
      }
    }
  });
  it('drops what would come after its end, and still refuses the past', () => {
    const simulation = new Simulation(createEventQueue('wheel'), { end: 10, timeMax: 20 });
    const seen: number[] = [];
    const kind = simulation.on('seen', () => seen.push(simulation.now));
    simulation.schedule(9, kind, 0);
    simulation.schedule(10, kind, 0);
    simulation.schedule(Infinity, kind, 0);
    expect(simulation.scheduleCancellable(11, kind, 0)).toBe(NO_EVENT);
    expect(simulation.cancel(NO_EVENT)).toBe(false);
    expect(simulation.pending).toBe(1);
    simulation.runUntil(10);
    expect(seen).toEqual([9]);
    expect(() => simulation.schedule(8, kind, 0)).toThrow(RangeError);
  });
});
