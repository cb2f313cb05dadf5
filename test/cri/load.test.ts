// What makes calls of the runtime slower: mounts, disks, OCI runtimes, memory that runs out.

import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { type NodePoolSpec, NodeTable } from '../../src/cluster/index.js';
import { reclaimFactor } from '../../src/cri/container-runtimes.js';
import { ContainerRuntimes } from '../../src/cri/index.js';
import { reclaimParameters } from '../../src/cri/parameters.js';
import { entityKey, RandomStreams } from '../../src/engine/index.js';
import * as f from '../fixtures/cluster.js';

const MS = 1e6;

/** Calls of 200 pods on a node with CPU to spare, one at a time: their mean, ms. */
function meanOf(
  call: 'runPodSandbox' | 'startContainer',
  { pods = 10, left = Infinity, pool = {} }: { pods?: number; left?: number; pool?: Partial<NodePoolSpec> } = {},
): number {
  const machines = { now: 0, isDiskBusy: () => false, pods: () => pods, memoryLeft: () => left, work: () => 0 };
  const nodes = new NodeTable([f.pool(pool)]);
  const runtimes = new ContainerRuntimes(BUILT_IN.containerRuntimes, nodes, new RandomStreams('load'), machines);
  let sum = 0;
  for (let i = 0; i < 200; i++) {
    machines.now = i * 1e9;
    sum += runtimes.call(call, 0, entityKey(`pod-${i}`), 0);
  }
  return sum / 200 / MS;
}

describe('a call of the runtime', () => {
  it('takes longer the more pods there are: systemd reads their mounts', () => {
    // Two units of a sandbox, 28 us more each for a pod: 17.2 ms a unit at 500 pods, 3.5 at 10.
    expect(meanOf('runPodSandbox', { pods: 500 }) - meanOf('runPodSandbox')).toBeCloseTo(2 * 490 * 0.028, 1);
  });
  it('begins a process sooner with crun', () => {
    const saved = meanOf('startContainer') - meanOf('startContainer', { pool: { ociRuntime: 'crun' } });
    expect(saved).toBeGreaterThan(15);
    expect(saved).toBeLessThan(16.6);
  });
  it('waits for its disk where that is slow', () => {
    const nvme = meanOf('runPodSandbox', { pool: { disk: 'nvme' } });
    // 22 writes of 2.9 and of 15 ms.
    expect(meanOf('runPodSandbox', { pool: { disk: 'hdd' } })).toBeGreaterThan(nvme);
  });
  it('waits for a disk that reads again what a node without memory has thrown away', () => {
    expect([3, 2, 1, 0].map((left) => reclaimFactor(left, reclaimParameters))).toEqual([1, 1, 3, 5]);
    const hdd: Partial<NodePoolSpec> = { disk: 'hdd' };
    expect(meanOf('runPodSandbox', { pool: hdd, left: 0 }) / meanOf('runPodSandbox', { pool: hdd })).toBeGreaterThan(3);
  });
});
