// A queue of whole numbers, first in, first out, in a ring that grows. Part of the engine.

export class Fifo {
  #ring = new Int32Array(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: number): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length++) & (this.#ring.length - 1)] = item;
  }

  /** Takes the oldest one out. Throws a RangeError if there is none. */
  shift(): number {
    if (this.#length === 0) throw new RangeError('nothing is in the queue');
    const item = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return item;
  }

  #grow(): void {
    const longer = new Int32Array(this.#ring.length * 2);
    for (let i = 0; i < this.#length; i++) longer[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]!;
    this.#ring = longer;
    this.#head = 0;
  }
}
