// One suite for every event queue: exact (time, sequence) order, cancellation, and agreement with the judge.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createEventQueue,
  type EventHandle,
  type EventQueue,
  QUEUE_NAMES,
  RandomStream,
} from '../../src/engine/index.js';
import { key } from '../fixtures/keys.js';

const pushed = (queue: EventQueue, time: number, subject: number): EventHandle =>
  queue.pushCancellable(time, 1, subject, 0);

const drain = (queue: EventQueue): [number, number, number, number][] => {
  const history: [number, number, number, number][] = [];
  while (queue.pop()) history.push([queue.time, queue.kind, queue.subject, queue.argument]);
  return history;
};

describe.each(QUEUE_NAMES)('%s', (name) => {
  it('gives events back by time', () => {
    const queue = createEventQueue(name);
    for (const time of [5e9, 3, 2 ** 52, 0, 7e6]) queue.push(time, 1, 0, time);
    expect(drain(queue).map(([time]) => time)).toEqual([0, 3, 7e6, 5e9, 2 ** 52]);
  });

  it('keeps the order of pushing among events of one time', () => {
    const queue = createEventQueue(name);
    for (let i = 0; i < 100; i++) queue.push(1e9, 1, i, 0);
    expect(drain(queue).map(([, , subject]) => subject)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('gives nothing from the bound on, and later what came in before it', () => {
    const queue = createEventQueue(name);
    queue.push(60e9, 1, 1, 0);
    expect(queue.pop(60e9)).toBe(false);
    queue.push(1e9, 1, 2, 0);
    queue.push(60e9, 1, 3, 0);
    expect(queue.pop(1e9)).toBe(false);
    expect(drain(queue).map(([, , subject]) => subject)).toEqual([2, 1, 3]);
  });

  it('cancels once, never an event that happened, never one that took the same slot', () => {
    const queue = createEventQueue(name);
    const first = pushed(queue, 10, 1);
    const second = pushed(queue, 20, 2);
    expect(queue.cancel(first)).toBe(true);
    expect(queue.cancel(first)).toBe(false);
    expect(queue.size).toBe(1);
    expect(queue.pop(20)).toBe(false);
    expect(queue.pop(21)).toBe(true);
    expect(queue.subject).toBe(2);
    expect(queue.cancel(second)).toBe(false);
    queue.push(30, 1, 3, 0);
    expect(queue.cancel(second)).toBe(false);
    expect(queue.size).toBe(1);
    expect(queue.cancel(-1)).toBe(false);
  });

  it('keeps subjects and arguments exactly', () => {
    const queue = createEventQueue(name);
    queue.push(1, 255, -2147483648, 0.1);
    queue.push(2, 1, 2147483647, 2 ** 53);
    expect(drain(queue)).toEqual([
      [1, 255, -2147483648, 0.1],
      [2, 1, 2147483647, 2 ** 53],
    ]);
  });
});

type Step = { push: number; cancellable: boolean } | { pop: number } | { cancel: number };

/** Applies the same steps to a queue and returns everything that could be seen. */
function play(name: (typeof QUEUE_NAMES)[number], steps: readonly Step[]): unknown[] {
  const queue = createEventQueue(name);
  const handles: number[] = [];
  const seen: unknown[] = [];
  let now = 0;
  let subject = 0;
  for (const step of steps) {
    if ('push' in step) {
      if (step.cancellable) handles.push(pushed(queue, now + step.push, subject++));
      else queue.push(now + step.push, 1, subject++, 0);
    } else if ('cancel' in step) seen.push(handles.length > 0 && queue.cancel(handles[step.cancel % handles.length]!));
    else if (queue.pop(now + step.pop)) {
      now = queue.time;
      seen.push([now, queue.subject]);
    }
    seen.push(queue.size);
  }
  seen.push(drain(queue));
  return seen;
}

describe('agreement with the judge', () => {
  const delay = fc.oneof(fc.constant(0), fc.nat(5), fc.nat(1e6), fc.nat(2e9), fc.integer({ min: 0, max: 1e13 }));
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ push: delay, cancellable: fc.boolean() }) },
    { weight: 3, arbitrary: fc.oneof(fc.constant(Infinity), delay).map((pop) => ({ pop })) },
    { weight: 1, arbitrary: fc.nat(1000).map((cancel) => ({ cancel })) },
  );

  it.each(['wheel', 'heap'] as const)('%s shows what fastpriorityqueue shows, whatever is done to it', (name) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        expect(play(name, steps)).toEqual(play('fastpriorityqueue', steps));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  // All within one fine bucket, within one coarse one, and over many.
  it.each([1e3, 1e6, 1e10])('wheel agrees over 200,000 holds with mean delay %d ns', (mean) => {
    const stream = new RandomStream('hold', String(mean));
    const digest = (name: (typeof QUEUE_NAMES)[number]): number => {
      const queue = createEventQueue(name);
      for (let i = 0; i < 3000; i++) queue.push(Math.floor(stream.uniform(key(0), i) * mean), 1, i, 0);
      let sum = 0;
      for (let i = 0; i < 200_000; i++) {
        queue.pop();
        sum = (Math.imul(sum, 31) + queue.subject) | 0;
        queue.push(queue.time + Math.floor(stream.uniform(key(1), i) * mean), 1, queue.subject, 0);
      }
      return sum;
    };
    expect(digest('wheel')).toBe(digest('fastpriorityqueue'));
  });
});
