// Requests: queues against theory, sampled against whole, clients, connections, what they remember, what goes wrong.

import { describe, expect, it } from 'vitest';
import { type ClusterSpec, type TrafficSpec, versionProfile } from '../../src/cluster/index.js';
import { type Distribution, exponential, fixed, seconds } from '../../src/engine/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import type { RunResult } from '../../src/results/index.js';
import { Run, simulate } from '../../src/run/index.js';
import { erlangC, waitOf } from '../../src/traffic/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

interface Serving {
  readonly concurrency?: number;
  readonly time?: Distribution;
  readonly backlog?: number;
  readonly cpuTime?: number;
  readonly replicas?: number;
}

/** Pods that serve, and clients of them. */
const served = (serving: Serving, traffic: TrafficSpec, overrides: Partial<ClusterSpec> = {}): ClusterSpec => {
  const { replicas = 1, concurrency = 1, time = exponential(0.1 * S), backlog = 4096, cpuTime = 0 } = serving;
  const serve = { concurrency, time, backlog, cpuTime, threads: 1 };
  return f.cluster({
    workloads: [
      f.running({
        replicas,
        template: f.template({ containers: [f.container({ behavior: f.behavior({ serve }) })] }),
      }),
    ],
    services: [f.service()],
    traffic: [traffic],
    ...overrides,
  });
};
const poisson = (target: number, overrides: Partial<TrafficSpec> = {}): TrafficSpec =>
  f.traffic(target, {
    arrivals: { kind: 'open', stages: [{ duration: seconds(1), target }], process: 'poisson' },
    timeout: seconds(1000),
    ...overrides,
  });
const okOf = (result: RunResult) => result.requests.find(({ outcome }) => outcome === 'ok')!;
const outcomes = (result: RunResult) =>
  Object.fromEntries(
    result.requests
      .filter(({ outcome }) => outcome !== 'unfinished')
      .map(({ outcome, cause, requests }) => [`${outcome} ${cause}`, requests]),
  );

describe('a pod’s queue', () => {
  it('with one worker is M/M/1: mean time in it 1 / (mu - lambda)', () => {
    // rho = 0.7: 0.333 s; the mean over 28,000 requests in 4,000 s has a standard error of about 0.01.
    const result = simulate(served({}, poisson(7), { duration: seconds(4000) }), 'mm1');
    const { duration, requests } = okOf(result);
    expect(requests).toBeGreaterThan(27_000);
    expect(Math.abs(histogramOf(duration).mean / S - 1 / 3)).toBeLessThan(0.04);
    // Exponential: the median is ln 2 of the mean.
    expect(histogramOf(duration).quantile(0.5) / histogramOf(duration).mean).toBeCloseTo(Math.LN2, 1);
  });
  it('with four workers waits as Erlang’s C says', () => {
    const result = simulate(served({ concurrency: 4 }, poisson(32), { duration: seconds(2000) }), 'mmc');
    const wait = (erlangC(4, 3.2) * 0.1) / (4 - 3.2);
    expect(Math.abs(histogramOf(okOf(result).duration).mean / S - (0.1 + wait))).toBeLessThan(0.012);
  });
  it('with constant times is M/D/1: half the wait of M/M/1 (Pollaczek and Khinchine)', () => {
    const result = simulate(served({ time: fixed(0.1 * S) }, poisson(7), { duration: seconds(4000) }), 'md1');
    expect(Math.abs(histogramOf(okOf(result).duration).mean / S - (0.1 + 0.5 * (0.7 / (1 - 0.7)) * 0.1))).toBeLessThan(
      0.02,
    );
  });
});

describe('one request that stands for many', () => {
  it('waits as a queue of the real load would have it: the same quantiles as all of them simulated', () => {
    const spec = (weight: number, rate: number): ClusterSpec =>
      served({ concurrency: 2, time: exponential(0.01 * S), replicas: 4 }, poisson(rate, { weight }), {
        duration: seconds(600),
      });
    // 560 a second to 4 pods of 2 workers of 10 ms: rho 0.7.
    const whole = okOf(simulate(spec(1, 560), 'w')).duration;
    const sampled = okOf(simulate(spec(20, 560), 'w')).duration;
    for (const q of [0.5, 0.9, 0.99]) {
      expect(Math.abs(histogramOf(sampled).quantile(q) / histogramOf(whole).quantile(q) - 1)).toBeLessThan(0.07);
    }
    expect(Math.abs(histogramOf(sampled).mean / histogramOf(whole).mean - 1)).toBeLessThan(0.04);
    expect(Math.abs(sampled.count / whole.count - 1)).toBeLessThan(0.03);
  });
  it('meets the same overload: what cannot be done is refused a place, and times out', () => {
    const spec = (weight: number): ClusterSpec =>
      served({ time: fixed(0.01 * S), backlog: 20 }, poisson(200, { weight, timeout: seconds(0.5) }), {
        duration: seconds(300),
      });
    const share = (result: RunResult) =>
      result.requests.filter(({ outcome }) => outcome !== 'ok').reduce((sum, { requests }) => sum + requests, 0) /
      result.requests.reduce((sum, { requests }) => sum + requests, 0);
    const [whole, sampled] = [1, 10].map((weight) => simulate(spec(weight), 'o'));
    // Twice as much comes as can be done.
    expect(share(whole!)).toBeCloseTo(0.5, 1);
    expect(share(sampled!)).toBeCloseTo(0.5, 1);
    expect(Object.keys(outcomes(whole!)).sort()).toEqual(['ok none', 'timed_out overloaded_pod']);
  });
  it('uses as much CPU of the node as all of them, and is slowed down with everything else when it runs out', () => {
    const spec = (weight: number): ClusterSpec =>
      served({ concurrency: 100, time: fixed(0.02 * S), cpuTime: 0.02 * S }, poisson(400, { weight }), {
        nodePools: [f.pool({ cpuMillis: 4000 })],
        duration: seconds(60),
      });
    for (const weight of [1, 50]) {
      const run = new Run(spec(weight), 'c');
      run.advanceTo(f.at(30));
      // 400 requests of 20 ms are 8 cores of the 4.
      const { cpu } = run.cluster.context;
      expect(cpu.speed(cpu.containerOf(0, 0))).toBeCloseTo(0.488, 2);
      run.advanceTo(f.at(60));
      expect(histogramOf(okOf(run.result()).duration).quantile(0.5) / S).toBeCloseTo(0.04, 2);
    }
  });
  it('has a wait whose chance and mean are those of the formulas', () => {
    const n = 100_000;
    let sum = 0;
    let waiting = 0;
    for (let i = 0; i < n; i++) {
      const wait = waitOf(4, 3.2, 0.1, 2, (i + 0.5) / n);
      sum += wait;
      if (wait > 0) waiting++;
    }
    expect(waiting / n).toBeCloseTo(erlangC(4, 3.2), 3);
    expect(sum / n).toBeCloseTo((erlangC(4, 3.2) * 0.1) / 0.8, 4);
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 9);
  });
});

describe('closed loops', () => {
  it('send as many requests as their clients find time for: Little’s law', () => {
    // Three clients, think 0.2 s, one server that takes 0.1 s: interactive response time law N = X (R + Z).
    const traffic = f.traffic(0, { arrivals: { kind: 'closed', clients: 3, think: exponential(0.2 * S) } });
    const result = simulate(served({}, traffic, { duration: seconds(2000) }), 'closed');
    const { requests, duration } = okOf(result);
    expect((requests / 2000) * (histogramOf(duration).mean / S + 0.2)).toBeCloseTo(3, 1);
    // Machine-repair model: utilisation 1 - p0 with N = 3, lambda/mu = 0.5.
    const [a1, a2, a3] = [3 * 0.5, 3 * 2 * 0.25, 3 * 2 * 0.125];
    const throughput = (1 - 1 / (1 + a1 + a2 + a3)) / 0.1;
    expect(Math.abs(requests / 2000 / throughput - 1)).toBeLessThan(0.03);
  });
});

describe('arrivals', () => {
  it('of a trace come when it says', () => {
    const traffic = f.traffic(0, { arrivals: { kind: 'trace', times: [1 * S, 1 * S, 5 * S] } });
    const result = simulate(f.cluster({ workloads: [f.running()], services: [f.service()], traffic: [traffic] }), 't');
    expect(okOf(result).requests).toBe(3);
  });
  it('in bursts are as many as without, but come together', () => {
    const bursty = poisson(50, {
      arrivals: {
        kind: 'open',
        stages: [{ duration: seconds(1), target: 50 }],
        process: 'bursty',
        settings: { on: seconds(1), off: seconds(4) },
      },
    });
    const serving = { concurrency: 10, time: fixed(0.02 * S) };
    const steady = okOf(simulate(served(serving, poisson(50), { duration: seconds(2000) }), 'b'));
    const burst = okOf(simulate(served(serving, bursty, { duration: seconds(2000) }), 'b'));
    // 400 bursts of exponential length: the number of arrivals has a standard deviation of some 7 %.
    expect(Math.abs(burst.requests / steady.requests - 1)).toBeLessThan(0.25);
    expect(histogramOf(burst.duration).mean).toBeGreaterThan(histogramOf(steady.duration).mean);
  });
});

describe('connections', () => {
  const lookups = (result: RunResult) =>
    result.series.find(({ metric }) => metric === 'kubelapse_first_packet_lookup_duration_seconds')!.histogram.count;
  it('that are kept alive pay for the lookup once', () => {
    const kept = f.traffic(100, { requestsPerConnection: 10, requestInterval: fixed(0.05 * S) });
    const result = simulate(f.cluster({ workloads: [f.running()], services: [f.service()], traffic: [kept] }), 'k');
    const { requests } = okOf(result);
    expect(Math.abs(requests / 6000 - 1)).toBeLessThan(0.02);
    expect(Math.abs(lookups(result) / 600 - 1)).toBeLessThan(0.02);
  });
  it('that are kept alive stay at their pod when others come', () => {
    const workloads = [f.running({ replicas: 2 }), f.workload({ name: 'late', replicas: 2, createdAt: f.at(20) })];
    const kept = f.traffic(0, {
      arrivals: { kind: 'closed', clients: 20, think: fixed(0) },
      requestsPerConnection: 1_000_000,
      requestInterval: fixed(0.1 * S),
    });
    const spec = f.cluster({ workloads, services: [f.service({ workloads: [0, 1] })], traffic: [kept] });
    expect(simulate(spec, 'k').serviceLoads[0]!.requests.length).toBe(2);
  });
  it('are reset when their pod ends while it works, and opened anew when it had closed them', () => {
    const slow = served(
      { time: fixed(2 * S), concurrency: 100, replicas: 2 },
      f.traffic(20, { requestsPerConnection: 5, requestInterval: fixed(0.5 * S) }),
      { duration: seconds(60), faults: [{ type: 'RollingUpdate', at: f.at(20), workloads: [0] }] },
    );
    const found = outcomes(simulate(slow, 'r'));
    expect(found['reset pod_ended']).toBeGreaterThan(10);
    expect(found['ok none']).toBeGreaterThan(500);
  });
  it('fill the table of their node: what does not fit is dropped, knocks again, and gives up', () => {
    const run = new Run(
      f.cluster({
        nodePools: [f.pool({ cpuMillis: 4000 })],
        workloads: [f.running()],
        services: [f.service()],
        traffic: [f.traffic(2000, { weight: 10, timeout: seconds(5) })],
        duration: seconds(150),
      }),
      'f',
    );
    run.advanceTo(f.at(60));
    const { conntrack } = run.cluster.traffic;
    // 131,072 entries; 2,000 a second stay for 120 s each: full after 66 s.
    expect(conntrack.sizeOf(0)).toBe(131_072);
    expect(conntrack.count(0, f.at(60))).toBeCloseTo(120_000, -3);
    run.advanceTo(f.at(150));
    const result = run.result();
    expect(result.conntrack.dropped).toBeGreaterThan(50_000);
    expect(outcomes(result)['timed_out conntrack_full']).toBeGreaterThan(10_000);
  });
});

describe('clients', () => {
  it('try again what has failed, and give up in the end', () => {
    // Half of the endpoints hang.
    const hung = f.behavior({ episodes: [{ state: 'hung', after: fixed(1) }] });
    const workloads = [
      f.running(),
      f.running({ name: 'hung', template: f.template({ containers: [f.container({ behavior: hung })] }) }),
    ];
    const of = (retries: number) =>
      simulate(
        f.cluster({
          workloads,
          services: [f.service({ workloads: [0, 1] })],
          traffic: [f.traffic(100, { retries, timeout: seconds(1), retryBackOff: seconds(0.1) })],
          duration: seconds(200),
        }),
        'r',
      );
    const failed = (result: RunResult) => (outcomes(result)['timed_out not_yet_known'] ?? 0) / 20_000;
    expect(Math.abs(failed(of(0)) - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(failed(of(2)) - 0.125)).toBeLessThan(0.01);
    // Two attempts of 1 s with 0.1 s between, then 0.2 s, then one more.
    const given = of(2).requests.find(({ outcome }) => outcome === 'timed_out')!;
    expect(given.duration.max / S).toBeCloseTo(3.3, 6);
  });
  it('of UDP stay at a dead endpoint until the rules of their node know, then go to another', () => {
    const udp = f.service({ ports: [{ name: 'dns', port: 53, targetPort: 53, protocol: 'UDP', hasNodePort: false }] });
    const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })];
    const hung = f.template({ containers: [f.container({ probes })] });
    const spec = (services: ClusterSpec['services']) =>
      f.cluster({
        workloads: [f.running({ replicas: 2, template: hung })],
        services,
        traffic: [
          f.traffic(0, {
            arrivals: { kind: 'closed', clients: 10, think: fixed(0) },
            requestsPerConnection: 1_000_000,
            requestInterval: fixed(0.2 * S),
            timeout: seconds(1),
          }),
        ],
        faults: [{ type: 'ApplicationHang', at: f.at(20), duration: seconds(100), workloads: [0], pods: { count: 1 } }],
        duration: seconds(60),
      });
    const result = simulate(spec([udp]), 'u');
    const failed = outcomes(result);
    expect(Object.keys(failed).sort()).toEqual(expect.arrayContaining(['ok none', 'timed_out not_yet_known']));
    const lost = Object.entries(failed).reduce((sum, [key, n]) => sum + (key === 'ok none' ? 0 : n), 0);
    // Some five flows lose a packet a second until probe, slice and sync are through: one to three seconds.
    expect(lost).toBeGreaterThan(2);
    expect(lost).toBeLessThan(50);
  });
  it('from outside reach the cluster at nodes; a load balancer, with policy Local, at those that have an endpoint', () => {
    const service = f.service({
      ...f.NODE_PORT,
      loadBalancerIps: 1,
      externalTrafficPolicy: 'Local',
    });
    const from = { kind: 'outside' } as const;
    const spec = f.cluster({
      nodePools: [f.pool({ count: 20, pods: 1 })],
      workloads: [f.running({ replicas: 3 })],
      services: [service],
      traffic: [f.traffic(50, { from, address: 'loadBalancer' })],
    });
    expect(outcomes(simulate(spec, 'o'))).toEqual({ 'ok none': 2999 });
    // Nobody keeps clients of a node port away from the 17 nodes that drop them.
    const unbalanced = { ...spec, traffic: [f.traffic(50, { from, address: 'nodePort', timeout: seconds(1) })] };
    expect(outcomes(simulate(unbalanced, 'o'))['ok none']! / 2999).toBeCloseTo(3 / 20, 1);
    const cluster = { ...spec, services: [{ ...service, externalTrafficPolicy: 'Cluster' as const }] };
    expect(outcomes(simulate(cluster, 'o'))).toEqual({ 'ok none': 2999 });
  });
  it('of a node that dies are silent, and those of other nodes wait for nothing there', () => {
    const spec = f.cluster({
      nodePools: [f.pool({ count: 4, pods: 1 })],
      workloads: [f.running({ replicas: 4 })],
      services: [f.service()],
      traffic: [f.traffic(100, { timeout: seconds(2) })],
      faults: [f.onNode(10, 100, { type: 'NodeDeath' })],
    });
    const found = outcomes(simulate(spec, 'd'));
    expect(found['timed_out dead_node']).toBeGreaterThan(500);
    expect(Object.values(found).reduce((a, b) => a + b, 0)).toBeLessThan(5500);
  });
});

describe('packets', () => {
  it('cost their nodes CPU: rule by rule for new connections, byte by byte for payload', () => {
    // 2,000 service ports, 1,000 connections a second, all of one node: half of 2,000 rules of 50 ns are 50 us each.
    const ports = Array.from({ length: 2000 }, (_, i) => ({
      name: `p${i}`,
      port: i + 1,
      targetPort: 80,
      protocol: 'TCP' as const,
      hasNodePort: false,
    }));
    const of = (traffic: TrafficSpec) => {
      const spec = f.cluster({ workloads: [f.running()], services: [f.service({ ports })], traffic: [traffic] });
      const run = new Run(spec, 'cpu');
      run.advanceTo(f.at(55));
      return run.cluster.context.cpu.demand(0);
    };
    // Seven packets to open and close, one there and one back, at both ends: stack 4 us, veth 0.9, half of bridge and netfilter 1.7.
    expect(of(f.traffic(1000)) / 1000).toBeCloseTo(0.05 + 1000 * 2 * 9 * 6.6e-6, 2);
    expect(of(f.traffic(1000, { weight: 50 })) / of(f.traffic(1000))).toBeCloseTo(1, 1);
    // 100 answers of 1 MB a second, within the node: 0.36 ns a byte for copying, and twice 6.6 us at both ends for 64 KiB.
    const payload = of(f.traffic(100, { responseBytes: 1e6 })) - of(f.traffic(100));
    expect(payload / 1000).toBeCloseTo(0.1 * (0.36 + (4 * 6600) / 65_536), 2);
  });
  it('that are larger than the line carries never arrive, if they leave their node; small ones do', () => {
    const { network } = f.cluster();
    const of = (responseBytes: number) =>
      simulate(
        f.cluster({
          nodePools: [f.pool({ count: 2, pods: 1 })],
          workloads: [f.running({ replicas: 2 })],
          services: [f.service()],
          network: { ...network, podMtu: 1500, discoversMtu: false },
          traffic: [f.traffic(20, { responseBytes, timeout: seconds(2) })],
        }),
        'mtu',
      );
    expect(Object.keys(outcomes(of(1000)))).toEqual(['ok none']);
    const found = outcomes(of(100_000));
    expect(found['timed_out mtu_too_large']! / found['ok none']!).toBeCloseTo(1, 0);
  });
});

it('an interval of 0 and a service of nobody do not hold the clock', () => {
  const spec = f.cluster({
    version: versionProfile(34),
    services: [f.service({ workloads: [] })],
    traffic: [f.traffic(0, { arrivals: { kind: 'closed', clients: 1, think: fixed(0) } })],
    duration: 1000,
  });
  expect(simulate(spec, 'z').requests.every(({ outcome }) => outcome === 'no_endpoints')).toBe(true);
});

describe('a CPU limit', () => {
  const limited = (weight: number, target = 10): ClusterSpec => {
    const serve = { concurrency: 100, time: fixed(0.02 * S), backlog: 4096, cpuTime: 0.02 * S, threads: 1 };
    const container = f.container({ cpuRequestMillis: 100, cpuLimitMillis: 400, behavior: f.behavior({ serve }) });
    return f.cluster({
      duration: seconds(1200),
      workloads: [f.running({ template: f.template({ qosClass: 'Burstable', containers: [container] }) })],
      services: [f.service()],
      traffic: [
        f.traffic(target, {
          weight,
          timeout: seconds(60),
          arrivals: {
            kind: 'open',
            stages: [{ duration: seconds(1), target }],
            process: 'poisson',
          },
        }),
      ],
    });
  };
  const quantiles = (spec: ClusterSpec): number[] => {
    const { duration } = simulate(spec, 'limit').requests.find(({ outcome }) => outcome === 'ok')!;
    return [0.5, 0.9, 0.99].map((q) => histogramOf(duration).quantile(q) / S);
  };
  it('makes the tail of requests long at half of what it allows, whether each is simulated or one stands for many', () => {
    // 20, 73 and 218 ms by the rule of the kernel.
    const [p50, p90, p99] = quantiles(limited(1));
    expect(p50).toBeLessThan(0.022);
    expect(Math.abs(p90! / 0.073 - 1)).toBeLessThan(0.15);
    expect(Math.abs(p99! / 0.218 - 1)).toBeLessThan(0.15);
    const sampled = quantiles(limited(5));
    expect(sampled[0]).toBeLessThan(0.022);
    expect(Math.abs(sampled[1]! / p90! - 1)).toBeLessThan(0.25);
    expect(Math.abs(sampled[2]! / p99! - 1)).toBeLessThan(0.25);
  });
  it('that is too small piles requests up until clients give up', () => {
    const rows = simulate(limited(1, 25), 'limit').requests;
    const all = rows.reduce((sum, { requests }) => sum + requests, 0);
    const late = rows.filter(({ outcome }) => outcome === 'timed_out').reduce((sum, { requests }) => sum + requests, 0);
    // 20 of 25 a second can be worked off.
    expect(late / all).toBeGreaterThan(0.1);
  });
  it('tells in how many periods it stopped the container', () => {
    const [row] = simulate(limited(1), 'limit').containerCpu;
    expect(row!.used / 1e9 / 1200).toBeCloseTo(0.2, 1);
    expect(row!.throttledPeriods / row!.periods).toBeGreaterThan(0.1);
    expect(row!.throttledPeriods / row!.periods).toBeLessThan(0.4);
  });
});
