// Faults that overlap: the worst one counts until it is over. Times in seconds.
import { describe, expect, it } from 'vitest';
import { CHECKERS } from '../../src/checkers/index.js';
import type { FaultSpec } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

/** What `look` says at each of the times. */
const at = <T>(times: readonly number[], faults: FaultSpec[], look: (run: Run) => T): T[] => {
  const run = new Run(f.cluster({ duration: seconds(200), workloads: [f.running()], faults }), 'overlap', {
    onlooker: CHECKERS,
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
      f.onNode(10, 20, { type: 'RuntimeSlow', factor: a }),
      f.onNode(20, 20, { type: 'RuntimeSlow', factor: b }),
    ];
    expect(at([15, 25, 35, 45], slows(5, 3), slow)).toEqual([5, 5, 3, 1]);
    expect(at([15, 25, 35, 45], slows(3, 5), slow)).toEqual([3, 5, 5, 1]);
    const memory = (run: Run) => Math.round(run.cluster.kubelets.memory.available(0) / 1e9);
    const capacity = f.pool().memoryCapacityBytes / 1e9;
    const faults = [
      f.onNode(10, 50, { type: 'MemoryStarvation', left: 1 }),
      f.onNode(20, 10, { type: 'MemoryStarvation', left: 0.5 }),
    ];
    const expected = [1, 0.5, 1, 1].map((left) => Math.round(left * capacity));
    expect(at([15, 25, 35, 65], faults, memory)).toEqual(expected);
  });
  it('a node is cut off until the last partition is over', () => {
    const faults = [f.onNode(5, 10, { type: 'NetworkPartition' }), f.onNode(10, 100, { type: 'NetworkPartition' })];
    expect(at([7, 20, 100, 120], faults, (run) => run.cluster.context.nodes.connected[0])).toEqual([0, 0, 0, 1]);
  });
  it('a kubelet is down until the later end', () => {
    const isUp = (run: Run) => run.cluster.kubelets.life.isKubeletUp(0);
    const long = [f.onNode(5, 2, { type: 'KubeletRestart' }), f.onNode(6, 100, { type: 'KubeletRestart' })];
    expect(at([6.5, 8, 100, 107], long, isUp)).toEqual([false, false, false, true]);
    const short = [f.onNode(5, 100, { type: 'KubeletRestart' }), f.onNode(6, 2, { type: 'KubeletRestart' })];
    expect(at([6.5, 9, 100, 106], short, isUp)).toEqual([false, false, false, true]);
  });
  it('a runtime that stalls on and on is down as soon as one that stalls as long at once', () => {
    const downAt = (faults: FaultSpec[]) => {
      const times = Array.from({ length: 100 }, (_, i) => i);
      return at(times, faults, (run) => run.cluster.api.objects.nodes.ready[0] === 0).indexOf(false);
    };
    const once = downAt([f.onNode(1, 60, { type: 'RuntimeStall' })]);
    expect(once).toBeGreaterThan(29);
    expect(downAt([f.onNode(1, 25, { type: 'RuntimeStall' }), f.onNode(24, 37, { type: 'RuntimeStall' })])).toBe(once);
  });
});
