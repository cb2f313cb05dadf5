// Thresholds on records whose samples are known: what is read, what holds, what is printed.

import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/metrics/index.js';
import {
  checkThresholds,
  junitXml,
  pointsOf,
  type RunRecord,
  thresholdCases,
  thresholdLines,
  thresholdsCsv,
  verdictOf,
} from '../../src/report/index.js';
import {
  parseFigure,
  parsePrecision,
  parseThreshold,
  parseThresholdFlag,
  type Threshold,
} from '../../src/scenario/index.js';
import { record } from '../fixtures/record.js';

const READY = 'kubelapse_pod_ready_duration_seconds';
const REQUESTS = 'kubelapse_requests_total';
const STAGE = 'kubelapse_pod_start_stage_duration_seconds';
const known = { metrics: METRICS, pools: ['general', 'gpu'] };
const threshold = (metric: string, expr: string): Threshold => {
  const parsed = parseThreshold({ metric, expr }, known);
  if ('message' in parsed) throw new Error(`${parsed.message} (${parsed.hint ?? ''})`);
  return parsed;
};
const wrong = (metric: string, expr: string): string => {
  const parsed = parseThreshold({ metric, expr }, known);
  return 'message' in parsed
    ? `${parsed.field}: ${parsed.message}${parsed.hint ? ` (${parsed.hint})` : ''}`
    : 'accepted';
};
const check = (metric: string, expr: string, ...runs: RunRecord[]) =>
  checkThresholds([threshold(metric, expr)], pointsOf(runs)[0]!)[0]!;

const run = record({
  series: {
    [`${READY}{node_pool=general}`]: Array.from({ length: 90 }, () => 1),
    [`${READY}{node_pool=gpu}`]: Array.from({ length: 10 }, () => 20),
    [`${STAGE}{node_pool=general,stage=cni}`]: [0.5],
  },
  counters: { [`${REQUESTS}{outcome=ok}`]: 999, [`${REQUESTS}{outcome=refused}`]: 1 },
});

describe('a threshold', () => {
  it.each<[string, string, number, boolean]>([
    [READY, 'p(99) < 5s', 20, false],
    [READY, 'p(50) < 5s', 1, true],
    [`${READY}{node_pool="general"}`, 'p(99) < 5s', 1, true],
    [`${READY}{pool="gpu"}`, 'min >= 20s', 20, true],
    [`${READY}{node_pool!="gpu"}`, 'max <= 1000ms', 1, true],
    [`${READY}{node_pool=~"g.*"}`, 'avg < 2900ms', 2.9, false],
    [`${READY}{node_pool!~"gp."}`, 'med == 1s', 1, true],
    [READY, 'count >= 100', 100, true],
    [READY, 'rate > 0.16', 100 / 600, true],
    [`${READY}{node_pool="gpu"}`, 'share <= 10%', 0.1, true],
    [REQUESTS, 'total == 1000', 1000, true],
    [`${REQUESTS}{outcome!="ok"}`, 'share < 0.1%', 0.001, false],
    [`${REQUESTS}{outcome!="ok"}`, 'count < 2', 1, true],
    ['pod_ready', 'mean < 3s', 2.9, true],
    ['kube_pod_container_status_restarts_total', 'total == 0', 0, true],
  ])('%s: %s', (metric, expr, observed, ok) => {
    const result = check(metric, expr, run);
    expect(result.observed!).toBeCloseTo(observed, 2);
    expect(result.ok).toBe(ok);
  });
  it('without a sample fails, and says what there is instead', () => {
    const result = check(`${STAGE}{stage="volumes"}`, 'p(99) < 5s', run);
    expect([result.ok, result.observed, result.instead]).toEqual([false, undefined, ['node_pool=general,stage=cni']]);
    const slip = check(`${REQUESTS}{outcome="okk"}`, 'total < 5', run);
    expect([slip.ok, slip.instead]).toEqual([false, ['outcome=ok', 'outcome=refused']]);
    expect(check('kubelet_image_pull_duration_seconds', 'p(99) < 5s', run).ok).toBe(false);
    expect(thresholdLines([result]).at(-1)).toContain('no samples; there are samples of node_pool=general,stage=cni');
  });
  it('on several replications is on the mean of their figures, with its interval', () => {
    const runs = [1, 2, 3, 4].map((seconds, replication) =>
      record({ series: { [`${READY}{node_pool=general}`]: [seconds] } }, { replication }),
    );
    const result = check(READY, 'max < 3s', ...runs);
    expect(result).toMatchObject({ observed: 2.5, ok: true, replications: 4 });
    // 3.1824 (t, 3 degrees of freedom) * 1.2910 / 2.
    expect(result.interval.high).toBeCloseTo(2.5 + 2.0543, 3);
    expect(verdictOf(result)).toBe('undecided');
    expect(verdictOf(check(READY, 'max < 5s', ...runs))).toBe('holds');
    expect(verdictOf(check(READY, 'max > 5s', ...runs))).toBe('fails');
  });
  it('on one run has the interval of the ranks of its samples', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000);
    const one = record({ series: { [`${READY}{node_pool=general}`]: samples } });
    const { interval } = check(READY, 'p(90) < 5s', one);
    expect(interval.low).toBeCloseTo(0.88, 2);
    expect(interval.high).toBeCloseTo(0.92, 2);
  });
});

describe('a wrong threshold is refused:', () => {
  it.each([
    [
      'kubelet_pod_start_sli_duration_secs',
      'p(99) < 5s',
      'metric: there is no metric "kubelet_pod_start_sli_duration_secs" (did you mean "kubelet_pod_start_sli_duration_seconds"?)',
    ],
    ['pod_redy', 'p(99) < 5s', 'metric: there is no metric "pod_redy" (did you mean "pod_ready"?)'],
    ['startup', 'p(99) < 5s', 'metric: there is no metric "startup"'],
    [`${READY}{nodepool="general"}`, 'p(99) < 5s', 'has no label "nodepool" (did you mean "node_pool"?)'],
    [`${READY}{node_pool="genral"}`, 'p(99) < 5s', 'there is no node pool "genral" (did you mean "general"?)'],
    [`${READY}{node_pool=general}`, 'p(99) < 5s', 'is not a label matcher; write label="value"'],
    [`${READY}{node_pool=~"("}`, 'p(99) < 5s', '"(" is not a regular expression'],
    [READY, 'p99 < 5s', 'is not an expression; write it like p(99) < 5s'],
    [READY, 'p(100) < 5s', 'p takes a percentage between 0 and 100'],
    [READY, 'total < 5', 'is a histogram, which has no total'],
    [REQUESTS, 'p(99) < 5', 'is a counter, which has no p'],
    [READY, 'p(99) < 5', '"5" is not a duration such as 500ms'],
    [READY, 'p(99) = 5s', 'write == for equal'],
    [READY, 'share < 5%', 'share compares some label sets with all'],
    [`${READY}{node_pool="gpu"}`, 'share < much', '"much" is not a share'],
    [READY, 'max(3) < 5s', 'max takes no argument'],
  ])('%s: %s', (metric, expr, expected) => {
    expect(wrong(metric, expr)).toContain(expected);
  });
  it('as a flag, too', () => {
    expect(parseThresholdFlag(`${READY}{node_pool="gpu"}: p(99) < 5s`, known).bound).toBe(5);
    expect(() => parseThresholdFlag('p(99) < 5s', known)).toThrow("must be 'METRIC: EXPR'");
    expect(() => parseThresholdFlag('pod_redy: p(99) < 5s', known)).toThrow('there is no metric "pod_redy"');
  });
});

describe('a figure by name', () => {
  it.each<[string, object]>([
    [
      'pod_startup_p99',
      { metric: 'kubelet_pod_start_sli_duration_seconds', function: 'p', quantile: 0.99, unit: 'seconds' },
    ],
    ['pod_ready p(99.9)', { metric: READY, function: 'p', quantile: 0.999 }],
    [
      `${READY}{node_pool="gpu"} max`,
      { metric: READY, function: 'max', matchers: [{ label: 'node_pool', operator: '=', value: 'gpu' }] },
    ],
    ['restarts_total', { metric: 'kube_pod_container_status_restarts_total', function: 'total', unit: 'number' }],
    ['kubelapse_requests_total', { metric: REQUESTS, function: 'total' }],
    ['kubelapse_request_duration_seconds_mean', { metric: 'kubelapse_request_duration_seconds', function: 'avg' }],
  ])('%s', (text, expected) => {
    expect(parseFigure(text, known)).toMatchObject(expected);
  });
  it.each(['pod_startup', 'pod_start_p100', 'nothing_p99', 'restarts_p99'])('%s is refused', (text) => {
    expect(parseFigure(text, known)).toHaveProperty('message');
  });
  it('with a precision', () => {
    for (const text of ['pod_startup_p99 ±5%', 'pod_startup_p99 +-5%', 'pod_startup_p99±5 %']) {
      expect(parsePrecision(text, known).share).toBeCloseTo(0.05, 12);
    }
    expect(() => parsePrecision('pod_startup_p99', known)).toThrow("must be 'FIGURE ±N%'");
    expect(() => parsePrecision('pod_startup_p99 ±0%', known)).toThrow('more than 0%');
  });
});

describe('what is told of thresholds', () => {
  const thresholds = [threshold(READY, 'max < 2500ms'), threshold(READY, 'count > 0')];
  const results = [1, 2, 3].flatMap((services, index) => {
    const parameters = [{ name: 'services', value: services }];
    const point = record({ series: { [`${READY}{node_pool=general}`]: [services] } }, { index, parameters });
    return checkThresholds(thresholds, pointsOf([point])[0]!);
  });
  it('are the failures point by point, and the worst of what holds', () => {
    expect(thresholdLines(results)).toEqual([
      'THRESHOLDS',
      `  ${READY}`,
      '  ✗ max < 2500ms   max=3s   services=3',
      '  ✓ max < 2500ms   max=2s   at 2 of 3 points, worst at services=2',
      '  ✓ count > 0   count=1   at 3 of 3 points, worst at services=1',
    ]);
    expect(thresholdLines([])).toEqual([]);
  });
  it('is a CSV row a threshold and point', () => {
    const rows = thresholdsCsv(results).split('\r\n');
    expect(rows[0]).toBe(
      'scenario,point,parameter_services,metric,expression,unit,bound,replications,observed,ci95_low,ci95_high,ok',
    );
    expect(rows[5]).toBe(`test,2,3,${READY},max < 2500ms,seconds,2.5,1,3,,,false`);
  });
  it('is JUnit XML that escapes what it must', () => {
    const xml = junitXml([...thresholdCases(results), { suite: 'a<b', name: '"&\u0001', failure: undefined }]);
    expect(xml).toContain('<testsuites name="kubelapse" tests="7" failures="1">');
    expect(xml).toContain(
      `<testcase classname="test" name="${READY}: max &lt; 2500ms at services=3">\n      <failure message="max=3s"/>`,
    );
    expect(xml).toContain('<testcase classname="a&lt;b" name="&quot;&amp;\\u0001"/>');
  });
});
