// Where pods may go, and what controllers do for workloads that are not Deployments: rules and tiny clusters.
import { describe, expect, it } from 'vitest';
import type { BackOff, PodTemplate } from '../../src/cluster/index.js';
import { onFailedPod } from '../../src/control-plane/workloads/failed-pod-back-off.js';
import {
  type Replica,
  type StatefulSetRule,
  statefulSetStep,
} from '../../src/control-plane/workloads/stateful-set-step.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

const place = (template: Partial<PodTemplate>, overrides: Parameters<typeof f.cluster>[0] = {}, replicas = 6) =>
  simulate(
    f.cluster({
      workloads: [f.workload({ replicas, template: f.template(template) })],
      nodePools: [f.pool({ count: 6, zones: ['a', 'b', 'c'] })],
      ...overrides,
    }),
    'place',
  );
const perNode = (result: ReturnType<typeof place>) => {
  const counts = new Array<number>(result.nodes.count).fill(0);
  for (let pod = 0; pod < result.pods.count; pod++) if (result.pods.node[pod]! >= 0) counts[result.pods.node[pod]!]!++;
  return counts;
};

it('a node selector may name a zone: scheduler and kubelet know the same labels', () => {
  const result = place({ nodeSelector: { 'topology.kubernetes.io/zone': 'b' } });
  const zones = [...result.pods.node.slice(0, 6)].map((node) => result.nodes.zones[result.nodes.zone[node]!]);
  expect(zones).toEqual(Array(6).fill('b'));
  expect([...result.objects.pods.phase.slice(0, 6)]).toEqual(Array(6).fill(1));
});

it('pods without requests spread over small nodes, however much memory they are taken to need', () => {
  // 1 core, and memory that the least amounts of 20 pods (200 MB each) exceed: only what was asked for may be balanced.
  const nodePools = [f.pool({ count: 6, cpuMillis: 1000, cpuCapacityMillis: 1000, memoryBytes: 3.8e9 })];
  const asksForLittle = { cpuRequestMillis: 10, cpuScoredMillis: 10, memoryScoredBytes: 200 * 1048576 };
  const asksForNothing = { cpuRequestMillis: 0, cpuScoredMillis: 100, memoryScoredBytes: 200 * 1048576 };
  const result = simulate(
    f.cluster({
      workloads: [
        f.workload({ replicas: 120, template: f.template(asksForLittle) }),
        f.workload({ replicas: 60, template: f.template(asksForNothing), createdAt: f.at(10) }),
      ],
      nodePools,
    }),
    'spread',
  );
  expect(perNode(result)).toEqual([30, 30, 30, 30, 30, 30]);
});

describe('a StatefulSet', () => {
  const ready: Replica = { isOld: false, isReady: true, isAvailable: true, isEnding: false };
  const old: Replica = { ...ready, isOld: true };
  const unready: Replica = { ...ready, isReady: false, isAvailable: false };
  const ending: Replica = { ...old, isEnding: true };
  const inOrder: StatefulSetRule = { ordered: true, partition: 0, maxUnavailable: 0 };
  const parallel: StatefulSetRule = { ...inOrder, ordered: false };
  const NOTHING = { create: [], remove: [] };
  it('creates one after another when ordered, all at once when not', () => {
    expect(statefulSetStep([undefined, undefined], [], inOrder)).toEqual({ create: [0], remove: [] });
    expect(statefulSetStep([ready, undefined, undefined], [], inOrder)).toEqual({ create: [1], remove: [] });
    expect(statefulSetStep([unready, undefined], [], inOrder)).toEqual(NOTHING);
    expect(statefulSetStep([undefined, undefined], [], parallel)).toEqual({ create: [0, 1], remove: [] });
  });
  it('updates from the highest ordinal down, one at a time', () => {
    const first = { ...old };
    expect(statefulSetStep([old, old, first], [], inOrder).remove).toEqual([first]);
    expect(statefulSetStep([old, old, ending], [], inOrder)).toEqual(NOTHING);
    expect(statefulSetStep([old, old, unready], [], inOrder)).toEqual(NOTHING);
    expect(statefulSetStep([old, first, ready], [], inOrder).remove).toEqual([first]);
  });
  it('is not updated while any pod is not ready, unless it is Parallel (processReplica)', () => {
    const first = { ...old };
    expect(statefulSetStep([{ ...unready, isOld: true }, old, first], [], inOrder)).toEqual(NOTHING);
    expect(statefulSetStep([{ ...unready, isOld: true }, old, first], [], parallel).remove).toEqual([first]);
    expect(statefulSetStep([old, first, unready], [], parallel)).toEqual(NOTHING);
  });
  it('leaves pods below the partition alone, and all of them with OnDelete', () => {
    const first = { ...old };
    expect(statefulSetStep([old, old, first], [], { ...inOrder, partition: 2 }).remove).toEqual([first]);
    expect(statefulSetStep([old, old, ready], [], { ...inOrder, partition: 2 })).toEqual(NOTHING);
    expect(statefulSetStep([old, old, old], [], { ...inOrder, partition: Infinity })).toEqual(NOTHING);
  });
  it('takes several at once where maxUnavailable says so, counting those that are away', () => {
    const [one, two] = [{ ...old }, { ...old }];
    expect(statefulSetStep([old, one, two], [], { ...inOrder, maxUnavailable: 2 }).remove).toEqual([two, one]);
    expect(statefulSetStep([old, one, ending], [], { ...parallel, maxUnavailable: 2 }).remove).toEqual([one]);
    expect(statefulSetStep([old, unready, ending], [], { ...parallel, maxUnavailable: 2 })).toEqual(NOTHING);
  });
  it('removes what is too many from the highest down, each when the one before is gone (processCondemned)', () => {
    const [high, low] = [{ ...ready }, { ...ready }];
    expect(statefulSetStep([ready], [high, low], inOrder).remove).toEqual([high]);
    expect(statefulSetStep([ready], [{ ...high, isEnding: true }, low], inOrder)).toEqual(NOTHING);
    expect(statefulSetStep([ready], [high, low], parallel).remove).toEqual([high, low]);
    // One that is not ready may go if it is the first of all that is not.
    const sick = { ...unready };
    expect(statefulSetStep([ready], [sick, low], inOrder).remove).toEqual([sick]);
    expect(statefulSetStep([ready], [sick, { ...unready }], inOrder)).toEqual(NOTHING);
  });
  const rolled = (overrides: f.WorkloadOptions) => {
    const faults = [{ type: 'RollingUpdate' as const, at: f.at(10), workloads: [0] }];
    const workloads = [f.running({ kind: 'StatefulSet', replicas: 3, ...overrides })];
    return simulate(f.cluster({ workloads, faults, duration: seconds(120) }), 'set');
  };
  it('a rolled one has the same names, each a second time', () => {
    const result = rolled({ ordered: true });
    expect([...result.pods.ordinal.slice(0, result.pods.count)]).toEqual([0, 1, 2, 2, 1, 0]);
    // A name is made anew only when its pod is gone.
    const { created, removed } = result.pods.stamps;
    expect(created[3]!).toBeGreaterThan(removed[2]!);
    expect(created[4]!).toBeGreaterThan(result.pods.stamps.ready[3]!);
  });
  it('a DaemonSet takes one node after the other', () => {
    const result = simulate(
      f.cluster({
        nodePools: [f.pool({ count: 3 })],
        workloads: [f.running({ kind: 'DaemonSet', maxUnavailable: 1 })],
        faults: [{ type: 'RollingUpdate', at: f.at(10), workloads: [0] }],
        duration: seconds(120),
      }),
      'daemons',
    );
    expect(result.pods.count).toBe(6);
    const { deleted, ready } = result.pods.stamps;
    const ends = [...deleted.slice(0, 3)].sort((a, b) => a - b);
    const begins = [...ready.slice(3, 6)].sort((a, b) => a - b);
    expect(ends[1]!).toBeGreaterThan(begins[0]!);
    expect(ends[2]!).toBeGreaterThan(begins[1]!);
  });
  it('a DaemonSet takes a share of its nodes at a time, rounded up; nodes that it does not want do not count', () => {
    const result = simulate(
      f.cluster({
        nodePools: [
          f.pool({ count: 5 }),
          f.pool({ name: 'tainted', count: 20, taints: [{ key: 'k', value: '', effect: 'NoSchedule' }] }),
        ],
        workloads: [f.running({ kind: 'DaemonSet', maxUnavailable: { percent: 30 } })],
        faults: [{ type: 'RollingUpdate', at: f.at(10), workloads: [0] }],
        duration: seconds(120),
      }),
      'daemons',
    );
    expect(result.pods.count).toBe(10);
    const { deleted, ready } = result.pods.stamps;
    const ends = [...deleted.slice(0, 5)].sort((a, b) => a - b);
    const begins = [...ready.slice(5, 10)].sort((a, b) => a - b);
    expect(ends[1]!).toBeLessThan(begins[0]!);
    expect(ends[2]!).toBeGreaterThan(begins[0]!);
    expect(ends[3]!).toBeGreaterThan(begins[1]!);
  });
});

describe('a DaemonSet whose pods fail', () => {
  it('deletes the first at once, and the next ones of the node after 1, 2, 4 … s, at most 15 min', () => {
    let entry: BackOff | undefined;
    const fail = (at: number): number => {
      const found = onFailedPod(entry, at * S);
      if ('again' in found) return found.again / S;
      entry = found.entry;
      return 0;
    };
    expect([fail(0), fail(0.5), fail(1), fail(2.5), fail(3), fail(6.9), fail(7)]).toEqual([0, 1, 0, 2, 0, 4, 0]);
    let now = 7;
    for (let i = 0; i < 12; i++) {
      now += 900;
      expect(fail(now)).toBe(0);
    }
    expect(fail(now + 899)).toBe(900);
    // Forgotten after twice the longest.
    expect([fail(now + 1801), fail(now + 1801.5)]).toEqual([0, 1]);
  });
  it('takes a percentage of the nodes for what it is: 7 % of 100 are 7', () => {
    const result = simulate(
      f.cluster({
        nodePools: [f.pool({ count: 100 })],
        workloads: [f.running({ kind: 'DaemonSet', maxUnavailable: { percent: 7 } })],
        faults: [{ type: 'RollingUpdate', at: f.at(10), workloads: [0] }],
        duration: seconds(12),
      }),
      'seven',
    );
    const { deleted } = result.pods.stamps;
    expect(deleted.slice(0, 100).filter((at) => !Number.isNaN(at)).length).toBe(7);
  });
  it('gives a pod that is evicted again and again more and more time off', () => {
    // It leaves 50 MB of 2 GB, and 100 MB are to be left.
    const memory = { start: 1.95e9 };
    const template = f.template({ containers: [f.container({ behavior: f.behavior({ memory }) })] });
    const result = simulate(
      f.cluster({
        nodePools: [f.pool({ memoryBytes: 2e9, memoryCapacityBytes: 2e9 })],
        workloads: [f.running({ kind: 'DaemonSet', template })],
        duration: seconds(600),
      }),
      'leaking',
    );
    const { deleted } = result.pods.stamps;
    const gaps = [...deleted.slice(1, result.pods.count)]
      .map((at, i) => (at - deleted[i]!) / S)
      .filter((gap) => gap > 0);
    expect(gaps.length).toBeGreaterThan(5);
    expect(gaps[0]!).toBeLessThan(30);
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThan(2 ** i);
    expect(gaps.length).toBeLessThan(10);
  });
});

describe('a Job whose pods fail', () => {
  it('tries again after 10, 20, 40 s, and gives up after its backoffLimit', () => {
    const containers = [f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(1)), code: 1 } }) })];
    const template = f.template({ restartPolicy: 'Never', containers });
    const job = f.workload({ kind: 'Job', template, backoffLimit: 3 });
    const result = simulate(f.cluster({ workloads: [job], duration: seconds(600) }), 'job');
    expect(result.pods.count).toBe(4);
    const created = [...result.pods.stamps.created.slice(0, 4)].map((ns) => ns / S);
    for (const [i, least] of [10, 20, 40].entries()) {
      expect(created[i + 1]! - created[i]!).toBeGreaterThan(least);
      expect(created[i + 1]! - created[i]!).toBeLessThan(least + 6);
    }
  });
});

describe('a Job that is over', () => {
  it('deletes its pods, and those that it had begun to create when its time was over', () => {
    const containers = [f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(1000)), code: 0 } }) })];
    const template = f.template({ restartPolicy: 'Never', containers });
    const job = f.workload({ kind: 'Job', replicas: 200, completions: 200, activeDeadline: 5 * S, template });
    const nodePools = [f.pool({ count: 4 })];
    const { pods, objects } = simulate(f.cluster({ nodePools, workloads: [job], duration: seconds(120) }), 'over');
    expect(pods.count).toBe(200);
    expect([...objects.pods.gone.slice(0, pods.count)].every((gone) => gone === 1)).toBe(true);
  });
});

describe('minReadySeconds and the progress deadline', () => {
  const faults = [{ type: 'RollingUpdate' as const, at: f.at(10), workloads: [0] }];
  it('the old pod goes when the new one has been ready for so long', () => {
    const result = simulate(
      f.cluster({ workloads: [f.running({ minReady: seconds(15) })], faults, duration: seconds(60) }),
      'min',
    );
    const { deleted, ready } = result.pods.stamps;
    expect((deleted[0]! - ready[1]!) / S).toBeGreaterThan(15);
    expect((deleted[0]! - ready[1]!) / S).toBeLessThan(15.5);
  });
  it('a rollout that does not come on says so once', () => {
    const behavior = f.behavior({ startup: fixed(seconds(3600)) });
    const containers = [f.container({ probes: [f.probe('readiness')], behavior })];
    const workloads = [f.running({ progressDeadline: seconds(60), template: f.template({ containers }) })];
    const result = simulate(f.cluster({ workloads, faults, duration: seconds(200) }), 'late');
    expect(result.counters.find((c) => c.metric === 'kubelapse_rollouts_past_progress_deadline_total')!.value).toBe(1);
  });
});
