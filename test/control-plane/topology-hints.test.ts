// Hints of Services with topology-mode Auto: rules, and a tiny cluster. Source: k8s.io/endpointslice/topologycache.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hintsFor, isOverloaded, zoneShares } from '../../src/control-plane/controllers/topology-hints.js';
import { seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const even = zoneShares(
  new Map([
    [0, 8000],
    [1, 8000],
  ]),
);
const zonesOf = (...counts: number[]): number[] => counts.flatMap((count, zone) => Array<number>(count).fill(zone));

describe('hints', () => {
  it('are the own zone of each endpoint where zones have their share', () => {
    expect(hintsFor(zonesOf(3, 3), even)).toEqual([0, 0, 0, 1, 1, 1]);
  });
  it('move endpoints from zones with too many to those with too few', () => {
    expect(hintsFor(zonesOf(5, 1), even)).toEqual([1, 1, 0, 0, 0, 1]);
    // 12 of 16 cores: four and a half of six.
    expect(
      hintsFor(
        zonesOf(3, 3),
        zoneShares(
          new Map([
            [0, 12_000],
            [1, 4000],
          ]),
        ),
      ),
    ).toEqual([0, 0, 0, 0, 1, 1]);
  });
  it('are not given for one zone, for fewer endpoints than zones, or where some would be overloaded', () => {
    expect(hintsFor(zonesOf(4), zoneShares(new Map([[0, 8000]])))).toBeUndefined();
    expect(hintsFor([0], even)).toBeUndefined();
    // Three zones of a third each: two endpoints for each of them at least, of four there are too few.
    const three = zoneShares(
      new Map([
        [0, 1],
        [1, 1],
        [2, 1],
      ]),
    );
    expect(hintsFor(zonesOf(2, 1, 1), three)).toBeUndefined();
    expect(hintsFor(zonesOf(1, 1, 1), three)).toEqual([0, 1, 2]);
  });
  it('give every zone at least its share less a sixth, whatever there is', () => {
    const cpu = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(cpu, fc.array(fc.nat(3), { minLength: 2, maxLength: 40 }), (cores, zones) => {
        const shares = zoneShares(new Map(cores.map((one, zone) => [zone, one])));
        const endpoints = zones.map((zone) => zone % cores.length);
        const hints = hintsFor(endpoints, shares);
        if (hints === undefined) return;
        expect(hints).toHaveLength(endpoints.length);
        for (const [zone, share] of shares) {
          const count = hints.filter((hint) => hint === zone).length;
          expect(count).toBeGreaterThanOrEqual(Math.ceil((share * hints.length) / 1.2) - 1);
        }
      }),
      { seed: 3 },
    );
  });
  it('are looked at again when a zone has too few, or there are no zones any more', () => {
    expect(isOverloaded([0, 0, 1, 1], even)).toBe(false);
    expect(isOverloaded([0, 0, 0, 0], even)).toBe(true);
    expect(isOverloaded([0, 1], new Map())).toBe(true);
    expect(isOverloaded([], even)).toBe(false);
  });
});

it('a Service with them sends requests to endpoints in the zone of the client', () => {
  const reached = (isTopologyAware: boolean): boolean[] => {
    const near: boolean[] = [];
    const spec = f.cluster({
      workloads: [f.running({ replicas: 6 })],
      services: [f.service(isTopologyAware ? { isTopologyAware: true } : {})],
      nodePools: [f.pool({ count: 4, zones: ['a', 'b'] })],
      traffic: [f.traffic(20, { from: { kind: 'nodes' } })],
      duration: seconds(5),
    });
    simulate(spec, 'zones', {
      onlooker: {
        over: ({ nodes, pods }) => ({
          requestReachedPod: (_, pod) => near.push(nodes.zone[pods.node[pod]!] === 0),
        }),
      },
    });
    return near;
  };
  expect(reached(true).length).toBeGreaterThan(10);
  expect(reached(true)).not.toEqual(reached(false));
});
