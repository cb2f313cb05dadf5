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

/** Numbers kept of each part, side by side, because they are all touched at each change. */
export const USE_FIELDS = 7;
/**
 * The rate, since when; used in the window under way, and when that ends; used in all; the least and the most average of a whole
 * window; cores and ns.
 */
const RATE = 0;
const SINCE = 1;
const OPEN = 2;
const END = 3;
const TOTAL = 4;
const LEAST = 5;
const MOST = 6;

export class UseMeter {
  readonly #data: Float64Array;
  /** Where that of the first part begins, and how far it is to the next one. */
  readonly #first: number;
  readonly #stride: number;
  #begunAt = 0;

  /** @param place in what else is kept of the parts; in an array of its own if left out. */
  constructor(count: number, place?: { readonly data: Float64Array; readonly first: number; readonly stride: number }) {
    this.#data = place?.data ?? new Float64Array(count * USE_FIELDS);
    this.#first = place?.first ?? 0;
    this.#stride = place?.stride ?? USE_FIELDS;
    for (let at = this.#first; at < this.#data.length; at += this.#stride) this.#data[at + END] = WINDOW;
    this.#forget();
  }

  /** The rate from now on, cores. */
  set(part: number, rate: number, now: Instant): void {
    const at = this.#first + part * this.#stride;
    if (this.#data[at + RATE] === rate) return;
    this.#settle(at, now);
    this.#data[at + RATE] = rate;
  }

  /** So much was used beside that, just now; core·ns. */
  add(part: number, used: number, now: Instant): void {
    const at = this.#first + part * this.#stride;
    this.#settle(at, now);
    this.#data[at + OPEN]! += used;
    this.#data[at + TOTAL]! += used;
  }

  /** Forgets what was used so far. */
  reset(now: Instant): void {
    for (let at = this.#first; at < this.#data.length; at += this.#stride) this.#settle(at, now);
    this.#forget();
    this.#begunAt = now;
  }

  of(part: number, now: Instant): Use {
    const data = this.#data;
    const at = this.#first + part * this.#stride;
    this.#settle(at, now);
    const mean = now === this.#begunAt ? data[at + RATE]! : data[at + TOTAL]! / (now - this.#begunAt);
    // A run that is shorter than a window is one.
    const least = data[at + LEAST]! === Infinity ? mean : data[at + LEAST]!;
    return { mean, least: Math.min(mean, least), most: Math.max(mean, data[at + MOST]!) };
  }

  #forget(): void {
    for (let at = this.#first; at < this.#data.length; at += this.#stride) {
      this.#data[at + TOTAL] = 0;
      this.#data[at + LEAST] = Infinity;
      this.#data[at + MOST] = 0;
    }
  }

  #settle(at: number, now: Instant): void {
    const data = this.#data;
    const rate = data[at + RATE]!;
    const from = data[at + SINCE]!;
    if (from === now) return;
    const end = data[at + END]!;
    data[at + SINCE] = now;
    data[at + TOTAL]! += rate * (now - from);
    if (now < end) {
      data[at + OPEN]! += rate * (now - from);
      return;
    }
    const begin = Math.floor(now / WINDOW) * WINDOW;
    data[at + END] = begin + WINDOW;
    this.#close(at, (data[at + OPEN]! + rate * (end - from)) / WINDOW, end);
    if (begin > end) this.#close(at, rate, begin);
    data[at + OPEN] = rate * (now - begin);
  }

  #close(at: number, average: number, end: Instant): void {
    // The window in which counting began is not a whole one.
    if (end - WINDOW < this.#begunAt) return;
    const data = this.#data;
    if (average > data[at + MOST]!) data[at + MOST] = average;
    if (average < data[at + LEAST]!) data[at + LEAST] = average;
  }
}
