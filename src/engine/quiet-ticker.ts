// Tickers most of whose ticks change nothing but a count. Part of the engine.
//
// A ticker is quiet while a tick that turns out like the last one changes nothing; the tick that will turn out otherwise is one
// geometric draw, made again whenever its probability or the ticks change, and only that tick is an event. What is skipped is
// counted by arithmetic. With `executeEveryTick` every tick is an event and uses the same draws, which must come to the same.
// A tick at the very instant of a change belongs to the state before it, whichever of the two is executed first.

import { growColumns } from './columns.js';
import { type EventHandle, NO_EVENT } from './event-queue.js';
import { tickAfter, ticksBetween } from './periodic.js';
import type { EventKind, Simulation } from './simulation.js';
import type { Duration, Instant } from './time.js';
import { trialsUntilSuccess } from './trials.js';

/** What skipped ticks come to; this one: nothing that counts. Others are the owner's own numbers, up to 255. */
export const NO_OUTCOME = 0;

export interface QuietTickerListener {
  /** A tick that may change something. @param wasQuiet it was drawn as the one that turns out otherwise. */
  onTick(ticker: number, wasQuiet: boolean): void;
  /** Ticks have passed that came to `outcome`. @param detail what was given with it. */
  onSkipped(ticker: number, outcome: number, detail: number, ticks: number): void;
  /** Uniform draw on (0, 1) for the tick that turns out otherwise. */
  draw(ticker: number): number;
}

class TickerColumns {
  period = new Float64Array(0);
  /** A tick; the others lie whole periods before and after. */
  anchor = new Float64Array(0);
  /** The next tick that is an event, and when that is. */
  handle = new Float64Array(0);
  dueAt = new Float64Array(0);
  /** Ticks after this instant and before the next event are skipped ones… */
  since = new Float64Array(0);
  /** … which come to this. */
  outcome = new Uint8Array(0);
  detail = new Int32Array(0);
  /** Odds and first tick as of the draw for the next event; NaN: it was not drawn. */
  odds = new Float64Array(0);
  start = new Float64Array(0);
  /** Slow twin: executed ticks until the one that matters. */
  countdown = new Float64Array(0);
}

export class QuietTickers {
  #count = 0;
  readonly #columns = new TickerColumns();
  readonly #simulation: Simulation;
  readonly #executeEveryTick: boolean;
  readonly #listener: QuietTickerListener;
  readonly #ticked: EventKind;

  /** @param name of the event. */
  constructor(simulation: Simulation, name: string, executeEveryTick: boolean, listener: QuietTickerListener) {
    this.#simulation = simulation;
    this.#executeEveryTick = executeEveryTick;
    this.#listener = listener;
    this.#ticked = simulation.on(name, (ticker) => this.#onTick(ticker));
  }

  /** A new ticker, whose number is returned; none of its ticks is an event yet. Numbers follow each other from 0 on. */
  add(anchor: Instant, period: Duration): number {
    const c = this.#columns;
    const ticker = this.#count++;
    if (ticker === c.period.length) growColumns(c, Math.max(1024, ticker * 2), { odds: Number.NaN });
    c.period[ticker] = period;
    c.anchor[ticker] = anchor;
    c.handle[ticker] = NO_EVENT;
    c.since[ticker] = this.#simulation.now;
    return ticker;
  }

  /** It ticks at this instant and whole periods before and after. */
  move(ticker: number, anchor: Instant): void {
    this.#columns.anchor[ticker] = anchor;
  }

  anchorOf(ticker: number): Instant {
    return this.#columns.anchor[ticker]!;
  }

  /** Its first tick after an instant. */
  tickAfter(ticker: number, at: Instant): Instant {
    const c = this.#columns;
    return tickAfter(c.anchor[ticker]!, c.period[ticker]!, at);
  }

  /** Nothing that happened up to an instant, that one included, is counted any more. */
  countFrom(ticker: number, after: number): void {
    this.#columns.since[ticker] = after;
  }

  /** The event that was scheduled for it does not take place. */
  cancel(ticker: number): void {
    this.#simulation.cancel(this.#columns.handle[ticker]! as EventHandle);
  }

  /** It is not quiet: each tick may change something. None of them is an event unless {@link schedule} says so. */
  stir(ticker: number): void {
    const c = this.#columns;
    this.cancel(ticker);
    c.handle[ticker] = NO_EVENT;
    c.outcome[ticker] = NO_OUTCOME;
    c.odds[ticker] = Number.NaN;
  }

  /** One tick is an event. @param at it need not be one of its ticks. */
  schedule(ticker: number, at: Instant): void {
    this.#schedule(ticker, at, 1);
  }

  /** No tick is an event until something else happens. */
  rest(ticker: number, next: Instant): void {
    if (this.#executeEveryTick) this.#schedule(ticker, next, Infinity);
  }

  /**
   * Nothing changes before the tick that turns out otherwise. As long as its odds and its ticks stay what they were, so does
   * that tick, whatever else there was to reconsider.
   * @param next tick. @param start the first tick that comes to something. @param outcome what each comes to until one turns out
   * otherwise, for which the odds are the probability. @param detail given back with what was skipped.
   */
  settle(ticker: number, next: Instant, start: Instant, outcome: number, detail: number, odds: number): void {
    const c = this.#columns;
    const period = c.period[ticker]!;
    const isAsBefore =
      c.odds[ticker] === odds &&
      c.outcome[ticker] === outcome &&
      start === Math.max(c.start[ticker]!, next) &&
      (start - c.start[ticker]!) % period === 0;
    c.outcome[ticker] = outcome;
    c.detail[ticker] = detail;
    c.since[ticker] = start - 1;
    if (isAsBefore) return;
    this.cancel(ticker);
    c.handle[ticker] = NO_EVENT;
    c.odds[ticker] = odds;
    c.start[ticker] = start;
    const u = odds > 0 && odds < 1 ? this.#listener.draw(ticker) : 0.5;
    const trials = trialsUntilSuccess(odds, u);
    if (this.#executeEveryTick) this.#schedule(ticker, start, trials);
    else if (trials !== Infinity) {
      const at = start + (trials - 1) * period;
      if (at < Number.MAX_SAFE_INTEGER) this.#schedule(ticker, at, 1);
    }
  }

  /**
   * Something is about to change now. A tick at this very instant belongs to the state before it: one that changes nothing is
   * counted here. @returns false if the tick is still to come as an event, with what it was drawn for.
   */
  passTickOfNow(ticker: number): boolean {
    const { now } = this.#simulation;
    const c = this.#columns;
    const isDue = c.handle[ticker] !== NO_EVENT && c.dueAt[ticker] === now;
    if (isDue && !(c.countdown[ticker]! > 1)) {
      this.countSkipped(ticker);
      return false;
    }
    if (isDue) this.#executeQuiet(ticker);
    this.countSkipped(ticker, now + 1);
    return true;
  }

  /** Counts the ticks skipped since the last look and before an instant. */
  countSkipped(ticker: number, before: number = this.#simulation.now): void {
    const c = this.#columns;
    if (c.outcome[ticker] !== NO_OUTCOME && !this.#executeEveryTick) {
      const since = c.since[ticker]! + 1;
      const period = c.period[ticker]!;
      const ticks = ticksBetween(c.anchor[ticker]!, period, since, before);
      if (ticks > 0) this.#skip(ticker, ticks);
    }
    c.since[ticker] = Math.max(c.since[ticker]!, before - 1);
  }

  #skip(ticker: number, ticks: number): void {
    const outcome = this.#columns.outcome[ticker]!;
    if (outcome !== NO_OUTCOME) this.#listener.onSkipped(ticker, outcome, this.#columns.detail[ticker]!, ticks);
  }

  #schedule(ticker: number, at: Instant, countdown: number): void {
    const c = this.#columns;
    this.cancel(ticker);
    c.countdown[ticker] = countdown;
    c.dueAt[ticker] = at;
    c.handle[ticker] = this.#simulation.scheduleCancellable(at, this.#ticked, ticker);
  }

  /** Slow twin: the tick of now changes nothing, and the next one is an event, too. */
  #executeQuiet(ticker: number): void {
    const c = this.#columns;
    this.#skip(ticker, 1);
    const next = this.#simulation.now + c.period[ticker]!;
    this.#schedule(ticker, next, c.countdown[ticker]! - 1);
  }

  #onTick(ticker: number): void {
    const c = this.#columns;
    c.handle[ticker] = NO_EVENT;
    if (c.countdown[ticker]! > 1) {
      this.#executeQuiet(ticker);
      return;
    }
    const wasQuiet = c.outcome[ticker] !== NO_OUTCOME;
    this.countSkipped(ticker);
    c.outcome[ticker] = NO_OUTCOME;
    this.#listener.onTick(ticker, wasQuiet);
  }
}
