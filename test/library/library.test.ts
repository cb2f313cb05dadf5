// The library: what it exports, figures in stated units, results that can be cloned, replications and comparison.
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import {
  BUILT_IN,
  difference,
  estimate,
  loadScenario,
  replicate,
  SimulationResult,
  simulate,
  withExtension,
} from '../../src/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import { sample, sampleScenario } from '../fixtures/extension.js';

const TEXT = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: small}
spec:
  duration: 90s
  replications: 3
  nodePools: [{name: n, count: 2, capacity: {cpu: 4, memory: 8Gi}}, {name: m, count: 1, capacity: {cpu: 4, memory: 8Gi}}]
  kubeProxy: {mode: iptables}
  apps: [{name: web, start: {at: 5s}, replicas: 12}]
  traffic: [{to: service/web, stages: [{duration: 90s, target: 20}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "r/web:1", resources: {requests: {cpu: 100m, memory: 64Mi}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;
const load = (set: readonly string[] = []) => loadScenario({ path: 's.yaml', read: () => TEXT, set });
const result = simulate(load().points[0]!.spec, '42');

it('exports what its page documents, and nothing by accident', () => {
  expect(Object.keys(library).sort()).toEqual([
    'BUILT_IN',
    'CapacityError',
    'ExtensionError',
    'InputError',
    'PartError',
    'SimulationResult',
    'VERSION',
    'defineExtension',
    'difference',
    'estimate',
    'formatDiagnostics',
    'loadScenario',
    'replicate',
    'scenarioJsonSchema',
    'simulate',
    'withExtension',
  ]);
});

describe('a result', () => {
  it('has quantiles in seconds, under long and short names', () => {
    const series = result.data.series.find(({ metric }) => metric === 'kubelapse_pod_ready_duration_seconds')!;
    expect(result.quantile('pod_ready', 0.5)).toBeGreaterThan(0.3);
    expect(result.quantile('pod_ready', 0.5)).toBeLessThan(20);
    expect(result.quantile('kubelapse_pod_ready_duration_seconds', 0.5)).toBe(result.quantile('pod_ready', 0.5));
    const n = series.labels.split('=')[1]!;
    expect(result.quantile('pod_ready', 0.5, { node_pool: n })).toBe(histogramOf(series.histogram).quantile(0.5) / 1e9);
    expect(result.duration).toBe(90);
  });
  it('merges the label sets that are meant', () => {
    const all = result.distribution('pod_ready');
    const parts = ['n', 'm'].map((pool) => result.distribution('pod_ready', { node_pool: pool }));
    expect(all.count).toBe(12);
    expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(12);
    expect(all.max).toBe(Math.max(...parts.map(({ max }) => max)));
    expect(all.sum).toBeCloseTo(all.mean * 12, 9);
    expect(result.distribution('pod_ready', { node_pool: 'none' })).toMatchObject({ count: 0, mean: Number.NaN });
  });
  it('counts rules as rules, and counters as they are', () => {
    const rules = result.quantile('kubelapse_first_packet_rules_traversed', 0.5, { hop: 'client' });
    expect(rules).toBeGreaterThanOrEqual(1);
    expect(rules).toBeLessThan(1000);
    expect(result.total('requests')).toBe(
      result.total('requests', { outcome: 'ok' }) +
        ['timed_out', 'refused', 'no_endpoints', 'reset', 'unready', 'dropped'].reduce(
          (sum, outcome) => sum + result.total('requests', { outcome }),
          0,
        ),
    );
    expect(result.total('requests')).toBeGreaterThan(1500);
    expect(result.timeSeries('kubelapse_pods_ready').at(-1)).toMatchObject({ value: 12 });
  });
  it('has the rows of its tables', () => {
    expect(result.table('pods.csv')).toHaveLength(12);
    expect(result.table('summary.csv')[0]).toHaveProperty('metric');
    expect(() => result.table('pod.csv')).toThrow('no table is called "pod.csv"; there are: summary.csv, ');
  });
  it.each([
    [() => result.quantile('pod_redy', 0.5), 'no metric is called "pod_redy"'],
    [() => result.quantile('requests', 0.5), 'kubelapse_requests_total is a counter: ask for its total'],
    [
      () => result.total('pod_ready'),
      'kubelapse_pod_ready_duration_seconds is a histogram: ask for its quantile, mean or distribution',
    ],
    [() => result.mean('pod_ready', { pool: 'n' }), 'has no label "pool"; it has: node_pool'],
    [() => result.quantile('pod_ready', 99), 'a quantile is above 0 and at most 1, not 99'],
  ])('%s is refused', (ask, message) => expect(ask).toThrow(message));
  it('is plain data that survives a clone, to the last table', () => {
    const clone = new SimulationResult(structuredClone(result.data));
    expect(clone.data).toEqual(result.data);
    for (const file of BUILT_IN.tables.names) expect(clone.table(file), file).toEqual(result.table(file));
    const isPlain = (value: unknown, path: string): void => {
      expect(typeof value, path).not.toBe('function');
      if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
      const prototype = Object.getPrototypeOf(value) as unknown;
      expect([Object.prototype, Array.prototype, Set.prototype, Map.prototype], path).toContain(prototype);
      for (const [key, child] of Object.entries(value)) isPlain(child, `${path}.${key}`);
    };
    isPlain(result.data, 'data');
  });
});

describe('replications', () => {
  const scenario = load();
  const runs = [...replicate(scenario)];
  it('are as many as the scenario says, the first with its own seed', () => {
    expect(runs.map(({ data }) => data.seed)).toEqual(['42', '42/replication-1', '42/replication-2']);
    expect(runs[0]!.data).toEqual(result.data);
  });
  it('have an estimate with its interval', () => {
    const { mean, interval, count } = estimate(runs, (one) => one.quantile('pod_ready', 0.99));
    expect(count).toBe(3);
    expect(interval!.low).toBeLessThanOrEqual(mean);
    expect(interval!.high).toBeGreaterThanOrEqual(mean);
  });
  it('are compared run by run', () => {
    const slower = [...replicate(load(['spec.registry.bandwidth=10M']))];
    const ready = (one: SimulationResult): number => one.quantile('pod_ready', 0.5);
    const { mean, pValue } = difference(runs, slower, ready);
    expect(mean).toBeGreaterThan(0);
    expect(pValue).toBeLessThan(0.05);
    expect(difference(runs, runs, ready)).toMatchObject({ mean: 0, pValue: 1 });
    expect(() => difference([], runs, ready)).toThrow('both sides need at least one run');
  });
  it('of a point that is not there are refused', () =>
    expect(() => [...replicate(scenario, { point: 1 })]).toThrow('small has no point 1: there are 1, from 0'));
});

describe('a run', () => {
  it('tells how far it is, and whoever listens what happens', () => {
    const shares: number[] = [];
    let ready = 0;
    const listened = simulate(load().points[0]!.spec, '42', {
      onProgress: (share) => shares.push(share),
      listen: () => ({ podReadyChanged: (_, isReady) => (ready += isReady ? 1 : 0) }),
    });
    expect([shares.length, shares.at(-1), ready]).toEqual([200, 1, 12]);
    expect(listened.data).toEqual(result.data);
  });
  it('may have parts of one’s own, whose metrics can be asked for', async () => {
    const catalogue = withExtension(BUILT_IN, await sample('first-request'), { path: './first-request.mjs' });
    const scenario = loadScenario({ ...sampleScenario('first-request'), catalogue });
    const [one] = replicate(scenario);
    expect(one!.distribution('example_pod_first_request_duration_seconds').count).toBe(24);
    expect(one!.total('example_pod_became_unready_total', { node_pool: 'general' })).toBe(12);
    expect(() => simulate(scenario.points[0]!.spec, '1').total('example_pod_became_unready_total')).toThrow(
      'no metric is called',
    );
  });
});
