// Who may still happen. An event that can be cancelled holds a ticket; a cancelled one loses it at once, although the event
// itself stays in its queue until it comes up. A ticket returned last is given out first, so few of them are ever touched.

import type { EventHandle } from '../event-queue.js';

/** A ticket shares an integer of the event's record with its kind: 24 and 8 bits. Ticket 0 is none. */
const TICKETS_MAX = 16777216;
/** A handle is use * 2^24 + ticket, where a ticket counts its uses in 28 bits. */
const USES_MASK = 0xfffffff;

export class EventTickets {
  /** Number of pending events, with a ticket or without; the queue counts those without in. */
  pending = 0;
  /** By ticket: how often it was given out, times two, plus one while it is out. */
  #uses = new Uint32Array(1024);
  /** The tickets to give out next, a stack. */
  #free = new Int32Array(1024);
  #freeCount = 0;
  #issued = 1;

  /** Gives out a ticket; throws a RangeError if 2^24 - 1 are out. */
  issue(): number {
    const ticket = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#another();
    this.#uses[ticket]! += 1;
    this.pending++;
    return ticket;
  }

  /** Names the event that holds the ticket, until it happens or is cancelled. */
  handleOf(ticket: number): EventHandle {
    return ((this.#uses[ticket]! >>> 1) & USES_MASK) * TICKETS_MAX + ticket;
  }

  /** Takes the ticket of an event away; false if it has none any more. */
  cancel(handle: EventHandle): boolean {
    if (handle < 0) return false;
    const ticket = handle % TICKETS_MAX;
    if (ticket >= this.#issued || !this.#isOut(ticket) || this.handleOf(ticket) !== handle) return false;
    this.#uses[ticket]! += 1;
    this.pending--;
    return true;
  }

  /** Counts off an event that came up and takes its ticket back; false if it was cancelled. */
  redeem(ticket: number): boolean {
    if (ticket === 0) {
      this.pending--;
      return true;
    }
    this.#free[this.#freeCount++] = ticket;
    if (!this.#isOut(ticket)) return false;
    this.#uses[ticket]! += 1;
    this.pending--;
    return true;
  }

  #isOut(ticket: number): boolean {
    return (this.#uses[ticket]! & 1) === 1;
  }

  #another(): number {
    const ticket = this.#issued++;
    if (ticket === TICKETS_MAX)
      throw new RangeError(`more than ${TICKETS_MAX - 1} pending events that can be cancelled`);
    if (ticket === this.#uses.length) {
      const uses = new Uint32Array(ticket * 2);
      uses.set(this.#uses);
      this.#uses = uses;
      const free = new Int32Array(ticket * 2);
      free.set(this.#free);
      this.#free = free;
    }
    return ticket;
  }
}
