import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet, ServiceLog } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { bucketAfter, type SyncWork, shapeOf, syncStart } from '../../src/kube-proxy/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

type Mode = string;

/** What a sync of so many services with so many endpoints in all takes, ns; one service with `changed` endpoints changed. */
function syncTime(
  mode: Mode,
  services: number,
  endpoints: number,
  overrides: Partial<Omit<SyncWork, 'changed'>> & { changed?: number } = {},
) {
  const { changed = 10, ...rest } = overrides;
  const { kinds, count, syncCost } = BUILT_IN.proxyModes.get(mode);
  const of = (n: number): Float64Array => {
    const own = new Int32Array(kinds);
    count(shapeOf(f.service()), { cluster: n, local: 0, reachable: n }, 0, own, 0);
    return Float64Array.from(own);
  };
  // As if the endpoints were spread evenly: counts are linear in them.
  const [one, two] = [of(1), of(2)];
  const total = one.map((n, kind) => n * services + (two[kind]! - n) * (endpoints - services));
  const work: SyncWork = {
    full: false,
    total,
    changed: of(changed),
    before: total,
    ports: services,
    changedPorts: 1,
    endpointChanges: 1,
    savesTable: false,
    backend: 'legacy',
    ...rest,
  };
  const duration = { preparing: 0, committing: 0, linesWritten: 0 };
  syncCost(ParameterSet.DEFAULTS)(work, duration);
  return duration.preparing + duration.committing;
}

describe('sync cost', () => {
  it('iptables: a full sync of 3,595 services and 211,876 endpoints takes about the 17.5 s that were measured', () => {
    const full = syncTime('iptables', 3595, 211_876, { full: true });
    expect(full / S).toBeGreaterThan(17.5 * 0.8);
    expect(full / S).toBeLessThan(17.5 * 1.2);
  });
  it('iptables: a partial sync of 877 services and 2,057 endpoints takes about the 24-52 ms that were measured', () => {
    const partial = syncTime('iptables', 877, 2057, { changed: 3 });
    expect(partial / 1e6).toBeGreaterThan(24);
    expect(partial / 1e6).toBeLessThan(52);
  });
  it('iptables-nft: the same takes about the 172-248 ms that were measured', () => {
    const partial = syncTime('iptables', 877, 2057, { changed: 3, backend: 'nft' });
    expect(partial / 1e6).toBeGreaterThan(172);
    expect(partial / 1e6).toBeLessThan(248);
  });
  it('IPVS: 3,000 virtual servers take about the 0.73 s that were measured, whatever changed', () => {
    expect(syncTime('ipvs', 3000, 30_000) / S).toBeCloseTo(0.73, 2);
    expect(syncTime('ipvs', 1500, 15_000, { full: true })).toBe(syncTime('ipvs', 1500, 15_000));
  });
  it('nftables: one service more at 10,000 takes about the 141 ms that were measured', () => {
    expect(syncTime('nftables', 10_000, 20_000, { changed: 2 }) / 1e6).toBeCloseTo(141, -1);
  });
  it('nftables: a full sync of 44,125 services takes the 1,004 s that were measured', () => {
    expect(syncTime('nftables', 44_125, 88_250, { full: true }) / S).toBeGreaterThan(990);
    expect(syncTime('nftables', 44_125, 88_250, { full: true }) / S).toBeLessThan(1020);
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
          log.append(service, i, Number.NaN, Int32Array.from(sorted));
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
    const traffic = [f.traffic(200)];
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
    const failed = simulate(spec, 'c').timeSeries.filter((p) => p.metric === 'kubelapse_requests_failed_total');
    const at = (time: number) => failed.findLast((p) => p.time <= time * S)!.value;
    expect(at(20)).toBe(0);
    // Two failures of a probe each second, then status, slice and sync: half of 200/s fail for two to five seconds.
    expect(at(30)).toBeGreaterThan(100);
    expect(at(30)).toBeLessThan(500);
    expect(at(79)).toBe(at(30));
  });
});
