// Faults that overlap: the worst one counts until it is over. Times in seconds.
import { describe, expect, it } from 'vitest';
import type { FaultSpec, NodeFault } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const on = (at: number, duration: number, fault: NodeFault): FaultSpec => ({
  at: f.at(at),
  duration: duration * S,
  nodes: { pools: [0], amount: { count: 1 } },
  ...fault,
});
/** What `look` says at each of the times. */
const at = <T>(times: readonly number[], faults: FaultSpec[], look: (run: Run) => T): T[] => {
  const run = new Run(f.cluster({ duration: seconds(200), workloads: [f.running()], faults }), 'overlap', {
    checkInvariants: true,
  });
  return times.map((time) => {
    run.advanceTo(f.at(time));
    return look(run);
  });
};

describe('of two faults of one type', () => {
  it('the worse one counts while it holds, whichever ends first', () => {
    const slow = (run: Run) => run.cluster.kubelets.runtimes.slowdown(0);
    const slows = (a: number, b: number) => [
      on(10, 20, { type: 'RuntimeSlow', factor: a }),
      on(20, 20, { type: 'RuntimeSlow', factor: b }),
    ];
    expect(at([15, 25, 35, 45], slows(5, 3), slow)).toEqual([5, 5, 3, 1]);
    expect(at([15, 25, 35, 45], slows(3, 5), slow)).toEqual([3, 5, 5, 1]);
    const memory = (run: Run) => Math.round(run.cluster.kubelets.memory.available(0) / 1e9);
    const capacity = f.pool().memoryCapacityBytes / 1e9;
    const faults = [
      on(10, 50, { type: 'MemoryStarvation', left: 1 }),
      on(20, 10, { type: 'MemoryStarvation', left: 0.5 }),
    ];
    const expected = [1, 0.5, 1, 1].map((left) => Math.round(left * capacity));
    expect(at([15, 25, 35, 65], faults, memory)).toEqual(expected);
  });
  it('a node is cut off until the last partition is over', () => {
    const faults = [on(5, 10, { type: 'NetworkPartition' }), on(10, 100, { type: 'NetworkPartition' })];
    expect(at([7, 20, 100, 120], faults, (run) => run.cluster.context.nodes.connected[0])).toEqual([0, 0, 0, 1]);
  });
  it('a kubelet is down until the later end', () => {
    const isUp = (run: Run) => run.cluster.kubelets.life.isKubeletUp(0);
    const long = [on(5, 2, { type: 'KubeletRestart' }), on(6, 100, { type: 'KubeletRestart' })];
    expect(at([6.5, 8, 100, 107], long, isUp)).toEqual([false, false, false, true]);
    const short = [on(5, 100, { type: 'KubeletRestart' }), on(6, 2, { type: 'KubeletRestart' })];
    expect(at([6.5, 9, 100, 106], short, isUp)).toEqual([false, false, false, true]);
  });
  it('a runtime that stalls on and on is down as soon as one that stalls as long at once', () => {
    const downAt = (faults: FaultSpec[]) => {
      const times = Array.from({ length: 100 }, (_, i) => i);
      return at(times, faults, (run) => run.cluster.context.nodes.ready[0] === 0).indexOf(false);
    };
    const once = downAt([on(1, 60, { type: 'RuntimeStall' })]);
    expect(once).toBeGreaterThan(29);
    expect(downAt([on(1, 25, { type: 'RuntimeStall' }), on(24, 37, { type: 'RuntimeStall' })])).toBe(once);
  });
});
