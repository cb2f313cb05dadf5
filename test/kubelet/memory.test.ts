// Memory that is used up: containers beyond their limit, nodes that run short. Tiny clusters, times in seconds.
import { describe, expect, it } from 'vitest';
import type { ClusterSpec, HeldAmount } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { limitedSwap, oomScore } from '../../src/node/index.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const MB = 1e6;
const GB = 1e9;
const grows = (start: number, amount: number, after: number): HeldAmount => ({
  start,
  reaches: { amount, after: fixed(seconds(after)) },
});
const pod = (memory: HeldAmount, overrides: Parameters<typeof f.container>[0] = {}, template = {}) =>
  f.template({
    containers: [f.container({ behavior: f.behavior({ memory }), ...overrides })],
    ...template,
  });
type Overrides = Partial<ClusterSpec> & { minor?: number };
const run = (overrides: Overrides) =>
  simulate(f.cluster({ minor: 36, duration: seconds(600), ...overrides }), 'memory');
const restarts = (result: ReturnType<typeof run>) =>
  result.restarts.map((r) => [r.reason, Math.round((r.time - r.away) / S)]);
const stamp = (result: ReturnType<typeof run>, stage: keyof ClusterStamps, i = 0) => result.pods.stamps[stage][i]! / S;
type ClusterStamps = ReturnType<typeof run>['pods']['stamps'];
const evictions = (result: ReturnType<typeof run>) =>
  result.counters.find((c) => c.metric === 'kubelet_evictions' && c.labels.includes('memory'))!.value;

describe('a container that grows', () => {
  it('is killed when it reaches its limit, again and again, and restarted with the crash back-off', () => {
    // 100 MB and 1 MB a second: 300 MB after 200 s.
    const workloads = [f.running({ template: pod(grows(100 * MB, 1100 * MB, 1000), { memoryLimitBytes: 300 * MB }) })];
    const result = run({ workloads, duration: seconds(500) });
    expect(restarts(result).map(([reason]) => reason)).toEqual(['oom', 'oom']);
    expect(restarts(result)[0]![1]).toBe(200);
    expect(result.restarts[0]!.exitCode).toBe(137);
  });
  it('levels off below its limit and lives', () => {
    const workloads = [f.running({ template: pod(grows(100 * MB, 299 * MB, 60), { memoryLimitBytes: 300 * MB }) })];
    expect(restarts(run({ workloads }))).toEqual([]);
  });
  it('that begins above its limit never gets far', () => {
    const workloads = [f.workload({ template: pod({ start: 400 * MB }, { memoryLimitBytes: 300 * MB }) })];
    expect(run({ workloads, duration: seconds(60) }).restarts.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a node with swap', () => {
  const burstable = (memory: HeldAmount, limits = {}) =>
    pod(memory, { memoryRequestBytes: 200 * MB, ...limits }, { memoryRequestBytes: 200 * MB, qosClass: 'Burstable' });
  const pool = (swapBytes: number) => f.pool({ memoryBytes: 2 * GB, memoryCapacityBytes: 2 * GB, swapBytes });
  it('lets a Burstable container grow beyond its limit by its share of the swap', () => {
    // A tenth of the memory is requested, so a tenth of the swap is had: 100 MB more than the limit.
    const of = (swapBytes: number) =>
      restarts(
        run({
          nodePools: [pool(swapBytes)],
          workloads: [
            f.running({ template: burstable(grows(100 * MB, 1100 * MB, 1000), { memoryLimitBytes: 300 * MB }) }),
          ],
          duration: seconds(310),
        }),
      )[0];
    expect(of(0)).toEqual(['oom', 200]);
    expect(of(1 * GB)).toEqual(['oom', 300]);
  });
  it('outlasts a burst for which its memory is too small', () => {
    // Eight containers of 260 MB each on 2 GB; of the swap they have 800 MB.
    const of = (swapBytes: number) =>
      run({
        nodePools: [pool(swapBytes)],
        workloads: [f.running({ replicas: 8, template: burstable(grows(100 * MB, 260 * MB, 100)) })],
        duration: seconds(200),
      });
    const disturbed = (swapBytes: number) => {
      const result = of(swapBytes);
      return restarts(result).length + evictions(result);
    };
    expect(disturbed(0)).toBeGreaterThan(0);
    expect(disturbed(2 * GB)).toBe(0);
  });
  it.each([
    ['Burstable', 200, Infinity, 100],
    ['Burstable', 200, 200, 0],
    ['Guaranteed', 200, 200, 0],
    ['BestEffort', 0, Infinity, 0],
  ] as const)('gives %s with %d of %d MB so much: %d', (qosClass, request, limit, expected) => {
    const amounts = { memoryRequestBytes: request * MB, memoryLimitBytes: limit * MB };
    expect(limitedSwap(amounts, { qosClass }, pool(1 * GB)) / MB).toBe(expected);
  });
});

describe('a node that runs short of memory', () => {
  /** @param shims memory beside that, for what the runtime holds: 12 MB a pod. */
  const node = (memoryBytes: number, shims: number) =>
    f.pool({ memoryBytes, memoryCapacityBytes: memoryBytes + shims });
  /** Two pods that hold 400 MB, one that takes 2 MB a second from 100 MB on, on a node of 1.5 GB. */
  const three = (overrides: Overrides = {}) =>
    run({
      nodePools: [node(1.5 * GB, 36 * MB)],
      workloads: [
        f.running({
          name: 'still',
          replicas: 2,
          template: pod({ start: 400 * MB }, {}, { memoryRequestBytes: 400 * MB }),
        }),
        f.running({
          name: 'leak',
          template: pod(grows(100 * MB, 2100 * MB, 1000), {}, { memoryRequestBytes: 100 * MB }),
        }),
      ],
      ...overrides,
    });

  it('evicts who holds more than it asked for, within ten seconds, and with a second of grace', () => {
    // 1500 - 800 - 100 - 2 t = 100 MB at 250 s.
    const result = three({ duration: seconds(400) });
    expect(evictions(result)).toBe(1);
    expect(result.objects.pods.phase[2]).toBe(3);
    expect(stamp(result, 'stopped', 2)).toBeGreaterThan(250);
    expect(stamp(result, 'stopped', 2)).toBeLessThan(250 + 10 + 2.5);
    expect([...result.objects.pods.phase.slice(0, 2)]).toEqual([1, 1]);
    // Its Deployment makes another, which grows again, for another 250 s.
    expect(result.pods.count).toBe(4);
    expect(stamp(result, 'created', 3)).toBeLessThan(stamp(result, 'stopped', 2) + 5);
  });
  it('evicts no critical pod, whatever it holds: another one goes', () => {
    const still = pod({ start: 800 * MB }, {}, { memoryRequestBytes: 800 * MB });
    for (const critical of ['cluster', 'node'] as const) {
      const leak = pod(grows(100 * MB, 2100 * MB, 1000), {}, { memoryRequestBytes: 100 * MB, critical });
      const workloads = [
        f.running({ name: 'still', kind: 'Pod', template: still }),
        f.running({ name: 'leak', kind: 'Pod', template: leak }),
      ];
      const result = three({ duration: seconds(400), workloads });
      expect([result.objects.pods.phase[0], result.objects.pods.phase[1]]).toEqual([3, 1]);
    }
  });
  it('is under pressure for five minutes after it was seen last, and takes no pod that asks for nothing', () => {
    const template = f.template({
      qosClass: 'BestEffort',
      cpuRequestMillis: 0,
      memoryRequestBytes: 0,
      containers: [f.container({ memoryRequestBytes: 0 })],
    });
    const result = three({
      duration: seconds(700),
      workloads: [
        f.running({
          name: 'still',
          replicas: 2,
          template: pod({ start: 400 * MB }, {}, { memoryRequestBytes: 400 * MB }),
        }),
        f.running({
          name: 'leak',
          kind: 'Pod',
          template: pod(grows(100 * MB, 2100 * MB, 1000), {}, { memoryRequestBytes: 100 * MB }),
        }),
        f.workload({ name: 'humble', createdAt: f.at(300), template }),
        f.workload({ name: 'asking', createdAt: f.at(300) }),
      ],
    });
    const [humble, asking] = [2, 3].map((workload) => result.pods.workload.indexOf(workload));
    expect(stamp(result, 'bound', asking!)).toBeLessThan(302);
    // Seen last at 250-260 s; the status is told within ten seconds.
    expect(stamp(result, 'bound', humble!)).toBeGreaterThan(550);
    expect(stamp(result, 'bound', humble!)).toBeLessThan(575);
  });
  it('that is gone at once has its containers killed by the kernel, and gives up pods for the rest', () => {
    const result = run({
      // Half of that is left to ten shims, and to six when four pods are gone.
      nodePools: [node(2 * GB, 100 * MB)],
      workloads: [
        f.running({
          name: 'many',
          kind: 'Job',
          replicas: 10,
          completions: 10,
          template: pod({ start: 150 * MB }, {}, { restartPolicy: 'Never', memoryRequestBytes: 100 * MB }),
        }),
      ],
      faults: [
        {
          type: 'MemoryStarvation',
          left: 0.5,
          at: f.at(100),
          duration: 100 * S,
          nodes: f.oneNode,
        },
      ],
      duration: seconds(180),
    });
    // 1.5 GB are held of 1 GB: the kernel kills four at once. 100 MB are left then, which is too little: one is evicted.
    const stopped = [...result.pods.stamps.stopped.slice(0, 10)].map((ns) => ns / S);
    expect(stopped.filter((at) => at < 102).length).toBe(4);
    expect(stopped.filter((at) => at >= 102).length).toBe(1);
    expect(evictions(result)).toBe(1);
  });
  it('of which nobody can be killed stays short, and nothing goes round and round', () => {
    const short = run({
      // Less than two sandboxes hold.
      nodePools: [node(1 * MB, 9 * MB)],
      workloads: [f.workload({ replicas: 2, template: f.template({}) })],
      duration: seconds(30),
    });
    expect(short.counts.eventsExecuted).toBeLessThan(1000);
    const starved = run({
      nodePools: [node(1 * GB, 100 * MB)],
      workloads: [f.running({ replicas: 2, template: f.template({}) })],
      faults: [{ type: 'MemoryStarvation', left: 0.001, at: f.at(10), duration: 5 * S, nodes: f.oneNode }],
      duration: seconds(30),
    });
    expect(starved.counts.eventsExecuted).toBeLessThan(1000);
  });
  it('gives up one pod a round, and goes on when that one is gone', () => {
    const slow = (i: number) =>
      f.running({
        name: `slow-${i}`,
        kind: 'Pod',
        // Each holds a little less than the one before, so that their order is known.
        template: pod(grows(100 * MB - i, 400 * MB - i, 100), {}, { memoryRequestBytes: 50 * MB }),
      });
    const result = run({
      nodePools: [node(1.5 * GB, 60 * MB)],
      workloads: [0, 1, 2, 3, 4].map(slow),
      duration: seconds(150),
    });
    // 1500 - 500 - 15 t = 100 MB at 60 s; they go on growing to 2 GB together, so that two must go.
    const stopped = [...result.pods.stamps.stopped.slice(0, 5)].map((ns) => ns / S);
    const gone = stopped.filter((at) => !Number.isNaN(at)).sort((a, b) => a - b);
    expect(stopped[0]).toBe(gone[0]);
    expect(gone[0]).toBeGreaterThan(60);
    expect(gone[0]).toBeLessThan(72.5);
    expect(gone[1]! - gone[0]!).toBeGreaterThan(1);
    expect(evictions(result)).toBe(gone.length);
    expect(gone.length).toBe(2);
  });
  it('never gives up static pods', () => {
    const result = run({
      nodePools: [node(GB, 24 * MB)],
      workloads: [
        f.running({
          kind: 'StaticPod',
          pool: 0,
          template: pod({ start: 600 * MB }, {}, { memoryRequestBytes: 1 }),
        }),
        f.running({
          name: 'small',
          kind: 'Pod',
          template: pod({ start: 350 * MB }, {}, { memoryRequestBytes: 340 * MB }),
        }),
      ],
      duration: seconds(60),
    });
    expect(evictions(result)).toBe(1);
    expect([...result.objects.pods.phase.slice(0, 2)]).toEqual([1, 3]);
  });
  it('with a threshold of its own evicts earlier', () => {
    const pool = node(1.5 * GB, 36 * MB);
    const nodePools = [
      {
        ...pool,
        kubelet: { ...pool.kubelet, evictionThresholds: [{ signal: 'memory.available' as const, least: 500 * MB }] },
      },
    ];
    // 1500 - 800 - 100 - 2 t = 500 MB at 50 s.
    expect(stamp(three({ nodePools, duration: seconds(100) }), 'stopped', 2)).toBeLessThan(50 + 10 + 2.5);
  });
  it('costs no event while it has enough', () => {
    const result = three({ duration: seconds(240) });
    expect(
      result.counts.executedByKind
        .filter(({ name }) => /eviction|memory/.test(name) && name !== 'node-memory/exhausted')
        .reduce((sum, k) => sum + k.executed, 0),
    ).toBe(0);
  });
  it('keeps its books: what containers hold is what the node has not left', () => {
    const spec = f.cluster({
      nodePools: [node(2 * GB, 36 * MB)],
      duration: seconds(200),
      workloads: [
        f.running({ replicas: 3, template: pod(grows(100 * MB, 300 * MB, 100), { memoryLimitBytes: 250 * MB }) }),
      ],
    });
    const life = new Run(spec, 'books');
    life.advanceTo(f.at(50));
    expect(life.cluster.kubelets.memory.available(0)).toBeCloseTo(2 * GB - 3 * 200 * MB, 0);
    life.advanceTo(f.at(76));
    // All three were killed at 75 s.
    expect(life.cluster.kubelets.memory.available(0)).toBeGreaterThan(2 * GB - 3 * 110 * MB);
  });
});

describe('whom the kernel kills first', () => {
  it('spares a pod that is critical to the node as one that is guaranteed', () => {
    const killed = (critical: 'no' | 'cluster' | 'node') =>
      run({
        nodePools: [f.pool({ memoryBytes: 2 * GB })],
        duration: seconds(100),
        workloads: [
          f.running({ name: 'large', template: pod({ start: 1200 * MB }, {}, { critical }) }),
          // It takes 100 MB a second, so that the kernel is there before the kubelet's next round.
          f.running({ name: 'small', template: pod(grows(100 * MB, 1900 * MB, 18)) }),
        ],
      }).restarts.map(({ pod }) => pod)[0];
    expect([killed('no'), killed('cluster'), killed('node')]).toEqual([0, 0, 1]);
  });
  it('goes by the share of the memory held and the QoS class', () => {
    const score = (held: number, requested: number, qos: string) => oomScore(held * GB, requested * GB, 10 * GB, qos);
    expect(score(1, 0, 'BestEffort')).toBe(1100);
    expect(score(5, 5, 'Guaranteed')).toBe(-497);
    // Half of the memory asked for: 500 are added; none: 999 at most; all: two at least.
    expect(score(1, 5, 'Burstable')).toBe(600);
    expect(score(1, 0, 'Burstable')).toBe(1099);
    expect(score(1, 10, 'Burstable')).toBe(102);
  });
});

describe('soft eviction', () => {
  it('evicts when the shortage has lasted for its grace period, and gives the pod some time', () => {
    const pool = f.pool({ memoryBytes: 2e9, memoryCapacityBytes: 2e9 });
    const behavior = f.behavior({ memory: { start: 1.7e9 }, shutdown: fixed(seconds(8)) });
    const template = f.template({ containers: [f.container({ behavior })] });
    const run = (softEvictionGracePeriod: number, evictionMaxPodGracePeriod: number) => {
      const kubelet = {
        ...pool.kubelet,
        evictionThresholds: [
          { signal: 'memory.available' as const, least: 100e6 },
          { signal: 'memory.available' as const, least: 500e6, softAfter: softEvictionGracePeriod * 1e9 },
        ],
        evictionMaxPodGracePeriod: evictionMaxPodGracePeriod * 1e9,
      };
      const stops: { at: number; killed: boolean; lasted: number }[] = [];
      simulate(
        f.cluster({
          workloads: [f.running({ template })],
          nodePools: [{ ...pool, kubelet }],
          duration: seconds(120),
        }),
        'soft',
        {
          onlooker: {
            over: ({ now }) => ({
              containerStopping: (_, __, signalled, ends, killed) =>
                stops.push({ at: now() / 1e9, killed, lasted: (ends - signalled) / 1e9 }),
            }),
          },
        },
      );
      return stops[0]!;
    };
    const gentle = run(30, 20);
    // Rounds are 10 s apart: it is seen within the first, and acted upon within 10 s after the period.
    expect(gentle.at).toBeGreaterThan(30);
    expect(gentle.at).toBeLessThan(51);
    expect([gentle.killed, gentle.lasted]).toEqual([false, 8]);
    const strict = run(30, 3);
    expect([strict.killed, strict.lasted]).toEqual([true, 3]);
    expect(run(0, 20).at).toBeLessThan(11);
  });
});
