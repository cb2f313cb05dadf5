// OpenMetrics text of a run: what the format asks, that the last scrape is the run's result, and that promtool takes it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/metrics/index.js';
import { METRICS_EPOCH, openMetricsText, recordOf } from '../../src/report/index.js';
import { groupBy } from '../fixtures/group.js';
import { observed, TRACED } from '../fixtures/observed.js';
import { loadTexts, replicationOf } from '../fixtures/scenario.js';

const scenario = loadTexts({ 's.yaml': TRACED });
const { result, scrapes } = observed(scenario);
const hostile = 'a"b\\c\nd';
const runs = ['ipvs', hostile].map((mode) => ({
  scenario: 'traced',
  parameters: [
    { name: 'spec.mode', value: mode },
    { name: 'le', value: 1 },
  ],
  series: scrapes.series,
  timeSeries: result.timeSeries,
}));
const text = [...openMetricsText(runs, METRICS)].join('');

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly time: number;
}

/** Samples by family, in their order. */
function parsed(): Map<string, { type: string; samples: Sample[] }> {
  const families = new Map<string, { type: string; samples: Sample[] }>();
  let current = '';
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) {
      expect(families.has(type[1]!), `${type[1]} twice`).toBe(false);
      current = type[1]!;
      families.set(current, { type: type[2]!, samples: [] });
    }
    if (line.startsWith('#')) continue;
    const sample = /^([a-z_]+)\{((?:[a-zA-Z_]+="(?:[^"\\]|\\.)*",?)+)\} (\S+) (\d+\.\d{3})$/.exec(line);
    expect(sample, line).not.toBeNull();
    const labels = Object.fromEntries(
      [...sample![2]!.matchAll(/([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
    );
    families
      .get(current)!
      .samples.push({ name: sample![1]!, labels, value: Number(sample![3]), time: Number(sample![4]) });
  }
  return families;
}
const families = parsed();
const seriesOf = (samples: readonly Sample[]): Sample[][] => [
  ...groupBy(samples, ({ name, labels }) => `${name} ${JSON.stringify(labels)}`).values(),
];

describe('the format', () => {
  it('ends with # EOF', () => expect(text.endsWith('\n# EOF\n')).toBe(true));
  it('has each family once, its samples below it', () => {
    for (const [family, { samples }] of families)
      for (const { name } of samples) expect(name.startsWith(family)).toBe(true);
  });
  it('counters end in _total, and never fall', () => {
    for (const { type, samples } of families.values()) {
      if (type !== 'counter') continue;
      for (const series of seriesOf(samples)) {
        expect(series[0]!.name).toMatch(/_total$/);
        for (let i = 1; i < series.length; i++) expect(series[i]!.value).toBeGreaterThanOrEqual(series[i - 1]!.value);
      }
    }
  });
  it('buckets rise with their bound and end with the count; times rise', () => {
    for (const [family, { type, samples }] of families) {
      for (const series of seriesOf(samples))
        for (let i = 1; i < series.length; i++) expect(series[i]!.time).toBeGreaterThan(series[i - 1]!.time);
      if (type !== 'histogram') continue;
      const scrapesOf = groupBy(samples, ({ time, labels }) => JSON.stringify([time, { ...labels, le: '' }]));
      for (const scrape of scrapesOf.values()) {
        const buckets = scrape.filter(({ name }) => name === `${family}_bucket`);
        for (let i = 1; i < buckets.length; i++)
          expect(buckets[i]!.value).toBeGreaterThanOrEqual(buckets[i - 1]!.value);
        expect(buckets.at(-1)!.labels.le).toBe('+Inf');
        expect(buckets.at(-1)!.value).toBe(scrape.find(({ name }) => name === `${family}_count`)!.value);
      }
    }
  });
  it('escapes what parameters say', () => expect(text).toContain('spec_mode="a\\"b\\\\c\\nd"'));
});

describe('the figures', () => {
  const last = <T>(items: readonly T[]): T => items.at(-1)!;
  it('of the last scrape are those of the run', () => {
    for (const { metric, labels, histogram } of result.series) {
      if (histogram.count === 0) continue;
      const own = families
        .get(metric)!
        .samples.filter(
          ({ name, labels: of }) =>
            name === `${metric}_count` &&
            of.spec_mode === 'ipvs' &&
            labels.split(',').every((pair) => pair === '' || of[pair.split('=')[0]!] === pair.split('=')[1]),
        );
      expect([metric, labels, last(own).value]).toEqual([metric, labels, histogram.count]);
    }
    for (const { metric, labels, value } of result.counters) {
      const family = metric.replace(/_total$/, '');
      const own = families
        .get(family)!
        .samples.filter(
          ({ labels: of }) =>
            of.spec_mode === 'ipvs' &&
            labels.split(',').every((pair) => pair === '' || of[pair.split('=')[0]!] === pair.split('=')[1]),
        );
      expect([metric, last(own).value]).toEqual([metric, value]);
    }
  });
  it('go on through the run: a Prometheus takes no series for gone', () => {
    const samples = families
      .get('prober_probe')!
      .samples.filter(
        ({ labels }) =>
          labels.spec_mode === 'ipvs' && labels.probe_type === 'readiness' && labels.result === 'successful',
      );
    expect(samples[0]!.time).toBe(METRICS_EPOCH);
    expect(last(samples).time).toBe(METRICS_EPOCH + 180);
    for (let i = 1; i < samples.length; i++) expect(samples[i]!.time - samples[i - 1]!.time).toBeLessThan(300);
    expect(samples.length).toBeGreaterThan(20);
  });
  it('scraping changes nothing: the record is that of a run that was left alone', () => {
    const [point] = scenario.points;
    expect(recordOf(scenario, { index: 0, parameters: point!.parameters, replication: 0, result })).toEqual(
      replicationOf(scenario, 0),
    );
  });
  it('of half a day too: no series is silent for longer than a minute', () => {
    const long = observed(loadTexts({ 's.yaml': TRACED }, ['spec.duration=12h']));
    for (const { samples } of long.scrapes.series) {
      for (let i = 1; i < samples.length; i++)
        expect(samples[i]!.time - samples[i - 1]!.time).toBeLessThanOrEqual(60e9 + 1);
    }
  });
  it('of a run with a warm-up begin when it ends, and never fall', () => {
    const warm = observed(loadTexts({ 's.yaml': TRACED }, ['spec.warmup=50s']));
    for (const { metric, labels, samples } of warm.scrapes.series) {
      expect([metric, labels, samples[0]!.time >= 50e9]).toEqual([metric, labels, true]);
      for (let i = 1; i < samples.length; i++) expect(samples[i]!.sum).toBeGreaterThanOrEqual(samples[i - 1]!.sum);
    }
    expect(warm.scrapes.series.find(({ metric }) => metric === 'prober_probe_total')!.samples[0]!.time).toBeLessThan(
      52e9,
    );
  });
  it('have the names and labels that Kubernetes has', () => {
    for (const metric of Object.keys(METRICS)) expect(metric).toMatch(/^[a-z_]+$/);
    expect(families.get('kubeproxy_sync_proxy_rules_duration_seconds')!.samples[0]!.labels).toMatchObject({
      cluster: 'traced',
      job: 'kube-proxy',
      metrics_path: '/metrics',
    });
  });
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
it.skipIf(!hasPromtool)('promtool fills a Prometheus with it (skipped where there is no promtool)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
  try {
    writeFileSync(join(dir, 'out.om'), text);
    const made = spawnSync(
      'promtool',
      ['tsdb', 'create-blocks-from', 'openmetrics', join(dir, 'out.om'), join(dir, 'blocks')],
      { encoding: 'utf8' },
    );
    expect(made.stderr).toBe('');
    expect(made.status).toBe(0);
    // Every sample is in.
    const samples = made.stdout
      .split('\n')
      .slice(1)
      .filter((line) => line !== '')
      .reduce((sum, line) => sum + Number(line.split(/\s+/)[4]), 0);
    expect(samples).toBe([...families.values()].reduce((sum, { samples: own }) => sum + own.length, 0));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
