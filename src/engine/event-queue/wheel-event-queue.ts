// The event queue as two wheels of buckets: the default, because it is the fastest of the exact ones (bench/micro).
//
// Time is cut into coarse buckets of about a second, and the coarse bucket in which the run stands into 16,384 fine ones.
// The fine bucket that is due lies in a small heap, in exact order; the other buckets are unordered lists, opened when
// their time comes; what lies further away than the coarse wheel reaches waits in a second heap. A bitmap finds the next
// bucket that is not empty, so empty ones cost nothing. Whatever the delays are, the worst case is that of a heap.

import type { EventHandle, EventQueue } from '../event-queue.js';
import { BucketRing } from './bucket-ring.js';
import { EventStore } from './event-store.js';
import { SlotHeap } from './slot-heap.js';

const FINE_BUCKETS = 16384;
const COARSE_BUCKETS = 16384;
/** 2^16 ns = 66 µs: at 100,000 events a second seven of them share a bucket. */
const FINE_WIDTH = 65536;
/** 2^30 ns = 1.07 s; the coarse wheel reaches 4.9 h ahead. */
const COARSE_WIDTH = FINE_WIDTH * FINE_BUCKETS;
const PER_FINE = 1 / FINE_WIDTH;
const PER_COARSE = 1 / COARSE_WIDTH;

export class WheelEventQueue implements EventQueue {
  time = 0;
  kind = 0;
  subject = 0;
  argument = 0;
  readonly #store = new EventStore();
  readonly #due = new SlotHeap();
  readonly #fine = new BucketRing(FINE_BUCKETS);
  readonly #coarse = new BucketRing(COARSE_BUCKETS);
  readonly #far = new SlotHeap();
  /** Number of the open coarse bucket, counted from time 0, and the time at which it begins. */
  #coarseNow = 0;
  #coarseStart = 0;
  /** Index of the fine bucket that is due. */
  #fineNow = 0;

  get size(): number {
    return this.#store.live;
  }

  push(time: number, kind: number, subject: number, argument: number): EventHandle {
    const store = this.#store;
    const slot = store.put(time, kind, subject, argument);
    const distance = Math.floor(time * PER_COARSE) - this.#coarseNow;
    if (distance === 0) this.#placeFine(time, slot);
    else if (distance < 0) this.#due.push(time, store.doubles[slot * 4 + 1]!, slot);
    else if (distance < COARSE_BUCKETS) {
      this.#coarse.add((this.#coarseNow + distance) % COARSE_BUCKETS, slot, store.next);
    } else this.#far.push(time, store.doubles[slot * 4 + 1]!, slot);
    return store.handleOf(slot);
  }

  cancel(handle: EventHandle): boolean {
    return this.#store.cancel(handle);
  }

  pop(): boolean {
    const store = this.#store;
    const due = this.#due;
    for (;;) {
      if (due.size === 0 && !this.#openNextBucket()) return false;
      const slot = due.pop();
      const kind = store.kindOf(slot);
      if (kind !== 0) {
        const record = slot * 4;
        this.time = store.doubles[record]!;
        this.kind = kind;
        this.argument = store.doubles[record + 2]!;
        this.subject = store.integers[slot * 8 + 6]!;
        store.live--;
        store.release(slot);
        return true;
      }
      store.release(slot);
    }
  }

  peekTime(): number {
    const due = this.#due;
    for (;;) {
      if (due.size === 0 && !this.#openNextBucket()) return Infinity;
      if (this.#store.kindOf(due.earliestSlot) !== 0) return due.earliestTime;
      this.#store.release(due.pop());
    }
  }

  /** Places an event of the open coarse bucket. */
  #placeFine(time: number, slot: number): void {
    const index = ((time - this.#coarseStart) * PER_FINE) | 0;
    if (index <= this.#fineNow) this.#due.push(time, this.#store.doubles[slot * 4 + 1]!, slot);
    else this.#fine.add(index, slot, this.#store.next);
  }

  /** Moves the earliest fine bucket that is not empty into the due heap; false if nothing is left anywhere. */
  #openNextBucket(): boolean {
    for (;;) {
      if (this.#fine.size > 0) {
        this.#fineNow = this.#fine.firstFrom(this.#fineNow + 1);
        this.#makeDue(this.#fine.take(this.#fineNow));
        return true;
      }
      if (!this.#openNextCoarse()) return false;
      if (this.#due.size > 0) return true;
    }
  }

  #makeDue(head: number): void {
    const { doubles, next } = this.#store;
    const due = this.#due;
    let moved = 0;
    for (let slot = head; slot >= 0; slot = next[slot]!) {
      due.push(doubles[slot * 4]!, doubles[slot * 4 + 1]!, slot);
      moved++;
    }
    this.#fine.size -= moved;
  }

  /** Spreads the earliest coarse bucket that is not empty, and what is as early in the far heap, over the fine wheel. */
  #openNextCoarse(): boolean {
    let target = this.#nextCoarse();
    if (this.#far.size > 0) target = Math.min(target, Math.floor(this.#far.earliestTime * PER_COARSE));
    if (target === Infinity) return false;
    this.#coarseNow = target;
    this.#coarseStart = target * COARSE_WIDTH;
    this.#fineNow = -1;
    const { doubles, next } = this.#store;
    let slot = this.#coarse.take(target % COARSE_BUCKETS);
    while (slot >= 0) {
      const following = next[slot]!;
      this.#coarse.size--;
      this.#placeFine(doubles[slot * 4]!, slot);
      slot = following;
    }
    const end = this.#coarseStart + COARSE_WIDTH;
    while (this.#far.size > 0 && this.#far.earliestTime < end) {
      const time = this.#far.earliestTime;
      this.#placeFine(time, this.#far.pop());
    }
    return true;
  }

  #nextCoarse(): number {
    if (this.#coarse.size === 0) return Infinity;
    const index = this.#coarseNow % COARSE_BUCKETS;
    let found = this.#coarse.firstFrom(index + 1);
    if (found < 0) found = this.#coarse.firstFrom(0);
    return this.#coarseNow + ((found - index + COARSE_BUCKETS) & this.#coarse.mask);
  }
}
