// How many changes of each second lie between two positions of the service log. Part of kube-proxy.
// Trigger times are whole seconds, and many nodes take in the same stretch of the log in one sync: it is counted for the
// first of them and kept for the others.

import type { ServiceLog } from '../cluster/index.js';

/** Stretches that are kept; a power of two. */
const SLOTS = 4096;
/** Different seconds that one may hold; what has more is not kept. */
const SECONDS_MAX = 8;

export class TriggerCounts {
  readonly #log: ServiceLog;
  readonly #from = new Int32Array(SLOTS).fill(-2);
  readonly #to = new Int32Array(SLOTS).fill(-2);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #triggers = new Float64Array(SLOTS * SECONDS_MAX);
  readonly #counts = new Float64Array(SLOTS * SECONDS_MAX);

  constructor(log: ServiceLog) {
    this.#log = log;
  }

  /** Calls back with each trigger time, ns, after `from` and up to `to`, and with how many changes have it. */
  forEach(from: number, to: number, take: (trigger: number, count: number) => void): void {
    const slot = (to * 61 + from) & (SLOTS - 1);
    if (this.#from[slot] !== from || this.#to[slot] !== to) {
      if (!this.#count(from, to, slot)) {
        this.#forEachRow(from, to, take);
        return;
      }
    }
    const begin = slot * SECONDS_MAX;
    for (let i = begin; i < begin + this.#lengths[slot]!; i++) take(this.#triggers[i]!, this.#counts[i]!);
  }

  #count(from: number, to: number, slot: number): boolean {
    const begin = slot * SECONDS_MAX;
    const triggers = this.#triggers;
    const counts = this.#counts;
    let length = 0;
    this.#from[slot] = -2;
    this.#forEachRow(from, to, (trigger, count) => {
      let i = 0;
      while (i < length && triggers[begin + i] !== trigger) i++;
      if (i === length && length++ < SECONDS_MAX) {
        triggers[begin + i] = trigger;
        counts[begin + i] = 0;
      }
      if (i < SECONDS_MAX) counts[begin + i]! += count;
    });
    if (length > SECONDS_MAX) return false;
    this.#lengths[slot] = length;
    this.#from[slot] = from;
    this.#to[slot] = to;
    return true;
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
