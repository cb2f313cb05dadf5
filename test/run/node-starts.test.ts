// What the busiest node was busy with: the wall that a node runs into.
import { describe, expect, it } from 'vitest';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

describe('the busiest node', () => {
  const starts = (disk: 'ssd' | 'hdd', pods: number) => {
    const behavior = f.behavior({ exit: { after: fixed(seconds(5)), code: 0 } });
    const template = f.template({
      restartPolicy: 'Never',
      cpuRequestMillis: 1,
      containers: [f.container({ behavior })],
    });
    const result = simulate(
      f.cluster({
        minor: 36,
        duration: seconds(600),
        nodePools: [f.pool({ disk, cpuMillis: 8000, pods: 1000 })],
        // More pods at a time than a /24 has addresses.
        network: { ...f.cluster().network, podCidr: { base: 0x0a000000, prefix: 8, nodePrefix: 20 } },
        workloads: [f.workload({ kind: 'Job', replicas: pods, completions: pods, template })],
        controlPlane: { ...f.cluster().controlPlane, controllerQps: 1000, controllerBurst: 1000, schedulerQps: 1000 },
      }),
      'starts',
    );
    return result.nodeStarts[0]!;
  };
  it('is held up by its disk where that is slow, and by its CPU where it is not', () => {
    const hdd = starts('hdd', 500);
    const ssd = starts('ssd', 500);
    expect(hdd.pods).toBe(500);
    expect(hdd.diskBusy).toBe(1);
    expect(hdd.cpuBusy).toBeLessThan(0.9);
    // Kubelet and runtime use some of it at rest.
    expect(ssd.cpuBusy).toBeGreaterThan(0.9);
    expect(ssd.diskBusy).toBeLessThan(0.9);
    // 40 writes of 2.9 ms a start; 0.45 core seconds of 8 cores.
    expect(hdd.pods / (hdd.startingTime / 1e9)).toBeGreaterThan(5.5);
    expect(hdd.pods / (hdd.startingTime / 1e9)).toBeLessThan(1 / (40 * 0.0029));
    expect(ssd.pods / (ssd.startingTime / 1e9)).toBeLessThan(8 / 0.45);
  });
  it('with a pod now and then is busy with nothing', () => {
    const { diskBusy, cpuBusy, apiClientBusy } = starts('ssd', 1);
    expect(Math.max(diskBusy, cpuBusy, apiClientBusy)).toBeLessThan(0.5);
  });
});
