// The event queue as one 4-ary heap on flat arrays: simple, exact, no tuning.

import { SlotHeap } from './slot-heap.js';
import { TypedEventQueue } from './typed-event-queue.js';

export class HeapEventQueue extends TypedEventQueue {
  readonly #heap = new SlotHeap();

  pop(before = Infinity): boolean {
    const heap = this.#heap;
    while (heap.size > 0 && heap.earliestTime < before) {
      if (this.take(heap.pop())) return true;
    }
    return false;
  }

  protected add(time: number, sequence: number, argument: number, subject: number, tag: number): void {
    const { store } = this;
    const slot = store.acquire();
    store.records.write(slot, time, sequence, argument, subject, tag);
    this.#heap.push(slot, store.records);
  }
}
