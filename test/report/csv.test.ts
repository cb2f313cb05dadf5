import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { csvFiles, type RunRecord, recordOf, summaryText } from '../../src/report/index.js';
import { simulate } from '../../src/run/index.js';
import { csvCell } from '../../src/text/index.js';
import * as f from '../fixtures/cluster.js';

const hostile = '=cmd|"/c calc",\n';
const spec = f.cluster({
  workloads: [f.workload({ name: hostile, template: f.template({ containers: [f.container({ name: '@x' })] }) })],
});
const parameters = [{ name: 'mode', value: '+1' }];
const record = recordOf(
  { name: 'test', catalogue: BUILT_IN },
  { index: 0, parameters, replication: 0, result: simulate(spec, '42') },
);
const { files } = csvFiles([record], BUILT_IN.tables.all);

/** A strict RFC 4180 reader. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        if (text[at] === '"') at++;
        cell += text[at];
      }
      at++;
    } else while (at < text.length && text[at] !== ',' && text[at] !== '\r') cell += text[at++];
    rows.at(-1)!.push(cell);
    if (text[at] === ',') at++;
    else if (text.startsWith('\r\n', at)) {
      at += 2;
      if (at < text.length) rows.push([]);
    } else if (at < text.length) throw new Error(`unexpected ${JSON.stringify(text[at])} at ${at}`);
  }
  return rows;
}

describe.each(files.map((file) => [file.name, file.text] as const))('%s', (name, text) => {
  const rows = parse(text);
  const table = BUILT_IN.tables.all.find((t) => t.file === name)!;
  it('has the declared columns, and every row as many cells', () => {
    expect(rows[0]).toEqual([
      'scenario',
      'point',
      'parameter_mode',
      'replication',
      ...table.columns.map((c) => c.name),
    ]);
    for (const row of rows) expect(row.length).toBe(rows[0]!.length);
  });
  it('has units in the names of its columns', () => {
    for (const column of table.columns) {
      if (column.unit === 's') expect(column.name).toMatch(/_seconds(_total)?$/);
      if (column.unit === 'ratio') expect(column.name).toMatch(/_ratio$/);
    }
  });
  it('never writes NaN, Infinity or undefined, nor a formula', () => {
    for (const row of rows.slice(1)) {
      for (const cell of row) {
        expect(cell).not.toMatch(/^(NaN|-?Infinity|undefined|null)$/);
        expect(cell).not.toMatch(/^[=@+\t\r]/);
      }
    }
  });
});

it('names from manifests stay on one line, with an apostrophe where a spreadsheet would run them', () => {
  const shown = hostile.replace('\n', '\\n');
  const pods = parse(files.find((file) => file.name === 'pods.csv')!.text);
  expect(pods[1]![pods[0]!.indexOf('workload')]).toBe(`Deployment/${shown}`);
  expect(pods[1]![pods[0]!.indexOf('pod')]).toBe(`'${shown}-0`);
  expect(pods[1]![pods[0]!.indexOf('parameter_mode')]).toBe("'+1");
  expect([csvCell('-1'), csvCell(-1), csvCell('a=b')]).toEqual(["'-1", -1, 'a=b']);
});

it('long tables are left out unless asked for, and named', () => {
  const many = simulate(
    f.cluster({ workloads: [f.running({ replicas: 2501 })], nodePools: [f.pool({ count: 30 })] }),
    '1',
  );
  const records = (raw: boolean) =>
    [0, 1].map((index) =>
      recordOf({ name: 'x', catalogue: BUILT_IN }, { index, parameters: [], replication: 0, result: many }, raw),
    );
  const files = (some: RunRecord[], raw?: boolean) => csvFiles(some, BUILT_IN.tables.all, raw);
  const names = (...options: Parameters<typeof files>) => files(...options).files.map(({ name }) => name);
  expect(files(records(false)).leftOut).toEqual([{ name: 'pods.csv', rows: 5002 }]);
  expect(names(records(false))).not.toContain('pods.csv');
  expect(files(records(true), true).leftOut).toEqual([]);
  expect(names(records(true), true)).toContain('pods.csv');
  // At the limit nothing is left out.
  expect(names(records(false).slice(0, 1))).toContain('pods.csv');
});

it('the summary counts the pods of all node pools together, and those that never were ready', () => {
  const never = f.container({
    probes: [f.probe('readiness')],
    behavior: f.behavior({ startup: fixed(seconds(3600)) }),
  });
  const spec = f.cluster({
    nodePools: [f.pool({ name: 'a', labels: { p: 'a' } }), f.pool({ name: 'b', labels: { p: 'b' } })],
    workloads: [
      f.workload({ replicas: 3, template: f.template({ nodeSelector: { p: 'a' } }) }),
      f.workload({
        name: 'b',
        manifestName: 'b',
        replicas: 4,
        template: f.template({ nodeSelector: { p: 'b' }, containers: [never] }),
      }),
    ],
  });
  const records = [
    recordOf(
      { name: 'test', catalogue: BUILT_IN },
      { index: 0, parameters: [], replication: 0, result: simulate(spec, '42') },
    ),
  ];
  const text = summaryText({ name: 'test', question: '', seed: '42', records });
  expect(text).toContain('7 pods started: half within');
  expect(text).toContain('4 pods never became ready: b 4.\n');
});

it('the summary begins with the question and shows a row a point', () => {
  const text = summaryText({ name: 'test', question: 'How long?', seed: '42', records: [record] });
  expect(text.startsWith('How long?\n\n1 pod started')).toBe(true);
  expect(text).toContain('MODE   POD-START-P50');
  expect(text).toContain('\nseed 42   ');
});

it('the summary says over how many of the runs that were asked for it is', () => {
  const text = summaryText({ name: 'test', question: '', seed: '42', records: [record], runsAsked: 3 });
  expect(text).toContain('\npartial: 1 of 3 runs   seed 42   ');
});
