// What keeps kube-proxies from syncing, and what makes them sync: locks, failures, flushed rules, restarts, the hour.

import { describe, expect, it } from 'vitest';
import { type ClusterSpec, type FaultSpec, versionProfile } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { programmingOfAll, programmingOfNode, programmingQuantile } from '../../src/kube-proxy/index.js';
import type { RunResult } from '../../src/results/index.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

/** One node, four pods behind a service; two of them say at 20 s that they are not ready, for half a minute. */
const flapping = (faults: FaultSpec[], overrides: Partial<ClusterSpec> & { mode?: string } = {}): ClusterSpec => {
  const { mode = 'iptables', ...rest } = overrides;
  const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })];
  return f.cluster({
    workloads: [f.running({ replicas: 4, template: f.template({ containers: [f.container({ probes })] }) })],
    services: [f.service()],
    kubeProxy: { ...f.cluster().kubeProxy, mode, minSyncPeriod: seconds(mode === 'ebpf' ? 0 : 1) },
    duration: seconds(180),
    faults: [
      { type: 'ReadinessFlap', at: f.at(20), duration: seconds(30), workloads: [0], pods: { count: 2 } },
      ...faults,
    ],
    ...rest,
  });
};

const syncsOf = (result: RunResult) =>
  result.syncs.map(({ trigger, isFull, failed, duration }) => [
    trigger,
    isFull ? 'full' : 'partial',
    duration.count,
    failed,
  ]);
const programmingMax = (result: RunResult): number =>
  result.series.find(({ metric }) => metric === 'kubeproxy_network_programming_duration_seconds')!.histogram.max / S;
const counter = (result: RunResult, metric: string): number =>
  result.counters.filter((c) => c.metric === metric).reduce((sum, c) => sum + c.value, 0);

describe('the iptables lock', () => {
  it('makes a sync wait that needs it, and lets others pass', () => {
    const free = simulate(flapping([]), 's');
    const held = simulate(flapping([f.onNode(20, 4, { type: 'XtablesLock' })]), 's');
    expect(syncsOf(held)).toEqual(syncsOf(free));
    expect(held.syncs[0]!.lockWait).toBeGreaterThan(1 * S);
    expect(held.syncs[0]!.lockWait).toBeLessThan(5 * S);
    expect(programmingMax(held)).toBeGreaterThan(programmingMax(free) + 1);
    // Waiting takes no CPU.
    expect(held.proxy.cpuTime).toBe(free.proxy.cpuTime);
    for (const mode of ['nftables', 'ipvs'] as const) {
      const other = simulate(flapping([f.onNode(20, 4, { type: 'XtablesLock' })], { mode }), 's');
      expect(other.syncs.every(({ lockWait }) => lockWait === 0)).toBe(true);
    }
  });
  it('held for longer than 5 s makes it fail, and the next one be a full one', () => {
    const result = simulate(flapping([f.onNode(19, 20, { type: 'XtablesLock' })]), 's');
    // The second pod's change brings a try of its own, which is full and fails too.
    expect(counter(result, 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total')).toBe(2);
    expect(counter(result, 'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total')).toBe(1);
    expect(result.syncs.filter(({ isFull }) => isFull).map(({ failed }) => failed)).toEqual([1]);
    expect(programmingMax(result)).toBeGreaterThan(25);
  });
});

describe('a failed sync', () => {
  it('leaves the rules as they are; a change that comes brings the next try', () => {
    const run = new Run(flapping([f.onNode(15, 20, { type: 'ProxySyncFailure' })]), 's');
    run.advanceTo(f.at(34));
    const before = run.cluster.proxies.positionOn(0);
    expect(before).toBeLessThan(run.cluster.api.services.length - 1);
    run.advanceTo(f.at(180));
    expect(run.cluster.proxies.positionOn(0)).toBe(run.cluster.api.services.length - 1);
    const result = run.result();
    expect(result.syncs.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThan(0);
  });
  it('is tried again every 30 s while nothing else comes', () => {
    const quiet = flapping([f.onNode(15, 100, { type: 'ProxySyncFailure' })]);
    const result = simulate(
      {
        ...quiet,
        faults: quiet.faults.map((fault) =>
          fault.type === 'ReadinessFlap' ? { ...fault, duration: seconds(150) } : fault,
        ),
      },
      's',
    );
    // The change comes within seconds of 21 s; then tries at 30 s each until the fault is over at 115 s.
    const retries = result.syncs.filter(({ trigger }) => trigger === 'retry');
    expect(retries.reduce((sum, { duration }) => sum + duration.count, 0)).toBe(4);
    expect(retries.reduce((sum, { failed }) => sum + failed, 0)).toBe(3);
  });
});

describe('rules that something else flushes', () => {
  it('are missed by the canary of iptables mode within a syncPeriod, and written anew', () => {
    const spec = flapping([f.onNode(100, 0, { type: 'RulesFlushed' })], { traffic: [f.traffic(20)] });
    const result = simulate(spec, 's');
    expect(syncsOf(result)).toContainEqual(['canary', 'full', 1, 0]);
    const lost = result.requests.find(({ cause }) => cause === 'no_rules')!;
    // 20 a second for at most 30 s.
    expect(lost.requests).toBeGreaterThan(0);
    expect(lost.requests).toBeLessThan(20 * 31);
    expect(lost.outcome).toBe('timed_out');
  });
  it('while a sync goes on make a partial one fail, and a full one write all', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      name: `p${i}`,
      port: i + 1,
      targetPort: 80,
      protocol: 'TCP' as const,
      hasNodePort: false,
    }));
    // Syncs of so many ports take a second or more, so that one goes on when the pods have just flapped.
    const spec = flapping([], { services: [f.service({ ports: many })] });
    const syncAt = (() => {
      const run = new Run(spec, 's');
      let t = 20;
      while (run.cluster.context.cpu.demand(0) === 0) {
        t += 0.05;
        run.advanceTo(f.at(t));
      }
      return t;
    })();
    const result = simulate({ ...spec, faults: [...spec.faults, f.onNode(syncAt, 0, { type: 'RulesFlushed' })] }, 's');
    expect(result.syncs.find(({ isFull }) => !isFull)!.failed).toBe(1);
    expect(result.proxy.rules).toBe(simulate(spec, 's').proxy.rules);
  });
  it('are written without what changed long ago being measured again', () => {
    const of = (faults: FaultSpec[]) => {
      const result = simulate(flapping(faults), 's');
      const { count, max } = result.series.find(
        ({ metric }) => metric === 'kubeproxy_network_programming_duration_seconds',
      )!.histogram;
      return [count, max, counter(result, 'kubeproxy_sync_proxy_rules_endpoint_changes_total')];
    };
    expect(of([f.onNode(100, 0, { type: 'RulesFlushed' })])).toEqual(of([]));
  });
  it('come back within a syncPeriod in IPVS mode, until the runner was rewritten', () => {
    const of = (minor: number) => {
      const spec = flapping([f.onNode(100, 0, { type: 'RulesFlushed' })], { mode: 'ipvs', traffic: [f.traffic(20)] });
      const result = simulate({ ...spec, version: versionProfile(minor) }, 's');
      return result.requests.find(({ cause }) => cause === 'no_rules')?.requests ?? 0;
    };
    expect(of(33)).toBeGreaterThan(0);
    expect(of(33)).toBeLessThan(20 * 31);
    expect(of(34)).toBeGreaterThan(20 * 70);
  });
  it('are missed by nobody in nftables mode until a sync fails', () => {
    const flushed = (at: number) =>
      simulate(flapping([f.onNode(at, 0, { type: 'RulesFlushed' })], { mode: 'nftables' }), 's');
    expect(syncsOf(flushed(100)).some(([trigger]) => trigger === 'canary' || trigger === 'retry')).toBe(false);
    expect(counter(flushed(15), 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total')).toBe(1);
  });
});

describe('a restart of the process', () => {
  it('leaves the rules, and begins with a full sync that does not count what was before', () => {
    const spec = flapping([f.onNode(18, 10, { type: 'KubeProxyRestart' })], { traffic: [f.traffic(20)] });
    const result = simulate(spec, 's');
    expect(syncsOf(result)).toContainEqual(['start', 'full', 1, 0]);
    // The pods that flapped at 20 s get connections until it is back.
    const stale = result.requests.filter(({ cause }) => cause === 'stale_rules');
    expect(stale.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(20 * 3);
    expect(programmingMax(result)).toBeLessThan(5);
  });
});

describe('a process that begins while no API server answers', () => {
  const outage = { type: 'ApiServerOutage', at: f.at(10), duration: seconds(60) } as const;
  it('has nothing to write until it has listed', () => {
    const restarted = new Run(flapping([outage, f.onNode(18, 10, { type: 'KubeProxyRestart' })]), 's');
    restarted.advanceTo(f.at(69));
    expect(restarted.cluster.proxies.record.statistics.syncs).toBe(0);
    restarted.advanceTo(f.at(180));
    expect(syncsOf(restarted.result())).toContainEqual(['start', 'full', 1, 0]);
    const booted = new Run(flapping([outage, f.onNode(18, 10, { type: 'NodeReboot' })]), 's');
    booted.advanceTo(f.at(69));
    expect(booted.cluster.proxies.positionOn(0)).toBe(-1);
    booted.advanceTo(f.at(180));
    expect(booted.cluster.proxies.positionOn(0)).toBe(booted.cluster.api.services.length - 1);
  });
});

describe('a node that is cut off', () => {
  it('finishes the sync that it is at, and hears the rest when it is back', () => {
    const run = new Run(flapping([f.onNode(19, 40, { type: 'NetworkPartition' })]), 's');
    run.advanceTo(f.at(58));
    expect(run.cluster.proxies.positionOn(0)).toBeLessThan(run.cluster.api.services.length);
    run.advanceTo(f.at(180));
    expect(run.cluster.proxies.positionOn(0)).toBe(run.cluster.api.services.length - 1);
  });
});

describe('a sync that has little CPU', () => {
  it('takes longer, and no more CPU', () => {
    const free = simulate(flapping([]), 's');
    const starved = simulate(flapping([f.onNode(15, 100, { type: 'CpuStarvation', left: 0.1 })]), 's');
    expect(starved.syncs[0]!.duration.max / free.syncs[0]!.duration.max).toBeCloseTo(10, 0);
    const each = ({ proxy, syncs }: RunResult) =>
      proxy.cpuTime / syncs.reduce((n, { duration }) => n + duration.count, 0);
    expect(each(starved) / each(free)).toBeCloseTo(1, 1);
  });
});

describe('the service log', () => {
  it('is not kept for the sake of a node that is dead', () => {
    const spec = (faults: FaultSpec[]) =>
      f.cluster({
        nodePools: [f.pool({ count: 3 })],
        workloads: [
          f.running({
            replicas: 20,
            template: f.template({
              containers: [
                f.container({ probes: [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })] }),
              ],
            }),
          }),
        ],
        services: [f.service()],
        faults: [
          ...Array.from({ length: 300 }, (_, i) => ({
            type: 'ReadinessFlap' as const,
            at: f.at(20 + i * 4),
            duration: seconds(2),
            workloads: [0],
            pods: { count: 10 },
          })),
          ...faults,
        ],
        duration: seconds(1300),
      });
    const held = (faults: FaultSpec[]): number => {
      const run = new Run(spec(faults), 's');
      run.advanceTo(f.at(1300));
      expect(run.cluster.api.services.length).toBeGreaterThan(2048);
      return run.cluster.api.services.listsHeld;
    };
    expect(held([f.onNode(10, 2000, { type: 'NodeDeath' })])).toBeLessThan(held([]) * 1.5);
  });
});

describe('the hour', () => {
  it('brings every node a full sync even if nothing happens', () => {
    const spec = f.cluster({
      nodePools: [f.pool({ count: 10 })],
      workloads: [f.running({ replicas: 4 })],
      services: [f.service()],
      duration: seconds(7200),
    });
    const result = simulate(spec, 's');
    expect(syncsOf(result)).toEqual([['forced', 'full', 20, 0]]);
  });
});

describe('network programming latency', () => {
  const result = simulate(flapping([], { nodePools: [f.pool({ count: 8 })] }), 'n');
  const all = result.series.find(
    ({ metric }) => metric === 'kubeproxy_network_programming_duration_seconds',
  )!.histogram;
  const sum = (counts: ArrayLike<number>) => Array.from(counts).reduce((total, n) => total + n, 0);
  it('of nodes and of windows adds up to that of all', () => {
    const { programming } = result;
    expect(sum(programmingOfAll(programming))).toBe(all.count);
    expect(Array.from(programmingOfAll(programming))).toEqual([...all.boundCounts]);
    let byNode = 0;
    for (let node = 0; node < 8; node++) byNode += sum(programmingOfNode(programming, node));
    expect(byNode).toBe(all.count);
  });
  it('has the quantiles that Prometheus would compute from the buckets', () => {
    // 100 samples in (1, 2], 100 in (2, 3]: bounds 0.25, 0.5, 1, 2, 3.
    const counts = [0, 0, 0, 100, 100];
    expect(programmingQuantile(counts, 0.5)).toBe(2);
    expect(programmingQuantile(counts, 0.25)).toBe(1.5);
    expect(programmingQuantile(counts, 0.99)).toBeCloseTo(2.98, 9);
  });
});
