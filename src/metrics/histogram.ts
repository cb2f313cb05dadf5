// A histogram of durations that is exact where it can be and merges in any order. Part of the metrics.
// Counts sit in buckets whose bounds follow from the bits of the number itself (128 buckets for each power of two), so a
// quantile is off by at most 0.4 % and no logarithm is taken. Count, minimum, maximum and sum are exact: sums are whole
// nanoseconds, kept in two parts. Where Kubernetes exports the quantity, its own bucket bounds are counted beside.

import { NS_PER_SECOND } from '../engine/index.js';

const SUBBUCKET_SHIFT = 13; // of the high word of the double: keeps 7 bits of the mantissa
const SUM_CARRY = 4503599627370496; // 2^52
const INITIAL_BUCKETS = 1024;

const view = new DataView(new ArrayBuffer(8));

/** Number of the bucket that holds a value >= 1. */
function bucketOf(value: number): number {
  view.setFloat64(0, value);
  return (view.getUint32(0) >>> SUBBUCKET_SHIFT) - FIRST_BUCKET;
}

function lowerBound(bucket: number): number {
  view.setUint32(0, ((bucket + FIRST_BUCKET) << SUBBUCKET_SHIFT) >>> 0);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

const FIRST_BUCKET = 0x3ff00000 >>> SUBBUCKET_SHIFT; // the bucket of 1 ns

/** A histogram as plain data, for a file or another thread. */
export interface HistogramData {
  readonly count: number;
  /** 0 without samples. */
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  /** The sum in two parts: multiples of 2^52, and the rest. */
  readonly sum: readonly [number, number];
  readonly sumSquares: number;
  /** Number and count of each bucket that is not empty, one after the other. */
  readonly buckets: readonly number[];
  /** Upper bounds of the exported buckets, ns, and their counts. */
  readonly bounds: readonly number[];
  readonly boundCounts: readonly number[];
}

/** Upper bounds of buckets, of seconds. */
export const boundsInNs = (seconds: readonly number[]): number[] => seconds.map((s) => Math.round(s * NS_PER_SECOND));

/** By bucket, up to that of the last bound: the first bound that is not below all of its values. */
function firstBounds(bounds: readonly number[]): Uint8Array {
  const last = bounds.at(-1) ?? 0;
  const first = new Uint8Array(last < 1 ? 0 : bucketOf(last) + 1);
  for (let bucket = 0, index = 0; bucket < first.length; bucket++) {
    while (bounds[index]! < lowerBound(bucket)) index++;
    first[bucket] = index;
  }
  return first;
}

export class Histogram {
  count = 0;
  min = Infinity;
  max = 0;
  /** Upper bounds in ns, rising, as Kubernetes exports them; empty where it does not. */
  readonly bounds: readonly number[];
  /** Values at or below each bound and above the one before; one more for what is above all. */
  readonly boundCounts: number[];
  #counts = new Float64Array(INITIAL_BUCKETS);
  /** By bucket: the first exported bound that may hold one of its values. */
  readonly #boundFrom: Uint8Array;
  #zeros = 0;
  #sumHigh = 0;
  #sumLow = 0;
  #sumSquares = 0;

  /** @param boundsSeconds upper bounds of the exported buckets, in seconds. */
  constructor(boundsSeconds: readonly number[] = []) {
    this.bounds = boundsInNs(boundsSeconds);
    this.boundCounts = new Array<number>(boundsSeconds.length + 1).fill(0);
    this.#boundFrom = firstBounds(this.bounds);
  }

  /**
   * Takes in `weight` samples of one value, a whole number of nanoseconds >= 0.
   * @returns the place of the value among the exported bounds, as in `boundCounts`.
   */
  record(value: number, weight = 1): number {
    if (!(value >= 0)) throw new RangeError(`a histogram takes whole numbers of nanoseconds >= 0, not ${value}`);
    this.count += weight;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    let bucket = 0;
    if (value < 1) this.#zeros += weight;
    else {
      bucket = bucketOf(value);
      if (bucket >= this.#counts.length) this.#grow(bucket);
      this.#counts[bucket]! += weight;
    }
    this.#sumLow += value * weight;
    if (this.#sumLow >= SUM_CARRY) {
      this.#sumLow -= SUM_CARRY;
      this.#sumHigh += 1;
    }
    this.#sumSquares += value * value * weight;
    const bound = this.#boundIndex(value, bucket);
    this.boundCounts[bound]! += weight;
    return bound;
  }

  /** Forgets all samples. */
  clear(): void {
    this.count = 0;
    this.min = Infinity;
    this.max = 0;
    this.boundCounts.fill(0);
    this.#counts.fill(0);
    this.#zeros = 0;
    this.#sumHigh = 0;
    this.#sumLow = 0;
    this.#sumSquares = 0;
  }

  /** A new histogram with the samples of all of them; at least one. */
  static merged(parts: readonly Histogram[]): Histogram {
    const all = new Histogram(parts[0]!.bounds.map((ns) => ns / NS_PER_SECOND));
    for (const part of parts) all.merge(part);
    return all;
  }

  /** All that it holds; {@link fromData} makes the same histogram of it. */
  toData(): HistogramData {
    const buckets: number[] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) buckets.push(bucket, count);
    });
    return {
      count: this.count,
      min: this.count === 0 ? 0 : this.min,
      max: this.max,
      zeros: this.#zeros,
      sum: [this.#sumHigh, this.#sumLow],
      sumSquares: this.#sumSquares,
      buckets,
      bounds: this.bounds,
      boundCounts: [...this.boundCounts],
    };
  }

  static fromData(data: HistogramData): Histogram {
    const histogram = new Histogram(data.bounds.map((ns) => ns / NS_PER_SECOND));
    histogram.count = data.count;
    if (data.count > 0) histogram.min = data.min;
    histogram.max = data.max;
    histogram.#zeros = data.zeros;
    [histogram.#sumHigh, histogram.#sumLow] = data.sum;
    histogram.#sumSquares = data.sumSquares;
    const last = data.buckets.at(-2);
    if (last !== undefined && last >= INITIAL_BUCKETS) histogram.#grow(last);
    for (let i = 0; i < data.buckets.length; i += 2) histogram.#counts[data.buckets[i]!] = data.buckets[i + 1]!;
    data.boundCounts.forEach((count, i) => {
      histogram.boundCounts[i] = count;
    });
    return histogram;
  }

  /** Takes in all samples of another histogram with the same exported bounds. */
  merge(other: Histogram): void {
    this.count += other.count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.#zeros += other.#zeros;
    if (other.#counts.length > this.#counts.length) this.#grow(other.#counts.length - 1);
    for (let bucket = 0; bucket < other.#counts.length; bucket++) this.#counts[bucket]! += other.#counts[bucket]!;
    this.#sumLow += other.#sumLow;
    this.#sumHigh += other.#sumHigh;
    if (this.#sumLow >= SUM_CARRY) {
      this.#sumLow -= SUM_CARRY;
      this.#sumHigh += 1;
    }
    this.#sumSquares += other.#sumSquares;
    other.boundCounts.forEach((count, i) => {
      this.boundCounts[i]! += count;
    });
  }

  /** Sum of all samples in ns; exact up to 2^53, rounded above. */
  get sum(): number {
    return this.#sumHigh * SUM_CARRY + this.#sumLow;
  }

  get mean(): number {
    return this.sum / this.count;
  }

  /** Standard deviation of the samples (divisor n); 0 for fewer than two. */
  get standardDeviation(): number {
    if (this.count < 2) return 0;
    const mean = this.mean;
    return Math.sqrt(Math.max(0, this.#sumSquares / this.count - mean * mean));
  }

  /**
   * The smallest value such that at least a share `q` (0 < q <= 1) of the samples is at or below it, within 0.4 %.
   * NaN without samples.
   */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.count - 1e-9));
    if (rank <= this.#zeros) return 0;
    let seen = this.#zeros;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) {
        const middle = (lowerBound(bucket) + lowerBound(bucket + 1)) / 2;
        return Math.min(this.max, Math.max(this.min, middle));
      }
    }
    return this.max;
  }

  #boundIndex(value: number, bucket: number): number {
    const { bounds } = this;
    let index = bucket < this.#boundFrom.length ? this.#boundFrom[bucket]! : bounds.length;
    while (index < bounds.length && bounds[index]! < value) index++;
    return index;
  }

  #grow(bucket: number): void {
    const counts = new Float64Array(Math.max(this.#counts.length * 2, bucket + 1));
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

const known = new WeakMap<HistogramData, Histogram>();

/** The histogram of plain data; the same object each time, which must not be changed. */
export function histogramOf(data: HistogramData): Histogram {
  let histogram = known.get(data);
  if (histogram === undefined) {
    histogram = Histogram.fromData(data);
    known.set(data, histogram);
  }
  return histogram;
}
