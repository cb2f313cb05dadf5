// The event queue on the fastpriorityqueue package: event objects and a comparator. Slower than the others and obviously
// right, so it is the judge they are tested against; it can run the simulator too (`--queue fastpriorityqueue`).

import FastPriorityQueue from 'fastpriorityqueue';
import type { EventHandle, EventQueue } from '../event-queue.js';

interface PendingEvent {
  readonly time: number;
  readonly sequence: number;
  readonly kind: number;
  readonly subject: number;
  readonly argument: number;
}

export class FastPriorityEventQueue implements EventQueue {
  time = 0;
  kind = 0;
  subject = 0;
  argument = 0;
  // The package is not first-in-first-out for equal keys: the sequence number must be part of the comparison.
  readonly #queue = new FastPriorityQueue<PendingEvent>(
    (a, b) => a.time < b.time || (a.time === b.time && a.sequence < b.sequence),
  );
  readonly #pending = new Set<number>();
  #sequence = 0;

  get size(): number {
    return this.#pending.size;
  }

  push(time: number, kind: number, subject: number, argument: number): void {
    this.pushCancellable(time, kind, subject, argument);
  }

  pushCancellable(time: number, kind: number, subject: number, argument: number): EventHandle {
    const sequence = this.#sequence++;
    this.#queue.add({ time, sequence, kind, subject, argument });
    this.#pending.add(sequence);
    return sequence;
  }

  cancel(handle: EventHandle): boolean {
    return this.#pending.delete(handle);
  }

  pop(before = Infinity): boolean {
    for (;;) {
      const event = this.#queue.peek();
      if (event === undefined || event.time >= before) return false;
      this.#queue.poll();
      if (!this.#pending.delete(event.sequence)) continue;
      this.time = event.time;
      this.kind = event.kind;
      this.subject = event.subject;
      this.argument = event.argument;
      return true;
    }
  }
}
