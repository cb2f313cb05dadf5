// The queue of whole numbers against an array.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/engine/index.js';

describe('a queue in a ring', () => {
  it('gives back what an array gives back, however it grows', () => {
    const steps = fc.array(fc.oneof(fc.integer(), fc.constant('shift' as const)), { maxLength: 300 });
    fc.assert(
      fc.property(steps, (all) => {
        const fifo = new Fifo();
        const twin: number[] = [];
        for (const step of all) {
          if (step !== 'shift') {
            fifo.push(step);
            twin.push(step);
          } else if (twin.length > 0) expect(fifo.shift()).toBe(twin.shift());
          expect(fifo.length).toBe(twin.length);
        }
        while (twin.length > 0) expect(fifo.shift()).toBe(twin.shift());
        expect(() => fifo.shift()).toThrow(RangeError);
      }),
    );
  });
});
