// What containers have used of CPU, and what they lacked, as the kernel counts it. Part of the machine.
// Added up from one change to the next: what a container wants and gets stands between two. Kept for containers that use CPU by
// themselves; requests under a limit have counts of their own, see traffic/cpu-queue.ts.

import { growColumns, type Instant } from '../../engine/index.js';

/** Of all pods of a workload. Times in ns. */
export interface ContainerUse {
  /** CPU time. */
  used: number;
  /** Periods of its limit in which it ran, and those of them in which it was stopped. */
  periods: number;
  throttledPeriods: number;
  /** How long threads of it were stopped, each by itself. */
  throttledTime: number;
  /** How long a thread of it waited for CPU at least. */
  waitingTime: number;
}

export const NO_USE: Readonly<ContainerUse> = {
  used: 0,
  periods: 0,
  throttledPeriods: 0,
  throttledTime: 0,
  waitingTime: 0,
};

class Columns {
  /** Counted up to this instant. */
  since = new Float64Array(0);
  used = new Float64Array(0);
  running = new Float64Array(0);
  stopped = new Float64Array(0);
  throttled = new Float64Array(0);
  waiting = new Float64Array(0);
}

export class ContainerUses {
  readonly #columns = new Columns();
  /** What containers have used that are not there any more, and those that are when it is asked for: by workload and index. */
  readonly totals = new Map<number, ContainerUse>();

  begin(place: number, now: Instant): void {
    const c = this.#columns;
    if (place >= c.since.length) growColumns(c, Math.max(256, place * 2));
    c.since[place] = now;
    c.used[place] = c.running[place] = c.stopped[place] = c.throttled[place] = c.waiting[place] = 0;
  }

  /** Until now it wanted and got so much: millicores, as far as its limit allows the former. */
  settle(place: number, demand: number, limit: number, given: number, now: Instant): void {
    const c = this.#columns;
    const time = now - c.since[place]!;
    c.since[place] = now;
    if (time === 0 || demand === 0) return;
    c.used[place]! += (given / 1000) * time;
    c.running[place]! += time;
    if (demand > limit) {
      c.stopped[place]! += time;
      c.throttled[place]! += ((demand - limit) / 1000) * time;
    }
    if (given < demand) c.waiting[place]! += time;
  }

  /**
   * Adds to the totals what has been counted of a container, and begins anew.
   * @param key of its workload and index. @param period of its limit; Infinity: it has none.
   */
  flush(place: number, key: number, period: number, now: Instant): void {
    const c = this.#columns;
    if (c.running[place] === 0) return;
    const total = this.totals.get(key) ?? { ...NO_USE };
    this.totals.set(key, total);
    total.used += c.used[place]!;
    total.periods += c.running[place]! / period;
    total.throttledPeriods += c.stopped[place]! / period;
    total.throttledTime += c.throttled[place]!;
    total.waitingTime += c.waiting[place]!;
    this.begin(place, now);
  }
}
