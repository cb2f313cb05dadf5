// Simulated time. Part of the engine: every other module counts in these two types.
// Time is an integer number of nanoseconds held in a double, exact up to 2^53 ns (104 simulated days).
// Instant and Duration are different types: passing one for the other does not compile. Both take a plain number, which is what
// arithmetic and typed arrays give, so that nothing has to be cast.

declare const kind: unique symbol;

/** A point in simulated time: integer nanoseconds since the start of the run, 0 … {@link INSTANT_MAX}. */
export type Instant = number & { readonly [kind]?: 'instant' };

/** A length of simulated time: integer nanoseconds, never negative. */
export type Duration = number & { readonly [kind]?: 'duration' };

/** The last representable instant, about 104 days after the start. */
export const INSTANT_MAX = Number.MAX_SAFE_INTEGER;

/** The start of every run. */
export const START = 0;

export const NS_PER_SECOND = 1_000_000_000;
export const NS_PER_MILLISECOND = 1_000_000;
export const NS_PER_MICROSECOND = 1_000;

/** Takes a number of nanoseconds as an instant; throws a RangeError unless it is an integer in 0 … INSTANT_MAX. */
export function instant(ns: number): Instant {
  assertWholeNs('instant', ns);
  return ns;
}

/** Takes a number of nanoseconds as a duration; throws a RangeError unless it is an integer in 0 … INSTANT_MAX. */
export function duration(ns: number): Duration {
  assertWholeNs('duration', ns);
  return ns;
}

function assertWholeNs(what: string, ns: number): void {
  if (!Number.isSafeInteger(ns) || ns < 0) {
    throw new RangeError(`${what} must be a whole number of nanoseconds from 0 to ${INSTANT_MAX}, not ${ns}`);
  }
}

/** A duration of so many seconds, rounded to the nearest nanosecond. */
export const seconds = (n: number): Duration => duration(Math.round(n * NS_PER_SECOND));

/** A duration of so many milliseconds, rounded to the nearest nanosecond. */
export const milliseconds = (n: number): Duration => duration(Math.round(n * NS_PER_MILLISECOND));

/** A duration of so many microseconds, rounded to the nearest nanosecond. */
export const microseconds = (n: number): Duration => duration(Math.round(n * NS_PER_MICROSECOND));

/** Down to whole seconds, as times stand in the objects of the API server; `ns` and what is returned are in ns. */
export const wholeSeconds = (ns: number): number => Math.floor(ns / NS_PER_SECOND) * NS_PER_SECOND;

/** The instant `length` after `start`. */
export function after(start: Instant, length: Duration): Instant {
  return start + length;
}

/** The time from `start` to `end`; throws a RangeError if `end` is earlier. */
export function elapsed(start: Instant, end: Instant): Duration {
  if (end < start) throw new RangeError(`elapsed: end ${end} ns is before start ${start} ns`);
  return end - start;
}

/** The later of two instants. */
export function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

/** Nanoseconds as seconds, for reports. */
export const toSeconds = (ns: number): number => ns / NS_PER_SECOND;
