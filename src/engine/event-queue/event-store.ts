// Where the pending events of the typed-array queues live: one 32-byte record each, reached by a slot number.
// A slot freed last is used first, so a queue in steady state works on memory that is already in the cache.

import type { EventHandle } from '../event-queue.js';

const SLOT_BITS_FACTOR = 67108864; // handle = generation * 2^26 + slot
const GENERATION_MASK = 0x3ffffff;
/** More pending events than this cannot be held. */
const SLOTS_MAX = SLOT_BITS_FACTOR;

export class EventStore {
  /** Four doubles a record: time, order (sequence * 256 + kind), argument, and two integers: subject, next. */
  doubles: Float64Array;
  integers: Int32Array;
  /** Number of live events. */
  live = 0;
  #generations: Uint32Array;
  #capacity: number;
  #used = 0;
  #free = -1;
  #sequence = 0;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    const buffer = new ArrayBuffer(capacity * 32);
    this.doubles = new Float64Array(buffer);
    this.integers = new Int32Array(buffer);
    this.#generations = new Uint32Array(capacity);
  }

  /** Writes a new record and returns its slot. */
  put(time: number, kind: number, subject: number, argument: number): number {
    let slot = this.#free;
    if (slot >= 0) {
      this.#free = this.integers[slot * 8 + 7]!;
    } else {
      slot = this.#used++;
      if (slot === this.#capacity) this.#grow();
    }
    const at = slot * 4;
    const doubles = this.doubles;
    doubles[at] = time;
    doubles[at + 1] = this.#sequence * 256 + kind;
    doubles[at + 2] = argument;
    this.integers[slot * 8 + 6] = subject;
    this.#sequence++;
    this.live++;
    return slot;
  }

  handleOf(slot: number): EventHandle {
    return (this.#generations[slot]! & GENERATION_MASK) * SLOT_BITS_FACTOR + slot;
  }

  /** Marks the event as cancelled; it stays in its queue until it comes up. */
  cancel(handle: EventHandle): boolean {
    if (handle < 0) return false;
    const slot = handle % SLOT_BITS_FACTOR;
    if (slot >= this.#used || this.handleOf(slot) !== handle) return false;
    const order = this.doubles[slot * 4 + 1]!;
    const kind = order % 256;
    if (kind === 0) return false;
    this.doubles[slot * 4 + 1] = order - kind;
    this.live--;
    return true;
  }

  /** 0 if the event was cancelled. */
  kindOf(slot: number): number {
    return this.doubles[slot * 4 + 1]! % 256;
  }

  /** Frees the slot. */
  release(slot: number): void {
    this.#generations[slot]!++;
    this.integers[slot * 8 + 7] = this.#free;
    this.#free = slot;
  }

  #grow(): void {
    if (this.#capacity === SLOTS_MAX) throw new RangeError(`more than ${SLOTS_MAX} pending events`);
    this.#capacity *= 2;
    const buffer = new ArrayBuffer(this.#capacity * 32);
    const doubles = new Float64Array(buffer);
    doubles.set(this.doubles);
    this.doubles = doubles;
    this.integers = new Int32Array(buffer);
    const generations = new Uint32Array(this.#capacity);
    generations.set(this.#generations);
    this.#generations = generations;
  }
}
