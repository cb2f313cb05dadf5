// Records that somebody may have written by hand: what this program would not have written itself is none.
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { asRecord, type RunRecord, recordOf } from '../../src/report/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const HOSTILE = '=cmd|"/c calc",\n\u001b##vso[x]';
const spec = f.cluster({
  workloads: [
    f.workload({ name: HOSTILE, replicas: 3, template: f.template({ containers: [f.container({ name: '@x' })] }) }),
  ],
});
const parameters = [
  { name: 'mode', value: '+1,"\n' },
  { name: 'on', value: true },
];
const honest = recordOf(
  { name: HOSTILE, catalogue: BUILT_IN },
  { index: 0, parameters, replication: 0, result: simulate(spec, '42') },
);

/** The record as it comes back, with something changed. */
function changed(change: (record: Changeable) => void): unknown {
  const copy = JSON.parse(JSON.stringify(honest)) as Changeable;
  change(copy);
  return copy;
}
// biome-ignore lint/suspicious/noExplicitAny: it is changed into what it must not be
type Changeable = Record<keyof RunRecord, any>;

const rowsOf = (record: Changeable, change: (text: string) => string): void => {
  for (const { file } of BUILT_IN.tables.all) {
    const table = record.tables[file];
    if (table.text !== '') table.text = change(table.text);
  }
};

describe('a record', () => {
  it('is taken as it is, whatever names its scenario has', () => {
    expect(honest.tables['pods.csv']!.rows).toBe(3);
    expect(honest.series.length).toBeGreaterThan(3);
    expect(
      asRecord(
        changed(() => {}),
        BUILT_IN,
      ),
    ).toEqual(honest);
  });
  it.each<[string, (record: Changeable) => void]>([
    ['a metric that there is none of', (r) => (r.series[0].metric = 'nope')],
    ['a name that every object has', (r) => (r.series[0].metric = 'constructor')],
    ['a metric of another type', (r) => (r.series[0].metric = 'kube_pod_container_status_restarts')],
    ['a counter that there is none of', (r) => r.counters.push({ metric: 'nope', labels: '', value: 1 })],
    ['other labels', (r) => (r.series[0].labels = 'a=b')],
    ['a label with an escape', (r) => (r.series[0].labels += '\u001b')],
    ['a histogram that ends before it begins', (r) => Object.assign(r.series[0].histogram, { min: 9, max: 1 })],
    ['fewer samples than are counted', (r) => r.series[0].histogram.count++],
    ['buckets without order', (r) => (r.series[0].histogram.buckets = [5, 1, 4, 1])],
    ['other bounds', (r) => Object.assign(r.series[0].histogram, { bounds: [1], boundCounts: [1, 0] })],
    ['a figure that there is none of', (r) => (r.figures.evil = 5)],
    ['a figure with an escape', (r) => (r.figures[Object.keys(r.figures)[0]!] = '\u001b')],
    ['a fingerprint that is text', (r) => (r.fingerprint = '::x')],
    ['a table less', (r) => delete r.tables['pods.csv']],
    ['more rows than it says', (r) => r.tables['pods.csv'].rows--],
    ['a row of another scenario', (r) => rowsOf(r, (text) => text.replace(/^[^,]+/, 'x'))],
    ['a formula', (r) => rowsOf(r, (text) => text.replace(/,[^,]*\r\n/, ',=1+1\r\n'))],
    ['a quoted formula', (r) => rowsOf(r, (text) => text.replace(/,[^,]*\r\n/, ',"@1,2"\r\n'))],
    ['a cell more', (r) => rowsOf(r, (text) => text.replace('\r\n', ',1\r\n'))],
    ['a cell less', (r) => rowsOf(r, (text) => text.replace(/,[^,]*\r\n/, '\r\n'))],
    ['a line feed alone', (r) => rowsOf(r, (text) => text.replace('\r\n', '\n'))],
    ['a quote that does not end', (r) => rowsOf(r, (text) => `${text}"`)],
    ['an escape', (r) => rowsOf(r, (text) => text.replace(/,[^,]*\r\n/, ',\u001b\r\n'))],
    ['a command', (r) => rowsOf(r, (text) => text.replace(/,[^,]*\r\n/, ',##vso[x]\r\n'))],
  ])('with %s is none', (_, change) => expect(asRecord(changed(change), BUILT_IN)).toBeUndefined());
  it('may have numbers below zero', () => {
    const below = (r: Changeable): void => rowsOf(r, (text) => text.replace(/,[^,"]*\r\n/, ',-1.5e-7\r\n'));
    expect(asRecord(changed(below), BUILT_IN)).toBeDefined();
  });
});
