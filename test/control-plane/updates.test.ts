// What workload controllers do when they are updated, scaled, or deleted: tiny clusters whose expected history is the assertion.
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const probes = [f.probe('readiness', { period: seconds(2) })];
const template = f.template({
  containers: [f.container({ probes, behavior: f.behavior({ startup: fixed(seconds(1)) }) })],
});
const update = (at: number): FaultSpec => ({ type: 'RollingUpdate', at: f.at(at), workloads: [0] });
const scale = (at: number, replicas: number): FaultSpec => ({ type: 'Scale', at: f.at(at), workloads: [0], replicas });
const flap = (at: number, lasts: number): FaultSpec => ({
  type: 'ReadinessFlap',
  at: f.at(at),
  duration: lasts * S,
  workloads: [0],
  pods: { count: 1 },
});

interface Options {
  readonly nodes?: number;
  readonly minor?: number;
  readonly duration?: number;
}

function run(
  workload: f.WorkloadOptions,
  faults: readonly FaultSpec[],
  { nodes = 1, minor, duration = 180 }: Options = {},
) {
  const spec = f.cluster({
    ...(minor === undefined ? {} : { minor }),
    workloads: [f.running({ template, ...workload })],
    nodePools: [f.pool({ count: nodes })],
    faults,
    duration: seconds(duration),
  });
  const { pods, objects } = simulate(spec, 'update');
  return Array.from({ length: pods.count }, (_, pod) => ({
    ordinal: pods.ordinal[pod]!,
    node: pods.node[pod]!,
    generation: pods.generation[pod]!,
    created: pods.stamps.created[pod]! / S,
    ready: pods.stamps.ready[pod]! / S,
    deleted: pods.stamps.deleted[pod]! / S,
    removed: pods.stamps.removed[pod]! / S,
    isGone: objects.pods.gone[pod] === 1,
  }));
}
type Row = ReturnType<typeof run>[number];
const left = (rows: readonly Row[]): Row[] => rows.filter(({ isGone, deleted }) => !isGone && Number.isNaN(deleted));

describe('a ReplicaSet', () => {
  it('creates 1, 2, 4 … pods at a time, each batch when the one before has been answered (slowStartBatch)', () => {
    const spec = f.cluster({ workloads: [f.workload({ kind: 'ReplicaSet', replicas: 15 })] });
    const { created } = simulate(spec, 'slow-start').pods.stamps;
    const at = [...created.slice(0, 15)];
    for (const [from, until] of [
      [0, 1],
      [1, 3],
      [3, 7],
    ] as const)
      expect(Math.max(...at.slice(from, until))).toBeLessThanOrEqual(Math.min(...at.slice(until)));
  });
  it('that is made smaller takes pods from the node that has most of them (ActivePodsWithRanks)', () => {
    const rows = run({ kind: 'ReplicaSet', replicas: 4 }, [scale(30, 2)], { nodes: 2 });
    expect(
      left(rows)
        .map(({ node }) => node)
        .sort(),
    ).toEqual([0, 1]);
  });
  it('that is made smaller takes the pod that is not ready first', () => {
    const rows = run({ kind: 'ReplicaSet', replicas: 3 }, [flap(10, 100), scale(30, 2)], { nodes: 3 });
    expect(rows).toHaveLength(3);
    const ready = run({ kind: 'ReplicaSet', replicas: 3 }, [flap(10, 100)], { nodes: 3 });
    expect(ready.every(({ deleted }) => Number.isNaN(deleted))).toBe(true);
    expect(rows.filter(({ deleted }) => deleted > 0)).toHaveLength(1);
  });
  it('with another template keeps its pods', () => {
    expect(run({ kind: 'ReplicaSet', replicas: 2 }, [update(10)]).map(({ generation }) => generation)).toEqual([0, 0]);
  });
});

describe('a Deployment', () => {
  it('that is scaled in the middle of an update shares the pods out, and ends with as many new ones', () => {
    const rows = run({ replicas: 4, maxSurge: 1, maxUnavailable: 0 }, [update(10), scale(12, 8)], { nodes: 4 });
    expect(left(rows).map(({ generation }) => generation)).toEqual(Array(8).fill(1));
    const scaled = rows.filter(({ created }) => created > 12 && created < 12.5);
    expect(scaled.map(({ generation }) => generation).sort()).toEqual([0, 0, 0, 1]);
  });
  it('that is paused waits with its new template, but is scaled (sync in sync.go)', () => {
    const rows = run({ replicas: 2, paused: true }, [update(10), scale(20, 3)]);
    expect(left(rows).map(({ generation }) => generation)).toEqual([0, 0, 0]);
  });
  it('goes on with a second update while the first is under way: the oldest ReplicaSets go first', () => {
    const rows = run({ replicas: 4, maxSurge: 1, maxUnavailable: 1 }, [update(10), update(13)], { nodes: 2 });
    expect(left(rows).map(({ generation }) => generation)).toEqual([2, 2, 2, 2]);
  });
  it('that is deleted takes its pods along, unless they are orphaned', () => {
    const gone = run({ replicas: 3 }, [{ type: 'Delete', at: f.at(10), workloads: [0], orphans: false }]);
    expect(left(gone)).toEqual([]);
    const orphaned = run({ replicas: 3 }, [
      { type: 'Delete', at: f.at(10), workloads: [0], orphans: true },
      scale(20, 5),
    ]);
    expect(left(orphaned)).toHaveLength(3);
  });
});

describe('a StatefulSet', () => {
  const set = (overrides: f.WorkloadOptions, faults: readonly FaultSpec[], options: Options = {}) =>
    run({ kind: 'StatefulSet', replicas: 3, ordered: true, ...overrides }, faults, { nodes: 3, ...options });
  it('is not updated while a pod is not ready, if it is OrderedReady (processReplica)', () => {
    const rows = set({}, [flap(5, 60), update(20)]);
    expect(Math.min(...rows.map(({ deleted }) => deleted).filter((at) => at > 0))).toBeGreaterThan(65);
    expect(left(rows).map(({ generation }) => generation)).toEqual([1, 1, 1]);
  });
  it('updates only ordinals from its partition on; the others come back as they were', () => {
    const rows = set({ partition: 2 }, [update(10)]);
    expect(rows.map(({ ordinal, generation }) => [ordinal, generation])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [2, 1],
    ]);
  });
  it('with OnDelete is updated by nobody', () => {
    expect(set({ onDelete: true }, [update(10)])).toHaveLength(3);
  });
  it('updates several at once where maxUnavailable counts: 1.35 and 1.37, not 1.36 (MaxUnavailableStatefulSet)', () => {
    const firstTwo = (minor: number): number => {
      const rows = set({ maxUnavailable: 2, ordered: false }, [update(10)], { minor });
      const [first, second] = rows
        .map(({ deleted }) => deleted)
        .filter((at) => at > 0)
        .sort((a, b) => a - b);
      return second! - first!;
    };
    expect([35, 36, 37].map((minor) => firstTwo(minor) < 0.5)).toEqual([true, false, true]);
  });
  it('is made smaller from the highest ordinal down, and larger from there up, one at a time', () => {
    const rows = set({}, [scale(10, 1), scale(60, 3)]);
    const ends = rows.slice(0, 3).map(({ deleted }) => deleted);
    expect(ends[2]!).toBeLessThan(ends[1]!);
    expect(ends[1]!).toBeGreaterThan(rows[2]!.removed);
    expect(rows.slice(3).map(({ ordinal }) => ordinal)).toEqual([1, 2]);
    expect(rows[4]!.created).toBeGreaterThan(rows[3]!.ready);
  });
  it('begins with the ordinal that it is told (spec.ordinals.start)', () => {
    const spec = f.cluster({
      workloads: [f.workload({ kind: 'StatefulSet', replicas: 2, firstOrdinal: 5, ordered: true, template })],
    });
    expect([...simulate(spec, 'start').pods.ordinal.slice(0, 2)]).toEqual([5, 6]);
    expect(set({ firstOrdinal: 5 }, [scale(10, 4)]).map(({ ordinal }) => ordinal)).toEqual([5, 6, 7, 8]);
  });
});

describe('a DaemonSet', () => {
  const daemons = (overrides: f.WorkloadOptions, faults: readonly FaultSpec[], options: Options = {}) =>
    run({ kind: 'DaemonSet', ...overrides }, faults, { nodes: 4, ...options });
  /** Most nodes without a ready pod at an instant after the update. */
  const mostAway = (rows: readonly Row[]): number => {
    const away = (at: number): number =>
      4 - new Set(rows.filter((r) => !(r.ready > at) && !(r.deleted <= at)).map((r) => r.node)).size;
    return Math.max(...Array.from({ length: 600 }, (_, i) => away(30 + i / 10)));
  };
  it('an old pod that is not available is replaced first, and counts (rollingUpdate in update.go)', () => {
    const rows = daemons({}, [flap(5, 170), update(30)]);
    const ends = rows
      .slice(0, 4)
      .map(({ deleted }) => deleted)
      .sort((a, b) => a - b);
    const begins = rows
      .slice(4)
      .map(({ ready }) => ready)
      .sort((a, b) => a - b);
    for (let i = 0; i < 3; i++) expect(ends[i + 1]!).toBeGreaterThan(begins[i]!);
  });
  it('with OnDelete is updated by nobody', () => {
    expect(daemons({ onDelete: true }, [update(10)])).toHaveLength(4);
  });
  it('with a surge makes the new pod beside the old one: no node is ever without', () => {
    const rows = daemons({ maxUnavailable: 0, maxSurge: 2 }, [update(30)]);
    expect(rows).toHaveLength(8);
    expect(left(rows).map(({ generation }) => generation)).toEqual([1, 1, 1, 1]);
    expect(mostAway(rows)).toBe(0);
    // Two at a time.
    const began = rows.slice(4).map(({ created }) => created);
    expect(began[1]! - began[0]!).toBeLessThan(0.5);
    expect(began[2]! - began[0]!).toBeGreaterThan(2);
  });
});
