// Random workloads of every kind, updated, scaled, suspended and deleted while nodes fail: controllers keep their promises.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHECKERS, CONTROLLER_PROMISES, ControllerInvariants } from '../../src/checkers/index.js';
import { type FaultSpec, journalOf, type Onlooker, type WorkloadSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { anyFault } from '../fixtures/faults.js';
import { rounds } from '../fixtures/tier.js';

const S = 1e9;
const NODES = 4;

/** The runner's own limit would be one on how fast the machine is. */
const NO_LIMIT = 0;

/** A count, or a percentage. */
const part = (least: number) =>
  fc.oneof(
    fc.integer({ min: least, max: 3 }).map((count) => ({ count })),
    fc.constantFrom(25, 50, 100).map((percent) => ({ percent })),
  );
const replicas = fc.integer({ min: 0, max: 6 });
const seconds_ = (from: number, to: number) => fc.integer({ min: from, max: to }).map((n) => seconds(n));

const behavior = fc
  .record({ startup: seconds_(0, 4), shutdown: seconds_(0, 4) })
  .map(({ startup, shutdown }) => f.behavior({ startup: fixed(startup), shutdown: fixed(shutdown) }));
const template = fc.record({ behavior, hasProbe: fc.boolean(), grace: fc.constantFrom(0, 2, 30) }).map((one) =>
  f.template({
    terminationGracePeriod: one.grace * S,
    unreachableToleration: 20 * S,
    notReadyToleration: 20 * S,
    containers: [
      f.container({
        behavior: one.behavior,
        probes: one.hasProbe ? [f.probe('readiness', { period: seconds(2), failureThreshold: 1 })] : [],
      }),
    ],
  }),
);
const job = fc
  .record({
    after: fc.integer({ min: 1, max: 20 }),
    code: fc.constantFrom(0, 0, 1),
    parallelism: fc.integer({ min: 1, max: 3 }),
    completions: fc.integer({ min: 1, max: 5 }),
    isIndexed: fc.boolean(),
    backoffLimit: fc.integer({ min: 0, max: 4 }),
    replacesEnding: fc.boolean(),
    suspended: fc.boolean(),
  })
  .map(({ after, code, suspended, ...rest }): f.WorkloadOptions => {
    const containers = [f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(after)), code } }) })];
    const size = suspended ? 0 : Math.min(rest.parallelism, rest.completions);
    return {
      ...rest,
      suspended,
      kind: 'Job',
      replicas: size,
      template: f.template({ restartPolicy: 'Never', containers }),
    };
  });
const others = fc.oneof(
  fc.record({
    kind: fc.constant('Deployment'),
    replicas,
    maxSurge: part(0),
    maxUnavailable: part(0),
    recreate: fc.boolean(),
    minReady: seconds_(0, 3),
    template,
  }),
  fc.record({ kind: fc.constantFrom('ReplicaSet', 'ReplicationController'), replicas, template }),
  fc.record({
    kind: fc.constant('StatefulSet'),
    replicas,
    ordered: fc.boolean(),
    partition: fc.integer({ min: 0, max: 2 }),
    maxUnavailable: part(1),
    minReady: seconds_(0, 3),
    firstOrdinal: fc.constantFrom(0, 3),
    template,
  }),
  fc
    .record({ kind: fc.constant('DaemonSet'), amount: part(1), surges: fc.boolean(), template })
    .map(({ amount, surges, ...rest }) => ({
      ...rest,
      maxSurge: surges ? amount : { count: 0 },
      maxUnavailable: surges ? { count: 0 } : amount,
    })),
);

/** Two of them, each there from the start or made later. */
const workloads: fc.Arbitrary<WorkloadSpec[]> = fc
  .array(fc.record({ options: fc.oneof(others, job), isNew: fc.boolean() }), { minLength: 2, maxLength: 3 })
  .map((all) =>
    all.map(({ options, isNew }, i) => {
      const made = f.workload({ ...(options as f.WorkloadOptions), name: `w${i}`, manifestName: `w${i}` });
      if (isNew) return { ...made, createdAt: f.at(5) };
      const { createdAt: _, ...running } = made;
      return running;
    }),
  );

const at = fc.integer({ min: 0, max: 900 }).map((tenths) => f.at(tenths / 10));
const target = fc.integer({ min: 0, max: 1 }).map((workload) => [workload]);
const done: fc.Arbitrary<FaultSpec> = fc.oneof(
  fc.record({ type: fc.constant('RollingUpdate'), at, workloads: target }),
  fc.record({ type: fc.constant('Scale'), at, workloads: target, replicas: fc.integer({ min: 0, max: 9 }) }),
  fc.record({
    type: fc.constant('Suspend'),
    at,
    workloads: target,
    suspend: fc.boolean(),
    duration: fc.integer({ min: 1, max: 40 }).map((n) => n * S),
  }),
  fc.record({ type: fc.constant('Delete'), at, workloads: target, orphans: fc.boolean() }),
);
const nodes = fc.integer({ min: 1, max: 2 }).map((count) => ({ pools: [0], amount: { count } }));
const goneWrong = anyFault({
  at,
  lasts: fc.integer({ min: 1, max: 400 }).map((tenths) => tenths * 1e8),
  nodes,
  workloads: [0, 1],
  staticPods: nodes.map((one) => ({ workloads: [], nodes: one })),
}).filter(({ type }) => type !== 'StaticPodRemoved');

it(
  'controllers keep their promises, whatever is done to their workloads and goes wrong with nodes',
  () => {
    const checked = new Map<string, number>();
    const counting: Onlooker = {
      over: (observed) => {
        const books = new ControllerInvariants(observed);
        const note = {
          runEnded: (): void => {
            for (const [promise, times] of Object.entries(books.checked))
              checked.set(promise, (checked.get(promise) ?? 0) + times);
          },
        };
        return journalOf([CHECKERS.over(observed), books, note])!;
      },
    };
    fc.assert(
      fc.property(
        workloads,
        fc.array(done, { minLength: 1, maxLength: 4 }),
        fc.array(goneWrong, { maxLength: 2 }),
        fc.constantFrom(28, 34, 36, 37),
        fc.integer(),
        (all, changes, wrong, minor, seed) => {
          const spec = f.cluster({
            minor,
            workloads: all,
            nodePools: [f.pool({ count: NODES })],
            faults: [...changes, ...wrong],
            duration: seconds(150),
          });
          simulate(spec, String(seed), { onlooker: counting });
        },
      ),
      { seed: 11, numRuns: rounds(150, 2000) },
    );
    // Every promise was held against something.
    for (const promise of Object.keys(CONTROLLER_PROMISES))
      expect([promise, checked.get(promise)! > 0]).toEqual([promise, true]);
  },
  NO_LIMIT,
);
