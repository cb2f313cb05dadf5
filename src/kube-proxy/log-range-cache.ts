// Stretches of the service log that were looked at last. Part of kube-proxy.
// Many nodes go from one position to the same other one in their syncs: what lies between is worked out for the first of
// them and kept for the others. A stretch has a slot; who keeps something of it has columns by slot.

/** A power of two. */
export const RANGES = 4096;
const NOTHING = -2;

export class LogRangeCache {
  readonly #from = new Int32Array(RANGES).fill(NOTHING);
  readonly #to = new Int32Array(RANGES).fill(NOTHING);

  /** The slot of what lies after `from` and up to `to`, positions of the log. */
  slotOf(from: number, to: number): number {
    return (to * 61 + from) & (RANGES - 1);
  }

  /** Whether the slot holds that stretch; the one that it held before gives way to it from now on. */
  holds(slot: number, from: number, to: number): boolean {
    if (this.#from[slot] === from && this.#to[slot] === to) return true;
    this.#from[slot] = from;
    this.#to[slot] = to;
    return false;
  }

  /** What is in the slot is not to be used again. */
  drop(slot: number): void {
    this.#from[slot] = NOTHING;
  }
}
