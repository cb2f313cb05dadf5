// How an event lies in memory: 32 bytes, four doubles of which the fourth is two integers.
// Time, sequence, argument; subject and tag. The tag is the event's ticket (24 bits) and its kind (8 bits).
//
// Times are handed from one part of a queue to another by the number of a record, not by value: a double that is passed
// to a function the compiler does not inline is an object on the heap.

export const makeTag = (ticket: number, kind: number): number => (ticket << 8) | kind;
export const ticketOf = (tag: number): number => tag >>> 8;
export const kindOf = (tag: number): number => tag & 255;

export class EventRecords {
  #doubles: Float64Array;
  #integers: Int32Array;

  /** @param capacity records, at least 1. */
  constructor(capacity: number) {
    this.#doubles = new Float64Array(capacity * 4);
    this.#integers = new Int32Array(this.#doubles.buffer);
  }

  timeOf(record: number): number {
    return this.#doubles[record * 4]!;
  }

  sequenceOf(record: number): number {
    return this.#doubles[record * 4 + 1]!;
  }

  argumentOf(record: number): number {
    return this.#doubles[record * 4 + 2]!;
  }

  subjectOf(record: number): number {
    return this.#integers[record * 8 + 6]!;
  }

  tagOf(record: number): number {
    return this.#integers[record * 8 + 7]!;
  }

  write(record: number, time: number, sequence: number, argument: number, subject: number, tag: number): void {
    const doubles = this.#doubles;
    const integers = this.#integers;
    doubles[record * 4] = time;
    doubles[record * 4 + 1] = sequence;
    doubles[record * 4 + 2] = argument;
    integers[record * 8 + 6] = subject;
    integers[record * 8 + 7] = tag;
  }

  copy(record: number, from: EventRecords, source: number): void {
    const doubles = this.#doubles;
    const integers = this.#integers;
    doubles[record * 4] = from.#doubles[source * 4]!;
    doubles[record * 4 + 1] = from.#doubles[source * 4 + 1]!;
    doubles[record * 4 + 2] = from.#doubles[source * 4 + 2]!;
    integers[record * 8 + 6] = from.#integers[source * 8 + 6]!;
    integers[record * 8 + 7] = from.#integers[source * 8 + 7]!;
  }

  grow(capacity: number): void {
    const doubles = new Float64Array(capacity * 4);
    doubles.set(this.#doubles);
    this.#doubles = doubles;
    this.#integers = new Int32Array(doubles.buffer);
  }
}
