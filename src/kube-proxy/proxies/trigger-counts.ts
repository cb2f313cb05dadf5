// How many changes of each second lie between two positions of the service log. Part of kube-proxy.
// Trigger times are whole seconds, so that there are few of them between two positions. Every sync of every node asks: the
// answer stands in columns, and asking allocates nothing.

import type { ServiceLog } from '../../cluster/index.js';
import { LogRangeCache, RANGES } from '../log-range-cache.js';

/** Different seconds that a stretch may hold; what has more is not kept. */
const SECONDS_MAX = 8;
/** Where a stretch that is not kept stands: behind all that are. */
const UNKEPT = RANGES * SECONDS_MAX;

export class TriggerCounts {
  /** Trigger times, ns, and how many changes have them. What {@link find} has found is at these places until the next call. */
  triggers = new Float64Array(UNKEPT);
  counts = new Float64Array(UNKEPT);
  /** The place behind the last of what was found. */
  end = 0;
  readonly #log: ServiceLog;
  readonly #ranges = new LogRangeCache();
  readonly #lengths = new Uint8Array(RANGES);

  constructor(log: ServiceLog) {
    this.#log = log;
  }

  /**
   * Finds the trigger times of changes after `from` and up to `to`; a time may stand there more than once.
   * @returns the place of the first; `end` is set.
   */
  find(from: number, to: number): number {
    const slot = this.#ranges.slotOf(from, to);
    const begin = slot * SECONDS_MAX;
    if (this.#ranges.holds(slot, from, to) || this.#count(from, to, slot)) {
      this.end = begin + this.#lengths[slot]!;
      return begin;
    }
    this.#ranges.drop(slot);
    this.end = UNKEPT;
    this.#forEachRow(from, to, (trigger, count) => {
      if (this.end === this.triggers.length) this.#grow();
      this.triggers[this.end] = trigger;
      this.counts[this.end++] = count;
    });
    return UNKEPT;
  }

  /** @returns false if there are too many seconds to keep. */
  #count(from: number, to: number, slot: number): boolean {
    const begin = slot * SECONDS_MAX;
    const { triggers, counts } = this;
    let length = 0;
    this.#forEachRow(from, to, (trigger, count) => {
      let i = 0;
      while (i < length && triggers[begin + i] !== trigger) i++;
      if (i === length && length++ < SECONDS_MAX) {
        triggers[begin + i] = trigger;
        counts[begin + i] = 0;
      }
      if (i < SECONDS_MAX) counts[begin + i]! += count;
    });
    this.#lengths[slot] = length;
    return length <= SECONDS_MAX;
  }

  /** Changes in a row that have one trigger time; those without one are left out. */
  #forEachRow(from: number, to: number, take: (trigger: number, count: number) => void): void {
    const { triggerTime, triggerRow } = this.#log;
    for (let last = to; last > from; ) {
      const first = Math.max(triggerRow[last]!, from + 1);
      const trigger = triggerTime[last]!;
      if (!Number.isNaN(trigger)) take(trigger, last - first + 1);
      last = first - 1;
    }
  }

  #grow(): void {
    for (const name of ['triggers', 'counts'] as const) {
      const longer = new Float64Array(this[name].length * 2);
      longer.set(this[name]);
      this[name] = longer;
    }
  }
}
