// How much CPU each part of a node has used: in all, and in the windows of ten seconds in which it was most and least. Part of the
// machine. Between two changes the rate stands, so a change costs the same however long ago the last one was.

import { type Instant, seconds } from '../../engine/index.js';

/** Over which a peak is an average, ns: a share of a scrape interval; our choice. */
const WINDOW = seconds(10);

/** What was used of one part, in cores. */
export interface Use {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

export class UseMeter {
  readonly #rate: Float64Array;
  readonly #since: Float64Array;
  /** Used in the window under way, in all so far, core·ns; and the averages of whole windows. */
  readonly #window: Float64Array;
  readonly #total: Float64Array;
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  #begunAt = 0;

  constructor(count: number) {
    this.#rate = new Float64Array(count);
    this.#since = new Float64Array(count);
    this.#window = new Float64Array(count);
    this.#total = new Float64Array(count);
    this.#least = new Float64Array(count).fill(Infinity);
    this.#most = new Float64Array(count);
  }

  /** The rate from now on, cores. */
  set(part: number, rate: number, now: Instant): void {
    if (this.#rate[part] === rate) return;
    this.#settle(part, now);
    this.#rate[part] = rate;
  }

  /** Work that has been done just now beside that, core·ns. */
  add(part: number, work: number, now: Instant): void {
    this.#settle(part, now);
    this.#window[part]! += work;
    this.#total[part]! += work;
  }

  /** Forgets what was used so far. */
  reset(now: Instant): void {
    for (let part = 0; part < this.#rate.length; part++) this.#settle(part, now);
    this.#total.fill(0);
    this.#most.fill(0);
    this.#least.fill(Infinity);
    this.#begunAt = now;
  }

  of(part: number, now: Instant): Use {
    this.#settle(part, now);
    const mean = now === this.#begunAt ? this.#rate[part]! : this.#total[part]! / (now - this.#begunAt);
    // A run that is shorter than a window is one.
    const least = this.#least[part]! === Infinity ? mean : this.#least[part]!;
    return { mean, least: Math.min(mean, least), most: Math.max(mean, this.#most[part]!) };
  }

  #settle(part: number, now: Instant): void {
    const rate = this.#rate[part]!;
    let from = this.#since[part]!;
    if (from === now) return;
    this.#total[part]! += rate * (now - from);
    this.#since[part] = now;
    const end = (Math.floor(from / WINDOW) + 1) * WINDOW;
    if (now < end) {
      this.#window[part]! += rate * (now - from);
      return;
    }
    this.#close(part, (this.#window[part]! + rate * (end - from)) / WINDOW, end);
    from = Math.floor(now / WINDOW) * WINDOW;
    if (from > end) this.#close(part, rate, from);
    this.#window[part] = rate * (now - from);
  }

  #close(part: number, average: number, end: Instant): void {
    // The window in which counting began is not a whole one.
    if (end - WINDOW < this.#begunAt) return;
    if (average > this.#most[part]!) this.#most[part] = average;
    if (average < this.#least[part]!) this.#least[part] = average;
  }
}
