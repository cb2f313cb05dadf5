// A capacity that many jobs share fairly. Part of the engine.
// Every job gets the same rate, except that none gets more than its own limit; what the limited ones leave is shared by the
// others (max-min fairness). Jobs with the same limit form a class, which has a clock: the work that each of its members
// has been given so far. A job is done when the clock of its class reaches the mark it was given at its arrival, so a
// change of rates costs as many steps as there are classes, however many jobs there are, and one event is pending at most.

import FastPriorityQueue from 'fastpriorityqueue';
import { type EventHandle, NO_EVENT } from './event-queue.js';
import type { EventKind, Simulation } from './simulation.js';
import { NS_PER_SECOND } from './time.js';

interface Job {
  readonly id: number;
  readonly mark: number;
  readonly sequence: number;
  readonly of: JobClass;
  isGone: boolean;
}

interface JobClass {
  readonly limit: number;
  readonly jobs: FastPriorityQueue<Job>;
  size: number;
  /** Work that each member had been given when the rate last changed… */
  work: number;
  /** … which was then, ns. */
  since: number;
  rate: number;
}

/** What is left of a capacity that is all shared out is not more than so much of it. */
const ROUNDING = 1e-9;

export class ProcessorSharing {
  readonly #simulation: Simulation;
  readonly #onDone: (job: number) => void;
  readonly #done: EventKind;
  /** Rising by limit. */
  readonly #classes: JobClass[] = [];
  readonly #jobs = new Map<number, Job>();
  #capacity: number;
  #advancedAt = 0;
  #isSaturated = false;
  #saturatedTime = 0;
  #next: Job | undefined;
  #handle: EventHandle = NO_EVENT;
  #sequence = 0;

  /**
   * @param name of the event at which a job is done. @param capacity units a second over all jobs; Infinity: no bound.
   * @param onDone called when a job is done and gone.
   */
  constructor(simulation: Simulation, name: string, capacity: number, onDone: (job: number) => void) {
    this.#simulation = simulation;
    this.#capacity = capacity;
    this.#onDone = onDone;
    this.#done = simulation.on(name, () => this.#onEvent());
  }

  /** Time so far in which all of the capacity was used, ns. */
  get saturatedTime(): number {
    return this.#saturatedTime + (this.#isSaturated ? this.#simulation.now - this.#advancedAt : 0);
  }

  /** Jobs present. */
  get size(): number {
    return this.#jobs.size;
  }

  /**
   * A job of so much work arrives. Throws a RangeError for a job that is there already, and if nothing bounds its rate.
   * @param work units, >= 0. @param limit units a second that it gets at most, >= 0.
   */
  add(job: number, work: number, limit: number): void {
    if (this.#jobs.has(job)) throw new RangeError(`job ${job} is there already`);
    if (limit === Infinity && this.#capacity === Infinity) throw new RangeError(`job ${job} has no bound to its rate`);
    this.#advance();
    const of = this.#classOf(limit);
    const entry: Job = { id: job, mark: this.#clockOf(of) + work, sequence: this.#sequence++, of, isGone: false };
    of.jobs.add(entry);
    of.size++;
    this.#jobs.set(job, entry);
    this.#reschedule();
  }

  /** Changes what a job gets at most; what has been done of it stays done. Nothing for a job that is not there. */
  setLimit(job: number, limit: number): void {
    const entry = this.#jobs.get(job);
    if (entry === undefined || entry.of.limit === limit) return;
    this.#advance();
    const left = Math.max(0, entry.mark - this.#clockOf(entry.of));
    this.#take(entry);
    this.add(job, left, limit);
  }

  /** Takes a job away unfinished. */
  remove(job: number): void {
    const entry = this.#jobs.get(job);
    if (entry === undefined) return;
    this.#advance();
    this.#take(entry);
    this.#reschedule();
  }

  /** Changes the capacity from now on, units a second; 0: nothing is done. */
  setCapacity(capacity: number): void {
    this.#advance();
    this.#capacity = capacity;
    this.#reschedule();
  }

  #onEvent(): void {
    this.#handle = NO_EVENT;
    const job = this.#next!;
    this.#advance();
    this.#take(job);
    this.#reschedule();
    this.#onDone(job.id);
  }

  #take(job: Job): void {
    job.isGone = true;
    job.of.size--;
    this.#jobs.delete(job.id);
  }

  #classOf(limit: number): JobClass {
    let at = 0;
    while (at < this.#classes.length && this.#classes[at]!.limit < limit) at++;
    const found = this.#classes[at];
    if (found?.limit === limit) return found;
    const before = (a: Job, b: Job): boolean => a.mark < b.mark || (a.mark === b.mark && a.sequence < b.sequence);
    const added: JobClass = { limit, jobs: new FastPriorityQueue(before), size: 0, work: 0, since: 0, rate: 0 };
    this.#classes.splice(at, 0, added);
    return added;
  }

  #advance(): void {
    const { now } = this.#simulation;
    if (this.#isSaturated) this.#saturatedTime += now - this.#advancedAt;
    this.#advancedAt = now;
  }

  /** Work that each member of a class has been given up to now. */
  #clockOf(of: JobClass): number {
    return of.work + of.rate * ((this.#simulation.now - of.since) / NS_PER_SECOND);
  }

  /** While a rate stays the same, so does what was worked out from it: others that come and go move no end by a rounding. */
  #setRate(of: JobClass, rate: number): void {
    if (rate === of.rate) return;
    of.work = this.#clockOf(of);
    of.since = this.#simulation.now;
    of.rate = rate;
  }

  /** Shares the capacity again and schedules the next end. */
  #reschedule(): void {
    this.#simulation.cancel(this.#handle);
    this.#handle = NO_EVENT;
    let left = this.#capacity;
    let waiting = this.#jobs.size;
    let soonest = Infinity;
    for (let at = this.#classes.length - 1; at >= 0; at--)
      if (this.#classes[at]!.size === 0) this.#classes.splice(at, 1);
    for (const of of this.#classes) {
      this.#setRate(of, Math.min(of.limit, left / waiting));
      left -= of.rate * of.size;
      waiting -= of.size;
      while (of.jobs.peek()!.isGone) of.jobs.poll();
      const job = of.jobs.peek()!;
      const ends = of.rate > 0 ? of.since + ((job.mark - of.work) / of.rate) * NS_PER_SECOND : Infinity;
      if (ends < soonest) {
        soonest = ends;
        this.#next = job;
      }
    }
    this.#isSaturated = this.#capacity < Infinity && left <= this.#capacity * ROUNDING;
    const at = Math.max(this.#simulation.now, Math.round(soonest));
    if (at < Number.MAX_SAFE_INTEGER) this.#handle = this.#simulation.scheduleCancellable(at, this.#done, 0);
  }
}
