// What a node does whose pods burn all of its CPU.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

describe('a node whose pods burn all of its CPU', () => {
  const spec = (cpuRequestMillis: number) =>
    f.cluster({
      nodePools: [f.pool({ cpuMillis: 4000 })],
      workloads: [
        f.running({
          replicas: 4,
          template: f.template({
            cpuRequestMillis,
            qosClass: cpuRequestMillis > 0 ? 'Burstable' : 'BestEffort',
            containers: [f.container({ behavior: f.behavior({ servingCpuMillis: 1000 }) })],
          }),
        }),
        f.running({
          name: 'flapping',
          template: f.template({
            containers: [f.container({ probes: [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })] })],
          }),
        }),
      ],
      services: [f.service({ workloads: [1] })],
      faults: [{ type: 'ReadinessFlap', at: f.at(20), duration: seconds(20), workloads: [1], pods: { count: 1 } }],
      duration: seconds(120),
    });
  const syncTime = (cpuRequestMillis: number): number =>
    simulate(spec(cpuRequestMillis), 'burn').syncs[0]!.duration.max;
  it('has little left for kube-proxy if they have asked for it, and a share if they have not', () => {
    const [asked, not, idle] = [500, 0, -1].map((millis) =>
      millis < 0
        ? simulate({ ...spec(500), workloads: [f.running(), spec(500).workloads[1]!] }, 'burn').syncs[0]!.duration.max
        : syncTime(millis),
    );
    // Four pods that have not asked want four cores beside the one of the sync: four fifths of the speed.
    expect(not! / idle!).toBeCloseTo(1.25, 1);
    // Four pods that ask for two cores together weigh 79, kube-proxy without a request 1: a twentieth of a core.
    expect(asked! / idle!).toBeGreaterThan(18);
    expect(asked! / idle!).toBeLessThan(24);
  });
});
