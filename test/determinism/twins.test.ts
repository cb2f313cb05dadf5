// The same scenario and seed give the same bytes: run twice, on every event queue, and with every tick executed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import type { ClusterSpec } from '../../src/cluster/index.js';
import { createEventQueue, fixed, QUEUE_NAMES, seconds } from '../../src/engine/index.js';
import { csvFiles, recordOf } from '../../src/report/index.js';
import { Run, type RunOptions, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { rounds } from '../fixtures/tier.js';

const tables = (spec: ClusterSpec, options: RunOptions = {}, seed = '42'): Record<string, string> => {
  const result = simulate(spec, seed, options);
  const { files } = csvFiles(
    [recordOf({ name: spec.name, catalogue: BUILT_IN }, { index: 0, parameters: [], replication: 0, result }, true)],
    BUILT_IN.tables.all,
    true,
  );
  return Object.fromEntries(files.map(({ name, text }) => [name, text]));
};

/** A cluster in which much happens: slow starts, misses of timeouts, crashes, a rolling update, a readiness flap. */
const busy = (overrides: Partial<ClusterSpec> & { minor?: number } = {}): ClusterSpec => {
  const probes = [
    f.probe('startup', { period: seconds(2), failureThreshold: 10 }),
    f.probe('liveness', { period: seconds(3), failureThreshold: 2, initialDelay: seconds(4) }),
    f.probe('readiness', { period: seconds(2), successThreshold: 2 }),
  ];
  const flaky = f.behavior({
    startup: { kind: 'exponential', mean: seconds(4) },
    probeLatency: { kind: 'lognormal', median: seconds(0.2), sigma: 0.9 },
    shutdown: { kind: 'exponential', mean: seconds(1) },
  });
  const crashing = f.behavior({ exit: { after: { kind: 'exponential', mean: seconds(40) }, code: 1 } });
  // Under a limit, on nodes whose CPU others want: it starts, answers requests, probes and commands in its share.
  const limited = f.container({
    name: 'limited',
    cpuRequestMillis: 100,
    cpuLimitMillis: 300,
    probes: [
      f.probe('readiness', { handler: 'exec', period: seconds(3) }),
      f.probe('liveness', { period: seconds(4), port: 80 }),
    ],
    behavior: f.behavior({
      startup: { kind: 'exponential', mean: seconds(2) },
      startupCpuMillis: 1500,
      execCpuTime: seconds(0.04),
      probeCpuTime: seconds(0.01),
      probeLatency: { kind: 'lognormal', median: seconds(0.1), sigma: 0.9 },
      serve: { concurrency: 4, time: fixed(seconds(0.03)), backlog: 100, cpuTime: seconds(0.025), threads: 1 },
    }),
  });
  const burning = f.container({ name: 'burning', behavior: f.behavior({ servingCpuMillis: 2500 }) });
  return f.cluster({
    duration: seconds(300),
    nodePools: [f.pool({ count: 3, cpuMillis: 4000 })],
    workloads: [
      f.running({
        name: 'web',
        replicas: 6,
        template: f.template({ containers: [f.container({ probes, behavior: flaky })] }),
      }),
      f.workload({
        name: 'new',
        replicas: 4,
        template: f.template({ containers: [f.container({ probes, behavior: flaky }), f.container({ name: 'side' })] }),
      }),
      f.running({
        name: 'crash',
        replicas: 2,
        template: f.template({ containers: [f.container({ behavior: crashing })] }),
      }),
      f.workload({
        name: 'limited',
        replicas: 3,
        template: f.template({ qosClass: 'Burstable', cpuRequestMillis: 100, containers: [limited] }),
      }),
      f.workload({
        name: 'burning',
        replicas: 6,
        template: f.template({ qosClass: 'BestEffort', cpuRequestMillis: 0, containers: [burning] }),
      }),
    ],
    services: [f.service(), f.service({ name: 'new', workloads: [1] }), f.service({ name: 'limited', workloads: [3] })],
    faults: [
      { type: 'RollingUpdate', at: f.at(60), workloads: [0] },
      { type: 'ReadinessFlap', at: f.at(150), duration: seconds(20), workloads: [0, 1], pods: { percent: 50 } },
    ],
    traffic: [f.traffic(20, { services: [0, 1], weight: 3 }), f.traffic(25, { services: [2] })],
    ...overrides,
  });
};

describe.each([31, 34, 36])('Kubernetes 1.%d', (minor) => {
  const reference = tables(busy({ minor }));
  it('has something to compare', () => {
    expect(reference['restarts.csv']!.split('\r\n').length).toBeGreaterThan(5);
    expect(reference['requests.csv']).toContain('ok');
  });
  it('runs twice to the same bytes', () => expect(tables(busy({ minor }))).toEqual(reference));
  it.each(QUEUE_NAMES)('runs on the %s queue to the same bytes', (queue) => {
    expect(tables(busy({ minor }), { queue: () => createEventQueue(queue) })).toEqual(reference);
  });
  it('executes every tick to the same bytes, with many times the events', () => {
    expect(tables(busy({ minor }), { executeEveryTick: true })).toEqual(reference);
    const events = (executeEveryTick: boolean) =>
      simulate(busy({ minor }), '42', { executeEveryTick }).counts.eventsExecuted;
    expect(events(true)).toBeGreaterThan(events(false) + 1000);
  });
  it('another seed gives other bytes', () => expect(tables(busy({ minor }), {}, '43')).not.toEqual(reference));
  it('is the same run in one piece and in many', () => {
    const spec = busy({ minor });
    const run = new Run(spec, '42');
    while (!run.finished) run.advanceTo((run.now + 7_777_777_777) as typeof run.now);
    expect(run.result().fingerprint).toBe(simulate(spec, '42').fingerprint);
  });
});

it('every tick or only those that matter: the same bytes for random probes and behaviours', () => {
  const probeArbitrary = (type: 'startup' | 'liveness' | 'readiness') =>
    fc
      .record({
        period: fc.integer({ min: 1, max: 8 }),
        timeout: fc.integer({ min: 1, max: 3 }),
        initialDelay: fc.integer({ min: 0, max: 10 }),
        failureThreshold: fc.integer({ min: 1, max: 4 }),
        successThreshold: type === 'readiness' ? fc.integer({ min: 1, max: 3 }) : fc.constant(1),
      })
      .map((p) =>
        f.probe(type, {
          ...p,
          period: seconds(p.period),
          timeout: seconds(p.timeout),
          initialDelay: seconds(p.initialDelay),
        }),
      );
  const spec = fc.record({
    startup: fc.option(probeArbitrary('startup')),
    liveness: fc.option(probeArbitrary('liveness')),
    readiness: fc.option(probeArbitrary('readiness')),
    startupSeconds: fc.integer({ min: 0, max: 30 }),
    latency: fc.integer({ min: 1, max: 4000 }),
    exit: fc.option(fc.integer({ min: 1, max: 60 })),
    minor: fc.constantFrom(28, 32, 35, 36),
    warmup: fc.constantFrom(0, 20),
    running: fc.boolean(),
  });
  fc.assert(
    fc.property(spec, fc.integer(), (s, seed) => {
      const probes = [s.startup, s.liveness, s.readiness].flatMap((p) => p ?? []);
      const behavior = f.behavior({
        startup: fixed(seconds(s.startupSeconds)),
        probeLatency: { kind: 'exponential', mean: s.latency * 1e6 },
        ...(s.exit === null ? {} : { exit: { after: { kind: 'exponential', mean: seconds(s.exit) }, code: 1 } }),
      });
      const template = f.template({ containers: [f.container({ probes, behavior })] });
      const workload = s.running ? f.running({ replicas: 2, template }) : f.workload({ replicas: 2, template });
      const cluster = f.cluster({
        minor: s.minor,
        duration: seconds(120),
        warmup: seconds(s.warmup),
        workloads: [workload],
        services: [f.service()],
        faults: [{ type: 'ReadinessFlap', at: f.at(50), duration: seconds(15), workloads: [0], pods: { count: 1 } }],
      });
      expect(tables(cluster, { executeEveryTick: true }, String(seed))).toEqual(tables(cluster, {}, String(seed)));
    }),
    { seed: 11, numRuns: rounds(40, 150) },
  );
});

describe('the same thing gets the same luck', () => {
  it('a pod starts at the same time in every kube-proxy mode', () => {
    const starts = (['iptables', 'ipvs', 'nftables'] as const).map((mode) => {
      const result = simulate(busy({ kubeProxy: { ...f.cluster().kubeProxy, mode } }), '42');
      return [...result.pods.stamps.containersStarted.slice(0, result.pods.count)];
    });
    expect(starts[1]).toEqual(starts[0]);
    expect(starts[2]).toEqual(starts[0]);
  });
  it('a client more moves no pod', () => {
    const { traffic } = busy();
    const more = simulate(busy({ traffic: [...traffic, { ...traffic[0]!, services: [1] }] }), '42');
    const less = simulate(busy(), '42');
    expect(more.pods.stamps.ready.slice(0, more.pods.count)).toEqual(less.pods.stamps.ready.slice(0, less.pods.count));
  });
});

it('a quiet hour: some hundred events instead of a million, the same bytes', () => {
  const probes = [f.probe('liveness'), f.probe('readiness')];
  const quiet = f.cluster({
    minor: 36,
    duration: seconds(3600),
    nodePools: [f.pool({ count: 10 })],
    workloads: [
      f.running({
        replicas: 300,
        template: f.template({ cpuRequestMillis: 10, containers: [f.container({ probes })] }),
      }),
    ],
    services: [f.service()],
  });
  const every = simulate(quiet, 'quiet', { executeEveryTick: true });
  const few = simulate(quiet, 'quiet');
  expect(few.counts.eventsExecuted).toBeLessThan(1000);
  expect(every.counts.eventsExecuted).toBeGreaterThan(200_000);
  // 300 pods with two probes every ten seconds, and a relist a second and node.
  expect(few.counts.eventsRepresented).toBeGreaterThan(300 * 2 * 359 + 10 * 3580);
  expect(tables(quiet, { executeEveryTick: true }, 'quiet')).toEqual(tables(quiet, {}, 'quiet'));
});
