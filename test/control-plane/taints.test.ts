// Taints and tolerations: pure rules, and tiny clusters whose expected history is the assertion.
// Source: pkg/controller/tainteviction, pkg/controller/podgc, Toleration.ToleratesTaint.
import { describe, expect, it } from 'vitest';
import { evictionDelay, type FaultSpec, type TaintSpec, type TolerationSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import { defaultTolerations } from '../../src/scenario/manifests/manifest-scheduling.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const evicting: TaintSpec = { key: 'k', value: 'v', effect: 'NoExecute' };
const tolerating = (overrides: Partial<TolerationSpec> = {}): TolerationSpec => ({
  key: 'k',
  operator: 'Equal',
  value: 'v',
  effect: 'NoExecute',
  ...overrides,
});
const unreachable: TaintSpec = { key: 'node.kubernetes.io/unreachable', value: '', effect: 'NoExecute' };

describe('how long a pod stays under taints', () => {
  const stays = (tolerations: TolerationSpec[], ...taints: TaintSpec[]): number =>
    evictionDelay(tolerations, taints) / S;
  it('for ever where it tolerates all of them, no time where it does not tolerate one', () => {
    expect(stays([tolerating()], evicting)).toBe(Infinity);
    expect(stays([tolerating()], evicting, unreachable)).toBe(0);
    expect(stays([{ operator: 'Exists', value: '' }], evicting, unreachable)).toBe(Infinity);
  });
  it('another value tolerates nothing, however many seconds it names', () => {
    expect(stays([tolerating({ value: 'x', seconds: 600 * S })], evicting)).toBe(0);
  });
  it('of several tolerations of a taint the first counts, of several taints the shortest (getMinTolerationTime)', () => {
    const [long, short] = [
      tolerating({ seconds: 60 * S }),
      tolerating({ operator: 'Exists', value: '', seconds: 5 * S }),
    ];
    expect(stays([long, short], evicting)).toBe(60);
    expect(stays([short, long], evicting)).toBe(5);
    expect(stays([tolerating(), short], evicting)).toBe(Infinity);
    const other = tolerating({ key: 'l', seconds: 7 * S });
    expect(stays([long, other], evicting, { ...evicting, key: 'l' })).toBe(7);
  });
  it('five minutes on a node that is away, unless its tolerations have the key, with whatever value', () => {
    const keys = (...tolerations: TolerationSpec[]) => defaultTolerations(tolerations).map(({ key }) => key);
    const [notReady, away] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
    expect(keys()).toEqual([notReady, away]);
    expect(keys(tolerating({ key: away, value: 'x' }))).toEqual([notReady]);
    expect(keys(tolerating({ key: away, effect: 'NoSchedule' }))).toEqual([notReady, away]);
    expect(keys({ operator: 'Exists', value: '' })).toEqual([]);
  });
});

function run(workload: f.WorkloadOptions, faults: readonly FaultSpec[], taints: readonly TaintSpec[] = [], nodes = 1) {
  const spec = f.cluster({
    workloads: [workload.createdAt === undefined ? f.running(workload) : f.workload(workload)],
    nodePools: [f.pool({ count: nodes, taints })],
    faults,
    duration: seconds(300),
  });
  const { pods, objects } = simulate(spec, 'taints');
  const column = (of: ArrayLike<number>): number[] => Array.from({ length: pods.count }, (_, pod) => of[pod]! / S);
  return {
    count: pods.count,
    node: [...pods.node.slice(0, pods.count)],
    created: column(pods.stamps.created),
    bound: column(pods.stamps.bound),
    deleted: column(pods.stamps.deleted),
    removed: column(pods.stamps.removed),
    gone: [...objects.pods.gone.slice(0, pods.count)],
  };
}
const taint = (at: number, lasts: number, overrides: Partial<TaintSpec> = {}): FaultSpec => ({
  type: 'Taint',
  at: f.at(at),
  duration: lasts * S,
  nodes: f.oneNode,
  taint: { ...evicting, ...overrides },
});

describe('a NoExecute taint', () => {
  it('of a pool evicts each pod when its tolerationSeconds have passed since it came, again and again', () => {
    const template = f.template({ tolerations: [tolerating({ seconds: 60 * S })] });
    const { bound, deleted } = run({ createdAt: f.at(5), template }, [], [evicting]);
    expect(deleted.filter((at) => at > 0)).toHaveLength(4);
    for (let i = 0; i < 4; i++) {
      expect(deleted[i]! - bound[i]!).toBeGreaterThan(60);
      expect(deleted[i]! - bound[i]!).toBeLessThan(60.3);
    }
  });
  it('that a node is given evicts what does not tolerate it at once, and keeps new pods away until it is gone', () => {
    const { bound, created, deleted } = run({}, [taint(30, 60)]);
    expect(deleted[0]!).toBeLessThan(30.2);
    expect(created[1]!).toBeLessThan(31);
    expect(bound[1]!).toBeGreaterThan(90);
  });
  it('that is taken away in time evicts nobody', () => {
    const template = f.template({ tolerations: [tolerating({ seconds: 60 * S })] });
    expect(run({ template }, [taint(30, 50)]).count).toBe(1);
    expect(run({ template }, [taint(30, 70)]).deleted[0]).toBeCloseTo(90.1, 0);
  });
  it('NoSchedule only keeps new pods away', () => {
    const { count, deleted } = run({}, [taint(30, 60, { effect: 'NoSchedule' })]);
    expect([count, Number.isNaN(deleted[0]!)]).toEqual([1, true]);
  });
  it('evicts the pod of a DaemonSet, which comes back when it is gone', () => {
    const daemons = run({ kind: 'DaemonSet' }, [taint(30, 60)], [], 2);
    expect(daemons.count).toBe(3);
    expect(daemons.created[2]!).toBeGreaterThan(90);
    expect(daemons.created[2]!).toBeLessThan(91);
  });
  it('a NoSchedule taint leaves the pod of a DaemonSet where it is, and one that is made later out', () => {
    expect(run({ kind: 'DaemonSet' }, [taint(30, 60, { effect: 'NoSchedule' })], [], 2).count).toBe(2);
    const late = run({ kind: 'DaemonSet', createdAt: f.at(40) }, [taint(30, 60, { effect: 'NoSchedule' })], [], 2);
    expect(late.created.map((at) => at > 90)).toEqual([false, true]);
  });
});

describe('a node that is out of service', () => {
  const dead: FaultSpec = { type: 'NodeDeath', at: f.at(30), duration: 1e12, nodes: f.oneNode };
  const template = f.template({ unreachableToleration: 5 * S });
  it('keeps the names of its pods taken until somebody says so (podgc, gcTerminating)', () => {
    const set = { kind: 'StatefulSet', template } as const;
    const stuck = run(set, [dead], [], 2);
    expect([stuck.count, stuck.gone[0]]).toEqual([1, 0]);
    const outOfService = taint(150, 1e3, { key: 'node.kubernetes.io/out-of-service' });
    const nodes = { pools: [0], amount: { percent: 100 } };
    const freed = run(
      set,
      [
        { ...dead, nodes },
        { ...outOfService, nodes },
      ],
      [],
      1,
    );
    expect(freed.gone[0]).toBe(1);
    expect(freed.removed[0]! - 150).toBeLessThan(21);
    expect(freed.count).toBe(2);
  });
});

describe('a grace of 0', () => {
  it('the object goes with the request, and its node is told to end it (CheckGracefulDelete)', () => {
    const behavior = f.behavior({ shutdown: fixed(seconds(20)) });
    const template = f.template({ terminationGracePeriod: 0, containers: [f.container({ behavior })] });
    const faults: FaultSpec[] = [{ type: 'Delete', at: f.at(30), workloads: [0], orphans: false }];
    const { deleted, removed } = run({ template }, faults);
    expect(removed[0]).toBe(deleted[0]);
  });
});
