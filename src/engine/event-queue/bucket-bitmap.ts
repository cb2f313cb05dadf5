// Which buckets of a wheel are not empty: two levels of 32-bit words, so that the next one is found in a few steps.

import { lowestBit } from '../arithmetic.js';

const WORD_SHIFT = 5;

export class BucketBitmap {
  readonly #words: Int32Array;
  readonly #groups: Int32Array;

  /** @param buckets a power of two, at least 1024. */
  constructor(buckets: number) {
    this.#words = new Int32Array(buckets >> WORD_SHIFT);
    this.#groups = new Int32Array(buckets >> (2 * WORD_SHIFT));
  }

  set(index: number): void {
    const word = index >> WORD_SHIFT;
    this.#words[word]! |= 1 << (index & 31);
    this.#groups[word >> WORD_SHIFT]! |= 1 << (word & 31);
  }

  clear(index: number): void {
    const word = index >> WORD_SHIFT;
    this.#words[word]! &= ~(1 << (index & 31));
    if (this.#words[word] === 0) this.#groups[word >> WORD_SHIFT]! &= ~(1 << (word & 31));
  }

  /** The first set bit at or after `start`, not wrapping round; -1 if there is none. */
  firstFrom(start: number): number {
    const wordIndex = start >> WORD_SHIFT;
    if (wordIndex >= this.#words.length) return -1;
    const word = this.#words[wordIndex]! & (-1 << (start & 31));
    if (word !== 0) return (wordIndex << WORD_SHIFT) + lowestBit(word);
    const next = wordIndex + 1;
    let groupIndex = next >> WORD_SHIFT;
    if (groupIndex >= this.#groups.length) return -1;
    let group = this.#groups[groupIndex]! & (-1 << (next & 31));
    while (group === 0) {
      if (++groupIndex >= this.#groups.length) return -1;
      group = this.#groups[groupIndex]!;
    }
    const found = (groupIndex << WORD_SHIFT) + lowestBit(group);
    return (found << WORD_SHIFT) + lowestBit(this.#words[found]!);
  }
}
