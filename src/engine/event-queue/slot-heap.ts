// A 4-ary heap of slots ordered by (time, order), on flat arrays. The heap queue is one of these; the wheel uses two.

export class SlotHeap {
  size = 0;
  #times = new Float64Array(64);
  #orders = new Float64Array(64);
  #slots = new Int32Array(64);

  /** Time of the earliest entry; only valid while size > 0. */
  get earliestTime(): number {
    return this.#times[0]!;
  }

  get earliestSlot(): number {
    return this.#slots[0]!;
  }

  push(time: number, order: number, slot: number): void {
    if (this.size === this.#slots.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && orders[parent]! < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent]!;
      slots[at] = slots[parent]!;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  /** Takes out the earliest entry and returns its slot; only valid while size > 0. */
  pop(): number {
    const slots = this.#slots;
    const top = slots[0]!;
    const last = --this.size;
    if (last > 0) this.#sink(this.#times[last]!, this.#orders[last]!, slots[last]!, last);
    return top;
  }

  #sink(time: number, order: number, slot: number, size: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    let at = 0;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= size) break;
      const end = Math.min(first + 4, size);
      let least = first;
      let leastTime = times[first]!;
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child]!;
        if (childTime < leastTime || (childTime === leastTime && orders[child]! < orders[least]!)) {
          least = child;
          leastTime = childTime;
        }
      }
      if (time < leastTime || (time === leastTime && order < orders[least]!)) break;
      times[at] = leastTime;
      orders[at] = orders[least]!;
      slots[at] = slots[least]!;
      at = least;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    const times = new Float64Array(length);
    const orders = new Float64Array(length);
    const slots = new Int32Array(length);
    times.set(this.#times);
    orders.set(this.#orders);
    slots.set(this.#slots);
    this.#times = times;
    this.#orders = orders;
    this.#slots = slots;
  }
}
