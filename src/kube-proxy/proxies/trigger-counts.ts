// How many changes of each second lie between two positions of the service log. Part of kube-proxy.
// Trigger times are whole seconds, so that there are few of them between two positions.

import type { ServiceLog } from '../../cluster/index.js';
import { LogRangeCache, RANGES } from '../log-range-cache.js';

/** Different seconds that a stretch may hold; what has more is not kept. */
const SECONDS_MAX = 8;

export class TriggerCounts {
  readonly #log: ServiceLog;
  readonly #ranges = new LogRangeCache();
  readonly #lengths = new Uint8Array(RANGES);
  readonly #triggers = new Float64Array(RANGES * SECONDS_MAX);
  readonly #counts = new Float64Array(RANGES * SECONDS_MAX);

  constructor(log: ServiceLog) {
    this.#log = log;
  }

  /** Calls back with each trigger time, ns, after `from` and up to `to`, and with how many changes have it. */
  forEach(from: number, to: number, take: (trigger: number, count: number) => void): void {
    const slot = this.#ranges.slotOf(from, to);
    if (!this.#ranges.holds(slot, from, to) && !this.#count(from, to, slot)) {
      this.#ranges.drop(slot);
      this.#forEachRow(from, to, take);
      return;
    }
    const begin = slot * SECONDS_MAX;
    for (let i = begin; i < begin + this.#lengths[slot]!; i++) take(this.#triggers[i]!, this.#counts[i]!);
  }

  /** @returns false if there are too many seconds to keep. */
  #count(from: number, to: number, slot: number): boolean {
    const begin = slot * SECONDS_MAX;
    const triggers = this.#triggers;
    const counts = this.#counts;
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
}
