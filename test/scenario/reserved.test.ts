// What clouds reserve of a node, by their published formulas.

import { describe, expect, it } from 'vitest';
import { reservedBy } from '../../src/scenario/reserved.js';

const GB = 1e9;
const MIB = 1024 * 1024;
const at = (cores: number, memory: number, maxPods: number, isByPods = true) => ({ cores, memory, maxPods, isByPods });

describe('what is reserved', () => {
  it('by EKS follows from cores and pods', () => {
    expect(reservedBy('eks', at(8, 32 * GB, 58))).toEqual({ cpuMillis: 90, memoryBytes: 893 * MIB });
    expect(reservedBy('eks', at(2, 8 * GB, 29)).cpuMillis).toBe(70);
  });
  it('by AKS follows from pods since 1.29, and is a quarter of the memory at most', () => {
    expect(reservedBy('aks', at(4, 8 * GB, 30))).toEqual({ cpuMillis: 140, memoryBytes: 650e6 });
    expect(reservedBy('aks', at(2, 4 * GB, 70)).memoryBytes).toBe(1e9);
    // 1 + 0.8 + 0.8 + 0.96 GB.
    expect(reservedBy('aks', at(4, 32 * GB, 30, false)).memoryBytes).toBeCloseTo(3.56 * GB, 0);
    expect([1, 3, 8, 24, 64, 96].map((cores) => reservedBy('aks', at(cores, GB, 30)).cpuMillis)).toEqual([
      60, 120, 180, 340, 740, 740,
    ]);
  });
  it('by GKE follows from cores and memory', () => {
    expect(reservedBy('gke', at(4, 16 * GB, 110))).toEqual({ cpuMillis: 80, memoryBytes: 2.6 * GB });
    expect(reservedBy('gke', at(1, 0.6 * GB, 110)).memoryBytes).toBe(255 * MIB);
  });
});
