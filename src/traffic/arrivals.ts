// When connections arrive: pure rules. Part of the traffic.
// The rate moves in straight lines between stages, so the expected number of arrivals up to an instant is piecewise
// quadratic, and the next arrival is where it has grown by a drawn (or fixed) amount.

import type { RateStage } from '../cluster/index.js';

/** A stretch of time with a linear rate. Times in s, rates per s. */
export interface RateSegment {
  readonly start: number;
  readonly end: number;
  readonly rateAtStart: number;
  readonly rateAtEnd: number;
}

/** The stages as segments; the first one starts from its own target unless it follows another, the last goes on. */
export function rateSegments(stages: readonly RateStage[], weight: number, until: number): RateSegment[] {
  const segments: RateSegment[] = [];
  let start = 0;
  let rate = (stages[0]?.target ?? 0) / weight;
  for (const stage of stages) {
    const end = start + stage.duration / 1e9;
    const target = stage.target / weight;
    if (end > start) segments.push({ start, end, rateAtStart: rate, rateAtEnd: target });
    start = end;
    rate = target;
  }
  if (start < until) segments.push({ start, end: until, rateAtStart: rate, rateAtEnd: rate });
  return segments;
}

/**
 * The instant at which the expected number of arrivals since `from` reaches `amount`; Infinity if it never does.
 * @param from s. @param amount arrivals: 1 for constant spacing, an exponential draw with mean 1 for a Poisson process.
 */
export function arrivalAfter(segments: readonly RateSegment[], from: number, amount: number): number {
  let rest = amount;
  for (const segment of segments) {
    if (segment.end <= from) continue;
    const start = Math.max(segment.start, from);
    const slope = (segment.rateAtEnd - segment.rateAtStart) / (segment.end - segment.start);
    const rate = segment.rateAtStart + slope * (start - segment.start);
    const length = segment.end - start;
    const expected = rate * length + (slope * length * length) / 2;
    if (expected >= rest) return start + solve(rate, slope, rest);
    rest -= expected;
  }
  return Infinity;
}

/** The rate at an instant, per s. */
export function rateAt(segments: readonly RateSegment[], time: number): number {
  const segment = segments.find(({ start, end }) => start <= time && time < end);
  if (segment === undefined) return 0;
  const { start, end, rateAtStart, rateAtEnd } = segment;
  return rateAtStart + ((rateAtEnd - rateAtStart) * (time - start)) / (end - start);
}

/** Expected number of arrivals between two instants. */
function expectedArrivals(segments: readonly RateSegment[], from: number, to: number): number {
  let expected = 0;
  for (const segment of segments) {
    const start = Math.max(segment.start, from);
    const end = Math.min(segment.end, to);
    if (end <= start) continue;
    const slope = (segment.rateAtEnd - segment.rateAtStart) / (segment.end - segment.start);
    const middle = segment.rateAtStart + slope * ((start + end) / 2 - segment.start);
    expected += middle * (end - start);
  }
  return expected;
}

/** Bursts and silences that follow each other, as they are drawn. */
export interface Bursts {
  /** How much denser arrivals come in a burst than on average: (on + off) / on. */
  readonly density: number;
  /** Lengths of the n-th burst and of the silence after it, s. */
  readonly length: (n: number) => { readonly on: number; readonly off: number };
}

/** Where a bursty process stands: in its n-th burst, which began then. */
export interface BurstPosition {
  n: number;
  begins: number;
}

/** {@link arrivalAfter} where all arrivals come in bursts: an interrupted Poisson process. Moves the position on. */
export function burstyArrivalAfter(
  segments: readonly RateSegment[],
  bursts: Bursts,
  position: BurstPosition,
  from: number,
  amount: number,
): number {
  const last = segments.at(-1)?.end ?? 0;
  let rest = amount / bursts.density;
  let at = from;
  while (at < last) {
    const { on, off } = bursts.length(position.n);
    const ends = position.begins + on;
    if (at < ends) {
      const arrival = arrivalAfter(segments, Math.max(at, position.begins), rest);
      if (arrival <= ends) return arrival;
      rest -= expectedArrivals(segments, Math.max(at, position.begins), ends);
    }
    position.begins = ends + off;
    position.n++;
    at = position.begins;
  }
  return Infinity;
}

/** The t >= 0 with rate * t + slope / 2 * t^2 = amount, in the form that loses no digits for small slopes. */
function solve(rate: number, slope: number, amount: number): number {
  const root = Math.sqrt(Math.max(0, rate * rate + 2 * slope * amount));
  return root + rate > 0 ? (2 * amount) / (rate + root) : 0;
}
