// Where the events lie that are near: records reached by a slot number. A slot freed last is used first, so a queue in
// steady state works on memory that is already in the cache.

import { EventRecords } from './event-records.js';

export class EventStore {
  readonly records: EventRecords;
  /** By slot: the next one of the list that it is in. Apart from the records, so that a list is walked in the cache. */
  next: Int32Array;
  #capacity = 1024;
  #used = 0;
  #free = -1;

  constructor() {
    this.records = new EventRecords(this.#capacity);
    this.next = new Int32Array(this.#capacity);
  }

  /** A slot whose record is to be written. */
  acquire(): number {
    const slot = this.#free;
    if (slot < 0) return this.#another();
    this.#free = this.next[slot]!;
    return slot;
  }

  release(slot: number): void {
    this.next[slot] = this.#free;
    this.#free = slot;
  }

  #another(): number {
    if (this.#used === this.#capacity) {
      this.#capacity *= 2;
      this.records.grow(this.#capacity);
      const next = new Int32Array(this.#capacity);
      next.set(this.next);
      this.next = next;
    }
    return this.#used++;
  }
}
