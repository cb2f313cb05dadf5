// The far wheel: a bucket is a chain of blocks of whole records, in the order in which they came. Writing an event and
// reading a bucket back both run along memory: an event that is far away costs no cache miss until its bucket opens.

import { BucketBitmap } from './bucket-bitmap.js';
import { EventRecords } from './event-records.js';

/** Records of a block: 512 bytes, so a bucket with one event wastes little. */
export const BLOCK = 16;

export class CoarseWheel {
  /** Number of records in all buckets. */
  size = 0;
  readonly records = new EventRecords(64 * BLOCK);
  readonly #mask: number;
  /** By bucket: its newest block, -1 if it is empty, and its number of records. */
  readonly #heads: Int32Array;
  readonly #counts: Int32Array;
  readonly #occupied: BucketBitmap;
  /** By block: the one before it in its chain, or the next free one. */
  #previous = new Int32Array(64);
  #used = 0;
  #free = -1;

  /** @param buckets a power of two, at least 1024. */
  constructor(buckets: number) {
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#counts = new Int32Array(buckets);
    this.#occupied = new BucketBitmap(buckets);
  }

  /** A record to be written, of a bucket whose number is taken modulo the number of buckets. */
  acquire(bucket: number): number {
    const index = bucket & this.#mask;
    const within = this.#counts[index]!++ & (BLOCK - 1);
    if (within === 0) this.#addBlock(index);
    this.size++;
    return this.#heads[index]! * BLOCK + within;
  }

  /** How many buckets after `bucket` the next one comes that is not empty; only valid while size > 0. */
  distanceToNext(bucket: number): number {
    const start = bucket & this.#mask;
    let found = this.#occupied.firstFrom(start + 1);
    if (found < 0) found = this.#occupied.firstFrom(0);
    return (found - start + this.#mask + 1) & this.#mask;
  }

  /**
   * Takes the newest block off a bucket, and returns its last record, -1 if there is none; a block begins at a multiple of {@link BLOCK}.
   * The records may be read until the next {@link acquire}.
   */
  takeBlock(bucket: number): number {
    const index = bucket & this.#mask;
    const block = this.#heads[index]!;
    if (block < 0) return -1;
    const last = (this.#counts[index]! - 1) & (BLOCK - 1);
    this.#counts[index]! -= last + 1;
    this.size -= last + 1;
    const previous = this.#previous[block]!;
    this.#heads[index] = previous;
    if (previous < 0) this.#occupied.clear(index);
    this.#previous[block] = this.#free;
    this.#free = block;
    return block * BLOCK + last;
  }

  #addBlock(index: number): void {
    let block = this.#free;
    if (block >= 0) this.#free = this.#previous[block]!;
    else {
      block = this.#used++;
      if (block === this.#previous.length) this.#grow();
    }
    this.#previous[block] = this.#heads[index]!;
    if (this.#heads[index]! < 0) this.#occupied.set(index);
    this.#heads[index] = block;
  }

  #grow(): void {
    const blocks = this.#previous.length * 2;
    this.records.grow(blocks * BLOCK);
    const previous = new Int32Array(blocks);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}
