// The near wheel: a bucket is an unordered list of slots of the event store.

import { BucketBitmap } from './bucket-bitmap.js';

export class FineWheel {
  /** Number of slots in all lists. */
  size = 0;
  readonly #heads: Int32Array;
  readonly #occupied: BucketBitmap;

  /** @param buckets a power of two, at least 1024. */
  constructor(buckets: number) {
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#occupied = new BucketBitmap(buckets);
  }

  /** Puts a slot in front of a list; `next` is the event store's, which links the list. */
  add(index: number, slot: number, next: Int32Array): void {
    const head = this.#heads[index]!;
    next[slot] = head;
    this.#heads[index] = slot;
    this.size++;
    if (head < 0) this.#occupied.set(index);
  }

  /** Empties a list and returns its first slot, -1 if there is none; the caller follows the links and counts. */
  take(index: number): number {
    const head = this.#heads[index]!;
    this.#heads[index] = -1;
    this.#occupied.clear(index);
    return head;
  }

  /** The first list at or after `start` that is not empty; -1 if there is none. */
  firstFrom(start: number): number {
    return this.#occupied.firstFrom(start);
  }
}
