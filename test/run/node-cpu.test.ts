// Who gets the CPU of a node when there is not enough of it.

import { describe, expect, it } from 'vitest';
import { CpuTier, NodeTable } from '../../src/cluster/index.js';
import { createEventQueue, Simulation, seconds } from '../../src/engine/index.js';
import { TieredCpu } from '../../src/node/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const { Kernel, Requested, BestEffort } = CpuTier;

describe('the CPU of a node', () => {
  const fresh = () => {
    const simulation = new Simulation(createEventQueue('wheel'));
    const cpu = new TieredCpu(simulation, new NodeTable([f.pool({ cpuMillis: 4000 })]));
    return { simulation, cpu, shares: () => [Kernel, Requested, BestEffort].map((tier) => cpu.share(0, tier)) };
  };
  it('is there for all while there is enough', () => {
    const { cpu, shares } = fresh();
    cpu.changeDemand(0, Kernel, 1000);
    cpu.changeDemand(0, Requested, 2000);
    cpu.changeDemand(0, BestEffort, 1000);
    expect(shares()).toEqual([1, 1, 1]);
  });
  it('is taken from those first that have not asked for any, then from those that have, never from packets', () => {
    const { cpu, shares } = fresh();
    cpu.changeDemand(0, Requested, 3000);
    cpu.changeDemand(0, BestEffort, 2000);
    expect(shares()).toEqual([1, 1, 0.5]);
    cpu.changeDemand(0, Kernel, 2000);
    expect(shares()[1]).toBeCloseTo(2 / 3, 9);
    // 0.2 % of four cores, of the two that are wanted.
    expect(shares()[2]).toBeCloseTo(0.004, 9);
    cpu.changeDemand(0, Requested, -3000);
    expect(shares()).toEqual([1, 1, 1]);
  });
  it('that a fault takes is taken from all alike', () => {
    const { cpu, shares } = fresh();
    cpu.setAvailableShare(0, 0.25);
    expect(shares()).toEqual([0.25, 0.25, 0.25]);
  });
  it('has a clock for each tier, which stands where work of it would', () => {
    const { simulation, cpu } = fresh();
    cpu.changeDemand(0, Requested, 8000);
    simulation.runUntil(10 * S);
    expect(cpu.clock(0, Requested)).toBe(5 * S);
    expect(cpu.clock(0, BestEffort)).toBe(10 * S);
    expect(cpu.instantAt(0, Requested, 6 * S)).toBe(12 * S);
  });
});

describe('a node whose pods burn all of its CPU', () => {
  const spec = (cpuRequestMillis: number) =>
    f.cluster({
      nodePools: [f.pool({ cpuMillis: 4000 })],
      workloads: [
        f.running({
          replicas: 4,
          template: f.template({
            cpuRequestMillis,
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
    expect(asked! / idle!).toBeGreaterThan(50);
  });
});
