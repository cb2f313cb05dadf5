// Where the pending events of the typed-array queues live: one 32-byte record each, reached by a slot number.
// A slot freed last is used first, so a queue in steady state works on memory that is already in the cache.

import type { EventHandle } from '../event-queue.js';

/** A handle is generation * 2^26 + slot; more pending events than 2^26 cannot be held. */
const SLOTS_MAX = 67108864;

export class EventStore {
  /** Four doubles a record: time, sequence, argument, and in place of the fourth two integers: subject, nothing. */
  doubles: Float64Array;
  integers: Int32Array;
  /** By slot: the next one of the list that it is in. Apart from the records, so that a list is walked in the cache. */
  next: Int32Array;
  /** Number of live events. */
  live = 0;
  /** By slot: how often it was used (24 bits), then the kind of its event, 0 if cancelled (8 bits). */
  #uses: Uint32Array;
  #capacity: number;
  #used = 0;
  #free = -1;
  #sequence = 0;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    const buffer = new ArrayBuffer(capacity * 32);
    this.doubles = new Float64Array(buffer);
    this.integers = new Int32Array(buffer);
    this.next = new Int32Array(capacity);
    this.#uses = new Uint32Array(capacity);
  }

  /** Writes a new record and returns its slot. */
  put(time: number, kind: number, subject: number, argument: number): number {
    let slot = this.#free;
    if (slot >= 0) {
      this.#free = this.next[slot]!;
    } else {
      slot = this.#used++;
      if (slot === this.#capacity) this.#grow();
    }
    const at = slot * 4;
    const doubles = this.doubles;
    doubles[at] = time;
    doubles[at + 1] = this.#sequence++;
    doubles[at + 2] = argument;
    this.integers[slot * 8 + 6] = subject;
    this.#uses[slot]! += 256 + kind;
    this.live++;
    return slot;
  }

  handleOf(slot: number): EventHandle {
    return (this.#uses[slot]! >>> 8) * SLOTS_MAX + slot;
  }

  /** Marks the event as cancelled; it stays in its queue until it comes up. */
  cancel(handle: EventHandle): boolean {
    if (handle < 0) return false;
    const slot = handle % SLOTS_MAX;
    if (slot >= this.#used || this.handleOf(slot) !== handle || this.kindOf(slot) === 0) return false;
    this.#uses[slot]! &= ~255;
    this.live--;
    return true;
  }

  /** 0 if the event was cancelled or happened. */
  kindOf(slot: number): number {
    return this.#uses[slot]! & 255;
  }

  /** Frees the slot. */
  release(slot: number): void {
    this.#uses[slot]! &= ~255;
    this.next[slot] = this.#free;
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
    const next = new Int32Array(this.#capacity);
    next.set(this.next);
    this.next = next;
    const uses = new Uint32Array(this.#capacity);
    uses.set(this.#uses);
    this.#uses = uses;
  }
}
