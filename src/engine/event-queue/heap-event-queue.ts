// The event queue as one 4-ary heap on flat arrays: simple, exact, no tuning.

import type { EventHandle, EventQueue } from '../event-queue.js';
import { EventStore } from './event-store.js';
import { SlotHeap } from './slot-heap.js';

export class HeapEventQueue implements EventQueue {
  time = 0;
  kind = 0;
  subject = 0;
  argument = 0;
  readonly #store = new EventStore();
  readonly #heap = new SlotHeap();

  get size(): number {
    return this.#store.live;
  }

  push(time: number, kind: number, subject: number, argument: number): EventHandle {
    const store = this.#store;
    const slot = store.put(time, kind, subject, argument);
    this.#heap.push(time, store.doubles[slot * 4 + 1]!, slot);
    return store.handleOf(slot);
  }

  cancel(handle: EventHandle): boolean {
    return this.#store.cancel(handle);
  }

  pop(): boolean {
    const store = this.#store;
    const heap = this.#heap;
    while (heap.size > 0) {
      const slot = heap.pop();
      const kind = store.kindOf(slot);
      if (kind !== 0) {
        this.time = store.doubles[slot * 4]!;
        this.kind = kind;
        this.argument = store.doubles[slot * 4 + 2]!;
        this.subject = store.integers[slot * 8 + 6]!;
        store.live--;
        store.release(slot);
        return true;
      }
      store.release(slot);
    }
    return false;
  }

  peekTime(): number {
    const heap = this.#heap;
    while (heap.size > 0) {
      if (this.#store.kindOf(heap.earliestSlot) !== 0) return heap.earliestTime;
      this.#store.release(heap.pop());
    }
    return Infinity;
  }
}
