// Sharing by weight against a slow twin that pours until nobody wants more.

import { describe, expect, it } from 'vitest';
import { entityKey, RandomStreams } from '../../src/engine/index.js';
import { type Claim, shareByWeight } from '../../src/node/index.js';

/** Gives everybody his share by weight; who wants less returns the rest, and it begins again with the others. */
function poured(capacity: number, claims: readonly Claim[]): number[] {
  const given = claims.map(() => 0);
  let left = capacity;
  for (let round = 0; round < 1000 && left > 1e-12; round++) {
    const open = claims.map((_, i) => i).filter((i) => claims[i]!.demand - given[i]! > 1e-12);
    if (open.length === 0) break;
    const weights = open.reduce((sum, i) => sum + claims[i]!.weight, 0);
    let used = 0;
    for (const i of open) {
      const more = Math.min((left * claims[i]!.weight) / weights, claims[i]!.demand - given[i]!);
      given[i]! += more;
      used += more;
    }
    left -= used;
  }
  return given;
}

describe('sharing by weight', () => {
  it('gives what is wanted while there is enough, and by weight where there is not', () => {
    const claims = [
      { weight: 1, demand: 1, given: 0 },
      { weight: 3, demand: 8, given: 0 },
      { weight: 1, demand: 8, given: 0 },
    ];
    shareByWeight(20, claims);
    expect(claims.map(({ given }) => given)).toEqual([1, 8, 8]);
    shareByWeight(9, claims);
    expect(claims.map(({ given }) => given)).toEqual([1, 6, 2]);
  });
  it('is what pouring comes to, and never more than there is', () => {
    const draws = new RandomStreams('share').stream('twin');
    for (let n = 0; n < 300; n++) {
      const u = (i: number): number => draws.uniform(entityKey('case'), n * 64 + i);
      const claims = Array.from({ length: 1 + Math.floor(u(0) * 12) }, (_, i) => ({
        weight: 1 + Math.floor(u(2 * i + 2) * 300),
        demand: u(2 * i + 3) < 0.1 ? 0 : u(2 * i + 3) * 4,
        given: 0,
      }));
      const capacity = u(1) * 16;
      shareByWeight(capacity, claims);
      const expected = poured(capacity, claims);
      for (const [i, { given }] of claims.entries()) expect(given).toBeCloseTo(expected[i]!, 9);
      expect(claims.reduce((sum, { given }) => sum + given, 0)).toBeLessThanOrEqual(capacity + 1e-9);
    }
  });
});
