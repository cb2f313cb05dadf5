import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LookupAnswer, ServiceLog } from '../../src/cluster/index.js';
import { type Instant, RandomStream, seconds } from '../../src/engine/index.js';
import {
  bucketAfter,
  FIXED_NAT_RULES,
  iptablesSyncCost,
  ipvsSyncCost,
  LOOKUPS,
  natChains,
  natRules,
  nftablesSyncCost,
  syncStart,
} from '../../src/kube-proxy/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const work = {
  full: false,
  ports: 1000,
  portsWithoutEndpoints: 0,
  endpoints: 10_000,
  changedPorts: 1,
  changedEndpoints: 10,
  endpointChanges: 1,
  newPorts: 0,
  savesTable: false,
  masquerades: 0,
};

describe('rule counts', () => {
  it('are those of a real rule set built as a list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 }),
        fc.constantFrom(0, 1),
        (services, m) => {
          const rules: string[] = ['return-unmarked', 'clear-mark', 'masquerade', 'mark-masq', 'to-nodeports'];
          const chains = new Set<string>();
          services.forEach((endpoints, s) => {
            rules.push(`KUBE-SERVICES -> SVC-${s}`);
            chains.add(`SVC-${s}`);
            if (m === 1) rules.push(`SVC-${s} mark`);
            for (let e = 0; e < endpoints; e++) {
              rules.push(`SVC-${s} 1/${endpoints - e} -> SEP-${s}-${e}`, `SEP-${s}-${e} hairpin`, `SEP-${s}-${e} DNAT`);
              chains.add(`SEP-${s}-${e}`);
            }
          });
          const endpoints = services.reduce((a, b) => a + b, 0);
          expect(FIXED_NAT_RULES + natRules(services.length, endpoints, m)).toBe(rules.length);
          expect(natChains(services.length, endpoints)).toBe(chains.size);
        },
      ),
      { seed: 3 },
    );
  });
  it('match kube-nftlb’s count of 2020: 31, 151, 301 rules for 10, 50, 100 endpoints', () => {
    expect([10, 50, 100].map((n) => natRules(1, n, 0))).toEqual([31, 151, 301]);
  });
  it('match what Kubernetes’ own tests state: 5 + S(2 + 3e) nat rules with a cluster CIDR', () => {
    expect(FIXED_NAT_RULES + natRules(7, 7 * 4, 1)).toBe(5 + 7 * (2 + 3 * 4));
  });
});

describe('sync cost', () => {
  it('iptables: a full sync of 3,595 services and 211,876 endpoints takes about the 17.5 s that were measured', () => {
    const full = iptablesSyncCost({ ...work, full: true, ports: 3595, endpoints: 211_876 });
    expect(full / S).toBeGreaterThan(17.5 * 0.8);
    expect(full / S).toBeLessThan(17.5 * 1.2);
  });
  it('iptables: a partial sync of 877 services and 2,057 endpoints takes about the 24-52 ms that were measured', () => {
    const partial = iptablesSyncCost({ ...work, ports: 877, endpoints: 2057, changedEndpoints: 3 });
    expect(partial / 1e6).toBeGreaterThan(24);
    expect(partial / 1e6).toBeLessThan(52);
  });
  it('IPVS: 1,500 services take about the 0.73 s that were measured, whatever changed', () => {
    expect(ipvsSyncCost({ ...work, ports: 1500 }) / S).toBeCloseTo(0.68, 1);
    expect(ipvsSyncCost({ ...work, ports: 1500, full: true })).toBe(ipvsSyncCost({ ...work, ports: 1500 }));
  });
  it('nftables: one service more at 10,000 takes about the 141 ms that were measured', () => {
    expect(nftablesSyncCost({ ...work, ports: 10_000, changedEndpoints: 2 }) / 1e6).toBeCloseTo(155, -1);
  });
  it('nftables: a full sync of 44,125 services takes the 1,004 s that were measured', () => {
    expect(nftablesSyncCost({ ...work, full: true, ports: 44_125 }) / S).toBeGreaterThan(990);
    expect(nftablesSyncCost({ ...work, full: true, ports: 44_125 }) / S).toBeLessThan(1020);
  });
});

describe('the runner', () => {
  it('from 1.34 on waits one interval after the end of the last sync', () => {
    const state = { lastEnd: 15 * S, bucket: 0 };
    expect(syncStart(state, 15.1 * S, 1 * S, true)).toBe(16 * S);
    expect(syncStart(state, 20 * S, 1 * S, true)).toBe(20 * S);
    expect(syncStart(state, 15.1 * S, 0, true)).toBe(15.1 * S);
  });
  it('before, lets two syncs run back to back after a rest, then one an interval, counted from starts', () => {
    let bucket = -1e12;
    let lastEnd = -1e12;
    const starts: number[] = [];
    for (let i = 0; i < 4; i++) {
      const start = syncStart({ lastEnd, bucket }, 100 * S, 1 * S, false);
      starts.push(start / S);
      bucket = bucketAfter(bucket, start, 1 * S);
      lastEnd = start + 0.05 * S;
    }
    expect(starts).toEqual([100, 100.05, 101, 102]);
  });
});

describe('the lookup', () => {
  const ask = (mode: keyof typeof LOOKUPS, overrides: object = {}): LookupAnswer => {
    const answer = { endpoint: -1, traversed: 0, duration: 0 };
    LOOKUPS[mode](
      {
        ports: 1000,
        portsWithoutEndpoints: 0,
        endpoints: 10,
        position: 0.5,
        choice: 0.55,
        turn: 23,
        masquerades: 1,
        ...overrides,
      },
      answer,
    );
    return answer;
  };
  it('iptables tests k + i + m + 12 rules for the service at place k and endpoint i, at 50 ns each', () => {
    expect(ask('iptables')).toEqual({ endpoint: 5, traversed: 501 + 6 + 1 + 12, duration: 520 * 50 + 650 });
    expect(ask('iptables', { position: 0, choice: 0, masquerades: 0 }).traversed).toBe(1 + 1 + 12);
    expect(ask('iptables', { position: 0.9999, choice: 0.9999 }).traversed).toBe(1000 + 10 + 1 + 12);
  });
  it('on average (S+1)/2 + (n+1)/2 + m + 12', () => {
    const stream = new RandomStream('lookup', 'mean');
    let sum = 0;
    for (let i = 0; i < 50_000; i++)
      sum += ask('iptables', { position: stream.uniform(0, i), choice: stream.uniform(1, i) }).traversed;
    // sd of a uniform place 1…1000 is 289: standard error 1.3.
    expect(Math.abs(sum / 50_000 - (500.5 + 5.5 + 1 + 12))).toBeLessThan(5.2);
  });
  it('IPVS takes turns', () => {
    expect([20, 21, 22, 30].map((turn) => ask('ipvs', { turn }).endpoint)).toEqual([0, 1, 2, 0]);
  });
  it('IPVS and nftables hardly grow with the services, iptables does', () => {
    const growth = (mode: keyof typeof LOOKUPS) =>
      ask(mode, { ports: 10_000 }).duration / ask(mode, { ports: 100 }).duration;
    expect(growth('nftables')).toBe(1);
    expect(growth('ipvs')).toBeLessThan(1.3);
    expect(growth('iptables')).toBeGreaterThan(50);
  });
});

describe('the service log', () => {
  it('keeps every version that somebody may need, against a full copy of each', () => {
    const commit = fc.record({ service: fc.nat(4), endpoints: fc.uniqueArray(fc.nat(20), { maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(commit, { maxLength: 60 }), fc.nat(60), (commits, floor) => {
        const log = new ServiceLog([1, 2, 1, 3, 1]);
        const copies: Map<number, number[]>[] = [];
        let now = new Map<number, number[]>();
        commits.forEach(({ service, endpoints }, i) => {
          const sorted = endpoints.sort((a, b) => a - b);
          log.append(service, i as Instant, Number.NaN, Int32Array.from(sorted));
          now = new Map(now).set(service, sorted);
          copies.push(now);
        });
        if (commits.length === 0) return;
        const oldest = floor % commits.length;
        log.compact(oldest);
        for (let position = oldest; position < commits.length; position++) {
          let endpoints = 0;
          for (let service = 0; service < 5; service++) {
            const entry = log.entryAt(service, position);
            const expected = copies[position]!.get(service);
            expect(entry < 0 ? undefined : [...log.endpointsOf(entry)]).toEqual(expected);
            endpoints += (expected?.length ?? 0) * log.portsOf(service);
          }
          expect(log.totalEndpoints[position]).toBe(endpoints);
        }
        expect(log.listsHeld).toBeLessThanOrEqual(commits.length - oldest + 4);
      }),
      { seed: 5 },
    );
  });
});

describe('programming', () => {
  it('a node’s rules never know what its proxy cannot have heard, and know it at last', () => {
    const workloads = [f.running({ replicas: 10 })];
    const faults = [
      { type: 'ReadinessFlap' as const, at: f.at(20), duration: seconds(30), workloads: [0], pods: { count: 4 } },
    ];
    const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })];
    const ready = f.template({ containers: [f.container({ probes })] });
    const spec = f.cluster({
      nodePools: [f.pool({ count: 5 })],
      workloads: [{ ...workloads[0]!, template: ready }],
      services: [f.service()],
      faults,
      duration: seconds(120),
    });
    const result = simulate(spec, 'p');
    const programming = result.series.find(
      (s) => s.metric === 'kubeproxy_network_programming_duration_seconds',
    )!.histogram;
    expect(programming.count % 5).toBe(0);
    expect(programming.count).toBeGreaterThanOrEqual(10);
    expect(programming.min / S).toBeGreaterThan(0.02);
    const last = result.timeSeries.filter((p) => p.metric === 'kubelapse_nodes_with_stale_rules').at(-1)!;
    expect(last.value).toBe(0);
    const endpoints = result.timeSeries.filter((p) => p.metric === 'kubelapse_endpoints').map((p) => p.value);
    expect(Math.min(...endpoints)).toBe(6);
    expect(endpoints.at(-1)).toBe(10);
  });
  it('clients of a flapping pod fail until the rules have changed, and not after', () => {
    const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 2 })];
    const template = f.template({ containers: [f.container({ probes })] });
    const traffic = [
      { services: [0], stages: [{ duration: seconds(1), target: 200 }], arrivals: 'constant' as const, weight: 1 },
    ];
    const faults = [
      { type: 'ReadinessFlap' as const, at: f.at(20), duration: seconds(60), workloads: [0], pods: { count: 2 } },
    ];
    const spec = f.cluster({
      workloads: [f.running({ replicas: 4, template })],
      services: [f.service()],
      faults,
      traffic,
      duration: seconds(100),
    });
    const failed = simulate(spec, 'c').timeSeries.filter((p) => p.metric === 'kubelapse_connections_failed_total');
    const at = (time: number) => failed.findLast((p) => p.time <= time * S)!.value;
    expect(at(20)).toBe(0);
    // Two failures of a probe each second, then status, slice and sync: half of 200/s fail for two to five seconds.
    expect(at(30)).toBeGreaterThan(100);
    expect(at(30)).toBeLessThan(500);
    expect(at(79)).toBe(at(30));
  });
});
