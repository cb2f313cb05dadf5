// Disk and process ids that are used up, and pods beyond their own limit of files. Tiny clusters, times in seconds.
import { describe, expect, it } from 'vitest';
import type { EvictionThreshold, FaultSpec, HeldAmount, PodTemplate } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { byAmount, byExcess } from '../../src/kubelet/eviction/ranking.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const GB = 1e9;
const NODEFS: EvictionThreshold = { signal: 'nodefs.available', least: 10 * GB };
const IMAGEFS: EvictionThreshold = { signal: 'imagefs.available', least: 15 * GB };

const node = (evictionThresholds: readonly EvictionThreshold[], overrides: Parameters<typeof f.pool>[0] = {}) => {
  const pool = f.pool({ diskBytes: 100 * GB, resources: { 'ephemeral-storage': 90 * GB }, ...overrides });
  return { ...pool, kubelet: { ...pool.kubelet, evictionThresholds } };
};
const grows = (start: number, amount: number, after: number): HeldAmount => ({
  start,
  reaches: { amount, after: fixed(seconds(after)) },
});
const writes = (disk: HeldAmount, template: Partial<PodTemplate> = {}, container = {}) =>
  f.template({ containers: [f.container({ behavior: f.behavior({ disk }), ...container })], ...template });
const run = (overrides: Parameters<typeof f.cluster>[0]) =>
  simulate(f.cluster({ minor: 36, duration: seconds(600), ...overrides }), 'eviction');
const evicted = (result: ReturnType<typeof run>) =>
  result.evictions.map(({ time, pod, reason }) => [pod, reason, Math.floor(time / 1e9)]);

describe('a disk that fills', () => {
  it('puts out who has more files than it asked for, at the first round below the threshold (pkg/kubelet/eviction)', () => {
    // 100 GB; 40 and 10 GB from the start, and 100 MB a second more of the second: 15 GB are left after 350 s.
    const result = run({
      nodePools: [node([NODEFS, IMAGEFS])],
      workloads: [
        f.running({
          name: 'large',
          kind: 'Pod',
          template: writes({ start: 40 * GB }, { resources: { 'ephemeral-storage': 50 * GB } }),
        }),
        f.running({ name: 'grows', kind: 'Pod', template: writes(grows(10 * GB, 90 * GB, 800)) }),
      ],
    });
    const [first, ...more] = evicted(result);
    expect([first!.slice(0, 2), more]).toEqual([[1, 'imagefs.available'], []]);
    expect(first![2]).toBeGreaterThanOrEqual(349);
    expect(first![2]).toBeLessThan(361);
  });
  it('throws images away first that nobody uses, and spares the pods if that is enough', () => {
    const images = { 'old:1': { compressedBytes: 10 * GB, layers: 1, present: true } };
    const workloads = [f.running({ kind: 'Pod', template: writes(grows(GB, 61 * GB, 600)) })];
    const thresholds = [IMAGEFS];
    expect(evicted(run({ nodePools: [node(thresholds)], images, workloads })).length).toBe(0);
    // 28.6 GB of images that are in use would have been too many.
    const users = f.template({ containers: [f.container({ image: 'old:1' })] });
    const used = run({
      nodePools: [node(thresholds)],
      images,
      workloads: [...workloads, f.running({ name: 'user', template: users })],
    });
    expect(evicted(used).map(([pod]) => pod)).toEqual([0]);
  });
  it('keeps new pods away for as long as it has been full and five minutes more (disk-pressure)', () => {
    const late = f.workload({ name: 'late', kind: 'Pod', createdAt: f.at(60) });
    const faults: FaultSpec[] = [
      {
        type: 'DiskFull',
        at: f.at(10),
        duration: seconds(20),
        nodes: { pools: [0], amount: { count: 1 } },
        left: 0.05,
      },
    ];
    const result = run({
      nodePools: [node([NODEFS])],
      workloads: [f.running({ kind: 'Pod', template: writes({ start: GB }) }), late],
      faults,
    });
    expect(evicted(result).map(([pod]) => pod)).toEqual([0]);
    const bound = result.pods.stamps.bound[1]! / 1e9;
    expect(bound).toBeGreaterThan(310);
    expect(bound).toBeLessThan(350);
  });
  it('gives the space of a pod that was put out back, and keeps that of one that has ended until it is deleted', () => {
    const spec = f.cluster({
      nodePools: [node([{ signal: 'nodefs.available', least: 40 * GB }])],
      duration: seconds(300),
      workloads: [
        f.running({
          name: 'job',
          kind: 'Pod',
          template: f.template({
            restartPolicy: 'Never',
            containers: [
              f.container({
                restartPolicy: 'Never',
                behavior: f.behavior({ disk: { start: 20 * GB }, exit: { after: fixed(seconds(5)), code: 0 } }),
              }),
            ],
          }),
        }),
        f.running({ name: 'grows', kind: 'Pod', template: writes(grows(GB, 61 * GB, 600)) }),
      ],
    });
    const life = new Run(spec, 'books');
    life.advanceTo(f.at(100));
    // One image of 50 MB, unpacked 2.86 times as large.
    expect(life.cluster.kubelets.disk.available(0)).toBeCloseTo(100 * GB - 20 * GB - 11 * GB - 143e6, 0);
    // 40 GB are left after 390 s; the run ends before.
    life.advanceTo(f.at(299));
    expect(life.cluster.kubelets.disk.available(0)).toBeLessThan(50 * GB);
  });
});

describe('a pod with a limit of ephemeral-storage', () => {
  it('is put out at the next round after it has passed it, whatever the node has left', () => {
    const result = run({
      nodePools: [node([NODEFS])],
      workloads: [
        f.running({
          kind: 'Pod',
          template: writes(grows(GB, 11 * GB, 100), {}, { diskLimitBytes: 6 * GB }),
        }),
      ],
      duration: seconds(100),
    });
    const [[pod, reason, at]] = evicted(result) as [[number, string, number]];
    expect([pod, reason]).toEqual([0, 'ephemeralcontainerfs.limit']);
    expect(at).toBeGreaterThanOrEqual(50);
    expect(at).toBeLessThan(61);
  });
  it('may fill it to the last byte', () => {
    const template = writes(grows(GB, 6 * GB, 100), {}, { diskLimitBytes: 6 * GB });
    expect(evicted(run({ nodePools: [node([NODEFS])], workloads: [f.running({ template })] }))).toEqual([]);
  });
  it('costs the events of its own growth, and no round before', () => {
    const template = writes(grows(GB, 5 * GB, 100), {}, { diskLimitBytes: 6 * GB });
    const result = run({ nodePools: [node([NODEFS])], workloads: [f.running({ template })] });
    const rounds = result.counts.executedByKind.find(({ name }) => name === 'eviction-manager/round');
    expect(rounds?.executed ?? 0).toBe(0);
  });
});

describe('process ids that run out', () => {
  const processes = (count: number, priority: number) =>
    f.template({ priority, containers: [f.container({ behavior: f.behavior({ processes: { start: count } }) })] });
  it('cost the lowest priority its place, and then who has most', () => {
    const result = run({
      nodePools: [node([{ signal: 'pid.available', least: 1000 }], { pidMax: 10_000 })],
      workloads: [
        f.running({ name: 'important', kind: 'Pod', template: processes(6000, 10) }),
        f.running({ name: 'few', kind: 'Pod', template: processes(1000, 0) }),
        f.running({ name: 'most', kind: 'Pod', template: processes(2500, 0) }),
      ],
      duration: seconds(60),
    });
    expect(evicted(result).map(([pod, reason]) => [pod, reason])).toEqual([[2, 'pid.available']]);
  });
});

describe('order of eviction', () => {
  const of = (pod: number, held: number, requested: number, priority = 0) => ({ pod, held, requested, priority });
  it('is by excess over the request, then by priority, then by how much (rankMemoryPressure, rankDiskPressureFunc)', () => {
    const all = [of(0, 5, 10), of(1, 12, 10, 5), of(2, 11, 10), of(3, 20, 10), of(4, 9, 10)];
    expect(byExcess(all).map(({ pod }) => pod)).toEqual([3, 2, 1, 4, 0]);
  });
  it('is by priority, then by number (rankPIDPressure)', () => {
    expect(byAmount([of(0, 50, 0, 1), of(1, 10, 0), of(2, 20, 0)]).map(({ pod }) => pod)).toEqual([2, 1, 0]);
  });
});
