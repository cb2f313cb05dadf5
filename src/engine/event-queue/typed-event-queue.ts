// What the queues on typed arrays share: tickets, sequence numbers and the fields that show the event taken out.

import type { EventHandle, EventQueue } from '../event-queue.js';
import { kindOf, makeTag, ticketOf } from './event-records.js';
import { EventStore } from './event-store.js';
import { EventTickets } from './event-tickets.js';

export abstract class TypedEventQueue implements EventQueue {
  time = 0;
  kind = 0;
  subject = 0;
  argument = 0;
  protected readonly store = new EventStore();
  readonly #tickets = new EventTickets();
  #sequence = 0;

  get size(): number {
    return this.#tickets.pending;
  }

  push(time: number, kind: number, subject: number, argument: number): void {
    this.#tickets.pending++;
    this.add(time, this.#sequence++, argument, subject, kind);
  }

  pushCancellable(time: number, kind: number, subject: number, argument: number): EventHandle {
    const ticket = this.#tickets.issue();
    this.add(time, this.#sequence++, argument, subject, makeTag(ticket, kind));
    return this.#tickets.handleOf(ticket);
  }

  cancel(handle: EventHandle): boolean {
    return this.#tickets.cancel(handle);
  }

  abstract pop(before?: number): boolean;

  /** Puts an event where it belongs. */
  protected abstract add(time: number, sequence: number, argument: number, subject: number, tag: number): void;

  /** Frees the slot of an event that came up, and shows it; false if it was cancelled. */
  protected take(slot: number): boolean {
    const { records } = this.store;
    this.store.release(slot);
    const tag = records.tagOf(slot);
    if (!this.#tickets.redeem(ticketOf(tag))) return false;
    this.time = records.timeOf(slot);
    this.kind = kindOf(tag);
    this.subject = records.subjectOf(slot);
    this.argument = records.argumentOf(slot);
    return true;
  }
}
