// Random numbers without state. Part of the engine.
// A draw is a pure function of (seed, stream, entity, n): the same thing gets the same luck whatever else happens in the
// run, and a new draw in one place moves no number in another. The stream's key comes from seedrandom's alea, once; each
// draw is a keyed hash of (entity, n): a four-round Feistel network over the 64-bit block, which is a permutation, so two
// different draws of a stream never share all 64 bits.

import seedrandom from 'seedrandom';

const INVERSE_2_POW_52 = 1 / 4503599627370496;
const TWO_POW_26 = 67108864;

/** One named stream of random numbers. */
export class RandomStream {
  readonly name: string;
  readonly #key0: number;
  readonly #key1: number;
  readonly #key2: number;
  readonly #key3: number;

  /** @param seed the run's seed, any text. @param name what is drawn, such as `disk/latency`. */
  constructor(seed: string, name: string) {
    this.name = name;
    const generator = seedrandom.alea(`${seed}\u0000${name}`);
    this.#key0 = generator.int32() | 0;
    this.#key1 = generator.int32() | 0;
    this.#key2 = generator.int32() | 0;
    this.#key3 = generator.int32() | 0;
  }

  /**
   * The n-th draw of an entity, uniform on the open interval (0, 1) with 52 bits: never 0 and never 1.
   * @param entity whole number, taken modulo 2^32. @param n whole number, taken modulo 2^32.
   */
  uniform(entity: number, n: number): number {
    let left = entity | 0;
    let right = n | 0;
    left ^= mix(right ^ this.#key0);
    right ^= mix(left ^ this.#key1);
    left ^= mix(right ^ this.#key2);
    right ^= mix(left ^ this.#key3);
    // The top 26 bits of each word and half a step, which keeps 0 and 1 out: with one bit more the half would be rounded.
    return ((left >>> 6) * TWO_POW_26 + (right >>> 6) + 0.5) * INVERSE_2_POW_52;
  }

  /** The n-th draw of an entity, a whole number uniform on 0 … count-1 (bias below count / 2^52). */
  below(count: number, entity: number, n: number): number {
    return Math.floor(this.uniform(entity, n) * count);
  }
}

/** One round's function: spreads every input bit over all 32 output bits (two multiplications, three shifts). */
function mix(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return x ^ (x >>> 16);
}

/** One number for a pair of small whole numbers, for draws that belong to both. */
export function pairEntity(a: number, b: number): number {
  return mix(Math.imul(a, 0x9e3779b1) ^ (b | 0)) ^ a;
}

/** The named streams of one run. */
export class RandomStreams {
  readonly seed: string;
  readonly #streams = new Map<string, RandomStream>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** The stream of that name; the same object each time. */
  stream(name: string): RandomStream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(this.seed, name);
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
