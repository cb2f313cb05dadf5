// The event queue as two wheels of buckets: the default, because it is the fastest of the exact ones (bench/micro).
//
// Time is cut into coarse buckets of a quarter of a second, and the coarse bucket in which the run stands into 2,048 fine ones.
// The fine bucket that is due lies in a small heap, in exact order; the other buckets are unordered, opened when their
// time comes; what lies further away than the coarse wheel reaches waits in a second heap. A bitmap finds the next bucket
// that is not empty, so empty ones cost nothing. Whatever the delays are, the worst case is that of a heap.

import { BLOCK, CoarseWheel } from './coarse-wheel.js';
import { FineWheel } from './fine-wheel.js';
import { SlotHeap } from './slot-heap.js';
import { TypedEventQueue } from './typed-event-queue.js';

const FINE_BUCKETS = 2048;
const COARSE_BUCKETS = 65536;
/** 2^17 ns = 131 µs: at 100,000 events a second 13 of them share a bucket. */
const FINE_WIDTH = 131072;
/** 2^28 ns = 0.27 s: what is due within one should fit into the processor's cache. The coarse wheel reaches 4.9 h ahead. */
const COARSE_WIDTH = FINE_WIDTH * FINE_BUCKETS;
const PER_FINE = 1 / FINE_WIDTH;
const PER_COARSE = 1 / COARSE_WIDTH;

export class WheelEventQueue extends TypedEventQueue {
  readonly #due = new SlotHeap();
  readonly #fine = new FineWheel(FINE_BUCKETS);
  readonly #coarse = new CoarseWheel(COARSE_BUCKETS);
  readonly #far = new SlotHeap();
  /** Number of the open coarse bucket, counted from time 0, and the time at which it begins. */
  #coarseNow = 0;
  #coarseStart = 0;
  /** Index of the fine bucket that is due. */
  #fineNow = 0;

  pop(before = Infinity): boolean {
    const due = this.#due;
    for (;;) {
      if (due.size === 0 && !this.#openNextBucket(before)) return false;
      if (due.earliestTime >= before) return false;
      if (this.take(due.pop())) return true;
    }
  }

  protected add(time: number, sequence: number, argument: number, subject: number, tag: number): void {
    const bucket = (time * PER_COARSE) | 0;
    const distance = bucket - this.#coarseNow;
    if (distance > 0 && distance < COARSE_BUCKETS) {
      const coarse = this.#coarse;
      coarse.records.write(coarse.acquire(bucket), time, sequence, argument, subject, tag);
    } else {
      const { store } = this;
      const slot = store.acquire();
      store.records.write(slot, time, sequence, argument, subject, tag);
      if (distance === 0) this.#placeFine(slot);
      else if (distance < 0) this.#due.push(slot, store.records);
      else this.#far.push(slot, store.records);
    }
  }

  /** Places an event of the open coarse bucket. */
  #placeFine(slot: number): void {
    const { records, next } = this.store;
    const index = ((records.timeOf(slot) - this.#coarseStart) * PER_FINE) | 0;
    if (index <= this.#fineNow) this.#due.push(slot, records);
    else this.#fine.add(index, slot, next);
  }

  /** Moves the earliest fine bucket that is not empty into the due heap; false if none begins before `before`. */
  #openNextBucket(before: number): boolean {
    if (this.#fine.size === 0 && !this.#openNextCoarse(before)) return false;
    const index = this.#fine.firstFrom(this.#fineNow + 1);
    if (this.#coarseStart + index * FINE_WIDTH >= before) return false;
    this.#fineNow = index;
    this.#makeDue(this.#fine.take(index));
    return true;
  }

  #makeDue(head: number): void {
    const { records, next } = this.store;
    const due = this.#due;
    let moved = 0;
    for (let slot = head; slot >= 0; slot = next[slot]!) {
      due.push(slot, records);
      moved++;
    }
    this.#fine.size -= moved;
  }

  /** Spreads the earliest coarse bucket that is not empty, and what is as early in the far heap, over the fine wheel. */
  #openNextCoarse(before: number): boolean {
    let target = this.#coarse.size > 0 ? this.#coarseNow + this.#coarse.distanceToNext(this.#coarseNow) : Infinity;
    if (this.#far.size > 0) target = Math.min(target, Math.floor(this.#far.earliestTime * PER_COARSE));
    if (!(target * COARSE_WIDTH < before)) return false;
    this.#coarseNow = target;
    this.#coarseStart = target * COARSE_WIDTH;
    this.#fineNow = -1;
    const store = this.store;
    const coarse = this.#coarse;
    for (let last = coarse.takeBlock(target); last >= 0; last = coarse.takeBlock(target)) {
      for (let record = last - (last % BLOCK); record <= last; record++) {
        const slot = store.acquire();
        store.records.copy(slot, coarse.records, record);
        this.#placeFine(slot);
      }
    }
    const end = this.#coarseStart + COARSE_WIDTH;
    while (this.#far.size > 0 && this.#far.earliestTime < end) this.#placeFine(this.#far.pop());
    return true;
  }
}
