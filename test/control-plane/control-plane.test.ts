import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PodPhase, RateLimiter } from '../../src/cluster/index.js';
import {
  nodesToFind,
  PodView,
  type RolloutState,
  recreateStep,
  rolloutStep,
  scaledStep,
  sliceEndpoints,
} from '../../src/control-plane/index.js';
import { deletionOrder, type RankedPod } from '../../src/control-plane/workloads/deletion-order.js';
import { seconds } from '../../src/engine/index.js';
import { CapacityError, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

describe('rate limiter', () => {
  it('lets a burst through, then one a refill', () => {
    const limiter = new RateLimiter(20, 3);
    const at = Array.from({ length: 6 }, () => limiter.take(1 * S) / S);
    expect(at).toEqual([1, 1, 1, 1.05, 1.1, 1.15]);
  });
  it('never gives more than burst + qps t in any window, and never less than it could', () => {
    const gaps = fc.array(fc.nat(200), { minLength: 5, maxLength: 80 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10 }), (steps, qps, burst) => {
        const limiter = new RateLimiter(qps, burst);
        let now = 0;
        // The obvious twin: tokens as a number that grows with time.
        let tokens = burst;
        let last = 0;
        for (const step of steps) {
          now += step * 1e6;
          const granted = limiter.take(now);
          const from = Math.max(now, last);
          tokens = Math.min(burst, tokens + ((from - last) * qps) / S);
          const expected = tokens >= 1 - 1e-9 ? from : from + ((1 - tokens) / qps) * S;
          tokens = Math.min(burst, tokens + ((expected - from) * qps) / S) - 1;
          last = expected;
          expect(Math.abs(granted - expected)).toBeLessThan(1e3);
        }
      }),
      { seed: 2 },
    );
  });
});

describe('scheduler', () => {
  it('looks for as many feasible nodes as the real one', () => {
    expect([50, 100, 1000, 5000, 15_000].map((nodes) => nodesToFind(nodes))).toEqual([50, 100, 420, 500, 750]);
  });
  it('spreads equal pods evenly over equal nodes', () => {
    const spec = f.cluster({
      nodePools: [f.pool({ count: 10 })],
      workloads: [f.workload({ replicas: 100 })],
      duration: seconds(30),
    });
    const result = simulate(spec, 's');
    const perNode = new Array<number>(10).fill(0);
    for (let pod = 0; pod < 100; pod++) perNode[result.pods.node[pod]!]! += 1;
    expect(perNode).toEqual(new Array(10).fill(10));
  });
  it('never overfills a node: pods, CPU and memory', () => {
    const limits = [f.pool({ pods: 5 }), f.pool({ cpuMillis: 700 }), f.pool({ memoryBytes: 64e6 * 3 })];
    const placed = limits.map((pool) => {
      const spec = f.cluster({ nodePools: [pool], workloads: [f.workload({ replicas: 20 })], duration: seconds(30) });
      const result = simulate(spec, 's');
      return [result.pods.node.slice(0, 20).filter((node) => node >= 0).length, result.counts.unschedulablePods];
    });
    expect(placed).toEqual([
      [5, 15],
      [7, 13],
      [3, 17],
    ]);
  });
  it('obeys the node selector', () => {
    const nodePools = [f.pool({ name: 'a', count: 3 }), f.pool({ name: 'b', count: 2, labels: { disk: 'ssd' } })];
    const template = f.template({ nodeSelector: { disk: 'ssd' } });
    const result = simulate(f.cluster({ nodePools, workloads: [f.workload({ replicas: 8, template })] }), 's');
    for (let pod = 0; pod < 8; pod++) expect(result.pods.node[pod]).toBeGreaterThanOrEqual(3);
  });
  it('tries again when a pod has gone', () => {
    const workloads = [
      f.running({ replicas: 5, maxSurge: 0, maxUnavailable: 5 }),
      f.workload({ name: 'late', replicas: 1, createdAt: f.at(5) }),
    ];
    const faults = [{ type: 'RollingUpdate' as const, at: f.at(20), workloads: [0] }];
    const result = simulate(
      f.cluster({ nodePools: [f.pool({ pods: 5 })], workloads, faults, duration: seconds(60) }),
      's',
    );
    expect(result.pods.stamps.scheduled[5]! / S).toBeGreaterThan(20);
    expect(result.pods.stamps.scheduled[5]! / S).toBeLessThan(30);
  });
  it('says so when running pods do not fit', () => {
    const spec = f.cluster({ nodePools: [f.pool({ pods: 5 })], workloads: [f.running({ replicas: 6 })] });
    expect(() => simulate(spec, 's')).toThrow(CapacityError);
    expect(() => simulate(spec, 's')).toThrow('Deployment web: its pods do not fit: 5 pods placed on 1 nodes');
    const network = { ...f.cluster().network, podCidr: { ...f.cluster().network.podCidr, nodePrefix: 30 } };
    const crowded = f.cluster({ network, workloads: [f.running({ replicas: 6 })] });
    expect(() => simulate(crowded, 's')).toThrow('no address was left in the range of node general-0');
  });
});

describe('endpoints', () => {
  const { HasAddress, Ready, Terminating } = PodView;
  const of = (...bits: number[]) => sliceEndpoints(bits.keys(), Uint8Array.from(bits), false);
  it('are the ready ones', () => {
    expect(of(HasAddress | Ready, HasAddress, Ready, HasAddress | Ready)).toEqual({
      pods: Int32Array.of(0, 3),
      ready: 2,
    });
  });
  it('come first, then those that serve while they end', () => {
    const serving = HasAddress | Ready | Terminating;
    expect(of(HasAddress, serving, HasAddress | Terminating)).toEqual({ pods: Int32Array.of(1), ready: 0 });
    expect(of(serving, HasAddress | Ready, serving)).toEqual({ pods: Int32Array.of(1, 0, 2), ready: 1 });
  });
  it('are all that have an address where a service publishes those that are not ready', () => {
    expect([...sliceEndpoints([0, 1], Uint8Array.from([HasAddress, 0]), true).pods]).toEqual([0]);
  });
  it('change with one write for many pods that change together', () => {
    const spec = f.cluster({
      nodePools: [f.pool({ count: 20 })],
      workloads: [f.workload({ replicas: 200 })],
      services: [f.service()],
      duration: seconds(60),
    });
    const result = simulate(spec, 'e');
    // Creations come at 20 a second, each with an address and then ready; the controller's own client writes 20 a second.
    expect(result.counts.endpointChanges).toBeLessThan(400);
    expect(result.proxy.endpoints).toBe(200);
  });
});

describe('rolling update', () => {
  const set = (desired: number, available = desired) => ({ desired, available, running: desired });
  const base: RolloutState = { replicas: 10, maxSurge: 3, maxUnavailable: 2, newest: set(0), older: [set(10)] };
  it('makes the new ReplicaSet as large as the surge allows, then the old ones smaller', () => {
    expect(rolloutStep({ ...base, newest: undefined })).toEqual({ newest: 3, older: [10] });
    expect(rolloutStep(base)).toEqual({ newest: 3, older: [10] });
    expect(rolloutStep({ ...base, newest: set(3, 0) })).toEqual({ newest: 3, older: [8] });
    expect(rolloutStep({ ...base, newest: set(3, 0), older: [set(8)] })).toEqual({ newest: 5, older: [8] });
    expect(rolloutStep({ ...base, newest: set(10), older: [set(3)] })).toEqual({ newest: 10, older: [0] });
  });
  it('takes old pods that are not available first, of the oldest ReplicaSet first (cleanupUnhealthyReplicas)', () => {
    const older = [set(3, 1), set(7, 6)];
    expect(rolloutStep({ ...base, newest: set(3, 0), older })).toEqual({ newest: 3, older: [1, 7] });
    expect(rolloutStep({ ...base, maxUnavailable: 3, newest: set(3, 0), older })).toEqual({ newest: 3, older: [1, 6] });
  });
  it('never goes below replicas - maxUnavailable nor above replicas + maxSurge, and ends', () => {
    const sizes = fc.record({
      replicas: fc.integer({ min: 1, max: 30 }),
      maxSurge: fc.nat(10),
      maxUnavailable: fc.nat(10),
      split: fc.nat(30),
    });
    fc.assert(
      fc.property(sizes, ({ replicas, maxSurge, maxUnavailable, split }) => {
        if (maxSurge === 0 && maxUnavailable === 0) maxUnavailable = 1;
        const allowed = Math.min(maxUnavailable, replicas);
        const first = Math.min(split, replicas);
        let [newest, available, older] = [0, 0, [first, replicas - first]];
        const old = () => older[0]! + older[1]!;
        for (let step = 0; step < 300 && (old() > 0 || available < replicas); step++) {
          const next = rolloutStep({
            replicas,
            maxSurge,
            maxUnavailable: allowed,
            newest: set(newest, available),
            older: older.map((desired) => set(desired)),
          });
          const isStill = next.newest === newest && next.older.every((desired, i) => desired === older[i]);
          expect(isStill && available === newest).toBe(false);
          [newest, older] = [next.newest!, [...next.older]];
          expect(newest + old()).toBeLessThanOrEqual(replicas + maxSurge);
          expect(available + old()).toBeGreaterThanOrEqual(replicas - allowed);
          if (isStill) available = newest;
        }
        expect([newest, available, ...older]).toEqual([replicas, replicas, 0, 0]);
      }),
      { seed: 4 },
    );
  });
  it('with Recreate makes the new one when the last old pod has ended', () => {
    expect(recreateStep({ ...base, newest: undefined })).toEqual({ newest: undefined, older: [0] });
    const ending = { desired: 0, available: 0, running: 1 };
    expect(recreateStep({ ...base, newest: undefined, older: [ending] })).toEqual({ newest: undefined, older: [0] });
    expect(recreateStep({ ...base, newest: undefined, older: [set(0)] })).toEqual({ newest: 10, older: [0] });
  });
  it('shares out what is scaled in the middle of it, and gives what is left over to the largest (scale in sync.go)', () => {
    // 10 with a surge of 3 became 30: 33 instead of 13.
    const state = { ...base, newest: set(5), older: [set(8)] };
    const step = scaledStep({ ...state, replicas: 30, maxSurge: 3 }, 13);
    expect(step).toEqual({ newest: 13, older: [20] });
    expect(scaledStep({ ...state, replicas: 5, maxSurge: 2 }, 13)).toEqual({ newest: 3, older: [4] });
    expect(scaledStep({ ...base, newest: set(10), older: [set(0)], replicas: 4 }, 13)).toEqual({
      newest: 4,
      older: [0],
    });
  });
});

describe('which pods of a ReplicaSet go first (ActivePodsWithRanks)', () => {
  const NOW = 100_000e9;
  const pod: RankedPod = {
    pod: 0,
    hasNode: true,
    phase: PodPhase.Running,
    isReady: true,
    deletionCost: 0,
    siblings: 1,
    readySince: NOW - 1000e9,
    restarts: 0,
    created: NOW - 2000e9,
    uid: 0.5,
  };
  const isFirst = (a: Partial<RankedPod>, b: Partial<RankedPod> = {}): boolean =>
    deletionOrder({ ...pod, ...a }, { ...pod, pod: 1, ...b }, NOW) < 0;
  it.each<[string, Partial<RankedPod>, Partial<RankedPod>]>([
    ['one without a node, whatever else', { hasNode: false, deletionCost: 9 }, { isReady: false }],
    [
      'a pending one before a running one',
      { phase: PodPhase.Pending, isReady: true, deletionCost: 9 },
      { isReady: false },
    ],
    ['one that is not ready', { isReady: false, deletionCost: 9 }, {}],
    ['the one with the lower pod-deletion-cost', { deletionCost: -1 }, { siblings: 5 }],
    ['the one with more pods of its owner on its node', { siblings: 3 }, { readySince: NOW - 1e9 }],
    ['the one that has been ready for a shorter time', { readySince: NOW - 100e9 }, { restarts: 5 }],
    ['the one with more restarts', { restarts: 2 }, { created: NOW - 1e9 }],
    ['the younger one', { created: NOW - 100e9 }, {}],
  ])('%s', (_, first, other) => {
    expect(isFirst(first, other)).toBe(true);
    expect(isFirst(other, first)).toBe(false);
  });
  it('ages of one power of two are the same: chance decides', () => {
    expect(isFirst({ readySince: NOW - 900e9, uid: 0.4 }, { readySince: NOW - 800e9 })).toBe(true);
    expect(isFirst({ readySince: NOW - 900e9, uid: 0.6 }, { readySince: NOW - 800e9 })).toBe(false);
    expect(
      isFirst({ readySince: -Infinity, created: -Infinity, uid: 0.6 }, { readySince: -Infinity, created: -Infinity }),
    ).toBe(false);
  });
});

describe('workloads', () => {
  it('a StatefulSet in order creates a pod when the one before is ready', () => {
    const probes = [f.probe('readiness', { period: seconds(1) })];
    const template = f.template({ containers: [f.container({ probes })] });
    const result = simulate(
      f.cluster({ workloads: [f.workload({ kind: 'StatefulSet', replicas: 4, ordered: true, template })] }),
      'sts',
    );
    const { created, ready } = result.pods.stamps;
    for (let pod = 1; pod < 4; pod++) expect(created[pod]).toBeGreaterThan(ready[pod - 1]!);
  });
  it('a DaemonSet has one pod on each node that it selects', () => {
    const nodePools = [f.pool({ name: 'a', count: 3 }), f.pool({ name: 'b', count: 2, labels: { disk: 'ssd' } })];
    const template = f.template({ nodeSelector: { disk: 'ssd' } });
    for (const workload of [f.workload({ kind: 'DaemonSet', template }), f.running({ kind: 'DaemonSet', template })]) {
      const result = simulate(f.cluster({ nodePools, workloads: [workload] }), 'ds');
      expect([...result.pods.node.slice(0, result.pods.count)].sort()).toEqual([3, 4]);
    }
  });
  it('creations are limited to 20 a second after a burst of 30', () => {
    const spec = f.cluster({ nodePools: [f.pool({ count: 20 })], workloads: [f.workload({ replicas: 130 })] });
    const { created } = simulate(spec, 'rate').pods.stamps;
    expect((created[129]! - created[30]!) / S).toBeGreaterThan(4.8);
    expect((created[129]! - created[30]!) / S).toBeLessThan(5.1);
  });
});
