// The event queue as one 4-ary heap on flat arrays: simple, exact, no tuning.

import type { EventHandle, EventQueue } from '../event-queue.js';
import { kindOf, makeTag, ticketOf } from './event-records.js';
import { EventStore } from './event-store.js';
import { EventTickets } from './event-tickets.js';
import { SlotHeap } from './slot-heap.js';

export class HeapEventQueue implements EventQueue {
  time = 0;
  kind = 0;
  subject = 0;
  argument = 0;
  readonly #tickets = new EventTickets();
  readonly #store = new EventStore();
  readonly #heap = new SlotHeap();
  #sequence = 0;

  get size(): number {
    return this.#tickets.pending;
  }

  push(time: number, kind: number, subject: number, argument: number): void {
    this.#tickets.pending++;
    this.#add(time, kind, subject, argument);
  }

  pushCancellable(time: number, kind: number, subject: number, argument: number): EventHandle {
    const ticket = this.#tickets.issue();
    this.#add(time, makeTag(ticket, kind), subject, argument);
    return this.#tickets.handleOf(ticket);
  }

  cancel(handle: EventHandle): boolean {
    return this.#tickets.cancel(handle);
  }

  pop(before = Infinity): boolean {
    const store = this.#store;
    const heap = this.#heap;
    while (heap.size > 0 && heap.earliestTime < before) {
      const slot = heap.pop();
      store.release(slot);
      const tag = store.records.tagOf(slot);
      if (!this.#tickets.redeem(ticketOf(tag))) continue;
      this.time = store.records.timeOf(slot);
      this.kind = kindOf(tag);
      this.subject = store.records.subjectOf(slot);
      this.argument = store.records.argumentOf(slot);
      return true;
    }
    return false;
  }

  #add(time: number, tag: number, subject: number, argument: number): void {
    const slot = this.#store.acquire();
    this.#store.records.write(slot, time, this.#sequence++, argument, subject, tag);
    this.#heap.push(slot, this.#store.records);
  }
}
