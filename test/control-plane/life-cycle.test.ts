// What controllers and scheduler do over time: tiny clusters whose expected history is the assertion.
import { describe, expect, it } from 'vitest';
import { PodChange, PodPhase, statusBits } from '../../src/cluster/index.js';
import { inSlices, nextView, PodView } from '../../src/control-plane/controllers/endpoint-slice.js';
import { unschedulableBackOff } from '../../src/control-plane/index.js';
import { fixed, seconds, uniform } from '../../src/engine/index.js';
import { assemble } from '../../src/run/assemble.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const SECOND = 1e9;
type Result = ReturnType<typeof simulate>;
const stamps = (result: Result, stage: keyof Result['pods']['stamps'], from = 0) =>
  [...result.pods.stamps[stage].slice(from, result.pods.count)].map((ns) => ns / SECOND);
const update = (at: number) => ({ type: 'RollingUpdate' as const, at: f.at(at), workloads: [0] });

describe('a Deployment', () => {
  it('goes on when it has deleted, without waiting for the pods to end', () => {
    const behavior = f.behavior({ shutdown: fixed(seconds(20)) });
    const workload = f.running({
      replicas: 2,
      maxSurge: 0,
      maxUnavailable: 1,
      template: f.template({ containers: [f.container({ behavior })] }),
    });
    const result = simulate(f.cluster({ workloads: [workload], faults: [update(10)] }), 'update');
    expect(stamps(result, 'deleted')[0]).toBeCloseTo(10.02, 1);
    expect(stamps(result, 'created', 2)[0]).toBeCloseTo(10.05, 1);
    expect(stamps(result, 'stopped')[0]).toBeGreaterThan(30);
  });
  it('with strategy Recreate creates when the last old pod is gone', () => {
    const behavior = f.behavior({ shutdown: uniform(seconds(1), seconds(30)) });
    const workload = f.running({
      replicas: 5,
      recreate: true,
      template: f.template({ containers: [f.container({ behavior })] }),
    });
    const result = simulate(
      f.cluster({ workloads: [workload], faults: [update(10)], duration: seconds(90) }),
      'update',
    );
    const gone = stamps(result, 'removed').slice(0, 5);
    const created = stamps(result, 'created', 5);
    expect(created).toHaveLength(5);
    expect(Math.min(...created)).toBeGreaterThan(Math.max(...gone));
    expect(Math.min(...created)).toBeLessThan(Math.max(...gone) + 0.5);
  });
  it('has no pods before it exists, whatever is done to it', () => {
    const result = simulate(
      f.cluster({ workloads: [f.workload({ createdAt: f.at(30) })], faults: [update(10)] }),
      'early',
    );
    expect(stamps(result, 'created')).toHaveLength(1);
    expect(stamps(result, 'created')[0]).toBeGreaterThan(30);
  });
});

it('each kind of controller has a client of its own: a large Job does not hold up a Deployment', () => {
  const workloads = [
    f.workload({ kind: 'Job', name: 'job', replicas: 300, completions: 300, createdAt: f.at(1) }),
    f.workload({ name: 'web', createdAt: f.at(2) }),
  ];
  const result = simulate(
    f.cluster({ workloads, nodePools: [f.pool({ count: 10 })], duration: seconds(20) }),
    'clients',
  );
  const created = (index: number) => stamps(result, 'created').filter((_, pod) => result.pods.workload[pod] === index);
  expect(created(1)[0]).toBeLessThan(2.1);
  // 30 at once, then 20 a second.
  expect(Math.max(...created(0))).toBeGreaterThan(14);
});

describe('the scheduler', () => {
  it('binds the pods of a DaemonSet too, and leaves one pending whose node is full', () => {
    const workloads = [
      f.running({ replicas: 10, name: 'filler' }),
      f.workload({ kind: 'DaemonSet', name: 'agent', createdAt: f.at(10) }),
    ];
    const nodePools = [f.pool({ count: 2, pods: 5 })];
    const full = simulate(f.cluster({ workloads, nodePools }), 'daemon');
    expect(stamps(full, 'created', 10)).toHaveLength(2);
    expect(stamps(full, 'bound', 10)).toEqual([Number.NaN, Number.NaN]);
    const roomy = simulate(f.cluster({ workloads, nodePools: [f.pool({ count: 2, pods: 9 })] }), 'daemon');
    for (const [i, scheduled] of stamps(roomy, 'scheduled', 10).entries()) {
      expect(scheduled).toBeGreaterThan(stamps(roomy, 'created', 10)[i]!);
    }
    expect([...roomy.pods.node.slice(10, 12)].sort()).toEqual([0, 1]);
  });
  it('gives back the place of a pod that was deleted while it was being bound', () => {
    const workloads = [f.workload({ kind: 'Pod', createdAt: f.at(50) })];
    const spec = f.cluster({ workloads, nodePools: [f.pool({ pods: 1 })] });
    const { context, api } = assemble(spec, 'window');
    const { simulation, pods } = context;
    const first = api.createPod(0, 0, 0, -1);
    while (Number.isNaN(pods.stamps.scheduled[first]!)) simulation.runUntil(simulation.now + 1e5);
    expect(pods.node[first]).toBe(-1);
    api.deletePod(first);
    simulation.runUntil(f.at(2));
    const second = api.createPod(0, 1, 0, -1);
    simulation.runUntil(f.at(4));
    expect(pods.node[second]).toBe(0);
  });
  it('tries a pod that found no node again when one has gone, after a back-off of 1, 2, 4, 8, 10 s', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => unschedulableBackOff(n) / SECOND)).toEqual([1, 2, 4, 8, 10, 10]);
    // One node for three pods; a Job runs four, each ends after 20 s.
    const behavior = f.behavior({ exit: { after: fixed(seconds(20)), code: 0 } });
    const template = f.template({ restartPolicy: 'Never', containers: [f.container({ behavior })] });
    const job = f.workload({ kind: 'Job', replicas: 4, completions: 4, template });
    const result = simulate(f.cluster({ workloads: [job], nodePools: [f.pool({ pods: 3 })] }), 'job');
    const scheduled = stamps(result, 'scheduled').slice(0, 4);
    const last = scheduled.indexOf(Math.max(...scheduled));
    const others = [0, 1, 2, 3].filter((pod) => pod !== last);
    const freed = Math.min(...others.map((pod) => stamps(result, 'runningReported')[pod]!)) + 20;
    // The back-off has long passed when the first place is free, so the fourth pod takes it at once.
    expect(stamps(result, 'created')[last]).toBeLessThan(2);
    expect(scheduled[last]).toBeGreaterThan(freed - 2);
    expect(scheduled[last]).toBeLessThan(freed + 3);
    expect(result.counts.unschedulablePods).toBe(0);
  });
  it('spreads pods without requests as evenly as others', () => {
    const template = f.template({ cpuRequestMillis: 0, memoryRequestBytes: 0, memoryScoredBytes: 200 * 2 ** 20 });
    const result = simulate(
      f.cluster({
        workloads: [f.running({ replicas: 100, template })],
        nodePools: [f.pool({ count: 10, cpuMillis: 4000, memoryBytes: 8e9 })],
      }),
      'spread',
    );
    const onNode = Array.from(
      { length: 10 },
      (_, node) => [...result.pods.node.slice(0, 100)].filter((n) => n === node).length,
    );
    expect(onNode).toEqual(Array(10).fill(10));
  });
});

describe('what the EndpointSlice controller knows of a pod', () => {
  const { HasAddress, Ready, Terminating } = PodView;
  const running = (ready: boolean) => statusBits(PodPhase.Running, ready, true, true);
  it('keeps that it is being deleted, whatever is reported later', () => {
    const deleted = nextView(0, PodChange.Deleted, 0);
    expect(deleted).toBe(Terminating);
    expect(nextView(deleted, PodChange.Status, running(true))).toBe(HasAddress | Ready | Terminating);
    expect(nextView(deleted, PodChange.Status, statusBits(PodPhase.Pending, false, false, false))).toBe(Terminating);
    expect(nextView(deleted, PodChange.Removed, 0)).toBe(0);
  });
  it('is in no slice without an address, and so changes none when it goes', () => {
    expect([0, Terminating, Ready | Terminating].map(inSlices)).toEqual([0, 0, 0]);
    expect(inSlices(HasAddress | Terminating)).toBe(HasAddress | Terminating);
  });
  it('follows readiness, and leaves out a pod that has ended', () => {
    expect(nextView(0, PodChange.Status, running(true))).toBe(HasAddress | Ready);
    expect(nextView(HasAddress | Ready, PodChange.Status, running(false))).toBe(HasAddress);
    expect(nextView(HasAddress, PodChange.Status, statusBits(PodPhase.Failed, false, true, false))).toBe(0);
  });
});

describe('network programming latency', () => {
  it('is counted from the Ready transition as the kubelet saw it, in whole seconds', () => {
    const workloads = [
      f.running({
        replicas: 1,
        template: f.template({
          containers: [f.container({ probes: [f.probe('readiness', { failureThreshold: 1 })] })],
        }),
      }),
    ];
    const faults = [
      { type: 'ReadinessFlap' as const, at: f.at(20), duration: seconds(15), workloads: [0], pods: { percent: 100 } },
    ];
    const result = simulate(f.cluster({ workloads, services: [f.service()], faults }), 'npl');
    const { histogram } = result.series.find((s) => s.metric === 'kubeproxy_network_programming_duration_seconds')!;
    // One node, the way out and the way back.
    expect(histogram.count).toBe(2);
    // What it really takes is below 0.3 s; the timestamp adds up to a second.
    expect(histogram.max / SECOND).toBeLessThan(1.4);
  });
});

describe('a kube-proxy without news', () => {
  it('syncs everything once an hour', () => {
    const result = simulate(
      f.cluster({
        workloads: [f.running()],
        services: [f.service()],
        nodePools: [f.pool({ count: 20 })],
        duration: seconds(2 * 3600),
      }),
      'quiet',
    );
    // Each of the 20 nodes twice in two hours, at an hour and some milliseconds.
    expect(result.proxy.syncs).toBeGreaterThanOrEqual(39);
    expect(result.proxy.syncs).toBeLessThanOrEqual(40);
    expect(result.proxy.fullSyncs).toBe(result.proxy.syncs);
  });
  it('does so at a time of its own', () => {
    const nodePools = [f.pool({ count: 400 })];
    const half = simulate(
      f.cluster({ services: [f.service()], nodePools, duration: seconds(1800), workloads: [f.running()] }),
      'half',
    );
    // Half of the 400, binomial: four standard deviations of 10.
    expect(Math.abs(half.proxy.syncs - 200)).toBeLessThan(40);
  });
  it('even where there is no service', () => {
    const result = simulate(f.cluster({ workloads: [f.running()], duration: seconds(4000) }), 'none');
    expect(result.proxy.fullSyncs).toBe(result.proxy.syncs);
    expect(result.proxy.syncs).toBeGreaterThanOrEqual(1);
  });
  it('wakes for a service that is created at the very beginning', () => {
    const result = simulate(
      f.cluster({ workloads: [], services: [f.service({ workloads: [], createdAt: f.at(0) })], duration: seconds(60) }),
      'first',
    );
    expect(result.proxy.syncs).toBe(1);
  });
});
