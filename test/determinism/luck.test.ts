// The same thing gets the same luck, whatever else is in the run: something that has nothing to do with a cluster is added
// to it, and everybody in it draws the same numbers as before, and does the same at the same instants.
// What is shared by all in truth is given no weight here, so that luck alone is looked at: a scheduler that needs no time,
// clients without a limit, rules that change by entry and not by the table, and cost a proxy nothing.

import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { CHECKERS } from '../../src/checkers/index.js';
import {
  type ClusterSpec,
  type FaultSpec,
  nodeNameOf,
  type ParameterChange,
  POD_PARTS,
  POD_STAGES,
  podNameOf,
  type WorkloadSpec,
} from '../../src/cluster/index.js';
import { controlPlaneCosts } from '../../src/control-plane/index.js';
import { type EntityKey, exponential, RandomStream, seconds } from '../../src/engine/index.js';
import { ebpfSyncParameters } from '../../src/kube-proxy/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import type { RunResult } from '../../src/results/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { NODE_FAULTS, type NodeFault } from '../fixtures/faults.js';
import { rounds } from '../fixtures/tier.js';

const S = 1e9;
/** The runner's own limit would be one on how fast the machine is. */
const NO_LIMIT = 0;
const { schedulingAttempt } = controlPlaneCosts;
const { base: syncBase, perEntry } = ebpfSyncParameters;
const costs: ParameterChange[] = [
  { group: 'control-plane.costs', name: 'schedulingAttempt', parameter: { ...schedulingAttempt, value: 0 } },
  { group: 'kube-proxy.ebpf', name: 'base', parameter: { ...syncBase, value: 0 } },
  { group: 'kube-proxy.ebpf', name: 'perEntry', parameter: { ...perEntry, value: 0 } },
];
const HERE = { nodeSelector: { role: 'here' } };
const ELSEWHERE = { nodeSelector: { role: 'elsewhere' } };
const pool = (name: string, role: string, count: number) => f.pool({ name, count, labels: { role } });

// The cluster ----------------------------------------------------------------------------------------------------------

interface Choice {
  readonly kind: string;
  readonly replicas: number;
  readonly exits: number | null;
  readonly createdAt: number | null;
}

function workloadOf({ kind, replicas, exits, createdAt }: Choice, name: string): WorkloadSpec {
  const ends = kind === 'Job' ? 20 : exits;
  const behavior = f.behavior({
    startup: exponential(2 * S),
    probeLatency: exponential(0.3 * S),
    ...(ends === null ? {} : { exit: { after: exponential(ends * S), code: kind === 'Job' ? 0 : 1 } }),
  });
  const probes = [
    f.probe('readiness', { period: seconds(2) }),
    f.probe('liveness', { period: seconds(5), initialDelay: seconds(10) }),
  ];
  const template = f.template({
    ...HERE,
    restartPolicy: kind === 'Job' ? 'Never' : 'Always',
    containers: [f.container({ image: 'pulled/app:1', behavior, ...(kind === 'Job' ? {} : { probes }) })],
  });
  const make = createdAt === null && kind !== 'Job' ? f.running : f.workload;
  const at = createdAt === null ? {} : { createdAt: f.at(createdAt) };
  return make({ kind, name, manifestName: name, app: name, replicas, completions: replicas, template, ...at });
}

const choice: fc.Arbitrary<Choice> = fc.record({
  kind: fc.constantFrom('Deployment' as const, 'StatefulSet' as const, 'DaemonSet' as const, 'Job' as const),
  replicas: fc.integer({ min: 1, max: 5 }),
  exits: fc.option(fc.integer({ min: 20, max: 60 })),
  createdAt: fc.option(fc.integer({ min: 1, max: 50 })),
});

const nodeFault = fc.constantFrom(...NODE_FAULTS);

const base = fc
  .record({
    nodes: fc.integer({ min: 2, max: 4 }),
    workloads: fc.array(choice, { minLength: 1, maxLength: 3 }),
    faults: fc.array(fc.record({ at: fc.integer({ min: 10, max: 100 }), what: nodeFault }), { maxLength: 2 }),
    isUpdated: fc.boolean(),
    closed: fc.boolean(),
    minor: fc.constantFrom(31, 34, 36),
  })
  .map(({ nodes, workloads, faults, isUpdated, closed, minor }): ClusterSpec => {
    const all = workloads.map((w, i) => workloadOf(w, `app-${i}`));
    const update: FaultSpec[] = isUpdated ? [{ type: 'RollingUpdate', at: f.at(70), workloads: [0] }] : [];
    const spec = f.cluster({
      minor,
      costs,
      duration: seconds(150),
      images: {
        'pulled/app:1': { compressedBytes: 50e6, present: false },
        'pulled/other:1': { compressedBytes: 30e6, present: false },
      },
      nodePools: [pool('here', 'here', nodes), pool('elsewhere', 'elsewhere', 2)],
      workloads: all,
      // A load balancer sends to nodes that have an endpoint: nobody comes in elsewhere.
      services: all.map(({ name }, i) =>
        f.service({ name, workloads: [i], loadBalancerIps: 1, externalTrafficPolicy: 'Local' }),
      ),
      traffic: all.map((_, i) =>
        f.traffic(2, {
          from: { kind: 'outside' },
          address: 'loadBalancer',
          services: [i],
          ports: [0],
          ...(closed ? { arrivals: { kind: 'closed' as const, clients: 3, think: exponential(2 * S) } } : {}),
        }),
      ),
      faults: [
        ...update,
        ...faults.map(
          ({ at, what }): FaultSpec => ({
            at: f.at(at),
            duration: 30 * S,
            nodes: { pools: [0], amount: { count: 1 } },
            ...what,
          }),
        ),
      ],
    });
    return {
      ...spec,
      controlPlane: {
        ...spec.controlPlane,
        schedulerQps: Infinity,
        controllerQps: Infinity,
      },
      kubeProxy: { ...spec.kubeProxy, mode: 'ebpf', minSyncPeriod: 0 },
    };
  });

// What is added --------------------------------------------------------------------------------------------------------

/** A workload before all others, which have another number from then on. */
function withWorkload(spec: ClusterSpec, workload: WorkloadSpec): ClusterSpec {
  const moved = (list: readonly number[]): number[] => list.map((w) => w + 1);
  return {
    ...spec,
    workloads: [workload, ...spec.workloads],
    services: spec.services.map((s) => ({ ...s, workloads: moved(s.workloads) })),
    faults: spec.faults.map((x) => (x.workloads === undefined ? x : { ...x, workloads: moved(x.workloads) })),
  };
}

const other = (overrides: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  f.workload({
    name: 'other',
    manifestName: 'other',
    app: 'other',
    replicas: 3,
    createdAt: f.at(40),
    template: f.template({
      ...ELSEWHERE,
      containers: [
        f.container({
          image: 'pulled/other:1',
          probes: [f.probe('readiness', { period: seconds(3) })],
          behavior: f.behavior({ exit: { after: exponential(20 * S), code: 1 } }),
        }),
      ],
    }),
    ...overrides,
  });

/** A service before all others, of a workload that was added. */
function withService(spec: ClusterSpec): ClusterSpec {
  const added = withWorkload(spec, other());
  return {
    ...added,
    services: [f.service({ name: 'other', manifestName: 'other', app: 'other', workloads: [0] }), ...added.services],
    traffic: added.traffic.map((entry) => ({ ...entry, services: entry.services.map((s) => s + 1) })),
  };
}

/** A pool before all others, whose nodes have other numbers from then on. */
function withPool(spec: ClusterSpec): ClusterSpec {
  return {
    ...spec,
    nodePools: [pool('new', 'new', 3), ...spec.nodePools],
    faults: spec.faults.map((x) =>
      x.nodes === undefined ? x : { ...x, nodes: { ...x.nodes, pools: x.nodes.pools.map((p) => p + 1) } },
    ),
  };
}

function withFault(spec: ClusterSpec, what: NodeFault): ClusterSpec {
  const fault: FaultSpec = {
    at: f.at(15),
    duration: 40 * S,
    nodes: { pools: [spec.nodePools.findIndex(({ name }) => name === 'elsewhere')], amount: { count: 1 } },
    ...what,
  };
  return { ...spec, faults: [fault, ...spec.faults] };
}

// What is compared -----------------------------------------------------------------------------------------------------

/** What becomes of those that were there before, by their names. */
function story(result: RunResult) {
  const { pods, nodes, spec } = result;
  const lives = new Map<string, number>();
  const rows: Record<string, unknown> = {};
  const names: string[] = [];
  for (let pod = 0; pod < pods.count; pod++) {
    const workload = spec.workloads[pods.workload[pod]!]!;
    const place =
      workload.kind === 'DaemonSet'
        ? `${workload.name} on ${nodeNameOf(nodes, pods.requiredNode[pod]!)}`
        : podNameOf(spec, pods, nodes, pod);
    const life = lives.get(place) ?? 0;
    lives.set(place, life + 1);
    names[pod] = `${place} (${life})`;
    if (workload.name === 'other') continue;
    rows[names[pod]] = {
      node: pods.node[pod]! < 0 ? 'none' : nodeNameOf(nodes, pods.node[pod]!),
      ...Object.fromEntries([...POD_STAGES, ...POD_PARTS].map((stage) => [stage, pods.stamps[stage][pod]])),
    };
  }
  const restarts = result.restarts
    .map(({ pod, ...rest }) => ({ pod: names[pod]!, ...rest }))
    .filter(({ pod }) => !pod.startsWith('other'))
    .sort((a, b) => a.time - b.time || (a.pod < b.pod ? -1 : 1));
  return { rows, restarts };
}

/** What became of requests, and how long they took. */
const requests = (result: RunResult) =>
  result.requests.map(({ outcome, cause, requests, duration }) => ({
    outcome,
    cause,
    requests,
    p50: duration.count > 0 ? histogramOf(duration).quantile(0.5) : undefined,
    max: duration.max,
  }));

/** Draws by stream and entity: the numbers of the draws, in order. */
function watched(run: () => RunResult): { result: RunResult; draws: Map<string, number[]> } {
  const draws = new Map<string, number[]>();
  const uniform = RandomStream.prototype.uniform;
  const spy = vi.spyOn(RandomStream.prototype, 'uniform').mockImplementation(function (
    this: RandomStream,
    entity: EntityKey,
    n: number,
  ) {
    const key = `${this.name} ${entity}`;
    const list = draws.get(key);
    if (list === undefined) draws.set(key, [n]);
    else list.push(n);
    return uniform.call(this, entity, n);
  });
  try {
    return { result: run(), draws };
  } finally {
    spy.mockRestore();
  }
}

const added = fc.oneof(
  fc.constant({ what: 'workload', add: (spec: ClusterSpec) => withWorkload(spec, other()) }),
  fc.constant({ what: 'workload', add: (spec: ClusterSpec) => withWorkload(spec, other({ kind: 'DaemonSet' })) }),
  fc.constant({ what: 'service', add: withService }),
  fc.constant({ what: 'pool', add: withPool }),
  nodeFault.map((what) => ({ what: 'fault', add: (spec: ClusterSpec) => withFault(spec, what) })),
);

it('something unrelated moves nobody: neither draws, nor instants, nor outcomes', () => {
  fc.assert(
    fc.property(base, added, fc.integer(), (spec, { what, add }, seed) => {
      const before = watched(() => simulate(spec, String(seed)));
      const after = watched(() => simulate(add(spec), String(seed)));
      expect(story(after.result)).toEqual(story(before.result));
      // Every node has rules for every service, also a node that is hit; and what one proxy carries into its kernel it carries
      // there for all of them: another one's news bring its own along, and a connection that comes just then finds an
      // endpoint, or does not.
      const sharing = what === 'service' ? /^((watch\/)?kube-proxy|traffic)\b/ : /^(watch\/)?kube-proxy\b/;
      for (const [key, ns] of before.draws) {
        if (!sharing.test(key)) expect([key, after.draws.get(key)]).toEqual([key, ns]);
      }
      if (what !== 'service') expect(requests(after.result)).toEqual(requests(before.result));
    }),
    { numRuns: rounds(40, 150), timeout: NO_LIMIT },
  );
});

it('who looks on moves nobody', () => {
  fc.assert(
    fc.property(base, fc.integer(), (spec, seed) => {
      const plain = watched(() => simulate(spec, String(seed)));
      const checked = watched(() => simulate(spec, String(seed), { onlooker: CHECKERS }));
      expect(checked.result.fingerprint).toBe(plain.result.fingerprint);
      expect(checked.draws).toEqual(plain.draws);
    }),
    { numRuns: rounds(5, 20), timeout: NO_LIMIT },
  );
});
