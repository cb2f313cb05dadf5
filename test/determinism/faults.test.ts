// Random clusters in which random faults happen: whatever befalls them, every tick or only those that matter gives the same
// bytes, and nobody ends in a state that cannot be.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { CHECKERS } from '../../src/checkers/index.js';
import type { ClusterSpec, EvictionThreshold } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { csvFiles, recordOf } from '../../src/report/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { anyFault, NODE_FAULTS } from '../fixtures/faults.js';
import { rounds } from '../fixtures/tier.js';

const S = 1e9;

const tables = (spec: ClusterSpec, seed: string, executeEveryTick: boolean) => {
  const result = simulate(spec, seed, { executeEveryTick, onlooker: CHECKERS });
  const { files } = csvFiles(
    [recordOf({ name: spec.name, catalogue: BUILT_IN }, { index: 0, parameters: [], replication: 0, result }, true)],
    BUILT_IN.tables.all,
    true,
  );
  return { result, text: Object.fromEntries(files.map(({ name, text }) => [name, text])) };
};

const time = fc.oneof(
  fc.integer({ min: 0, max: 170 }),
  fc.integer({ min: 0, max: 1700 }).map((n) => n / 10 + 0.05),
);
const fault = anyFault({
  at: time.map(f.at),
  lasts: fc.integer({ min: 1, max: 120 }).map((s) => s * S),
  nodes: fc.integer({ min: 1, max: 4 }).map((count) => ({ pools: [0], amount: { count } })),
  workloads: [2, 3, 4],
  staticPods: fc.constantFrom(0, 1).map((of) => ({ workloads: [of], nodes: { pools: [of], amount: { count: 1 } } })),
});

/** The runner's own limit would be one on how fast the machine is. */
const NO_LIMIT = 0;

it(
  'whatever befalls a cluster',
  () => {
    const probes = [
      f.probe('startup', { period: seconds(1), failureThreshold: 20 }),
      f.probe('liveness', { period: seconds(3), failureThreshold: 2, handler: 'exec' }),
      f.probe('readiness', { period: seconds(2) }),
    ];
    const behavior = f.behavior({
      startup: fixed(seconds(3)),
      startupCpuMillis: 3000,
      probeLatency: { kind: 'lognormal', median: seconds(0.1), sigma: 0.8 },
      episodes: [{ state: 'hung', after: { kind: 'exponential', mean: seconds(60) } }],
      postStartFailures: 0.1,
      memory: { start: 100e6, reaches: { amount: 500e6, after: { kind: 'exponential', mean: seconds(100) } } },
      disk: { start: 1e9, reaches: { amount: 8e9, after: { kind: 'exponential', mean: seconds(150) } } },
      processes: { start: 10, reaches: { amount: 400, after: { kind: 'exponential', mean: seconds(100) } } },
    });
    const init = f.container({
      name: 'init',
      role: 'init',
      behavior: f.behavior({ exit: { after: fixed(seconds(1)), code: 0 } }),
    });
    const side = f.container({
      name: 'side',
      role: 'sidecar',
      probes: [f.probe('startup', { period: seconds(1) }), f.probe('readiness', { period: seconds(4) })],
      behavior: f.behavior({ startup: fixed(seconds(1)) }),
      postStart: f.sleep(1),
    });
    const worker = f.container({
      behavior: f.behavior({ exit: { after: { kind: 'exponential', mean: seconds(20) }, code: 1 } }),
    });
    const fromFile = (name: string, pool: number, component?: 'kube-apiserver') =>
      f.running({
        kind: 'StaticPod',
        name,
        pool,
        ...(component === undefined ? {} : { component }),
        template: f.template({
          tolerations: [{ operator: 'Exists', value: '' }],
          notReadyToleration: Infinity,
          unreachableToleration: Infinity,
          containers: [f.container({ probes: [f.probe('liveness'), f.probe('readiness')], behavior })],
        }),
      });
    const workloads = [
      fromFile('agent', 0),
      fromFile('kube-apiserver', 1, 'kube-apiserver'),
      f.running({
        name: 'web',
        replicas: 6,
        template: f.template({
          containers: [
            init,
            side,
            f.container({ probes, behavior, memoryLimitBytes: 450e6, diskLimitBytes: 6e9, postStart: f.sleep(1) }),
          ],
        }),
      }),
      f.running({
        name: 'set',
        kind: 'StatefulSet',
        ordered: true,
        replicas: 3,
        template: f.template({
          containers: [f.container({ probes: [f.probe('readiness')], image: 'set:1', imagePullPolicy: 'Always' })],
        }),
      }),
      f.running({
        name: 'daemon',
        kind: 'DaemonSet',
        maxUnavailable: 1,
        template: f.template({
          containers: [f.container({ probes: [f.probe('liveness')] })],
          unreachableToleration: Infinity,
          notReadyToleration: Infinity,
        }),
      }),
      f.workload({
        name: 'job',
        kind: 'Job',
        replicas: 2,
        completions: 4,
        backoffLimit: 4,
        template: f.template({ restartPolicy: 'OnFailure', containers: [worker] }),
      }),
      f.workload({
        name: 'once',
        kind: 'Job',
        replicas: 3,
        completions: 8,
        backoffLimit: 10,
        createdAt: f.at(5),
        template: f.template({ restartPolicy: 'Never', activeDeadline: 30 * S, containers: [worker] }),
      }),
      f.workload({
        name: 'overdue',
        replicas: 2,
        createdAt: f.at(3),
        template: f.template({
          activeDeadline: 25 * S,
          containers: [f.container({ behavior: f.behavior({ shutdown: fixed(seconds(6)) }) })],
        }),
      }),
      f.running({ name: 'quiet', replicas: 4 }),
      f.workload({
        name: 'late',
        replicas: 3,
        createdAt: f.at(40),
        template: f.template({ notReadyToleration: 20 * S, unreachableToleration: 20 * S }),
      }),
    ];
    fc.assert(
      fc.property(
        fc.array(fault, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(31, 34, 36),
        fc.boolean(),
        fc.constantFrom(2, 4, 50),
        fc.integer(),
        (faults, minor, evented, qps, seed) => {
          const room = { memoryBytes: 4e9, diskBytes: 25e9, pidMax: 1000 };
          const pool = f.pool({ count: 4, cpuMillis: 4000, ...room, zones: ['a', 'b'] });
          const evictionThresholds: readonly EvictionThreshold[] = [
            { signal: 'memory.available', least: 100e6 },
            { signal: 'nodefs.available', least: 2.5e9 },
            { signal: 'imagefs.available', least: 4e9, softAfter: seconds(20) },
            { signal: 'pid.available', least: 100 },
          ];
          const kubelet = {
            ...pool.kubelet,
            eventedPleg: evented,
            kubeApiQps: qps,
            kubeApiBurst: qps,
            evictionThresholds,
            evictionMaxPodGracePeriod: seconds(5),
          };
          const spec = f.cluster({
            minor,
            duration: seconds(200),
            nodePools: [
              { ...pool, kubelet },
              f.pool({ name: 'master', taints: [{ key: 'master', value: '', effect: 'NoSchedule' }] }),
            ],
            workloads,
            services: [f.service({ workloads: [2] })],
            traffic: [f.traffic(5)],
            faults,
          });
          const { result, text } = tables(spec, String(seed), false);
          expect(tables(spec, String(seed), true).text).toEqual(text);
          const { pods, objects } = result;
          for (let pod = 0; pod < pods.count; pod++) {
            // An object that is gone was deleted, or had no node.
            if (objects.pods.gone[pod] === 1 && pods.workload[pod]! > 1) expect(pods.stamps.deleted[pod]).not.toBeNaN();
            expect(objects.pods.ready[pod] === 1 && objects.pods.phase[pod]! > 1).toBe(false);
          }
        },
      ),
      { seed: 23, numRuns: rounds(25, 200) },
    );
  },
  NO_LIMIT,
);

it(
  'when all is over, everybody is ready again, and every Service knows it',
  () => {
    const over = fc
      .record({
        at: fc.integer({ min: 0, max: 600 }),
        duration: fc.integer({ min: 1, max: 600 }),
        what: fc.constantFrom(...NODE_FAULTS),
      })
      .map(({ at, duration, what }) => ({
        at: f.at(at / 10),
        duration: duration * 1e8,
        nodes: { pools: [0], amount: { count: 2 } },
        ...what,
      }));
    const away = fc
      .record({ at: fc.integer({ min: 0, max: 60 }), duration: fc.integer({ min: 1, max: 60 }) })
      .map(({ at, duration }) => ({ type: 'ApiServerOutage' as const, at: f.at(at), duration: duration * S }));
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: over }, { weight: 1, arbitrary: away }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom(28, 31, 34, 36),
        fc.constantFrom(2, 4, 50),
        fc.integer(),
        (faults, minor, qps, seed) => {
          const pool = f.pool({ count: 3 });
          const kubelet = { ...pool.kubelet, kubeApiQps: qps, kubeApiBurst: qps };
          const probed = [f.container({ probes: [f.probe('readiness', { period: seconds(5) })] })];
          const spec = f.cluster({
            minor,
            duration: seconds(600),
            nodePools: [{ ...pool, kubelet }],
            workloads: [
              f.running({ replicas: 6 }),
              f.running({ name: 'probed', replicas: 6, template: f.template({ containers: probed }) }),
              f.running({ name: 'set', kind: 'StatefulSet', ordered: true, replicas: 3 }),
              f.running({ name: 'daemon', kind: 'DaemonSet' }),
            ],
            services: [f.service({ workloads: [0] }), f.service({ name: 'probed', workloads: [1] })],
            faults,
          });
          const { pods, objects, timeSeries } = simulate(spec, String(seed), { onlooker: CHECKERS });
          const ready = [0, 0, 0, 0];
          for (let pod = 0; pod < pods.count; pod++) ready[pods.workload[pod]!]! += objects.pods.ready[pod]!;
          expect(ready).toEqual([6, 6, 3, 3]);
          expect(timeSeries.findLast(({ metric }) => metric === 'kubelapse_endpoints')!.value).toBe(12);
        },
      ),
      { seed: 5, numRuns: rounds(25, 200) },
    );
  },
  NO_LIMIT,
);
