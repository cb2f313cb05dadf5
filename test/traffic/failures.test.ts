// What goes wrong with requests, and how it is counted: nothing is lost, and nothing comes to an end that cannot.
import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import type { RunResult } from '../../src/results/index.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import type { NodeFault } from '../fixtures/faults.js';

const S = 1e9;

const outcomes = (result: RunResult): Record<string, number> =>
  Object.fromEntries(result.requests.map(({ outcome, cause, requests }) => [`${outcome} ${cause}`, requests]));
const total = (found: Record<string, number>): number => Object.values(found).reduce((a, b) => a + b, 0);

/** Pods that serve, one after the other. */
const serving = (time: number, backlog: number, name = 'server') =>
  f.running({
    name,
    template: f.template({
      containers: [
        f.container({
          behavior: f.behavior({ serve: { concurrency: 1, time: fixed(time), backlog, cpuTime: 0, threads: 1 } }),
        }),
      ],
    }),
  });

describe('a table of connections that is full', () => {
  const spec = (overrides: Partial<ClusterSpec> = {}) =>
    f.cluster({
      workloads: [f.running()],
      services: [f.service()],
      kubeProxy: { ...f.cluster().kubeProxy, conntrackMaxPerCore: 0, conntrackMin: 50 },
      traffic: [
        f.traffic(0, {
          arrivals: {
            kind: 'open',
            stages: [
              { duration: seconds(300), target: 10 },
              { duration: seconds(1), target: 0 },
            ],
            process: 'constant',
          },
          timeout: seconds(5),
        }),
      ],
      duration: seconds(600),
      ...overrides,
    });
  it('lets in what leaves, and is empty when all is over', () => {
    const run = new Run(spec(), 'full');
    run.advanceTo(f.at(600));
    // 50 each 120 s.
    const found = outcomes(run.result());
    expect(found['ok none']!).toBeLessThanOrEqual(200);
    expect(found['ok none']!).toBeGreaterThan(100);
    expect(run.cluster.traffic.conntrack.count(0, f.at(600))).toBe(0);
  });
  it('forgets what it dropped in the warm-up', () => {
    const { dropped } = simulate(spec({ warmup: seconds(590) }), 'full').conntrack;
    expect(dropped).toBe(0);
  });
});

describe('a first packet without answer', () => {
  it('is sent again to the same pod', () => {
    // One of two pods has one place, taken for good by the first request that comes.
    const spec = f.cluster({
      workloads: [f.running(), serving(1000 * S, 0, 'busy')],
      services: [f.service({ workloads: [0, 1] })],
      traffic: [f.traffic(20, { timeout: seconds(10) })],
      duration: seconds(100),
    });
    const found = outcomes(simulate(spec, 'again'));
    const failed = found['timed_out overloaded_pod']!;
    expect(Math.abs(failed / (failed + found['ok none']!) - 0.5)).toBeLessThan(0.05);
  });
});

describe('a closed loop without a pause', () => {
  it('goes on with the clock when it is refused', () => {
    const spec = f.cluster({
      workloads: [f.workload({ createdAt: f.at(2) })],
      services: [f.service()],
      traffic: [f.traffic(0, { arrivals: { kind: 'closed', clients: 1, think: fixed(0) } })],
      duration: seconds(3),
    });
    const found = outcomes(simulate(spec, 'loop'));
    expect(found['no_endpoints no_endpoints']!).toBeGreaterThan(10_000);
    expect(found['no_endpoints no_endpoints']!).toBeLessThan(31_000);
  });
  it('waits for its clients to come', () => {
    const spec = f.cluster({
      workloads: [f.running(), f.workload({ name: 'client', app: 'client', createdAt: f.at(2) })],
      services: [f.service()],
      traffic: [
        f.traffic(0, {
          from: { kind: 'app', app: 'client' },
          arrivals: { kind: 'closed', clients: 1, think: fixed(S) },
        }),
      ],
      duration: seconds(30),
    });
    expect(Object.keys(outcomes(simulate(spec, 'loop'))).filter((key) => key !== 'unfinished none')).toEqual([
      'ok none',
    ]);
  });
});

describe('clients outside', () => {
  it('whom no node would serve wait in vain, and are counted', () => {
    const spec = f.cluster({
      workloads: [f.workload({ createdAt: f.at(30) })],
      services: [f.service({ ...f.NODE_PORT, loadBalancerIps: 1, externalTrafficPolicy: 'Local' })],
      traffic: [f.traffic(10, { from: { kind: 'outside' }, address: 'loadBalancer', timeout: seconds(1) })],
      duration: seconds(60),
    });
    const found = outcomes(simulate(spec, 'lost'));
    expect(total(found)).toBe(599);
    expect(found['timed_out no_endpoints']!).toBeGreaterThan(300);
    expect(found['ok none']!).toBeGreaterThan(200);
  });
});

describe('a client', () => {
  /** It has the only node of the pool that faults hit. */
  const spec = (fault: NodeFault, length = 10, requestsPerConnection = 1) =>
    f.cluster({
      nodePools: [
        f.pool({ name: 'first', labels: { of: 'clients' } }),
        f.pool({ name: 'second', labels: { of: 'servers' } }),
      ],
      workloads: [
        f.running({ template: f.template({ nodeSelector: { of: 'servers' } }) }),
        f.running({ name: 'client', app: 'client', template: f.template({ nodeSelector: { of: 'clients' } }) }),
      ],
      services: [f.service()],
      traffic: [
        f.traffic(10, {
          from: { kind: 'app', app: 'client' },
          timeout: seconds(2),
          requestsPerConnection,
          requestInterval: fixed(S),
        }),
      ],
      faults: [f.onNode(20, length, fault)],
    });
  it('that is cut off hears nothing, and that is no fault of the pod', () => {
    const found = outcomes(simulate(spec({ type: 'NetworkPartition' }), 'cut'));
    expect(
      Object.keys(found)
        .filter((key) => key !== 'unfinished none')
        .sort(),
    ).toEqual(['ok none', 'timed_out dead_node']);
    expect(Math.abs(found['timed_out dead_node']! - 100)).toBeLessThan(3);
  });
  it('that dies sends nothing more, on no connection', () => {
    const found = outcomes(simulate(spec({ type: 'NodeDeath' }, 100, 10), 'dead'));
    expect(Object.keys(found)).toEqual(['ok none']);
    expect(total(found)).toBeLessThan(201);
  });
});

describe('the link of a node', () => {
  /** Clients on one node and servers on four others, answers of 10 MB over links of 10 Gbit/s. */
  const of = (target: number, weight = 1): RunResult =>
    simulate(
      f.cluster({
        nodePools: [
          f.pool({ name: 'first', labels: { of: 'clients' } }),
          f.pool({ name: 'second', count: 4, pods: 1, labels: { of: 'servers' } }),
        ],
        workloads: [
          f.running({ replicas: 4, template: f.template({ nodeSelector: { of: 'servers' } }) }),
          f.running({ name: 'client', app: 'client', template: f.template({ nodeSelector: { of: 'clients' } }) }),
        ],
        services: [f.service()],
        traffic: [
          f.traffic(target, {
            from: { kind: 'app', app: 'client' },
            responseBytes: 1e7,
            weight,
            timeout: seconds(2),
          }),
        ],
      }),
      'link',
    );
  it('carries what it can, and lets the rest wait until it gives up', () => {
    // 125 answers a second fill it.
    expect(Object.keys(outcomes(of(100)))).toEqual(['ok none']);
    const found = outcomes(of(500));
    expect(Math.abs(found['ok none']! / 60 / 125 - 1)).toBeLessThan(0.05);
    expect(found['timed_out overloaded_link']!).toBeGreaterThan(20_000);
  });
  it('carries as much if one request stands for many', () => {
    const found = outcomes(of(500, 10));
    expect(Math.abs(found['ok none']! / 60 / 125 - 1)).toBeLessThan(0.05);
  });
});

describe('a request', () => {
  it('of a process that has ended is not answered', () => {
    const spec = f.cluster({
      workloads: [
        f.running({
          template: f.template({
            containers: [
              f.container({
                behavior: f.behavior({
                  serve: { concurrency: 100, time: fixed(S), backlog: 10, cpuTime: 0, threads: 1 },
                  exit: { after: fixed(20 * S), code: 0 },
                }),
              }),
            ],
          }),
        }),
      ],
      services: [f.service()],
      traffic: [f.traffic(10, { timeout: seconds(5) })],
      duration: seconds(25),
    });
    const found = outcomes(simulate(spec, 'ended'));
    // Those of its last second.
    expect(Math.abs(found['reset pod_ended']! - 10)).toBeLessThan(2);
  });
  it('that is not answered when the run ends is told apart', () => {
    // Ten a second, one a second is done: nearly all wait.
    const spec = f.cluster({
      workloads: [serving(S, 10_000)],
      services: [f.service()],
      traffic: [f.traffic(10, { timeout: seconds(1000) })],
      duration: seconds(60),
    });
    const found = outcomes(simulate(spec, 'open'));
    expect(total(found)).toBe(599);
    expect(Math.abs(found['unfinished none']! - 540)).toBeLessThan(3);
  });
});

describe('a node whose kernel has more packets to look up than its CPUs can', () => {
  it('drops those that are too many, and is never busier than its cores', () => {
    const spec = f.cluster({
      duration: seconds(120),
      nodePools: [f.pool({ cpuMillis: 1000 })],
      kubeProxy: { ...f.cluster().kubeProxy, mode: 'iptables' },
      workloads: [f.running({ replicas: 3 })],
      services: Array.from({ length: 400 }, (_, i) => f.service({ name: `s${i}` })),
      traffic: [f.traffic(200_000, { weight: 2000, timeout: seconds(5) })],
    });
    const result = simulate(spec, 'packets');
    const kernel = result.nodeCpu.find(({ component }) => component === 'kernel')!;
    expect(kernel.most).toBeLessThanOrEqual(1);
    expect(kernel.most).toBeGreaterThan(0.4);
    const dropped = result.requests.filter(({ cause }) => cause === 'overloaded_node');
    expect(dropped.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(0);
  });
});
