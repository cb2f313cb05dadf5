// chart, report, run --charts --report --trace --metrics --watch, as a user types them. Needs the build.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, commandFolder } from '../fixtures/command.js';

const command = commandFolder(true);
const { run } = command;
const at = (...path: readonly string[]): string => join(command.dir, ...path);
const read = (...path: readonly string[]): string => readFileSync(at(...path), 'utf8');
const SCENARIO = 'scenarios/slow-start-liveness.yaml';
const RESULTS = 'results/slow-start-liveness';
/** `[exit code, what was said]` of a command that says something on one of its outputs only. */
const told = (...args: readonly string[]): [number | null, string] => {
  const { status, stdout, stderr } = run(args);
  return [status, stdout + stderr];
};

beforeAll(() => {
  expect(run(['run', SCENARIO, '--sweep', 'spec.kubeProxy.mode=iptables,ipvs', '--charts', '--report', '-q'])).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});

describe('run --charts --report', () => {
  it('leaves pictures beside the tables, each chart with its specification', () => {
    const names = readdirSync(at(RESULTS, 'charts'));
    expect(names).toContain('pod-start-stages.svg');
    for (const name of names.filter((file) => file.endsWith('.svg')))
      expect(names).toContain(name.replace('.svg', '.vl.json'));
    expect(read(RESULTS, 'report.html')).toMatch(/^<!doctype html>/);
  });
  it('are the same bytes again, and verify still holds', () => {
    expect(
      run([
        'run',
        SCENARIO,
        '--sweep',
        'spec.kubeProxy.mode=iptables,ipvs',
        '--charts',
        '--report',
        '-q',
        '-d',
        'again',
      ]).status,
    ).toBe(0);
    for (const name of readdirSync(at(RESULTS, 'charts')))
      expect(read('again/slow-start-liveness/charts', name) === read(RESULTS, 'charts', name), name).toBe(true);
    expect(read('again/slow-start-liveness/report.html') === read(RESULTS, 'report.html')).toBe(true);
    expect(run(['verify', RESULTS]).status).toBe(0);
  });
  it('pictures of an earlier run go, a user’s own stay', () => {
    expect(run(['run', SCENARIO, '-d', 'stale', '--charts', '--report', '-q']).status).toBe(0);
    writeFileSync(at('stale/slow-start-liveness/charts/mine.svg'), '<svg/>');
    expect(run(['run', SCENARIO, '-d', 'stale', '-q']).status).toBe(0);
    expect(readdirSync(at('stale/slow-start-liveness/charts'))).toEqual(['mine.svg']);
    expect(existsSync(at('stale/slow-start-liveness/report.html'))).toBe(false);
  });
});

describe('chart', () => {
  it('draws all usual charts beside the results, and says what each found', () => {
    const { status, stdout } = run(['chart', RESULTS]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^results\/slow-start-liveness\/charts\/pod-start-stages\.svg {3}The longest stage of a pod start is /m,
    );
  });
  it('writes one chart as SVG, PNG and specification', () => {
    const args = ['--type', 'ranges', '--metric', 'pod_ready', '-o', 'a.svg', '-o', 'a.png', '-q'];
    expect(run(['chart', RESULTS, ...args])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(read('a.svg')).toMatch(/^<svg /);
    expect([...readFileSync(at('a.png')).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
    expect(JSON.parse(read('a.vl.json')).$schema).toMatch(/vega-lite/);
  });
  it('draws a specification that an author has restyled', () => {
    expect(run(['chart', RESULTS, '--type', 'stages', '-o', 'b.vl.json', '-q']).status).toBe(0);
    writeFileSync(at('mine.vl.json'), read('b.vl.json').replaceAll('#0072B2', '#123456'));
    expect(told('chart', 'mine.vl.json', '-o', 'mine.svg')).toEqual([0, 'mine.svg   mine.vl.json\n']);
    expect(read('mine.svg')).toContain('#123456');
    // The author's own specification is not written over.
    expect(read('mine.vl.json')).toContain('#123456');
  });
  it('prints SVG on standard output', () =>
    expect(run(['chart', RESULTS, '--type', 'pods', '-o', '-']).stdout).toMatch(/^<svg [\s\S]*<\/svg>\n$/));
  it('draws dark', () => {
    expect(run(['chart', RESULTS, '--type', 'pods', '--theme', 'dark', '-o', 'dark.svg', '-q']).status).toBe(0);
    expect(read('dark.svg')).toContain('#15181d');
  });
  it('draws several results into one chart, or into a folder', () => {
    expect(run(['run', SCENARIO, '-d', 'other', '--set', 'spec.seed=9', '-q']).status).toBe(0);
    expect(run(['chart', RESULTS, 'other/slow-start-liveness', '-o', 'both', '-q']).status).toBe(0);
    expect(read('both/pods-over-time.vl.json')).toContain('other/slow-start-liveness');
  });
  it('draws a column of a table, and a figure of a metric', () => {
    expect(
      run([
        'chart',
        RESULTS,
        '--x',
        'mode',
        '--y',
        'cpu_seconds_total',
        '--table',
        'kube_proxy.csv',
        '--mark',
        'bar',
        '-o',
        'c.svg',
        '-q',
      ]).status,
    ).toBe(0);
    expect(run(['chart', RESULTS, '--x', 'mode', '--y', 'pod_ready_p99', '-o', 'd.svg', '-q']).status).toBe(0);
    expect(
      run(['chart', RESULTS, '--x', 'mode', '--y', 'kubelapse_pod_ready_duration_seconds p(90)', '-o', 'e.svg', '-q'])
        .status,
    ).toBe(0);
  });
  it.each<[string, string[], string]>([
    ['no results', ['scenarios'], 'scenarios: error: holds no result: there is no run.json'],
    ['an unknown type', [RESULTS, '--type', 'latncy'], '--type: "latncy" is not accepted; must be "latency", '],
    ['a type with nothing to draw', [RESULTS, '--type', 'failures'], 'has nothing to draw for --type failures'],
    [
      'a table that was left out',
      [RESULTS, '--type', 'load-balancing'],
      'has nothing to draw for --type load-balancing',
    ],
    ['one file for many charts', [RESULTS, '-o', 'x.svg'], 'x.svg: error: is one file, and there are'],
    [
      'an unknown format',
      [RESULTS, '-o', 'x.gif'],
      '--output x.gif: must end with .svg, .png or .vl.json, or be one folder',
    ],
    ['--y without --x', [RESULTS, '--y', 'rules'], '--x and --y must be given together'],
    [
      'a metric for a chart that has none',
      [RESULTS, '--type', 'pods', '--metric', 'pod_ready'],
      '--metric pod_ready: needs --type latency, or ranges, or distribution',
    ],
    ['an unknown metric', [RESULTS, '--type', 'ranges', '--metric', 'pod_redy'], 'did you mean'],
    ['a misspelt column', [RESULTS, '--x', 'mode', '--y', 'cpu_second_total'], 'did you mean "cpu_seconds_total"?'],
    ['a column of several tables', [RESULTS, '--x', 'mode', '--y', 'p99_seconds'], 'say which with --table'],
    [
      'a column that is not there',
      [RESULTS, '--x', 'nope', '--y', 'cpu_ratio'],
      'no row of kube_proxy.csv has values in both columns (columns: mode, ',
    ],
    [
      'a flag too many for a specification',
      ['a.vl.json', '--type', 'pods', '-o', 'x.svg'],
      'a specification is drawn as it is',
    ],
    ['no picture for a specification', ['a.vl.json'], 'name the picture: --output chart.svg or chart.png'],
    ['no specification', ['missing.vl.json', '-o', 'x.svg'], 'missing.vl.json: error: does not exist'],
    ['several results without a place', [RESULTS, RESULTS], 'several results: name a file or a folder with --output'],
    [
      'an unknown colour',
      [RESULTS, '--type', 'pods', '--color', 'modus'],
      '--color modus: error: is neither a parameter of these results nor a label or a column (parameters: mode)',
    ],
    [
      'a colour of a chart that has its own',
      [RESULTS, '--type', 'stages', '--facet', 'mode'],
      '--type stages has fixed colours and panels',
    ],
    [
      'a table that there is not',
      [RESULTS, '--x', 'mode', '--y', 'rules', '--table', '../../etc/passwd'],
      'there is no such table',
    ],
    [
      'a name that every object has',
      [RESULTS, '--x', 'constructor', '--y', 'rules', '--table', 'kube_proxy.csv'],
      'no row of kube_proxy.csv has values in both columns',
    ],
    ['--mark of a chart that has its own', [RESULTS, '--type', 'pods', '--mark', 'bar'], '--mark is for custom charts'],
    [
      'labels of a metric',
      [RESULTS, '--type', 'ranges', '--metric', 'pod_ready{node_pool="general"}'],
      'a chart shows all label sets of a metric',
    ],
    ['the same results twice', [RESULTS, `${RESULTS}/`, '-o', 'twice'], 'is given twice'],
    ['a misspelt flag', [RESULTS, '--them', 'dark'], 'theme'],
  ])('%s: one clear message, exit code 2', (_, args, message) => {
    const { status, stdout, stderr } = run(['chart', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
  it('what is broken in a specification is said', () => {
    writeFileSync(at('broken.vl.json'), '{');
    expect(told('chart', 'broken.vl.json', '-o', 'x.svg')).toEqual([
      2,
      'broken.vl.json: error: is not a Vega-Lite specification, which is a JSON object\n',
    ]);
    writeFileSync(at('odd.vl.json'), '{"mark": "nothing"}');
    const { status, stderr } = run(['chart', 'odd.vl.json', '-o', 'x.svg']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('odd.vl.json: error: ')]);
    expect(existsSync(at('x.svg'))).toBe(false);
  });
  it('a specification reads no file of this machine', () => {
    writeFileSync(at('thief.vl.json'), '{"data": {"url": "file:///etc/passwd"}, "mark": "point"}');
    const { status, stderr } = run(['chart', 'thief.vl.json', '-o', 'x.svg']);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('thief.vl.json: error: cannot be drawn: data must be inline in the specification'),
    ]);
    expect(stderr).not.toContain('root');
    expect(existsSync(at('x.svg'))).toBe(false);
  });
});

describe.each(['chart', 'report'])('%s of damaged results', (name) => {
  it.each<[string, string, string]>([
    ['random bytes', 'quantiles.csv', '\u0000"x"y\n'],
    ['nothing', 'estimates.csv', ''],
    ['another summary', 'summary.json', '{"a": 1}'],
  ])('%s in %s: one clear message, exit code 2', (_, file, text) => {
    const dir = `damaged-${name}-${file.replace('.', '-')}`;
    cpSync(at(RESULTS), at(dir), { recursive: true });
    writeFileSync(at(dir, file), text);
    // A chart has no need of the summary.
    if (name === 'chart' && file === 'summary.json') return;
    const { status, stderr } = run([name, dir, '-o', name === 'report' ? `${dir}.html` : `${dir}-charts`]);
    expect([status, stderr]).toEqual([
      2,
      `${dir}/${file}: error: is not what the run wrote: it was changed or truncated (run the scenario again)\n`,
    ]);
  });
});

describe('report', () => {
  it('writes beside the results, or where it is told', () => {
    expect(told('report', RESULTS)[1]).toMatch(/^results\/slow-start-liveness\/report\.html written \(\d+ KiB\)\n$/);
    expect(told('report', RESULTS, '-o', 'r.html', '-q')).toEqual([0, '']);
    expect(read('r.html') === read(RESULTS, 'report.html')).toBe(true);
    expect(run(['report', RESULTS, '-o', '-']).stdout === read('r.html')).toBe(true);
  });
  it.each<[string, string[], string]>([
    ['no results', ['nope'], 'nope: error: holds no result: there is no run.json'],
    ['several results without a file', [RESULTS, RESULTS], 'was given 2 results, but no file to write to'],
    ['a folder for a file', [RESULTS, '-o', 'scenarios'], 'scenarios: error: is a folder'],
  ])('%s: one clear message, exit code 2', (_, args, message) => {
    const { status, stderr } = run(['report', ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('run --trace --metrics', () => {
  it('writes a trace, packed if its name says so, and the same bytes each time', () => {
    expect(run(['run', SCENARIO, '--trace', 't.json', '-q']).status).toBe(0);
    expect(run(['run', SCENARIO, '--trace', 't.json.gz', '-q']).status).toBe(0);
    expect(gunzipSync(readFileSync(at('t.json.gz'))).toString() === read('t.json')).toBe(true);
    expect(JSON.parse(read('t.json')).traceEvents.length).toBeGreaterThan(1000);
  });
  it('filters by nodes, pods and time', () => {
    expect(
      run(['run', SCENARIO, '--trace', 'small.json', '--trace-pods', '*-1', '--trace-time', '1m-2m', '-q']).status,
    ).toBe(0);
    const events = JSON.parse(read('small.json')).traceEvents as {
      ph: string;
      ts: number;
      dur: number;
      name: string;
      args: { name?: string };
    }[];
    const pods = events
      .filter(({ name, args }) => name === 'thread_name' && args.name!.startsWith('pod '))
      .map(({ args }) => args.name!);
    expect(pods.length).toBeGreaterThan(0);
    for (const pod of pods) expect(pod).toMatch(/-1$/);
    for (const { ph, ts, dur } of events)
      if (ph === 'X') expect([ts >= 60e6, ts + dur <= 120e6 + 0.001]).toEqual([true, true]);
  });
  it('says that no pod is called so', () => {
    const { status, stderr } = run(['run', SCENARIO, '--trace', 'none.json', '--trace-pods', 'nope-*']);
    expect([status, stderr]).toEqual([0, expect.stringContaining('no pod matches nope-*')]);
  });
  it('a picture that fails leaves what the run says', () => {
    const args = [
      'run',
      SCENARIO,
      '--threshold',
      'pod_ready: p(99) < 30s',
      '--junit',
      'j.xml',
      '--trace',
      'scenarios',
      '-q',
    ];
    expect(run(args).status).toBe(2);
    expect(run([...args.slice(0, -3), '--trace', 'ok.json', '-q']).status).toBe(99);
    expect(read('j.xml')).toContain('<failure');
  });
  it('writes what a Prometheus would have scraped', () => {
    const { status, stderr } = run(['run', SCENARIO, '--metrics', 'm.om', '-o', 'csv']);
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('m.om written: promtool tsdb create-blocks-from openmetrics m.om'),
    ]);
    expect(read('m.om')).toMatch(/# EOF\n$/);
  });
  it.each<[string, string[], string]>([
    [
      'a sweep',
      ['--trace', 'x.json', '--sweep', 'spec.kubeProxy.mode=ipvs,nftables'],
      'shows one run, and the sweep has 2 points (choose one: --sweep path=value)',
    ],
    ['another format', ['--trace', 'x.txt'], '--trace x.txt: must end with .json or .json.gz'],
    ['a filter of no trace', ['--trace-nodes', 'a'], '--trace-nodes needs --trace FILE'],
    ['no such node', ['--trace', 'x.json', '--trace-nodes', 'nope-*'], '--trace-nodes nope-*: error: matches no node'],
    ['a time that is none', ['--trace', 'x.json', '--trace-time', '5m'], '--trace-time 5m: must be two durations'],
    [
      'a time beyond the end',
      ['--trace', 'x.json', '--trace-time', '99m-100m'],
      'begins at 1h39m, but the run ends at 30m',
    ],
  ])('%s: one clear message, exit code 2', (_, args, message) => {
    const { status, stderr } = run(['run', SCENARIO, '-d', 'unused', ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(at('unused'))).toBe(false);
  });
});

describe('run --watch', () => {
  it('runs again when a file changes, says what is wrong, and goes on', async () => {
    mkdirSync(at('watched'));
    const path = at('watched/s.yaml');
    const text = read('scenarios/single-node.yaml');
    writeFileSync(path, text);
    const child = spawn(process.execPath, [BIN, 'run', 'watched/s.yaml', '--watch', '-d', 'watched/results'], {
      cwd: command.dir,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        said += piece.toString();
      });
    }
    const hears = (pattern: RegExp) => expect.poll(() => said, { timeout: 60_000 }).toMatch(pattern);
    try {
      await hears(/seed 1 {3}[\s\S]*watching watched\/s\.yaml; Ctrl-C ends it/);
      said = '';
      writeFileSync(path, text.replace('duration: 2m', 'duration: 2x'));
      await hears(/s\.yaml has changed[\s\S]*spec\.duration: "2x" is not a duration[\s\S]*watching/);
      said = '';
      writeFileSync(path, text.replace('seed: 1', 'seed: 77'));
      await hears(/seed 77 {3}[\s\S]*watching/);
    } finally {
      child.kill('SIGINT');
    }
    expect(await new Promise((done) => child.on('exit', done))).toBe(130);
  });
  it('watches modules, broken ones and those of --set included', async () => {
    mkdirSync(at('parts'));
    writeFileSync(at('parts/s.yaml'), read('scenarios/single-node.yaml'));
    writeFileSync(at('parts/mine.mjs'), 'export default {');
    const args = ['--watch', '--set', 'spec.extensions=["./mine.mjs"]', '--extension', 'parts/mine.mjs'];
    const child = spawn(process.execPath, [BIN, 'run', 'parts/s.yaml', '-d', 'parts/results', ...args], {
      cwd: command.dir,
    });
    let said = '';
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    const hears = (pattern: RegExp) => expect.poll(() => said, { timeout: 60_000 }).toMatch(pattern);
    const metric = (begin: string): string => `
      import { defineExtension } from 'kubelapse/extension';
      const heard = { name: 'example_heard_total', type: 'counter', unit: 'total', labels: [], meaning: 'What was heard.',
        listen: ({ counter }) => ({ podCreated() { counter().add(); ${begin} } }) };
      export default defineExtension({ name: 'heard', version: '1.0.0', parts: { metrics: [heard] } });`;
    try {
      await hears(/mine\.mjs: error:[\s\S]*watching 2 files/);
      said = '';
      writeFileSync(at('parts/mine.mjs'), metric('null.x;'));
      await hears(/mine\.mjs has changed[\s\S]*extension heard[\s\S]*watching/);
      said = '';
      writeFileSync(at('parts/mine.mjs'), metric(''));
      await hears(/mine\.mjs has changed[\s\S]*watching/);
      expect(said).not.toContain('error');
    } finally {
      child.kill('SIGINT');
    }
    expect(await new Promise((done) => child.on('exit', done))).toBe(130);
  });
  it('cannot watch standard input', () => {
    expect(run(['run', '-', '--watch'], { input: '' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--watch: standard input cannot be watched'),
    });
  });
});

it('a report of thousands of rows stays small', () => {
  expect(run(['run', SCENARIO, '--raw', '--report', '-q', '-d', 'raw', '-n', '5']).status).toBe(0);
  expect(statSync(at('raw/slow-start-liveness/report.html')).size).toBeLessThan(5e6);
});
