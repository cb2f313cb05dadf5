// What the rows of the pod table promise: the judge itself, and clusters in which anything may happen to pods that start.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECKERS, partTooLong, STAGE_LINES, stagesOutOfOrder } from '../../src/checkers/index.js';
import { type PodPart, type PodStage, PodTable } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { anyFault } from '../fixtures/faults.js';
import { key, numbered } from '../fixtures/keys.js';
import { rounds } from '../fixtures/tier.js';

const S = 1e9;
const rowOf = (stages: Partial<Record<PodStage | PodPart, number>>): PodTable => {
  const pods = new PodTable([key(0)], numbered(1));
  pods.add(0, 0, 0);
  for (const [stage, at] of Object.entries(stages)) pods.stamps[stage as PodStage][0] = at;
  return pods;
};

describe('the stages of a row', () => {
  it('are in order where each is no earlier than those before it in a line, whatever was not reached', () => {
    for (const line of STAGE_LINES) {
      const stages = Object.fromEntries(line.map((stage, i) => [stage, i]));
      expect(stagesOutOfOrder(rowOf(stages), 0)).toBeUndefined();
      expect(stagesOutOfOrder(rowOf({ [line[0]!]: 3, [line.at(-1)!]: 3 }), 0)).toBeUndefined();
      for (let i = 0; i + 1 < line.length; i++) {
        const back = rowOf({ [line[i]!]: 2, [line[i + 1]!]: 1 });
        expect(stagesOutOfOrder(back, 0)).toBe(`${line[i + 1]} before ${line[i]}`);
      }
    }
  });
  it('may come in any order where none is promised', () => {
    expect(stagesOutOfOrder(rowOf({ ready: 1, runningObserved: 2 }), 0)).toBeUndefined();
    expect(stagesOutOfOrder(rowOf({ deleted: 1, bound: 2, runningReported: 3 }), 0)).toBeUndefined();
    expect(stagesOutOfOrder(rowOf({ stopped: 1, deleted: 2, deletionObserved: 3 }), 0)).toBeUndefined();
  });
  it('hold the parts that were measured in them', () => {
    expect(partTooLong(rowOf({ volumesMounted: 1, sandboxReady: 3, cniAdd: 2 }), 0)).toBeUndefined();
    expect(partTooLong(rowOf({ volumesMounted: 1, sandboxReady: 3, cniAdd: 3 }), 0)).toContain('cniAdd');
    const parts = { imageWait: 1, imagePull: 1, create: 1, start: 1 };
    expect(partTooLong(rowOf({ sandboxReady: 3, runningKnown: 7, ...parts }), 0)).toBeUndefined();
    expect(partTooLong(rowOf({ sandboxReady: 3, runningKnown: 6, ...parts }), 0)).toContain('pulls');
  });
});

const fault = anyFault({
  at: fc.integer({ min: 0, max: 1200 }).map((n) => f.at(n / 10 + 0.05)),
  lasts: fc.integer({ min: 1, max: 400 }).map((n) => (n * S) / 10),
  nodes: fc.integer({ min: 1, max: 2 }).map((count) => ({ pools: [0], amount: { count } })),
  workloads: [1, 2],
  staticPods: fc.constant({ workloads: [0], nodes: { pools: [0], amount: { count: 2 } } }),
});

/** The runner's own limit would be one on how fast the machine is. */
const NO_LIMIT = 0;

it(
  'whatever befalls pods that start, their rows tell of one life each',
  () => {
    const behavior = f.behavior({
      startup: fixed(seconds(1)),
      postStartFailures: 0.1,
      shutdown: fixed(seconds(4)),
      memory: { start: 100e6, reaches: { amount: 600e6, after: { kind: 'exponential', mean: seconds(60) } } },
    });
    const init = f.container({
      name: 'init',
      role: 'init',
      behavior: f.behavior({ exit: { after: fixed(seconds(1)), code: 0 } }),
    });
    const side = f.container({
      name: 'side',
      role: 'sidecar',
      probes: [f.probe('startup', { period: seconds(1) })],
      behavior: f.behavior({ startup: fixed(seconds(1)) }),
    });
    const web = f.container({
      behavior,
      postStart: f.sleep(2),
      image: 'web:1',
      imagePullPolicy: 'Always',
      probes: [f.probe('readiness', { period: seconds(2) })],
    });
    const big = f.container({ image: 'big:1', behavior });
    const second = f.container({ name: 'b', image: 'b:1', imagePullPolicy: 'Always', postStart: f.sleep(1) });
    const worker = f.container({
      imagePullPolicy: 'Always',
      behavior: f.behavior({ exit: { after: { kind: 'exponential', mean: seconds(8) }, code: 1 } }),
    });
    const workloads = [
      f.running({
        kind: 'StaticPod',
        name: 'agent',
        pool: 0,
        template: f.template({
          tolerations: [{ operator: 'Exists', value: '' }],
          notReadyToleration: Infinity,
          unreachableToleration: Infinity,
          containers: [f.container({ probes: [f.probe('readiness')], behavior })],
        }),
      }),
      f.running({ name: 'web', replicas: 4, template: f.template({ containers: [init, side, web] }) }),
      ...[1, 12, 30, 60, 90].map((at) =>
        f.workload({
          name: `from-${at}`,
          replicas: 3,
          createdAt: f.at(at),
          template: f.template({
            notReadyToleration: 20 * S,
            unreachableToleration: 20 * S,
            containers: [init, big, second],
          }),
        }),
      ),
      f.workload({
        name: 'job',
        kind: 'Job',
        replicas: 3,
        completions: 9,
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
    ];
    fc.assert(
      fc.property(
        fc.array(fault, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(28, 31, 34, 35),
        fc.constantFrom(2, 4, 50),
        fc.integer(),
        (faults, minor, qps, seed) => {
          const pool = f.pool({ count: 3, cpuMillis: 4000, memoryBytes: 5e9 });
          const kubelet = { ...pool.kubelet, kubeApiQps: qps, kubeApiBurst: qps };
          const spec = f.cluster({
            minor,
            duration: seconds(150),
            images: { 'big:1': { compressedBytes: 2e8, present: false } },
            nodePools: [{ ...pool, kubelet }],
            workloads,
            faults,
          });
          simulate(spec, String(seed), { onlooker: CHECKERS });
        },
      ),
      { seed: 7, numRuns: rounds(50, 200) },
    );
  },
  NO_LIMIT,
);
