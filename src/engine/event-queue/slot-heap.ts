// A 4-ary heap of slots ordered by (time, sequence), on flat arrays. The heap queue is one of these; the wheel uses two.

import type { EventRecords } from './event-records.js';

export class SlotHeap {
  size = 0;
  #times = new Float64Array(64);
  #sequences = new Float64Array(64);
  #slots = new Int32Array(64);

  /** Time of the earliest entry; only valid while size > 0. */
  get earliestTime(): number {
    return this.#times[0]!;
  }

  get earliestSlot(): number {
    return this.#slots[0]!;
  }

  push(slot: number, records: EventRecords): void {
    const time = records.timeOf(slot);
    const sequence = records.sequenceOf(slot);
    if (this.size === this.#slots.length) this.#grow();
    const times = this.#times;
    const sequences = this.#sequences;
    const slots = this.#slots;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && sequences[parent]! < sequence)) break;
      times[at] = parentTime;
      sequences[at] = sequences[parent]!;
      slots[at] = slots[parent]!;
      at = parent;
    }
    times[at] = time;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  /** Takes out the earliest entry and returns its slot; only valid while size > 0. */
  pop(): number {
    const slots = this.#slots;
    const top = slots[0]!;
    const last = --this.size;
    if (last > 0) this.#sink(last);
    return top;
  }

  /** Moves the entry after the end to the top, and down to where it belongs. */
  #sink(size: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const slots = this.#slots;
    const time = times[size]!;
    const sequence = sequences[size]!;
    const slot = slots[size]!;
    let at = 0;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= size) break;
      const end = Math.min(first + 4, size);
      let least = first;
      let leastTime = times[first]!;
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child]!;
        if (childTime < leastTime || (childTime === leastTime && sequences[child]! < sequences[least]!)) {
          least = child;
          leastTime = childTime;
        }
      }
      if (time < leastTime || (time === leastTime && sequence < sequences[least]!)) break;
      times[at] = leastTime;
      sequences[at] = sequences[least]!;
      slots[at] = slots[least]!;
      at = least;
    }
    times[at] = time;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    const times = new Float64Array(length);
    const sequences = new Float64Array(length);
    const slots = new Int32Array(length);
    times.set(this.#times);
    sequences.set(this.#sequences);
    slots.set(this.#slots);
    this.#times = times;
    this.#sequences = sequences;
    this.#slots = slots;
  }
}
