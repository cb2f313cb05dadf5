// The scheduler's queue: who comes first, who waits how long, and what wakes whom. Tiny models whose history is the assertion.
// Source: pkg/scheduler/backend/queue.
import { describe, expect, it } from 'vitest';
import { type ClusterSpec, versionProfile } from '../../../src/cluster/index.js';
import type { PodGroup } from '../../../src/control-plane/index.js';
import type { SchedulingEvent } from '../../../src/control-plane/scheduler/plugin.js';
import type { Voice } from '../../../src/control-plane/scheduler/profile.js';
import { type QueuedPod, SchedulingQueue } from '../../../src/control-plane/scheduler/scheduling-queue.js';
import { Simulation, seconds, WheelEventQueue } from '../../../src/engine/index.js';
import { simulate } from '../../../src/run/index.js';
import * as f from '../../fixtures/cluster.js';

const S = 1e9;

const groupOf = (priority: number): PodGroup => ({ template: f.template({ priority }) }) as PodGroup;
const voice = (helps: readonly SchedulingEvent['kind'][]): Voice =>
  ({
    says: { wakes: ['podGone', 'podPlaced'], helps: ({ kind }: SchedulingEvent) => helps.includes(kind) },
  }) as unknown as Voice;
const gone: SchedulingEvent = { kind: 'podGone', group: groupOf(0), node: 0 };
const changed: SchedulingEvent = { kind: 'nodeChanged', node: 0 };

/** A queue whose pods are rejected when they are tried; what is tried when is noted. */
function model(options: { hasHints?: boolean; popsFromBackOff?: boolean } = {}) {
  const simulation = new Simulation(new WheelEventQueue(), { end: 1000 * S });
  const tried: [pod: number, at: number][] = [];
  const voices = new Map<number, Voice>();
  const queue: SchedulingQueue = new SchedulingQueue({
    simulation,
    backOffInitial: 1 * S,
    backOffMax: 10 * S,
    popsFromBackOff: options.popsFromBackOff ?? false,
    hasHints: options.hasHints ?? true,
    onReady: () => schedule(simulation.now),
  });
  const kind = simulation.on('test/try', () => {
    const queued: QueuedPod | undefined = queue.take();
    if (queued === undefined) return;
    tried.push([queued.pod, simulation.now / S]);
    queue.reject(queued, 'no', new Set([voices.get(queued.pod) ?? voice(['podGone'])]));
    schedule(simulation.now);
  });
  const schedule = (at: number): void => void simulation.schedule(at, kind, 0);
  const doing = simulation.on('test/do', (n) => deeds[n]!());
  const deeds: (() => void)[] = [];
  const at = (time: number, deed: () => void): void => {
    simulation.schedule(time * S, doing, deeds.push(deed) - 1);
  };
  return { queue, simulation, tried, voices, at };
}

describe('the active queue', () => {
  it('takes the higher priority first, then who came first', () => {
    const { queue, simulation, tried, at } = model();
    at(1, () => {
      queue.add(1, groupOf(0), undefined);
      queue.add(2, groupOf(5), undefined);
      queue.add(3, groupOf(5), undefined);
      queue.add(4, groupOf(-1), undefined);
    });
    simulation.runUntil(2 * S);
    expect(tried.map(([pod]) => pod)).toEqual([2, 3, 1, 4]);
  });
  it('leaves out who is gone, and who is behind a gate', () => {
    const { queue, simulation, tried, at } = model();
    at(1, () => {
      queue.add(1, groupOf(0), undefined);
      queue.add(2, groupOf(0), 'gated');
      queue.add(3, groupOf(0), undefined);
      queue.remove(1);
    });
    simulation.runUntil(2 * S);
    expect(tried.map(([pod]) => pod)).toEqual([3]);
    expect([...queue.waiting].map(({ pod, message }) => [pod, message])).toEqual([
      [2, 'gated'],
      [3, 'no'],
    ]);
    expect(queue.lacking).toBe(2);
  });
});

describe('a pod that no node could take', () => {
  it('is tried again after an event that helps, when its back-off is over, at a whole second', () => {
    const { queue, simulation, tried, at } = model();
    at(0.5, () => queue.add(1, groupOf(0), undefined));
    at(0.7, () => queue.onEvent(gone));
    // The second back-off is two seconds, from 2 s on.
    at(2.5, () => queue.onEvent(gone));
    at(20, () => queue.onEvent(gone));
    simulation.runUntil(30 * S);
    expect(tried).toEqual([
      [1, 0.5],
      [1, 2],
      [1, 4],
      [1, 20],
    ]);
  });
  it('is not, after one that does not', () => {
    const { queue, simulation, tried, at } = model();
    at(1, () => queue.add(1, groupOf(0), undefined));
    at(10, () => queue.onEvent(changed));
    simulation.runUntil(60 * S);
    expect(tried).toEqual([[1, 1]]);
  });
  it('without hints every kind of event that a plugin names wakes it, and every change of a node', () => {
    const { queue, simulation, tried, voices, at } = model({ hasHints: false });
    voices.set(1, voice([]));
    at(1, () => queue.add(1, groupOf(0), undefined));
    at(10, () => queue.onEvent(gone));
    at(20, () => queue.onEvent({ kind: 'podEnding', group: groupOf(0), node: 0 }));
    at(30, () => queue.onEvent(changed));
    simulation.runUntil(60 * S);
    expect(tried.map(([, time]) => time)).toEqual([1, 10, 30]);
  });
  it('is looked for every 30 s, and tried when it has waited for more than five minutes', () => {
    const { queue, simulation, tried, at } = model();
    at(10, () => queue.add(1, groupOf(0), undefined));
    simulation.runUntil(700 * S);
    expect(tried.map(([, time]) => time)).toEqual([10, 330, 660]);
  });
  it('does not wait for its back-off where the scheduler has nothing else to do (KEP-5142)', () => {
    const { queue, simulation, tried, at } = model({ popsFromBackOff: true });
    at(0.5, () => queue.add(1, groupOf(0), undefined));
    at(0.7, () => queue.onEvent(gone));
    simulation.runUntil(30 * S);
    expect(tried).toEqual([
      [1, 0.5],
      [1, 0.7],
    ]);
  });
});

it('an entry of a back-off that is over is not taken for the next one of the same pod', () => {
  const { queue, simulation, tried, at } = model({ popsFromBackOff: true });
  // Somebody of high priority keeps the scheduler busy for good while both back off.
  at(0, () => queue.add(0, groupOf(0), undefined));
  at(0.5, () => queue.onEvent(gone));
  at(1.2, () => queue.onEvent(gone));
  at(4.7, () => queue.onEvent(gone));
  simulation.runUntil(20 * S);
  expect(tried.map(([pod]) => pod)).toEqual([0, 0, 0, 0]);
  expect(tried.map(([, time]) => time)).toEqual([0, 0.5, 1.2, 4.7]);
});

describe('in a cluster', () => {
  const full = (minor: number): ClusterSpec =>
    f.cluster({
      minor,
      duration: seconds(60),
      nodePools: [f.pool({ cpuMillis: 1000 })],
      workloads: [
        f.workload({ replicas: 3, template: f.template({ cpuRequestMillis: 800, cpuScoredMillis: 800 }) }),
        f.workload({ name: 'small', manifestName: 'small', replicas: 3, createdAt: f.at(2) }),
      ],
    });
  const scheduledOf = (spec: ClusterSpec, name: string): number[] => {
    const { pods } = simulate(spec, 'queue');
    return [...pods.workload.keys()]
      .filter((pod) => spec.workloads[pods.workload[pod]!]!.name === name)
      .map((pod) => pods.stamps.scheduled[pod]! / S);
  };
  it('pods that do not fit do not hold up those that do', () => {
    const times = scheduledOf(full(36), 'small');
    expect(times.filter((time) => time < 3)).toHaveLength(2);
  });
  it('before 1.35 the condition of a pod is written within the cycle: who comes next waits for it', () => {
    const spec = (minor: number): ClusterSpec =>
      f.cluster({
        minor,
        nodePools: [f.pool({ cpuMillis: 1000 })],
        workloads: [
          f.workload({ kind: 'ReplicaSet', template: f.template({ cpuRequestMillis: 2000 }) }),
          f.workload({ kind: 'ReplicaSet', name: 'next', manifestName: 'next', createdAt: f.at(1.005) }),
        ],
      });
    const [before, after] = [34, 35].map((minor) => scheduledOf(spec(minor), 'next')[0]!);
    expect(before! - after!).toBeGreaterThan(0.002);
    expect(versionProfile(34).asyncApiCalls).toBe(false);
  });
  it('from 1.35 on a pod like the one before it takes the next best node in less time, where one pod fills a node', () => {
    const spec = (minor: number): ClusterSpec =>
      f.cluster({
        minor,
        duration: seconds(30),
        nodePools: [f.pool({ count: 20, cpuMillis: 1000 })],
        workloads: [
          f.workload({
            kind: 'Job',
            replicas: 20,
            completions: 20,
            template: f.template({ cpuRequestMillis: 800, cpuScoredMillis: 800, restartPolicy: 'Never' }),
          }),
        ],
      });
    const lastOf = (minor: number): number => Math.max(...scheduledOf(spec(minor), 'web'));
    expect(lastOf(35)).toBeLessThan(lastOf(34));
    const { pods } = simulate(spec(36), 'queue');
    expect(new Set(pods.node).size).toBe(20);
  });
});
