// Comparing: pairs and what they are worth, verdicts, what must not change, files of others' measurements.

import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import {
  type Comparison,
  compare,
  comparisonCsv,
  comparisonText,
  failuresOf,
  measuredSide,
  parseFailOn,
  type Side,
  simulatedSide,
} from '../../src/experiment/compare/index.js';
import { METRICS } from '../../src/metrics/index.js';
import { csvHeader, type RunRecord } from '../../src/report/index.js';
import { deploymentOf, loadTexts, replicationOf } from '../fixtures/scenario.js';

const READY = 'kubelapse_pod_ready_duration_seconds';
const header = 'scenario,point,replication,metric,labels,unit,samples,total,mean,stddev,min,p50,p90,p95,p99,max';
/** A summary.csv with the p99 of READY and a counter of restarts in each replication. */
const csv = (p99: readonly number[], restarts: readonly number[] = []): string =>
  [
    header,
    ...p99.map((v, r) => `s,0,${r},${READY},node_pool=general,seconds,9,9,${v / 2},0,0,${v / 2},${v},${v},${v},${v}`),
    ...restarts.map((v, r) => `s,0,${r},kube_pod_container_status_restarts_total,reason=liveness,total,,${v},,,,,,,,`),
  ].join('\r\n');
const side = (name: string, text: string, seed = '42'): Side => simulatedSide(name, text, (_, r) => `${seed}/${r}`);
const p99Of = ({ rows }: Comparison) => rows.find(({ metric, statistic }) => metric === READY && statistic === 'p99')!;

describe('two results', () => {
  it('with the same seeds are compared pair by pair', () => {
    const found = p99Of(compare(side('a', csv([1, 5, 9])), side('b', csv([1.1, 5.2, 9.3]))));
    expect(found).toMatchObject({ method: 'paired', verdict: 'no difference shown' });
    expect(found.difference.mean).toBeCloseTo(0.2, 12);
    expect(found.change).toBeCloseTo(0.04, 12);
    const sure = p99Of(compare(side('a', csv([1, 5, 9, 2])), side('b', csv([1.1, 5.1, 9.11, 2.1]))));
    expect([sure.method, sure.verdict]).toEqual(['paired', 'worse']);
  });
  it('with other seeds as independent samples', () => {
    const found = p99Of(compare(side('a', csv([1, 5, 9, 2])), side('b', csv([1.1, 5.1, 9.11, 2.1]), '7')));
    expect([found.method, found.verdict]).toEqual(['independent', 'no difference shown']);
  });
  it('with one run each say that nothing is known of chance', () => {
    const comparison = compare(side('a', csv([1])), side('b', csv([2])));
    expect(p99Of(comparison).verdict).toBe('one run each');
    expect(comparisonText(comparison, { metrics: [], all: false }, [])).toContain('One run each');
    expect(p99Of(compare(side('a', csv([1])), side('b', csv([1])))).verdict).toBe('no difference shown');
  });
  it('less of trouble is better, more of what succeeds too', () => {
    const verdict = (a: number[], b: number[]) =>
      compare(side('a', csv([1, 1], a)), side('b', csv([1, 1], b))).rows.find(({ statistic }) => statistic === 'total')!
        .verdict;
    expect(verdict([5, 5], [3, 3])).toBe('better');
    expect(verdict([5, 5], [6, 6])).toBe('worse');
  });
  it('name the points that only one of them has', () => {
    const swept = (values: number[]) =>
      side(
        `n${values.join('')}`,
        [
          header.replace('replication', 'parameter_nodes,replication'),
          ...values.map((v, i) => `s,${i},${v},0,${READY},,seconds,9,9,1,0,0,1,1,1,1,1`),
        ].join('\r\n'),
      );
    const { rows, unpaired } = compare(swept([1, 2]), swept([2, 3]));
    expect(new Set(rows.map(({ parameters }) => parameters[0]!.value))).toEqual(new Set(['2']));
    expect(unpaired).toEqual(['nodes=1 (n12)', 'nodes=3 (n23)']);
  });
  it('are a table as benchstat has it, and a CSV of everything', () => {
    const comparison = compare(side('main', csv([1, 2, 3, 2])), side('change', csv([1.2, 2.2, 3.21, 2.2])));
    const text = comparisonText(comparison, { metrics: [], all: false }, []);
    expect(text).toMatch(/^A: main\nB: change\n\nMETRIC +STATISTIC +A +B +CHANGE +EFFECT +P +N +VERDICT\n/);
    expect(text).toMatch(/p99 +2s ±65% +2.2s ±59% +\+10.1% \[\+9\.\d+%, \+10\.\d+%\] +[\d.]+ +<0.001 +4 +worse\n/);
    expect(comparisonCsv(comparison).split('\r\n')[0]).toContain('change_ratio,effect_size,p_value,method,verdict');
    expect(
      comparisonText(comparison, { metrics: [READY], all: false }, []).match(/seconds\{node_pool=general\} /g),
    ).toHaveLength(6);
  });
});

describe('--fail-on', () => {
  const comparison = compare(side('a', csv([1, 1.01, 1.02], [0, 0, 0])), side('b', csv([1.15, 1.16, 1.17], [1, 1, 1])));
  const failed = (...rules: string[]) =>
    failuresOf(
      comparison,
      rules.map((text) => parseFailOn(text, METRICS)),
    ).map(({ figure }) => figure.statistic);
  it('finds what changed by more than the bound, and not by chance', () => {
    expect(failed('p99 > +10%')).toEqual(['p99']);
    expect(failed('p99 > +20%')).toEqual([]);
    expect(failed('pod_ready p50 > 10%', `${READY}{node_pool="general"} max > 10%`)).toEqual(['p50', 'max']);
    expect(failed('p99 < -5%')).toEqual([]);
  });
  it('takes something where there was nothing for more than any percentage', () => {
    expect(failed('restarts total > +1000%')).toEqual(['total']);
  });
  it('leaves alone what may be chance', () => {
    const noisy = compare(side('a', csv([1, 5, 9])), side('b', csv([2, 4, 16])));
    expect(failuresOf(noisy, [parseFailOn('p99 > +10%', METRICS)])).toEqual([]);
  });
  it('takes one run each as it is', () => {
    expect(
      failuresOf(compare(side('a', csv([1])), side('b', csv([1.2]))), [parseFailOn('p99 > +10%', METRICS)]),
    ).toHaveLength(3 - 2);
  });
  it('fails where nothing is measured any more', () => {
    const gone = compare(side('a', csv([1, 2], [0, 0])), side('b', csv([], [0, 0])));
    expect(gone.lost.map(({ statistic }) => statistic)).toEqual(['mean', 'p50', 'p90', 'p95', 'p99', 'max']);
    expect(failuresOf(gone, [parseFailOn('p99 > +10%', METRICS)])).toHaveLength(1);
    expect(comparisonText(gone, { metrics: [], all: false }, [])).toContain(
      `Only A has samples of: ${READY}{node_pool=general}.`,
    );
  });
  it('refuses to tell one run each with other seeds from chance', () => {
    const other = compare(side('a', csv([1])), side('b', csv([9]), '7'));
    expect(() => failuresOf(other, [parseFailOn('p99 > +10%', METRICS)])).toThrow('cannot be told from chance');
  });
  it.each([
    ['p99', "must be '[METRIC] STATISTIC > +N%'"],
    ['p98 > +10%', 'there is no statistic "p98"'],
    ['pod_redy p99 > +10%', 'there is no metric "pod_redy"'],
  ])('%s is refused', (text, message) => expect(() => parseFailOn(text, METRICS)).toThrow(message));
  it('about what neither side has is refused: it would never fail', () => {
    expect(() => failed('request p99 > +10%')).toThrow('matches no figure that both sides have');
  });
});

describe('what was measured', () => {
  const simulated = side('sim', csv([4, 4.2, 4.4]));
  const labelsOf = (metric: string) => (metric === READY ? ['node_pool=general'] : []);
  const burner = JSON.stringify([
    {
      quantileName: 'Ready',
      P99: 5000,
      P95: 4000,
      P50: 2000,
      max: 6000,
      avg: 2500,
      metricName: 'podLatencyQuantilesMeasurement',
    },
    { quantileName: 'Initialized', P99: 1, P95: 1, P50: 1, max: 1, avg: 1 },
  ]);
  it('by kube-burner is compared in seconds, and what has no counterpart is told', () => {
    const measured = measuredSide('m.json', burner, labelsOf);
    const comparison = compare(measured, simulated);
    expect(p99Of(comparison)).toMatchObject({ method: 'measured', verdict: 'better', a: { mean: 5 } });
    expect(p99Of(comparison).difference.mean).toBeCloseTo(-0.8, 12);
    const text = comparisonText(comparison, { metrics: [], all: false }, []);
    expect(text).toContain('A was measured; the interval is that of the simulated side.');
    expect(text).toContain('Measured and not simulated: Initialized.');
  });
  it('by ClusterLoader2 too', () => {
    const data = { Perc50: 2000, Perc90: 3000, Perc99: 4100 };
    const text = JSON.stringify({
      version: '1.0',
      dataItems: [
        { data, unit: 'ms', labels: { Metric: 'pod_startup' } },
        { data, unit: 'ms', labels: { Metric: 'run_to_watch' } },
      ],
    });
    const labels = (metric: string) => (metric === 'kubelet_pod_start_total_duration_seconds' ? [''] : []);
    const { points, ignored } = measuredSide('PodStartupLatency_load.json', text, labels);
    const figures = [...points[0]!.figures.values()];
    expect(figures.map(({ statistic, values }) => [statistic, values.get(0)])).toEqual([
      ['p50', 2],
      ['p90', 3],
      ['p99', 4.1],
    ]);
    expect(ignored).toEqual(['run_to_watch']);
    const latency = JSON.stringify({ version: '1.0', dataItems: [{ data, unit: 'ms', labels: {} }] });
    const network = measuredSide('dir/NetworkProgrammingLatency_x.json', latency, () => ['']);
    expect([...network.points[0]!.figures.values()][0]!.metric).toBe('kubeproxy_network_programming_duration_seconds');
  });
  it.each([
    ['{', 'is not JSON'],
    ['{"a": 1}', 'is neither perfdash JSON of ClusterLoader2 nor latency quantiles of kube-burner'],
    ['[]', 'is neither perfdash JSON'],
    ['[{"quantileName": "Initialized", "P99": 1}]', 'holds nothing that the other side has: Initialized'],
  ])('%s is refused', (text, message) => expect(() => measuredSide('m.json', text, labelsOf)).toThrow(message));
});

describe('common random numbers', () => {
  const text = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: test}
spec:
  duration: 3m
  nodePools: [{name: general, count: 10, capacity: {cpu: 8, memory: 16Gi}}]
  apps: [{name: web, manifests: [web.yaml], start: {at: 10s}, behavior: [{container: app, startup: {distribution: lognormal, p50: 10s, p99: 60s}}]}]
`;
  const recordOf = (set: string[], seed: string, replication: number): RunRecord =>
    replicationOf(loadTexts({ 's.yaml': text, 'web.yaml': deploymentOf(30) }, set, { seed }), replication);
  const sideOf = (set: string[], seed: string): Side => {
    const records = Array.from({ length: 12 }, (_, replication) => recordOf(set, seed, replication));
    const table = BUILT_IN.tables.all.find(({ file }) => file === 'summary.csv')!;
    const summary = csvHeader(table, []) + records.map(({ tables }) => tables['summary.csv']!.text).join('');
    return simulatedSide(seed, summary, (_, r) => records[r]!.seed);
  };
  it('show a difference that other seeds hide: the variance falls to less than a quarter (0.14 here)', () => {
    // Slower pulls make every pod a little later; when the slowest of thirty is ready varies by much more.
    const slower = ['spec.registry={bandwidth: 460M}', 'spec.images=[{name: "example/web:1", compressedSize: 300M}]'];
    const faster = ['spec.registry={bandwidth: 500M}', 'spec.images=[{name: "example/web:1", compressedSize: 300M}]'];
    const a = sideOf(faster, '42');
    const paired = p99Of(compare(a, sideOf(slower, '42')));
    const independent = p99Of(compare(a, sideOf(slower, '43')));
    expect([paired.method, independent.method]).toEqual(['paired', 'independent']);
    const width = ({ difference: { interval } }: typeof paired) => interval!.high - interval!.low;
    expect(width(paired)).toBeLessThan(width(independent) / Math.sqrt(4));
    expect(paired.verdict).toBe('worse');
    expect(independent.verdict).toBe('no difference shown');
  });
});
