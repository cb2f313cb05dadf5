// A ring of unordered lists of slots, with a bitmap that finds the next list that is not empty.

const WORD_SHIFT = 5;

export class BucketRing {
  /** Number of slots in all lists. */
  size = 0;
  readonly mask: number;
  readonly #heads: Int32Array;
  readonly #words: Int32Array;
  readonly #groups: Int32Array;

  /** @param buckets a power of two, at least 1024. */
  constructor(buckets: number) {
    this.mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#words = new Int32Array(buckets >> WORD_SHIFT);
    this.#groups = new Int32Array(buckets >> (2 * WORD_SHIFT));
  }

  /** Puts a slot in front of a list; `next` is the event store's, which links the list. */
  add(index: number, slot: number, next: Int32Array): void {
    const head = this.#heads[index]!;
    next[slot] = head;
    this.#heads[index] = slot;
    this.size++;
    if (head < 0) {
      const word = index >> WORD_SHIFT;
      this.#words[word]! |= 1 << (index & 31);
      this.#groups[word >> WORD_SHIFT]! |= 1 << (word & 31);
    }
  }

  /** Empties a list and returns its first slot, -1 if there is none; the caller follows the links and counts. */
  take(index: number): number {
    const head = this.#heads[index]!;
    this.#heads[index] = -1;
    const word = index >> WORD_SHIFT;
    this.#words[word]! &= ~(1 << (index & 31));
    if (this.#words[word] === 0) this.#groups[word >> WORD_SHIFT]! &= ~(1 << (word & 31));
    return head;
  }

  /** The first list at or after `start`, not wrapping round, that is not empty; -1 if there is none. */
  firstFrom(start: number): number {
    if (start > this.mask) return -1;
    const wordIndex = start >> WORD_SHIFT;
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

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
