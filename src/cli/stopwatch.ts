// How long a command has taken, by a monotonic clock.

export class Stopwatch {
  /** By the calendar, for people. */
  readonly startedAt = new Date();
  readonly #from = performance.now();

  /** Since it was made; never negative. */
  get seconds(): number {
    return (performance.now() - this.#from) / 1000;
  }
}
