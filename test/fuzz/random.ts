// Chance of the fuzzer: every draw of an input follows from a seed and the input's number alone. Part of the fuzzer.

import seedrandom from 'seedrandom';

export class Random {
  readonly #next: () => number;

  constructor(key: string) {
    this.#next = seedrandom.alea(key);
  }

  /** 0 … 1, without 1. */
  share(): number {
    return this.#next();
  }

  /** 0 … n - 1. */
  below(n: number): number {
    return Math.floor(this.#next() * n);
  }

  /** Whether something happens that has this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** 1 or more; each further one half as likely. */
  few(most: number): number {
    let n = 1;
    while (n < most && this.chance(0.5)) n++;
    return n;
  }

  /** A key by its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let rest = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      rest -= weight;
      if (rest < 0) return key;
    }
    return entries.at(-1)![0];
  }
}
