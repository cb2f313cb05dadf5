// Scores of the scheduler's plugins: tables made by hand from Kubernetes' formulas, in its whole numbers.
import { describe, expect, it } from 'vitest';
import { clashes } from '../../../src/cluster/index.js';
import { nodesToFind, normaliseToMost } from '../../../src/control-plane/index.js';
import { isAskedFor } from '../../../src/control-plane/scheduler/explanation.js';
import { localityScore } from '../../../src/control-plane/scheduler/plugins/image-locality.js';
import { normaliseBetween } from '../../../src/control-plane/scheduler/plugins/inter-pod-affinity.js';
import { normaliseSpread, scoreForCount } from '../../../src/control-plane/scheduler/plugins/pod-topology-spread.js';
import {
  balance,
  balanceGained,
  leastAllocated,
  mostAllocated,
  requestedToCapacity,
} from '../../../src/control-plane/scheduler/plugins/resource-scores.js';
import { unschedulableBackOff } from '../../../src/control-plane/scheduler/scheduling-queue.js';

const MB = 1024 * 1024;

describe('resources', () => {
  it.each([
    [0, 4000, 100, 0],
    [1000, 4000, 75, 25],
    [3999, 4000, 0, 99],
    [4000, 4000, 0, 100],
    [5000, 4000, 0, 100],
    [1, 3, 66, 33],
    [100, 0, 0, 0],
  ])('%i of %i: LeastAllocated %i, MostAllocated %i', (requested, capacity, least, most) => {
    expect(leastAllocated(requested, capacity)).toBe(least);
    expect(mostAllocated(requested, capacity)).toBe(most);
  });
  const shape = [
    { utilization: 20, score: 0 },
    { utilization: 60, score: 10 },
    { utilization: 90, score: 3 },
  ];
  it.each([
    [10, 0],
    [20, 0],
    [30, 25],
    [60, 100],
    // 100 + trunc(-70 * 15 / 30)
    [75, 65],
    // 100 + trunc(-70 * 1 / 30): towards 0, as Go divides.
    [61, 98],
    [90, 30],
    [100, 30],
  ])('RequestedToCapacityRatio of %i %%: %i', (used, score) => {
    expect(requestedToCapacity(shape, used, 100)).toBe(score);
  });
  it.each([
    [[0.5, 0.5], 100],
    [[1, 0], 50],
    [[0.25, 0.75], 75],
    // sqrt(((1/3)^2 + (1/3)^2 + 0) / 3) off the mean of 2/3, 1/3 and 0: 0.2721…
    [[2 / 3, 1 / 3, 0], 72],
    [[0.4], 100],
    [[], 100],
  ])('balance of %j: %i', (shares, score) => {
    expect(balance(shares)).toBe(score);
  });
  it.each([
    [100, 100, 75],
    [100, 50, 100],
    [50, 100, 50],
    [80, 75, 77],
  ])('from 1.36 on: %i with the pod, %i without it: %i', (withPod, without, score) => {
    expect(balanceGained(withPod, without)).toBe(score);
  });
});

describe('normalisers', () => {
  const by = (normalise: (scores: Float64Array, count: number) => void, scores: readonly number[]): number[] => {
    const array = Float64Array.from([...scores, 7]);
    normalise(array, scores.length);
    expect(array.at(-1)).toBe(7);
    return [...array.subarray(0, -1)];
  };
  it('the most becomes 100 (DefaultNormalizeScore)', () => {
    expect(by((scores, count) => normaliseToMost(scores, count, false), [3, 7, 0])).toEqual([42, 100, 0]);
    expect(by((scores, count) => normaliseToMost(scores, count, false), [0, 0])).toEqual([0, 0]);
  });
  it('the least becomes 100 where less is better', () => {
    expect(by((scores, count) => normaliseToMost(scores, count, true), [1, 3, 0])).toEqual([67, 0, 100]);
    expect(by((scores, count) => normaliseToMost(scores, count, true), [0, 0])).toEqual([100, 100]);
  });
  it('between the least and the most (interpodaffinity/scoring.go)', () => {
    expect(by(normaliseBetween, [-10, 0, 20])).toEqual([0, 33, 100]);
    expect(by(normaliseBetween, [5, 5])).toEqual([0, 0]);
  });
  it('of spread: 100 (max + min - s) / max; -1 is not compared (podtopologyspread/scoring.go)', () => {
    expect(by(normaliseSpread, [2, 4, 8])).toEqual([100, 75, 25]);
    expect(by(normaliseSpread, [0, 0, 0])).toEqual([100, 100, 100]);
    expect(by(normaliseSpread, [-1, 4, 8, -1])).toEqual([0, 100, 50, 0]);
    expect(scoreForCount(3, 5, Math.log(4))).toBeCloseTo(3 * Math.log(4) + 4, 12);
  });
});

describe('images', () => {
  it.each([
    [0, 1, 0],
    [23 * MB, 1, 0],
    [1000 * MB, 1, 100],
    [2000 * MB, 1, 100],
    // 100 (250 - 23) / (1000 - 23)
    [250 * MB, 1, 23],
    [250 * MB, 2, 11],
  ])('%i bytes of %i containers: %i', (bytes, containers, score) => {
    expect(localityScore(bytes, containers)).toBe(score);
  });
});

describe('ports', () => {
  const port = (ip: string, number = 80, protocol: 'TCP' | 'UDP' = 'TCP') => ({ ip, port: number, protocol });
  it.each([
    ['0.0.0.0', '0.0.0.0', true],
    ['0.0.0.0', '10.0.0.1', true],
    ['10.0.0.1', '0.0.0.0', true],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
  ])('%s and %s: %s', (one, other, isClash) => {
    expect(clashes(port(one), port(other))).toBe(isClash);
    expect(clashes(port(one), port(other, 81))).toBe(false);
    expect(clashes(port(one), port(other, 80, 'UDP'))).toBe(false);
  });
});

describe('how many nodes are looked for (schedule_one.go: numFeasibleNodesToFind)', () => {
  it.each([
    [50, 0, 50],
    [99, 30, 99],
    [100, 0, 100],
    [1000, 0, 420],
    [5000, 0, 500],
    [6000, 0, 300],
    [15_000, 0, 750],
    [1000, 30, 300],
    [1000, 5, 100],
    [1000, 100, 1000],
  ])('of %i nodes, percentageOfNodesToScore %i: %i', (nodes, percentage, wanted) => {
    expect(nodesToFind(nodes, percentage)).toBe(wanted);
  });
});

describe('back-off', () => {
  it('doubles from 1 s to 10 s', () => {
    expect([1, 2, 3, 4, 5, 9].map((attempts) => unschedulableBackOff(attempts) / 1e9)).toEqual([1, 2, 4, 8, 10, 10]);
    expect([1, 2, 3].map((attempts) => unschedulableBackOff(attempts, 3e9, 5e9) / 1e9)).toEqual([3, 5, 5]);
  });
});

describe('names of pods that are asked for', () => {
  it.each([
    ['web-0', 'web-0', true],
    ['web-0', 'web-01', false],
    ['*', 'anything', true],
    ['web-*', 'web-17', true],
    ['*-0', 'web-0', true],
    ['w*-*0', 'web-a-10', true],
    ['w*x*0', 'web-0', false],
    ['a*a', 'a', false],
    ['web.*', 'web-0', false],
  ])('%s, %s: %s', (pattern, name, isAsked) => {
    expect(isAskedFor([pattern], name)).toBe(isAsked);
  });
});
