// Who knows what when: a watcher observes what was written, as it was written, and no sooner than its watch brings it.
import { describe, expect, it } from 'vitest';
import { NodeReady, PodChange, PodPhase, statusBits } from '../../src/cluster/index.js';
import { controlPlaneCosts } from '../../src/control-plane/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

/** Every watch takes five seconds. */
const LATE = [
  { group: 'control-plane.costs', name: 'watch', parameter: { ...controlPlaneCosts.watch, value: fixed(seconds(5)) } },
];

/** Does things at their times, in seconds. */
function doAt(run: Run, what: readonly (readonly [time: number, act: () => void])[]): void {
  const { simulation } = run.cluster.context;
  what.forEach(([time, act], i) => {
    const kind = simulation.on(`test/${i}`, act);
    simulation.schedule(f.at(time), kind, 0);
  });
}

describe('a watch of pods', () => {
  it('brings each change with its own transition, and not with what has been written since', () => {
    const run = new Run(f.cluster({ workloads: [f.running()], costs: LATE, duration: seconds(30) }), 'late');
    const { api, context } = run.cluster;
    const seen: [at: number, isReady: boolean, transition: number][] = [];
    api.watchPods({
      name: 'test',
      wants: [PodChange.Status],
      onPodChanged: (_, __, status, transition) =>
        seen.push([context.simulation.now / S, (status & 1) === 1, transition / S]),
    });
    const patch = (ready: boolean) => () =>
      api.patchPodStatus(0, statusBits(PodPhase.Running, ready, true, true), context.simulation.now);
    doAt(run, [
      [10.2, patch(false)],
      [11.4, patch(true)],
      [12.9, patch(false)],
    ]);
    run.advanceTo(f.at(17.95));
    // lastTransitionTime has whole seconds. The kubelet puts right what it has not written itself.
    expect(seen.slice(0, 3)).toEqual([
      [15.2, false, 10],
      [16.4, true, 11],
      [17.9, false, 12],
    ]);
  });
  it('may be of some nodes only', () => {
    const workloads = [f.running({ replicas: 2, template: f.template({ hostNetwork: true }) })];
    const run = new Run(f.cluster({ workloads, nodePools: [f.pool({ count: 2 })] }), 'some');
    const { api, context } = run.cluster;
    const seen: number[] = [];
    api.watchPods({
      name: 'test',
      wants: [PodChange.Deleted],
      selects: (node) => node === context.pods.node[1],
      onPodChanged: (pod) => seen.push(pod),
    });
    doAt(run, [
      [
        1,
        () => {
          api.deletePod(0);
          api.deletePod(1);
        },
      ],
    ]);
    run.advanceTo(f.at(3));
    expect(context.pods.node[0]).not.toBe(context.pods.node[1]);
    expect(seen).toEqual([1]);
  });
});

describe('a watch of nodes', () => {
  it('brings what was written, in order', () => {
    const run = new Run(f.cluster({ costs: LATE, duration: seconds(30) }), 'nodes');
    const { api, context } = run.cluster;
    const seen: [at: number, ready: number][] = [];
    api.watchNodes({ name: 'test', onReadyChanged: (_, ready) => seen.push([context.simulation.now / S, ready]) });
    doAt(run, [
      [1, () => api.setNodeReady(0, NodeReady.False)],
      [2, () => api.setNodeReady(0, NodeReady.Unknown)],
    ]);
    run.advanceTo(f.at(8));
    expect(seen).toEqual([
      [6, NodeReady.False],
      [7, NodeReady.Unknown],
    ]);
  });
});

describe('the node lifecycle controller', () => {
  it('goes by what a kubelet says when it looks at all nodes next, every five seconds', () => {
    const run = new Run(f.cluster({ workloads: [f.running()], duration: seconds(60) }), 'look');
    const { api, context } = run.cluster;
    const marked: number[] = [];
    api.watchPods({
      name: 'test',
      wants: [PodChange.Status],
      onPodChanged: (_, __, status) => (status & 1) === 0 && marked.push(context.simulation.now / S),
    });
    doAt(run, [[20, () => api.setNodeReady(0, NodeReady.False)]]);
    run.advanceTo(f.at(26));
    expect(marked[0]).toBeGreaterThan(20);
    expect(marked[0]).toBeLessThan(25.2);
  });
  it('evicts a pod that is bound to a node after its taint, too', () => {
    const template = f.template({ unreachableToleration: seconds(30) });
    const workloads = [
      f.running({ template }),
      f.workload({ kind: 'Pod', name: 'late', createdAt: f.at(500), template }),
    ];
    const nodePools = [f.pool({ count: 3 })];
    const faults = [f.onNode(10, Infinity, { type: 'NodeDeath' })];
    const run = new Run(f.cluster({ workloads, nodePools, faults, duration: seconds(400) }), 'taint');
    const { api, context } = run.cluster;
    let pod = -1;
    doAt(run, [
      [
        200,
        () => {
          const dead = [0, 1, 2].find((node) => context.nodes.up[node] === 0)!;
          pod = api.createPod(1, 0, 0, dead);
          api.bindPod(pod, dead);
        },
      ],
    ]);
    run.advanceTo(f.at(400));
    expect(context.pods.stamps.deleted[pod]! / S).toBeGreaterThan(230);
    expect(context.pods.stamps.deleted[pod]! / S).toBeLessThan(231);
  });
});
