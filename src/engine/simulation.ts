// The simulation loop. Part of the engine: it owns the clock, the pending events and the bounds of a run.
// Events at the same instant run in the order in which they were scheduled. An event nobody handles stops the run.

import { EVENT_KIND_MAX, type EventHandle, type EventQueue, NO_EVENT } from './event-queue.js';
import { Fingerprint } from './fingerprint.js';
import { INSTANT_MAX, type Instant, START } from './time.js';

/** What happens when an event of a kind comes due. */
export type EventHandler = (subject: number, argument: number) => void;

/** A registered kind of event. */
export type EventKind = number;

export interface SimulationBounds {
  /** Executed events after which the run stops with an error. Default: unlimited. */
  readonly eventsMax?: number;
  /** Instant after which nothing may be scheduled. Default: {@link INSTANT_MAX}. */
  readonly timeMax?: Instant;
  /** Nothing is executed from this instant on, so what is scheduled for then is dropped. Default: never. */
  readonly end?: Instant;
}

/** A bound of the run was reached; the message names it. */
export class BoundExceededError extends Error {
  readonly bound: 'events' | 'time';

  constructor(bound: 'events' | 'time', message: string) {
    super(message);
    this.name = 'BoundExceededError';
    this.bound = bound;
  }
}

export class Simulation {
  now: Instant = START;
  executed = 0;
  readonly fingerprint = new Fingerprint();
  readonly #queue: EventQueue;
  readonly #eventsMax: number;
  readonly #timeMax: number;
  readonly #end: number;
  readonly #handlers: EventHandler[] = [unreachable];
  readonly #names: string[] = ['cancelled'];
  readonly #executedByKind: number[] = [0];

  constructor(queue: EventQueue, bounds: SimulationBounds = {}) {
    this.#queue = queue;
    this.#eventsMax = bounds.eventsMax ?? Infinity;
    this.#timeMax = bounds.timeMax ?? INSTANT_MAX;
    this.#end = bounds.end ?? Infinity;
  }

  /** Registers a kind of event; throws a RangeError beyond 255 kinds. */
  on(name: string, handler: EventHandler): EventKind {
    const kind = this.#handlers.length;
    if (kind > EVENT_KIND_MAX) throw new RangeError(`more than ${EVENT_KIND_MAX} kinds of events: ${name}`);
    this.#handlers.push(handler);
    this.#names.push(name);
    this.#executedByKind.push(0);
    return kind;
  }

  /** Number of pending events. */
  get pending(): number {
    return this.#queue.size;
  }

  /** The event that is executed, or was executed last; `cancelled` before the first one. */
  get current(): { readonly name: string; readonly time: Instant } {
    return { name: this.#names[this.executed === 0 ? 0 : this.#queue.kind]!, time: this.now };
  }

  /** Executed events by kind, in the order of registration. */
  executedByKind(): readonly { readonly name: string; readonly executed: number }[] {
    return this.#names.slice(1).map((name, i) => ({ name, executed: this.#executedByKind[i + 1]! }));
  }

  /**
   * Schedules an event; nothing if it would come after the end of the run.
   * Throws an error naming the kind, the subject and both times if `at` lies in the past or is no number, and a
   * {@link BoundExceededError} if it lies beyond the time bound.
   */
  schedule(at: Instant, kind: EventKind, subject: number, argument = 0): void {
    if (this.#isOver(at, kind, subject, argument)) return;
    this.#queue.push(at, kind, subject, argument);
  }

  /** {@link schedule}, and a name for the event by which it can be cancelled; {@link NO_EVENT} if there is none. */
  scheduleCancellable(at: Instant, kind: EventKind, subject: number, argument = 0): EventHandle {
    if (this.#isOver(at, kind, subject, argument)) return NO_EVENT;
    return this.#queue.pushCancellable(at, kind, subject, argument);
  }

  cancel(handle: EventHandle): boolean {
    return this.#queue.cancel(handle);
  }

  /**
   * Executes every event before `until` and sets the clock to `until`, or so many of them as are asked for.
   * @returns whether it has come to `until`.
   */
  runUntil(until: Instant, eventsMost = Infinity): boolean {
    const queue = this.#queue;
    const handlers = this.#handlers;
    const counts = this.#executedByKind;
    const fingerprint = this.fingerprint;
    const enough = this.executed + eventsMost;
    while (this.executed < enough && queue.pop(until)) {
      if (this.executed >= this.#eventsMax) this.#refuseMoreEvents();
      const { kind, subject, argument } = queue;
      this.now = queue.time;
      this.executed++;
      counts[kind]!++;
      fingerprint.add(queue.time, kind, subject, argument);
      const handler = handlers[kind];
      if (handler === undefined) this.#refuseUnhandled(kind, subject, argument);
      else handler(subject, argument);
    }
    if (this.executed >= enough) return false;
    if (until > this.now) this.now = until;
    return true;
  }

  /** Whether an instant is after the end. Throws if it lies in the past, or beyond the bound. */
  #isOver(at: number, kind: number, subject: number, argument: number): boolean {
    if (!(at >= this.now)) this.#refusePast(at, kind, subject, argument);
    if (at >= this.#end) return true;
    if (at > this.#timeMax) this.#refuseBeyondBound(at, kind, subject);
    return false;
  }

  #refusePast(at: number, kind: number, subject: number, argument: number): never {
    throw new RangeError(
      `event ${this.#names[kind]} (subject ${subject}, argument ${argument}) scheduled for ${at} ns, but it is ${this.now} ns`,
    );
  }

  #refuseBeyondBound(at: number, kind: number, subject: number): never {
    throw new BoundExceededError(
      'time',
      `time bound of ${this.#timeMax} ns exceeded: event ${this.#names[kind]} (subject ${subject}) wants ${at} ns`,
    );
  }

  #refuseMoreEvents(): never {
    throw new BoundExceededError(
      'events',
      `event bound of ${this.#eventsMax} exceeded at ${this.now} ns with ${this.pending + 1} events pending`,
    );
  }

  #refuseUnhandled(kind: number, subject: number, argument: number): never {
    throw new Error(`event of unknown kind ${kind} (subject ${subject}, argument ${argument}) at ${this.now} ns`);
  }
}

function unreachable(): never {
  throw new Error('a cancelled event was executed');
}
