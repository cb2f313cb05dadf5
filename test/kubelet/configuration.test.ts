// Fields of KubeletConfiguration and feature gates, each by what it moves: tiny clusters, times in seconds.
import { describe, expect, it } from 'vitest';
import type { ClusterSpec, FaultSpec, KubeletSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const run = (kubelet: Partial<KubeletSpec>, overrides: Partial<ClusterSpec> & { minor?: number } = {}) => {
  const nodePools = (overrides.nodePools ?? [f.pool()]).map((pool) => ({
    ...pool,
    kubelet: { ...pool.kubelet, ...kubelet },
  }));
  return simulate(f.cluster({ minor: 34, duration: seconds(600), ...overrides, nodePools }), 'configuration');
};
const crashing = (after: number) => [
  f.running({
    template: f.template({
      containers: [f.container({ behavior: f.behavior({ exit: { after: fixed(after * S), code: 1 } }) })],
    }),
  }),
];
const nodes = f.oneNode;

describe('crash back-off', () => {
  const backOffs = (kubelet: Partial<KubeletSpec>, duration = 1200) =>
    run(kubelet, { workloads: crashing(1), duration: seconds(duration) }).restarts.map((r) => r.backOff / S);
  it('goes from 10 s to 300 s', () => {
    expect(backOffs({}).slice(0, 7)).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });
  it('with ReduceDefaultCrashLoopBackOffDecay from 1 s to 60 s', () => {
    const kubelet = { containerRestartPeriod: seconds(1), maxContainerRestartPeriod: seconds(60) };
    expect(backOffs(kubelet).slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });
  it('never exceeds maxContainerRestartPeriod, and begins there if that is less than 10 s', () => {
    expect(backOffs({ maxContainerRestartPeriod: seconds(15) }, 200).slice(0, 3)).toEqual([10, 15, 15]);
    expect(backOffs({ maxContainerRestartPeriod: seconds(3) }, 200).slice(0, 3)).toEqual([3, 3, 3]);
  });
});

describe('EventedPLEG', () => {
  const noticed = (eventedPleg: boolean) => {
    const { restarts } = run({ eventedPleg }, { workloads: crashing(30), duration: seconds(60) });
    return restarts[0]!.away / S;
  };
  it('tells of an exit at once; without it a relist has to come', () => {
    // Create and start take 0.2 s.
    expect(noticed(true)).toBeLessThan(0.4);
    expect(noticed(false)).toBeGreaterThan(noticed(true));
  });
  it('relists every 300 s instead of every second', () => {
    const relists = (eventedPleg: boolean) =>
      run({ eventedPleg }, { workloads: [f.running()] }).counters.find(
        (c) => c.metric === 'kubelapse_pleg_relists_total',
      )!.value;
    expect(relists(false)).toBeGreaterThan(590);
    expect(relists(true)).toBeLessThanOrEqual(3);
  });
  it('lets a worker wait for a cache that counts as new every five seconds', () => {
    // The end of a pod needs a cache newer than its last sync.
    const workloads = [f.running()];
    const faults: FaultSpec[] = [{ type: 'RollingUpdate', at: f.at(30), workloads: [0] }];
    const removed = (eventedPleg: boolean) => {
      const { stamps } = run({ eventedPleg }, { workloads, faults, duration: seconds(100) }).pods;
      return (stamps.removed[0]! - stamps.stopped[0]!) / S;
    };
    expect(removed(true)).toBeLessThan(7);
    expect(removed(false)).toBeLessThan(2.6);
  });
});

describe('image pulls', () => {
  it('maxParallelImagePulls lets so many go on at once, and the others wait', () => {
    const images = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [`${name}:1`, { compressedBytes: 100e6, present: false }]),
    );
    const workloads = ['a', 'b', 'c', 'd'].map((name) =>
      f.workload({ name, template: f.template({ containers: [f.container({ image: `${name}:1` })] }) }),
    );
    const waits = (kubelet: Partial<KubeletSpec>) => {
      const { imageWait } = run(kubelet, { images, workloads, duration: seconds(120) }).pods.stamps;
      return [...imageWait.slice(0, 4)].filter((ns) => ns > 0).length;
    };
    expect(waits({ serializeImagePulls: true })).toBe(3);
    expect(waits({ serializeImagePulls: false, maxParallelImagePulls: 2 })).toBe(2);
    expect(waits({ serializeImagePulls: false })).toBe(0);
  });
  it('image garbage collection waits for the high threshold and stops at the low one', () => {
    const images = Object.fromEntries(
      ['old-1', 'old-2', 'old-3', 'new'].map((name) => [
        name,
        { compressedBytes: 100e6, layers: 1, present: name !== 'new' },
      ]),
    );
    const of = (name: string, createdAt: number) =>
      f.workload({
        name,
        createdAt: f.at(createdAt),
        template: f.template({ containers: [f.container({ image: name })] }),
      });
    // Four images unpacked fill the disk of 1.2 GB to some four fifths; five minutes later one of the old ones is asked for.
    const pulledAgain = (imageGcHigh: number) => {
      const { pods } = run(
        { imageGcHigh, imageGcLow: 0.3, imageMinimumGcAge: seconds(1) },
        {
          images,
          workloads: [of('new', 1), of('old-1', 650)],
          duration: seconds(700),
          nodePools: [f.pool({ diskBytes: 1.2e9 })],
        },
      );
      return pods.stamps.imagePull[1]! > 0;
    };
    expect(pulledAgain(0.6)).toBe(true);
    expect(pulledAgain(0.99)).toBe(false);
  });
});

describe('heartbeats', () => {
  it('a longer lease is noticed later: the last renewal may be older', () => {
    // A node that dies 20 s after the last renewal of a lease of 80 s has 30 s of its grace left; one of 40 s has 40 s at least.
    const declared = (nodeLeaseDuration: number) => {
      const faults: FaultSpec[] = [
        { type: 'NodeDeath', at: f.at(100), duration: Infinity, nodes: { pools: [0], amount: { percent: 100 } } },
      ];
      const result = run(
        { nodeLeaseDuration: seconds(nodeLeaseDuration) },
        {
          faults,
          nodePools: [f.pool({ count: 200 })],
          workloads: [f.running({ kind: 'DaemonSet' })],
          duration: seconds(200),
        },
      );
      const ready = result.timeSeries.filter((p) => p.metric === 'kubelapse_pods_ready');
      return ready.find((p) => p.value < 200)!.time / S;
    };
    expect(declared(40)).toBeGreaterThan(100 + 50 - 10 - 1);
    expect(declared(120)).toBeLessThan(100 + 50 - 20);
  });
  it('nodeStatusUpdateFrequency is how late a kubelet says that its node is not ready', () => {
    const told = (nodeStatusUpdateFrequency: number) => {
      const faults: FaultSpec[] = [{ type: 'RuntimeStall', at: f.at(50), duration: 200 * S, nodes }];
      const workloads = [
        f.running({ template: f.template({ containers: [f.container({ probes: [f.probe('readiness')] })] }) }),
      ];
      const result = run(
        { nodeStatusUpdateFrequency: seconds(nodeStatusUpdateFrequency) },
        { faults, workloads, nodePools: [f.pool()], duration: seconds(200) },
      );
      const ready = result.timeSeries.filter((p) => p.metric === 'kubelapse_pods_ready');
      return ready.find((p) => p.value === 0 && p.time > 50 * S)!.time / S;
    };
    // The runtime counts as down 25 to 30 s after it stopped answering; the controller goes through the nodes every 5 s.
    expect(told(1)).toBeLessThan(50 + 30 + 1 + 5 + 1.5);
    expect(told(60)).toBeGreaterThan(told(1));
  });
});

describe('a pod in its node’s network', () => {
  it('has no part in the pod network', () => {
    const added = (hostNetwork: boolean) =>
      run({}, { workloads: [f.workload({ template: f.template({ hostNetwork }) })], duration: seconds(30) }).pods.stamps
        .cniAdd[0]!;
    expect(added(true)).toBe(0);
    expect(added(false)).toBeGreaterThan(10e6);
  });
});

describe('a probe with a grace of its own', () => {
  it('gives that to the container that it kills, and not to one that is deleted', () => {
    const liveness = (terminationGracePeriod?: number) =>
      f.probe('liveness', {
        period: seconds(5),
        failureThreshold: 1,
        ...(terminationGracePeriod === undefined ? {} : { terminationGracePeriod: seconds(terminationGracePeriod) }),
      });
    const away = (grace?: number) => {
      const behavior = f.behavior({ shutdown: fixed(100 * S), episodes: [{ state: 'hung', after: fixed(20 * S) }] });
      const containers = [f.container({ probes: [liveness(grace)], behavior })];
      const { restarts } = run(
        {},
        { workloads: [f.running({ template: f.template({ containers }) })], duration: seconds(100) },
      );
      return restarts[0] === undefined ? NaN : (restarts[0].time - restarts[0].away) / S;
    };
    // Hung at 20 s, found within 5 s and the timeout of 1 s, killed after the grace.
    expect(away(7)).toBeGreaterThan(27);
    expect(away(7)).toBeLessThan(20 + 6 + 7 + 2);
    expect(away()).toBeGreaterThan(50);
  });
});

describe('figures by node pool', () => {
  it('each pool has its own', () => {
    const result = run(
      {},
      {
        nodePools: [f.pool({ name: 'a', labels: { pool: 'a' } }), f.pool({ name: 'b', labels: { pool: 'b' } })],
        workloads: ['a', 'b'].map((pool, i) =>
          f.workload({ name: pool, replicas: i + 1, template: f.template({ nodeSelector: { pool } }) }),
        ),
        duration: seconds(60),
      },
    );
    const samples = (metric: string) =>
      Object.fromEntries(
        result.series
          .filter((s) => s.metric === metric && s.histogram.count > 0)
          .map((s) => [s.labels.split(',')[0], s.histogram.count]),
      );
    for (const metric of [
      'kubelet_pod_start_sli_duration_seconds',
      'kubelet_pod_start_duration_seconds',
      'kubelet_pod_worker_start_duration_seconds',
    ]) {
      expect(samples(metric)).toEqual({ 'node_pool=a': 1, 'node_pool=b': 2 });
    }
  });
  it('the first pod of each node that is in the pod network counts apart', () => {
    const result = run(
      {},
      {
        nodePools: [f.pool({ count: 3 })],
        workloads: [
          f.workload({ name: 'host', kind: 'DaemonSet', template: f.template({ hostNetwork: true }) }),
          f.workload({ name: 'web', replicas: 12, createdAt: f.at(20) }),
        ],
        duration: seconds(60),
      },
    );
    const of = (metric: string) => result.series.find((s) => s.metric === metric)!.histogram;
    expect(of('kubelet_pod_start_sli_duration_seconds').count).toBe(15);
    expect(of('kubelet_first_network_pod_start_sli_duration_seconds').count).toBe(3);
  });
});
