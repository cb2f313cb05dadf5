// The contract of an event queue. Part of the engine; its variants lie in event-queue/.
// A queue holds numbers, not closures: a kind (which handler), a subject (which entity) and an argument. It gives events
// back by time, and those of one time in the order in which they were pushed.

/** Names one pending event, for cancelling it. Never reused while it matters: it counts the uses of its slot. */
export type EventHandle = number;

/** No event. */
export const NO_EVENT: EventHandle = -1;

/** Kinds are 1 … 255; 0 marks a cancelled event. */
export const EVENT_KIND_MAX = 255;

export interface EventQueue {
  /** Number of pending events, cancelled ones not counted. */
  readonly size: number;
  /** What the last successful {@link pop} took out. */
  readonly time: number;
  readonly kind: number;
  readonly subject: number;
  readonly argument: number;
  /**
   * Adds an event.
   * @param time whole ns, 0 … 2^53-1. @param kind 1 … 255. @param subject 32-bit whole number. @param argument any double.
   */
  push(time: number, kind: number, subject: number, argument: number): void;
  /** {@link push}, and a name for the event by which it can be cancelled. Most events need none, and a name costs. */
  pushCancellable(time: number, kind: number, subject: number, argument: number): EventHandle;
  /** Takes a pending event out of the order; false if it already happened or was cancelled. */
  cancel(handle: EventHandle): boolean;
  /**
   * Takes out the earliest event before `before` and shows it in time, kind, subject, argument; false if there is none.
   * Default: Infinity.
   */
  pop(before?: number): boolean;
}

/** The ways to keep events in order; all give the same order. `wheel` is the default, see docs/design/0002. */
export const QUEUE_NAMES = ['wheel', 'heap', 'fastpriorityqueue'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];
