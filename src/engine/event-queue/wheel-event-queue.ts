// The event queue as a wheel of buckets: the default, because it is the fastest of the exact ones (bench/micro).
//
// Time is cut into buckets of equal width. The bucket that is due lies in a small heap, in exact order; the next 32,768
// buckets are unordered lists; what lies further away waits in a second heap. A bitmap finds the next bucket that is not
// empty, so narrow buckets cost nothing, and the width follows the density of events.

import type { EventHandle, EventQueue } from '../event-queue.js';
import { EventStore } from './event-store.js';
import { SlotHeap } from './slot-heap.js';

const BUCKETS = 32768;
const BUCKET_MASK = BUCKETS - 1;
const WORDS = BUCKETS / 32;
const GROUPS = WORDS / 32;
/** 2^18 ns = 0.26 ms: 32,768 buckets reach 8.6 s ahead, which holds most timers of the model. */
const WIDTH_INITIAL = 262144;
const WIDTH_MIN = 16;
const WIDTH_MAX = 2 ** 36;
/** How many buckets are opened between two looks at the width. */
const RETUNE_INTERVAL = 8192;

export class WheelEventQueue implements EventQueue {
  time = 0;
  kind = 0;
  subject = 0;
  argument = 0;
  readonly #store = new EventStore();
  readonly #due = new SlotHeap();
  readonly #far = new SlotHeap();
  readonly #heads = new Int32Array(BUCKETS).fill(-1);
  readonly #words = new Int32Array(WORDS);
  readonly #groups = new Int32Array(GROUPS);
  #width = WIDTH_INITIAL;
  #perNs = 1 / WIDTH_INITIAL;
  /** Number of the due bucket since time 0, and the same modulo BUCKETS. */
  #current = 0;
  #currentIndex = 0;
  #inWheel = 0;
  #opened = 0;
  #moved = 0;
  #pushedFar = 0;

  get size(): number {
    return this.#store.live;
  }

  push(time: number, kind: number, subject: number, argument: number): EventHandle {
    const slot = this.#store.put(time, kind, subject, argument);
    this.#place(time, slot);
    return this.#store.handleOf(slot);
  }

  cancel(handle: EventHandle): boolean {
    return this.#store.cancel(handle);
  }

  pop(): boolean {
    const store = this.#store;
    for (;;) {
      if (this.#due.size === 0 && !this.#openNextBucket()) return false;
      const slot = this.#due.pop();
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
  }

  peekTime(): number {
    for (;;) {
      if (this.#due.size === 0 && !this.#openNextBucket()) return Infinity;
      if (this.#store.kindOf(this.#due.earliestSlot) !== 0) return this.#due.earliestTime;
      this.#store.release(this.#due.pop());
    }
  }

  #place(time: number, slot: number): void {
    const distance = Math.floor(time * this.#perNs) - this.#current;
    if (distance <= 0) {
      this.#due.push(time, this.#store.doubles[slot * 4 + 1]!, slot);
    } else if (distance < BUCKETS) {
      const index = (this.#currentIndex + distance) & BUCKET_MASK;
      const head = this.#heads[index]!;
      if (head < 0) this.#mark(index);
      this.#store.integers[slot * 8 + 7] = head;
      this.#heads[index] = slot;
      this.#inWheel++;
    } else {
      this.#far.push(time, this.#store.doubles[slot * 4 + 1]!, slot);
      this.#pushedFar++;
    }
  }

  /** Moves the earliest bucket that is not empty into the due heap; false if nothing is left. */
  #openNextBucket(): boolean {
    if (this.#opened >= RETUNE_INTERVAL) this.#retune();
    const distance = this.#inWheel > 0 ? this.#distanceToNext() : Infinity;
    let target = this.#current + distance;
    if (this.#far.size > 0) {
      const farBucket = Math.floor(this.#far.earliestTime * this.#perNs);
      if (farBucket < target) target = farBucket;
    }
    if (target === Infinity) return false;
    this.#currentIndex = (this.#currentIndex + ((target - this.#current) % BUCKETS)) & BUCKET_MASK;
    const openWheel = target === this.#current + distance;
    this.#current = target;
    this.#opened++;
    if (openWheel) this.#openWheelBucket(this.#currentIndex);
    this.#openFar();
    return true;
  }

  #openWheelBucket(index: number): void {
    const { doubles, integers } = this.#store;
    const due = this.#due;
    let slot = this.#heads[index]!;
    let moved = 0;
    while (slot >= 0) {
      due.push(doubles[slot * 4]!, doubles[slot * 4 + 1]!, slot);
      slot = integers[slot * 8 + 7]!;
      moved++;
    }
    this.#heads[index] = -1;
    this.#unmark(index);
    this.#inWheel -= moved;
    this.#moved += moved;
  }

  /** Events of the far heap whose bucket is the current one become due with it. */
  #openFar(): void {
    const far = this.#far;
    while (far.size > 0 && Math.floor(far.earliestTime * this.#perNs) <= this.#current) {
      const time = far.earliestTime;
      const slot = far.pop();
      this.#due.push(time, this.#store.doubles[slot * 4 + 1]!, slot);
    }
  }

  /** How many buckets ahead of the current one the next non-empty one lies; at least one must exist. */
  #distanceToNext(): number {
    const start = (this.#currentIndex + 1) & BUCKET_MASK;
    const found = this.#firstMarkedFrom(start);
    const index = found >= 0 ? found : this.#firstMarkedFrom(0);
    return ((index - this.#currentIndex - 1) & BUCKET_MASK) + 1;
  }

  #firstMarkedFrom(start: number): number {
    const wordIndex = start >> 5;
    const word = this.#words[wordIndex]! & (-1 << (start & 31));
    if (word !== 0) return (wordIndex << 5) + lowestBit(word);
    let groupIndex = (wordIndex + 1) >> 5;
    if (groupIndex >= GROUPS) return -1;
    let group = this.#groups[groupIndex]! & (-1 << ((wordIndex + 1) & 31));
    while (group === 0) {
      if (++groupIndex >= GROUPS) return -1;
      group = this.#groups[groupIndex]!;
    }
    const nextWord = (groupIndex << 5) + lowestBit(group);
    return (nextWord << 5) + lowestBit(this.#words[nextWord]!);
  }

  #mark(index: number): void {
    const word = index >> 5;
    this.#words[word]! |= 1 << (index & 31);
    this.#groups[word >> 5]! |= 1 << (word & 31);
  }

  #unmark(index: number): void {
    const word = index >> 5;
    this.#words[word]! &= ~(1 << (index & 31));
    if (this.#words[word] === 0) this.#groups[word >> 5]! &= ~(1 << (word & 31));
  }

  /** Narrower buckets when many events share one, wider ones when many events fall beyond the wheel. */
  #retune(): void {
    const perBucket = this.#moved / this.#opened;
    const farShare = this.#pushedFar / (this.#moved + this.#pushedFar + 1);
    this.#opened = 0;
    this.#moved = 0;
    this.#pushedFar = 0;
    if (perBucket > 6 && this.#width > WIDTH_MIN) this.#rebuild(this.#width / 4);
    else if (farShare > 0.5 && perBucket < 1.4 && this.#width < WIDTH_MAX) this.#rebuild(this.#width * 4);
  }

  #rebuild(width: number): void {
    const slots: number[] = [];
    const { doubles, integers } = this.#store;
    for (let index = 0; index < BUCKETS; index++) {
      for (let slot = this.#heads[index]!; slot >= 0; slot = integers[slot * 8 + 7]!) slots.push(slot);
    }
    while (this.#far.size > 0) slots.push(this.#far.pop());
    this.#heads.fill(-1);
    this.#words.fill(0);
    this.#groups.fill(0);
    this.#inWheel = 0;
    this.#width = width;
    this.#perNs = 1 / width;
    // Retuning happens between two buckets: everything pending lies at or after the time of the last event popped.
    this.#current = Math.floor(this.time * this.#perNs);
    this.#currentIndex = this.#current % BUCKETS;
    for (const slot of slots) this.#place(doubles[slot * 4]!, slot);
    this.#pushedFar = 0;
  }
}

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
