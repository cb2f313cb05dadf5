// Probability distributions of non-negative quantities. Part of the engine.
// A distribution is plain data; a sample is a function of one uniform number (inverse transform), so that one keyed draw
// gives one sample and a slow and a fast way of asking for it agree to the bit. The unit is the caller's.

import { exp, log, logOneMinus, normalQuantile } from './arithmetic.js';

export type Distribution =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  /** Cut off at 0: a duration is never negative. */
  | { readonly kind: 'normal'; readonly mean: number; readonly standardDeviation: number }
  /** exp(mu + sigma Z) with mu = ln median. */
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number }
  /** Straight lines between (probability, value) points, probabilities rising from 0 to 1, values not falling. */
  | { readonly kind: 'empirical'; readonly points: readonly (readonly [probability: number, value: number])[] }
  | { readonly kind: 'mixture'; readonly parts: readonly MixturePart[] };

export interface MixturePart {
  /** Share of the samples that come from this part; the weights are normalised by their sum. */
  readonly weight: number;
  readonly distribution: Distribution;
}

export const fixed = (value: number): Distribution => ({ kind: 'fixed', value });
export const uniform = (low: number, high: number): Distribution => ({ kind: 'uniform', low, high });
export const exponential = (mean: number): Distribution => ({ kind: 'exponential', mean });
export const lognormal = (median: number, sigma: number): Distribution => ({ kind: 'lognormal', median, sigma });
export const mixture = (...parts: MixturePart[]): Distribution => ({ kind: 'mixture', parts });

/**
 * The lognormal distribution through two of its quantiles.
 * Throws a RangeError unless 0 < p1 < p2 < 1 and 0 < value1 <= value2.
 */
export function lognormalByQuantiles(p1: number, value1: number, p2: number, value2: number): Distribution {
  if (!(0 < p1 && p1 < p2 && p2 < 1)) throw new RangeError(`quantiles ${p1} and ${p2} must rise within 0 … 1`);
  if (!(0 < value1 && value1 <= value2)) {
    throw new RangeError(`the ${p2} quantile (${value2}) must not lie below the ${p1} quantile (${value1})`);
  }
  const z1 = normalQuantile(p1);
  const sigma = (log(value2) - log(value1)) / (normalQuantile(p2) - z1);
  return lognormal(sigma === 0 ? value1 : exp(log(value1) - sigma * z1), sigma);
}

/** The `p` quantile (0 < p < 1), to a billionth of itself for a mixture. Throws a RangeError for another p. */
export function quantile(distribution: Distribution, p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`a quantile lies between 0 and 1, not at ${p}`);
  if (distribution.kind !== 'mixture') return sample(distribution, p);
  const each = distribution.parts.filter(({ weight }) => weight > 0).map((part) => quantile(part.distribution, p));
  let [low, high] = [Math.min(...each), Math.max(...each)];
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (exceedanceProbability(distribution, middle) > 1 - p) low = middle;
    else high = middle;
  }
  return high;
}

/** The value below which a share `u` (0 < u < 1) of the samples lies; for a mixture, a sample and not its quantile. */
export function sample(distribution: Distribution, u: number): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return distribution.low + u * (distribution.high - distribution.low);
    case 'exponential':
      return -distribution.mean * logOneMinus(u);
    case 'normal':
      return Math.max(0, distribution.mean + distribution.standardDeviation * normalQuantile(u));
    case 'lognormal':
      return distribution.sigma === 0
        ? distribution.median
        : distribution.median * exp(distribution.sigma * normalQuantile(u));
    case 'empirical':
      return interpolate(distribution.points, u);
    case 'mixture':
      return sampleMixture(distribution.parts, u);
  }
}

function interpolate(points: readonly (readonly [number, number])[], u: number): number {
  let i = 1;
  while (i < points.length - 1 && points[i]![0] < u) i++;
  const [p0, v0] = points[i - 1]!;
  const [p1, v1] = points[i]!;
  return p1 > p0 ? v0 + ((v1 - v0) * (u - p0)) / (p1 - p0) : v1;
}

function sampleMixture(parts: readonly MixturePart[], u: number): number {
  let total = 0;
  for (const part of parts) total += part.weight;
  let rest = u * total;
  for (const part of parts) {
    // What is left of u within this part's share is again uniform, and serves as the part's own draw.
    if (rest < part.weight) return sample(part.distribution, Math.min(Math.max(rest / part.weight, 1e-16), 1 - 1e-16));
    rest -= part.weight;
  }
  return sample(parts[parts.length - 1]!.distribution, 0.5);
}

/** What something is of the parts of a mixture, by their weights. */
function averageOf(parts: readonly MixturePart[], of: (part: Distribution) => number): number {
  let sum = 0;
  let total = 0;
  for (const part of parts) {
    sum += part.weight * of(part.distribution);
    total += part.weight;
  }
  return sum / total;
}

/** Expected value; for the cut-off normal, that of the uncut one. */
export function mean(distribution: Distribution): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return (distribution.low + distribution.high) / 2;
    case 'exponential':
    case 'normal':
      return distribution.mean;
    case 'lognormal':
      return distribution.median * exp((distribution.sigma * distribution.sigma) / 2);
    case 'empirical': {
      let sum = 0;
      for (let i = 1; i < distribution.points.length; i++) {
        const [p0, v0] = distribution.points[i - 1]!;
        const [p1, v1] = distribution.points[i]!;
        sum += ((p1 - p0) * (v0 + v1)) / 2;
      }
      return sum;
    }
    case 'mixture':
      return averageOf(distribution.parts, mean);
  }
}

/** Expected value of the square; for the cut-off normal, that of the uncut one. */
export function meanSquare(distribution: Distribution): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value * distribution.value;
    case 'uniform': {
      const { low, high } = distribution;
      return (low * low + low * high + high * high) / 3;
    }
    case 'exponential':
      return 2 * distribution.mean * distribution.mean;
    case 'normal':
      return distribution.mean * distribution.mean + distribution.standardDeviation * distribution.standardDeviation;
    case 'lognormal':
      return distribution.median * distribution.median * exp(2 * distribution.sigma * distribution.sigma);
    case 'empirical': {
      let sum = 0;
      for (let i = 1; i < distribution.points.length; i++) {
        const [p0, v0] = distribution.points[i - 1]!;
        const [p1, v1] = distribution.points[i]!;
        sum += ((p1 - p0) * (v0 * v0 + v0 * v1 + v1 * v1)) / 3;
      }
      return sum;
    }
    case 'mixture':
      return averageOf(distribution.parts, meanSquare);
  }
}

/**
 * The share of samples above `limit`. Exact for every kind but the empirical one, where it is that of the straight
 * lines. Used where only "does it exceed a limit" matters, such as an answer against a time-out.
 */
export function exceedanceProbability(distribution: Distribution, limit: number): number {
  if (distribution.kind === 'mixture') {
    return averageOf(distribution.parts, (part) => exceedanceProbability(part, limit));
  }
  if (sample(distribution, 1e-15) > limit) return 1;
  if (sample(distribution, 1 - 1e-15) <= limit) return 0;
  // sample() rises with u: bisect for the u at which it passes the limit.
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (sample(distribution, middle) > limit) high = middle;
    else low = middle;
  }
  return 1 - high;
}
