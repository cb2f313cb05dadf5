// The quality of the keyed hash, with stated confidence: each statistic is compared with a bound that a good generator
// passes with probability above 0.9999. The seeds are fixed, so a test passes always or never.
import { describe, expect, it } from 'vitest';
import { entityKey, keyWithin, RandomStream, RandomStreams } from '../../src/engine/index.js';
import { key } from '../fixtures/keys.js';

/** Chi-square of counts against equal expectation, as a z-score (Wilson-Hilferty). */
function chiSquareZ(counts: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  const expected = total / counts.length;
  const chi2 = counts.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
  const df = counts.length - 1;
  return (Math.cbrt(chi2 / df) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df));
}

const N = 400_000;
const Z_MAX = 4;

describe('a draw', () => {
  it('is a function of seed, stream, entity and n, and of nothing else', () => {
    const a = new RandomStreams('42').stream('cri/pull');
    const b = new RandomStreams('42').stream('cri/pull');
    for (let i = 0; i < 1000; i++) a.uniform(key(i), 0);
    expect(a.uniform(key(17), 3)).toBe(b.uniform(key(17), 3));
    expect(a.uniform(key(17), 3)).not.toBe(a.uniform(key(17), 4));
    expect(a.uniform(key(17), 3)).not.toBe(a.uniform(key(18), 3));
    expect(a.uniform(key(17), 3)).not.toBe(new RandomStreams('43').stream('cri/pull').uniform(key(17), 3));
    expect(a.uniform(key(17), 3)).not.toBe(new RandomStreams('42').stream('cri/push').uniform(key(17), 3));
  });
  it('is frozen: a change of the hash moves every result', () => {
    const stream = new RandomStream('42', 'frozen');
    expect([
      stream.uniform(key(0), 0),
      stream.uniform(key(1), 0),
      stream.uniform(key(0), 1),
      stream.uniform(key(-5), 2 ** 31),
    ]).toMatchInlineSnapshot(`
      [
        0.9204846292915526,
        0.5198832525414471,
        0.20530959451804265,
        0.5630658449742495,
      ]
    `);
  });
  it('never is 0 or 1', () => {
    const stream = new RandomStream('42', 'open interval');
    for (let i = 0; i < N; i++) {
      const u = stream.uniform(key(i), 0);
      expect(u > 0 && u < 1).toBe(true);
    }
  });
});

describe.each([
  ['one entity, many draws', (i: number) => [7, i]],
  ['many entities, one draw', (i: number) => [i, 0]],
  ['many entities, a few draws each, interleaved', (i: number) => [i >> 2, i & 3]],
  ['entities in steps of a power of two', (i: number) => [i * 4096, 1]],
] as const)('%s', (_, place) => {
  const stream = new RandomStream('1', 'quality');
  const u = Float64Array.from({ length: N }, (_, i) => {
    const [entity, n] = place(i) as [number, number];
    return stream.uniform(key(entity), n);
  });

  it('is uniform: chi-square over 1,000 cells', () => {
    const counts = new Array<number>(1000).fill(0);
    for (const x of u) counts[Math.floor(x * 1000)]! += 1;
    expect(Math.abs(chiSquareZ(counts))).toBeLessThan(Z_MAX);
  });
  it('is uniform in its low bits too', () => {
    const counts = new Array<number>(256).fill(0);
    for (const x of u) counts[Math.floor(x * 2 ** 45) % 256]! += 1;
    expect(Math.abs(chiSquareZ(counts))).toBeLessThan(Z_MAX);
  });
  it.each([1, 2, 3, 4, 64, 4096])('has no serial correlation at lag %d', (lag) => {
    let sum = 0;
    for (let i = 0; i + lag < N; i++) sum += (u[i]! - 0.5) * (u[i + lag]! - 0.5);
    expect(Math.abs((sum / (N - lag)) * 12 * Math.sqrt(N - lag))).toBeLessThan(Z_MAX);
  });
  it('fills the square: chi-square over 64 x 64 cells of successive pairs', () => {
    const counts = new Array<number>(4096).fill(0);
    for (let i = 0; i + 1 < N; i += 2) counts[Math.floor(u[i]! * 64) * 64 + Math.floor(u[i + 1]! * 64)]! += 1;
    expect(Math.abs(chiSquareZ(counts))).toBeLessThan(Z_MAX);
  });
  it('has runs of the right length', () => {
    let runs = 1;
    for (let i = 1; i < N; i++) if (u[i]! < 0.5 !== u[i - 1]! < 0.5) runs++;
    expect(Math.abs((runs - N / 2) / Math.sqrt(N / 4))).toBeLessThan(Z_MAX);
  });
});

describe('avalanche', () => {
  it('every bit of entity and n flips every bit of the result half of the time', () => {
    const stream = new RandomStream('9', 'avalanche');
    const trials = 4000;
    for (let bit = 0; bit < 64; bit++) {
      const flips = new Array<number>(48).fill(0);
      for (let t = 0; t < trials; t++) {
        const a = stream.uniform(key(t * 31), t * 17);
        const b = stream.uniform(
          key(bit < 32 ? (t * 31) ^ (1 << bit) : t * 31),
          bit >= 32 ? (t * 17) ^ (1 << (bit - 32)) : t * 17,
        );
        for (let k = 0; k < 48; k++) {
          if (Math.floor(a * 2 ** (k + 1)) % 2 !== Math.floor(b * 2 ** (k + 1)) % 2) flips[k]! += 1;
        }
      }
      // 64 x 48 cells: the largest of 3,072 normal deviates stays below 5 with probability 0.998.
      for (const count of flips) expect(Math.abs((count - trials / 2) / Math.sqrt(trials / 4))).toBeLessThan(5);
    }
  });
  it('streams with similar names are not correlated', () => {
    const first = Array.from({ length: 5000 }, (_, i) =>
      new RandomStream('42', `node-${i}/syncLoop`).uniform(key(0), 0),
    );
    let sum = 0;
    for (let i = 0; i + 1 < first.length; i++) sum += (first[i]! - 0.5) * (first[i + 1]! - 0.5);
    expect(Math.abs((sum / (first.length - 1)) * 12 * Math.sqrt(first.length - 1))).toBeLessThan(Z_MAX);
  });
});

it('parts of things get keys that do not collide more than chance allows', () => {
  const seen = new Set<number>();
  for (let a = 0; a < 300; a++) for (let b = 0; b < 1000; b++) seen.add(keyWithin(key(a), b) | 0);
  // 300,000 of 2^32: about 10.5 collisions expected.
  expect(300_000 - seen.size).toBeLessThan(30);
});

it('names get keys that differ, also where only one letter does', () => {
  const keys = new Set(Array.from({ length: 20_000 }, (_, i) => entityKey(`Deployment/default/web-${i}`)));
  expect(keys.size).toBe(20_000);
  expect(entityKey('default/a')).not.toBe(entityKey('default/b'));
});
