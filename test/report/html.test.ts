// report.html as text: nothing that a manifest says can become markup or script, and what cannot be shown is said.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type HtmlReport, type ReportedResult, reportedTables, reportHtml } from '../../src/report/index.js';
import { visible, visibleJson } from '../../src/text/index.js';

const HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'&\u2028';
const parts = { script: 'run("<ok>")', style: 'p { color: red }' };

const resultOf = (more: Partial<ReportedResult> = {}): ReportedResult => ({
  name: 'web',
  scenario: 'web',
  seed: '42',
  version: '0.1.0',
  command: 'kubelapse run web.yaml --seed 42',
  inputs: [{ path: 'web.yaml', sha256: 'abc', text: 'kind: Scenario\n' }],
  summary: {
    question: 'Why?',
    answers: ['Because.'],
    counts: 'seed 42',
    thresholds: [
      {
        metric: 'm',
        expression: 'p(99) < 5s',
        parameters: { mode: 'ipvs' },
        unit: 'seconds',
        observed: 7.5,
        ci95Low: 7,
        ci95High: 8,
        ok: false,
      },
      {
        metric: 'm',
        expression: 'total == 0',
        parameters: { mode: 'ipvs' },
        unit: 'number',
        observed: null,
        ok: false,
      },
    ],
    points: [
      {
        parameters: { mode: 'ipvs' },
        replications: 2,
        figures: {
          'POD-START-P99': { unit: 'seconds', mean: 1.5, ci95High: 1.65 },
          RESTARTS: { unit: 'number', mean: 0 },
        },
      },
    ],
  },
  ...more,
});
const reportOf = (results: readonly ReportedResult[], more: Partial<HtmlReport> = {}): HtmlReport => ({
  results,
  figures: [],
  tables: [],
  ...more,
});
const page = (report: HtmlReport): Promise<string> => reportHtml(report, parts);
const dataIn = (text: string) =>
  JSON.parse(/<script type="application\/json" id="report-data">([\s\S]*?)<\/script>/.exec(text)![1]!);

describe('the page', () => {
  it('has the question, the answer, thresholds with what was seen, key figures with their intervals, the command', async () => {
    const text = await page(reportOf([resultOf()]));
    expect(text).toContain('<h1>Why?</h1>');
    expect(text).toContain('<li>Because.</li>');
    expect(text).toContain('<td>p(99) &lt; 5s</td><td>7.5s [7s, 8s]</td><td><span class="bad">✗ fails</span></td>');
    expect(text).toContain('<td>no samples</td>');
    expect(text).toContain('<td>1.5s <span class="note">±10 %</span></td>');
    expect(text).toContain('kubelapse run web.yaml --seed 42');
    // What is 0 everywhere has no column.
    expect(text).not.toContain('restarts');
  });
  it('puts several results side by side', async () => {
    const text = await page(reportOf([resultOf({ name: 'before' }), resultOf({ name: 'after' })]));
    expect(text).toContain('<th scope="col">result</th>');
    expect(text.match(/<td>(before|after)<\/td><td>ipvs<\/td><td>1\.5s/g)).toHaveLength(2);
  });
  it('is the same bytes for the same input', async () => {
    expect(await page(reportOf([resultOf()]))).toBe(await page(reportOf([resultOf()])));
  });
  it('lets only its own script and style in, by their digests', async () => {
    const text = await page(reportOf([resultOf()]));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(text)![1]!;
    const digest = (of: string): string => `'sha256-${createHash('sha256').update(of).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${digest(parts.script)}`,
      `style-src ${digest(parts.style)}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });
  it('asks for nothing from anywhere else', async () => {
    expect(await page(reportOf([resultOf()]))).not.toMatch(/(src|href)="(?!#)/);
  });
});

describe('hostile names', () => {
  const hostile = resultOf({
    name: HOSTILE,
    command: HOSTILE,
    inputs: [{ path: HOSTILE, sha256: HOSTILE, text: HOSTILE }],
    summary: {
      question: HOSTILE,
      answers: [HOSTILE],
      counts: HOSTILE,
      thresholds: [
        {
          metric: HOSTILE,
          expression: HOSTILE,
          parameters: { [HOSTILE]: HOSTILE },
          unit: 'number',
          observed: 1,
          ok: true,
        },
      ],
      points: [
        {
          parameters: { [HOSTILE]: HOSTILE },
          replications: 1,
          figures: { 'POD-START-P99': { unit: 'seconds', mean: 1 } },
        },
      ],
    },
  });
  const series = [
    {
      name: HOSTILE,
      panel: HOSTILE,
      data: [
        { x: visible(HOSTILE), y: 1 },
        { x: 'gap', y: Number.NaN },
      ],
    },
  ];
  const figure = {
    id: 'x',
    title: HOSTILE,
    subtitle: [HOSTILE],
    mark: 'bar',
    x: { title: HOSTILE, quantity: 'number' },
    y: { title: HOSTILE, quantity: 'number' },
    colourTitle: HOSTILE,
    panelTitle: HOSTILE,
    series,
    marks: [],
    limits: [],
  } as const;
  const tables = [
    {
      file: HOSTILE,
      meaning: HOSTILE,
      columns: [{ name: HOSTILE, unit: HOSTILE, meaning: HOSTILE }],
      rows: [[HOSTILE]],
      total: 1,
    },
  ];

  it('are text: no element and no attribute comes of them', async () => {
    const text = await page(reportOf([hostile, hostile], { figures: [figure], tables }));
    expect(text.match(/<script\b/g)).toHaveLength(2);
    expect(text.match(/<\/script>/g)).toHaveLength(2);
    expect(text).not.toContain('<img');
    // Taken away what is text, nothing of them is left.
    const markup = text.replace(/<script[\s\S]*?<\/script>/g, '').replace(/>[^<]*</g, '><');
    expect(markup).not.toContain('alert');
  });
  it('come through the data of the page unchanged, but that nothing in them is hidden', async () => {
    const data = dataIn(await page(reportOf([hostile], { figures: [figure], tables })));
    expect(data.tables).toEqual(JSON.parse(visibleJson(tables)));
    expect(data.figures[0].series[0].data).toEqual([
      { x: visible(HOSTILE), y: 1 },
      { x: 'gap', y: null },
    ]);
  });
  it('a script that would end its element does not', async () => {
    const text = await reportHtml(reportOf([resultOf()]), { script: 'x = "</script>"', style: '' });
    expect(text.match(/<\/script>/g)).toHaveLength(2);
  });
});

describe('tables of a report', () => {
  const rows = (count: number): string =>
    ['scenario,point,replication,mode,rules', ...Array.from({ length: count }, (_, i) => `web,0,0,ipvs,${i}`)].join(
      '\r\n',
    );
  const of = (name: string, count: number) => ({
    name,
    text: (file: string) => (file === 'kube_proxy.csv' ? rows(count) : undefined),
  });
  it('have their columns explained, and none that says nothing', () => {
    const [table] = reportedTables([of('a', 1)]);
    expect(table!.columns.map(({ name }) => name)).toEqual(['point', 'replication', 'mode', 'rules']);
    expect(table!.columns[2]!.meaning).toBe('iptables, ipvs, nftables or ebpf');
    expect(table!.rows).toEqual([['0', '0', 'ipvs', '0']]);
  });
  it('are cut where they are long, and say how long they were; each result has its share', () => {
    const [table] = reportedTables([of('a', 5000), of('b', 5000)]);
    expect([table!.rows.length, table!.total]).toEqual([1000, 10_000]);
    expect(table!.rows.filter(([result]) => result === 'b')).toHaveLength(500);
  });
  it('of empty files there are none', () => expect(reportedTables([of('a', 0)])).toEqual([]));
});
