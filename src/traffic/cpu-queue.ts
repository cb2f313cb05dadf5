// The queue of a pod whose requests use CPU under a limit. Part of the traffic.
// Requests that are worked on run on threads of their own and use the container's limit together: when it is used up in a period,
// all of them stand still until the next one begins. Nothing can be told of a request when it comes, since later ones take part of
// what is left for it, so the queue is asked when something happens next, and moved on to then. Only a period in which the limit is
// used up makes a difference.

import FastPriorityQueue from 'fastpriorityqueue';
import type { CpuLimit, ServeSpec } from '../cluster/index.js';

/** What of a request is under way or waits. */
interface Job {
  readonly token: number;
  /** CPU time on each of its threads, and what it takes beside that, ns. */
  readonly cpu: number;
  readonly rest: number;
}

/** A job that runs until the clock of the queue stands there, or one that is done then. */
interface Timed extends Job {
  readonly at: number;
}

const earliest = (a: Timed, b: Timed): boolean => a.at < b.at || (a.at === b.at && a.token < b.token);

/** Less than so much is nothing, ns: instants of a run of days are told apart that well. */
const ROUNDING = 0.5;

export class CpuQueue {
  /** Periods in which a thread wanted to run, those of them in which all were stopped, and how long threads were, ns. */
  periods = 0;
  throttledPeriods = 0;
  throttledTime = 0;
  readonly #serve: Pick<ServeSpec, 'concurrency' | 'backlog' | 'threads'>;
  readonly #limit: CpuLimit;
  /** CPU of the limit that is used beside the requests, cores. */
  readonly #beside: number;
  readonly #onDone: (token: number, at: number) => void;
  /** How many CPUs there are for the container, and how fast a thread runs at most. */
  #cores: number;
  #speed: number;
  #now: number;
  /** What each running request has done of its CPU so far. */
  #clock = 0;
  #isStopped = false;
  /** Left of the limit, and when the period ends. */
  #pool: number;
  #periodEnd: number;
  /** End of the last period that was counted. */
  #countedUpTo = -1;
  readonly #running = new FastPriorityQueue<Timed>(earliest);
  readonly #resting = new FastPriorityQueue<Timed>(earliest);
  #waiting: Job[] = [];
  #head = 0;

  /**
   * @param beside CPU that the container uses beside its requests, cores. @param cores that it could have, its limit left aside.
   * @param speed of a thread, more than 0, at most 1. @param onDone called with what was given with a request, and when it was done.
   */
  constructor(
    serve: Pick<ServeSpec, 'concurrency' | 'backlog' | 'threads'>,
    limit: CpuLimit,
    beside: number,
    cores: number,
    speed: number,
    now: number,
    onDone: (token: number, at: number) => void,
  ) {
    this.#serve = serve;
    this.#limit = limit;
    this.#beside = beside;
    this.#cores = cores;
    this.#speed = speed;
    this.#onDone = onDone;
    this.#now = now;
    const { period, offset } = limit;
    this.#periodEnd = offset + (Math.floor((now - offset) / period) + 1) * period;
    this.#pool = limit.amount - beside * (now - (this.#periodEnd - period));
  }

  /** Requests that are there: waiting, running, or about to answer. */
  get size(): number {
    return this.#waiting.length - this.#head + this.#busy;
  }

  /** The CPUs that there are for it have become others. */
  setCores(cores: number, speed: number, now: number): void {
    this.advance(now);
    this.#cores = cores;
    this.#speed = speed;
  }

  /**
   * A request comes.
   * @param cpu CPU time, ns. @param rest what it takes beside that, ns. @returns false: it finds no place to wait.
   */
  join(token: number, cpu: number, rest: number, now: number): boolean {
    this.advance(now);
    const job: Job = { token, cpu: cpu / this.#serve.threads, rest };
    if (this.#busy < this.#serve.concurrency) this.#begin(job);
    else if (this.#waiting.length - this.#head >= this.#serve.backlog) return false;
    else this.#waiting.push(job);
    return true;
  }

  /** When something happens next if nobody comes; Infinity: never. */
  get nextAt(): number {
    const rests = this.#resting.peek()?.at ?? Infinity;
    const first = this.#running.peek();
    if (first === undefined) return rests;
    if (this.#isStopped) return Math.min(rests, this.#periodEnd);
    const done = this.#now + (first.at - this.#clock) / this.#rate;
    return Math.min(rests, done, this.#exhaustedAt);
  }

  /** Moves on to an instant; what was done by then is told. */
  advance(to: number): void {
    for (let next = this.nextAt; next <= to; next = this.nextAt) {
      this.#move(next);
      this.#happen();
    }
    this.#move(to);
  }

  /**
   * About how long a request would wait that comes now: what is there is worked off at the pace of the limit, or of its workers.
   * @param time mean time of a request, ns.
   */
  waitFor(time: number): number {
    const { concurrency, backlog } = this.#serve;
    const waiting = this.#waiting.length - this.#head;
    if (this.#busy < concurrency) return this.#isStopped ? this.#periodEnd - this.#now : 0;
    if (waiting >= backlog) return Infinity;
    const allowed = Math.max(1e-9, this.#limit.amount / this.#limit.period - this.#beside);
    let work = 0;
    for (let i = this.#head; i < this.#waiting.length; i++) work += this.#waiting[i]!.cpu * this.#serve.threads;
    this.#running.forEach(({ at }) => {
      work += (at - this.#clock) * this.#serve.threads;
    });
    return Math.max(work / Math.min(allowed, this.#cores), ((waiting + 1) * time) / concurrency);
  }

  get #busy(): number {
    return this.#running.size + this.#resting.size;
  }

  get #threads(): number {
    return this.#running.size * this.#serve.threads;
  }

  /** How fast each running request goes on. */
  get #rate(): number {
    return Math.min(this.#speed, (this.#cores * this.#speed) / this.#threads);
  }

  /** CPU that is used now, cores. */
  get #use(): number {
    return this.#beside + (this.#running.isEmpty() || this.#isStopped ? 0 : this.#threads * this.#rate);
  }

  /** When the limit is used up if all goes on as it does. */
  get #exhaustedAt(): number {
    const { amount, period } = this.#limit;
    if (amount === Infinity) return Infinity;
    const use = this.#use;
    const at = this.#now + Math.max(0, this.#pool) / use;
    if (at < this.#periodEnd) return at;
    return use * period > amount + ROUNDING ? this.#periodEnd + amount / use : Infinity;
  }

  /** Time passes in which nothing happens. */
  #move(to: number): void {
    if (to <= this.#now) return;
    const { amount, period } = this.#limit;
    const use = this.#use;
    const isWanted = !this.#running.isEmpty();
    if (isWanted) {
      this.#countPeriods(to);
      if (this.#isStopped) this.throttledTime += (to - this.#now) * this.#threads;
      else this.#clock += (to - this.#now) * this.#rate;
    }
    if (to >= this.#periodEnd) {
      this.#periodEnd += (Math.floor((to - this.#periodEnd) / period) + 1) * period;
      this.#pool = amount - use * (to - (this.#periodEnd - period));
    } else this.#pool -= use * (to - this.#now);
    this.#now = to;
  }

  #countPeriods(to: number): void {
    const { period } = this.#limit;
    const last =
      to < this.#periodEnd ? this.#periodEnd : this.#periodEnd + Math.ceil((to - this.#periodEnd) / period) * period;
    const from = Math.max(this.#countedUpTo, this.#periodEnd - period);
    this.periods += Math.round((last - from) / period);
    this.#countedUpTo = last;
  }

  /** What was to happen now does. */
  #happen(): void {
    while ((this.#resting.peek()?.at ?? Infinity) <= this.#now) this.#finish(this.#resting.poll()!.token);
    if (this.#isStopped) {
      if (this.#pool > ROUNDING) this.#isStopped = false;
      return;
    }
    while (this.#running.peek() !== undefined && this.#running.peek()!.at <= this.#clock + ROUNDING) {
      const job = this.#running.poll()!;
      if (job.rest > 0) this.#resting.add({ ...job, at: this.#now + job.rest });
      else this.#finish(job.token);
    }
    if (this.#pool <= ROUNDING && !this.#running.isEmpty()) this.#stop();
  }

  /** The limit is used up for this period. */
  #stop(): void {
    this.#isStopped = true;
    this.throttledPeriods += 1;
  }

  #finish(token: number): void {
    const next = this.#waiting[this.#head];
    if (next !== undefined) {
      this.#head++;
      if (this.#head > 1024) {
        this.#waiting = this.#waiting.slice(this.#head);
        this.#head = 0;
      }
      this.#begin(next);
    }
    this.#onDone(token, this.#now);
  }

  #begin(job: Job): void {
    if (job.cpu === 0) {
      this.#resting.add({ ...job, at: this.#now + job.rest });
      return;
    }
    this.#running.add({ ...job, at: this.#clock + job.cpu });
    // What is used up for others is used up for it.
    if (!this.#isStopped && this.#pool <= ROUNDING && this.#limit.amount !== Infinity) this.#stop();
  }
}
