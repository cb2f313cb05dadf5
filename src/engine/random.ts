// Random numbers without state. Part of the engine.
// A draw is a pure function of (seed, stream, entity, n): the same thing gets the same luck whatever else happens in the
// run, and a new draw in one place moves no number in another. The stream's key comes from seedrandom's alea, once; each
// draw is a keyed hash of (entity, n): a four-round Feistel network over the 64-bit block, which is a permutation, so two
// different draws of a stream never share all 64 bits. An entity is named by a key that is made of its own name and not of
// its place in a table, which others would move; the type keeps a table's index from being taken for one.

import alea from 'seedrandom/lib/alea.js';

const INVERSE_2_POW_52 = 1 / 4503599627370496;
const TWO_POW_26 = 67108864;

declare const entityBrand: unique symbol;

/** What names an entity in a draw: a whole number of 32 bits. */
export type EntityKey = number & { readonly [entityBrand]: true };

/** The key of something with a name. */
export function entityKey(name: string): EntityKey {
  // FNV-1a over the 16-bit units, then a last round that spreads the bits of the last ones.
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return mix(hash) as EntityKey;
}

/** The key of the n-th part of something, or of what it has in common with another; different for each n. */
export function keyWithin(whole: EntityKey, n: number): EntityKey {
  return (mix(Math.imul(whole, 0x9e3779b1) ^ (n | 0)) ^ whole) as EntityKey;
}

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
    const generator = alea(`${seed}\u0000${name}`);
    this.#key0 = generator.int32() | 0;
    this.#key1 = generator.int32() | 0;
    this.#key2 = generator.int32() | 0;
    this.#key3 = generator.int32() | 0;
  }

  /**
   * The n-th draw of an entity, uniform on the open interval (0, 1) with 52 bits: never 0 and never 1.
   * @param n whole number, taken modulo 2^32.
   */
  uniform(entity: EntityKey, n: number): number {
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
  below(count: number, entity: EntityKey, n: number): number {
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
