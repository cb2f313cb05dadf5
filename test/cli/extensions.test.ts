// Parts of one's own through the command line: every sample in this thread and in others, results that stand for themselves, and
// code that is loaded only where somebody has allowed it.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandFolder } from '../fixtures/command.js';
import { EXAMPLES, SAMPLES } from '../fixtures/extension.js';

const folder = commandFolder(false);
const { run, tables } = folder;
const at = (name: string, end: string): string => `extensions/${name}.${end}`;
const withIt = (name: string, ...args: string[]): string[] => [
  'run',
  at(name, 'yaml'),
  '--extension',
  at(name, 'mjs'),
  ...args,
];
const write = (name: string, text: string): void => {
  mkdirSync(join(folder.dir, name, '..'), { recursive: true });
  writeFileSync(join(folder.dir, name), text);
};
const readOf = (name: string): string => readFileSync(join(folder.dir, name), 'utf8');
interface Manifest {
  readonly extensions: unknown;
  readonly foreign?: {
    readonly tables: readonly { file: string }[];
    readonly metrics: Readonly<Record<string, unknown>>;
  };
  readonly runs: readonly { readonly fingerprint: string }[];
}
const manifestOf = (results: string): Manifest => JSON.parse(readOf(join(results, 'run.json'))) as Manifest;

beforeAll(() => cpSync(EXAMPLES, join(folder.dir, 'extensions'), { recursive: true }));

describe('every sample', () => {
  it.each(SAMPLES)('%s gives the same bytes in this thread and in others', (name) => {
    const one = run(withIt(name, '-q', '-d', 'inline', '--engine', 'inline', '-n', '2'));
    expect([one.status, one.stderr]).toEqual([0, '']);
    const two = run(withIt(name, '-q', '-d', 'threads', '--engine', 'threads', '-n', '2', '-j', '2'));
    expect([two.status, two.stderr]).toEqual([0, '']);
    expect(tables(`threads/${name}`)).toEqual(tables(`inline/${name}`));
    const { extensions, runs } = manifestOf(`inline/${name}`);
    expect(extensions).toEqual([
      { name, version: '1.0.0', digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string, path: `./${name}.mjs` },
    ]);
    expect(manifestOf(`threads/${name}`).runs).toEqual(runs);
  });
});

describe('a result', () => {
  it('verifies only with the same extension, to the byte', () => {
    run(withIt('pool-usage', '-q', '-d', 'kept'));
    const same = run(['verify', 'kept/pool-usage', '--extension', at('pool-usage', 'mjs')]);
    expect([same.status, same.stdout]).toEqual([0, expect.stringContaining('the same bytes') as string]);
    const without = run(['verify', 'kept/pool-usage']);
    expect([without.status, without.stderr]).toEqual([
      2,
      'extensions/pool-usage.yaml: error: was run with extension pool-usage 1.0.0, which is not loaded (--extension extensions/pool-usage.mjs loads it)\n',
    ]);
    write('other.mjs', `${readOf(at('pool-usage', 'mjs'))}// another\n`);
    const other = run(['verify', 'kept/pool-usage', '--extension', 'other.mjs']);
    expect([other.status, other.stderr]).toEqual([
      2,
      expect.stringMatching(
        /was run with another extension pool-usage 1\.0\.0: its digest was \w{12}, that of the one loaded, 1\.0\.0, is \w{12}\n$/,
      ) as string,
    ]);
    const more = run([
      'verify',
      'kept/pool-usage',
      '--extension',
      at('pool-usage', 'mjs'),
      '--extension',
      at('xdp-proxy', 'mjs'),
    ]);
    expect([more.status, more.stderr]).toEqual([
      2,
      expect.stringContaining('was run without extension xdp-proxy') as string,
    ]);
  });
  it('has another fingerprint with an extension that it does not need', () => {
    write('plain.yaml', readOf(at('pool-usage', 'yaml')).replace(/^ {2}extensions: .*\n/m, ''));
    run(['run', 'plain.yaml', '-q', '-d', 'plain']);
    run(['run', 'plain.yaml', '-q', '-d', 'more', '--extension', at('xdp-proxy', 'mjs')]);
    expect(tables('more/pool-usage')).toEqual(tables('plain/pool-usage'));
    expect(manifestOf('more/pool-usage').runs[0]!.fingerprint).not.toBe(
      manifestOf('plain/pool-usage').runs[0]!.fingerprint,
    );
    expect(manifestOf('plain/pool-usage').extensions).toEqual([]);
    expect(manifestOf('plain/pool-usage')).not.toHaveProperty('foreign');
  });
  it('is read without the code that made it: charts, reports and comparisons know its tables and metrics', () => {
    run(withIt('pool-usage', '-q', '-d', 'read'));
    run(withIt('first-request', '-q', '-d', 'read', '-n', '2'));
    expect(manifestOf('read/pool-usage').foreign?.tables.map(({ file }) => file)).toEqual(['pool_usage.csv']);
    const chart = run([
      'chart',
      'read/pool-usage',
      '--x',
      'node_pool',
      '--y',
      'pods',
      '--mark',
      'bar',
      '-o',
      'pods.svg',
    ]);
    expect([chart.status, chart.stdout]).toEqual([0, expect.stringContaining('pods.svg') as string]);
    const latency = run([
      'chart',
      'read/first-request',
      '--type',
      'latency',
      '--metric',
      'example_pod_first_request_duration_seconds',
      '-o',
      'l.svg',
    ]);
    expect([latency.status, latency.stderr]).toEqual([0, '']);
    expect(readOf('l.svg')).toContain('First request to a ready pod');
    // What somebody has brought is drawn unasked, and first.
    const usual = run(['chart', 'read/first-request', '--output', 'usual']);
    expect(usual.stdout.split('\n')[0]).toContain('-metric-example-pod-first-request-duration-seconds.svg');
    expect(run(['report', 'read/pool-usage', 'read/first-request', '-o', 'r.html']).status).toBe(0);
    const page = readOf('r.html');
    expect(page).toContain('one row per point and node pool: what is bound to its nodes when the run ends');
    expect(page).toContain('share of the allocatable CPU that they ask for');
    expect(page).toContain('--extension extensions/pool-usage.mjs');
    const compared = run([
      'compare',
      'read/first-request',
      'read/first-request',
      '--metric',
      'example_pod_became_unready_total',
      '--fail-on',
      'example_pod_became_unready_total total > +1%',
    ]);
    expect([compared.status, compared.stdout]).toEqual([
      0,
      expect.stringContaining('example_pod_became_unready_total') as string,
    ]);
  });
  it('has its metrics in OpenMetrics text and its thresholds checked', () => {
    const { status, stdout } = run(
      withIt('first-request', '--metrics', 'm.txt', '--set', 'spec.thresholds[0].expr=p(99) < 1ms'),
    );
    expect([status, stdout]).toEqual([99, expect.stringMatching(/✗ p\(99\) < 1ms/) as string]);
    expect(readOf('m.txt')).toMatch(/^# HELP example_pod_first_request_duration_seconds from when the API server/m);
    expect(readOf('m.txt')).toMatch(
      /^example_pod_first_request_duration_seconds_bucket\{.*node_pool="general".*le="0\.5"\} \d+/m,
    );
  });
  it('is replaced by one without the extension, whose tables go with it', () => {
    run(withIt('pool-usage', '-q', '-d', 'again'));
    expect(Object.keys(tables('again/pool-usage'))).toContain('pool_usage.csv');
    write('plain.yaml', readOf(at('pool-usage', 'yaml')).replace(/^ {2}extensions: .*\n/m, ''));
    expect(run(['run', 'plain.yaml', '-q', '-d', 'again']).status).toBe(0);
    expect(Object.keys(tables('again/pool-usage'))).not.toContain('pool_usage.csv');
  });
});

describe('shards', () => {
  it('are merged with the extension that they were run with', () => {
    const name = 'power-of-two-choices';
    run(withIt(name, '-q', '-d', 'whole'));
    for (const shard of ['1/2', '2/2'])
      expect(run(withIt(name, '-q', '-d', `shards/${shard[0]}`, '--shard', shard)).status).toBe(0);
    const dirs = ['1', '2'].map((part) => `shards/${part}/${name}`);
    const without = run(['merge', ...dirs, '-d', 'merged', '-q']);
    expect([without.status, without.stderr]).toEqual([2, expect.stringContaining('which is not loaded') as string]);
    expect(run(['merge', ...dirs, '-d', 'merged', '-q', '--extension', at(name, 'mjs')]).status).toBe(0);
    expect(tables(`merged/${name}`)).toEqual(tables(`whole/${name}`));
  });
});

describe('a module is code, and loaded only', () => {
  const name = 'pool-usage';
  it('if the command line names it', () => {
    const { status, stderr } = run(['validate', at(name, 'yaml')]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `extensions/${name}.yaml:8:16: error: spec.extensions[0]: ./${name}.mjs is code, which is loaded only if the command line allows it`,
    );
    expect(stderr).toContain(`^ --extension extensions/${name}.mjs allows it`);
    expect(run(['validate', at(name, 'yaml'), '--extension', at(name, 'mjs')]).status).toBe(0);
    expect(run(['validate', at(name, 'yaml'), '--extension', at('xdp-proxy', 'mjs')]).status).toBe(2);
  });
  it('or allows its folder, and not that of what a link leads to', () => {
    expect(run(['validate', at(name, 'yaml'), '--allow-path', 'extensions']).status).toBe(0);
    write('allowed/s.yaml', readOf(at(name, 'yaml')));
    symlinkSync(resolve(EXAMPLES, `${name}.mjs`), join(folder.dir, 'allowed', `${name}.mjs`));
    expect(run(['validate', 'allowed/s.yaml', '--allow-path', 'allowed']).status).toBe(2);
  });
  it('and is not even looked at otherwise', () => {
    write('evil/pool-usage.mjs', "globalThis.process.stdout.write('I WAS RUN');\nexport default {};\n");
    write('evil/s.yaml', readOf(at(name, 'yaml')));
    for (const args of [
      ['run', 'evil/s.yaml'],
      ['validate', 'evil/s.yaml'],
      ['plan', 'evil/s.yaml', '--maximise', 'spec.apps[0].copies'],
      ['compare', 'evil/s.yaml', 'evil/s.yaml'],
    ]) {
      const { status, stdout, stderr } = run(args);
      expect([status, stdout, stderr.includes('is code, which is loaded only')]).toEqual([2, '', true]);
    }
  });
  it('by no sweep', () => {
    const swept = run([
      'run',
      at(name, 'yaml'),
      '--extension',
      at(name, 'mjs'),
      '--sweep',
      'spec.extensions[0]=./pool-usage.mjs,./xdp-proxy.mjs',
    ]);
    expect([swept.status, swept.stderr]).toEqual([2, expect.stringContaining('./xdp-proxy.mjs is code') as string]);
  });
});

describe('a module that is wrong', () => {
  it.each([
    ['no module', 'const', 'x.mjs: error: cannot be loaded: '],
    [
      'an import',
      "import 'node:fs';\nexport default {};",
      'x.mjs: error: line 1: imports "node:fs"; a module may import kubelapse/extension only',
    ],
    ['no extension', 'export default 1;', 'x.mjs: error: its default export is not an extension'],
    [
      'a part without a member',
      'export default { name: "x", version: "1", parts: { faults: [{ type: "X", meaning: "x" }] } };',
      'x.mjs: error: parts.faults[0] (X).fields: must be an object, not undefined',
    ],
    [
      'a name that is taken',
      'export default { name: "x", version: "1", parts: { loadBalancers: [{ name: "rr", meaning: "x", create: () => {} }] } };',
      'x.mjs: error: x: the name rr is taken',
    ],
  ])('%s: one message, exit code 2', (_, text, message) => {
    write('x.mjs', text);
    const { status, stdout, stderr } = run([
      'run',
      at('pool-usage', 'yaml'),
      '--extension',
      'x.mjs',
      '--extension',
      at('pool-usage', 'mjs'),
    ]);
    expect([status, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(stderr).toContain(message);
  });
  it('in a run names the part, the event and the time, and is no bug of kubelapse', () => {
    write(
      'broken.mjs',
      readOf(at('power-of-two-choices', 'mjs'))
        .replace(
          'const count = servers.length;',
          'const count = servers.length;\n      if (time > 30e9) throw new Error("lost count");',
        )
        .replace('{ choice }', '{ choice, time }'),
    );
    write(
      'broken.yaml',
      readOf(at('power-of-two-choices', 'yaml')).replace('./power-of-two-choices.mjs', './broken.mjs'),
    );
    for (const engine of ['inline', 'threads']) {
      const { status, stderr } = run([
        'run',
        'broken.yaml',
        '--extension',
        'broken.mjs',
        '-q',
        '-j',
        '2',
        '--engine',
        engine,
      ]);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^kubelapse: power-of-two-choices scheduler=p2c: load balancer p2c of extension power-of-two-choices at 30\.\d+ s, event traffic\/\S+: Error: lost count\n$/,
        ) as string,
      ]);
    }
  });
});

describe('an error that nobody is there to catch', () => {
  it.each([
    ['a promise', 'inline', 'async () => { throw new Error("late"); }'],
    ['a promise', 'threads', 'async () => { throw new Error("late"); }'],
    ['no error', 'threads', '() => { void Promise.reject("late"); }'],
    ['a microtask', 'inline', '() => queueMicrotask(() => { throw new Error("late"); })'],
    ['a microtask', 'threads', '() => queueMicrotask(() => { throw new Error("late"); })'],
    ['a timer', 'inline', '() => void setTimeout(() => { throw new Error("late"); })'],
  ])('fails the run: %s, %s', (_, engine, listener) => {
    const sample = readOf(at('first-request', 'mjs'));
    write(
      'late.mjs',
      sample.replace(
        'podReadyChanged: (pod, isReady)',
        `podBound: ${listener},\n      podReadyChanged: (pod, isReady)`,
      ),
    );
    write('late.yaml', readOf(at('first-request', 'yaml')).replace('./first-request.mjs', './late.mjs'));
    const args = ['run', 'late.yaml', '--extension', 'late.mjs', '-q', '-n', '2', '-j', '2', '--engine', engine];
    const { status, stderr } = run(args);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^kubelapse: .*nobody (waits for|catches): late\n$/) as string,
    ]);
  });
});

describe('what a part brings stands', () => {
  it('in explain and in the schema', () => {
    const explained = run(['explain', 'parameters.proxy.xdp', '--extension', at('xdp-proxy', 'mjs')]);
    expect([explained.status, explained.stdout]).toEqual([
      0,
      expect.stringContaining('perEntry: 0.000003 s') as string,
    ]);
    expect(run(['explain', 'spec.faults.gap', '--extension', at('rack-power-loss', 'mjs')]).stdout).toContain(
      'time from one boot to the next',
    );
    const ofMetric = [
      'explain',
      'example_pod_first_request_duration_seconds',
      '--extension',
      at('first-request', 'mjs'),
    ];
    expect(run(ofMetric).stdout).toContain('LABELS   node_pool');
    expect(run(['explain', 'pool_usage.csv', '--extension', at('pool-usage', 'mjs')]).stdout).toContain('COLUMNS');
    expect(run(['explain', 'pod_start']).stdout).toContain('METRIC   kubelet_pod_start_sli_duration_seconds');
    expect(run(['schema', '--extension', at('antrea-like', 'mjs')]).stdout).toContain('"antrea-geneve"');
    expect(run(['schema']).stdout).not.toContain('antrea');
  });
  it('in profiles: its costs are changed like any other', () => {
    write(
      'slow.yaml',
      'apiVersion: kubelapse.dev/v1alpha1\nkind: Profile\nmetadata: {name: slow}\nspec: {parameters: {proxy.xdp: {lookup: {value: 9us, source: a test}}}}\n',
    );
    expect(run(['validate', 'slow.yaml']).stderr).toContain('proxy.xdp: is not a group of costs');
    expect(run(['validate', 'slow.yaml', '--extension', at('xdp-proxy', 'mjs')]).stdout).toContain(
      'profile slow, 1 cost changed',
    );
    write(
      'extensions/slowed.yaml',
      readOf(at('xdp-proxy', 'yaml')).replace('  duration: 2m', '  duration: 2m\n  profiles: [../slow.yaml]'),
    );
    const { status, stderr } = run([
      'run',
      'extensions/slowed.yaml',
      '--extension',
      at('xdp-proxy', 'mjs'),
      '-q',
      '-d',
      'slow',
    ]);
    expect([status, stderr]).toEqual([0, '']);
    expect(tables('slow/xdp-proxy')['service_lookups.csv']).toMatch(/0\.000009/);
  });
  it('in calibrate: measurements tell them', () => {
    const csv = [
      'metric,value,mode,services,endpoints,kind',
      ...[100, 1000, 5000].map(
        (n) => `sync_seconds,${(0.002 + n * 2 * 5e-6 + n * 5e-6).toFixed(9)},xdp,${n},${n * 2},full`,
      ),
    ];
    write('m.csv', `${csv.join('\n')}\n`);
    expect(run(['calibrate', 'm.csv', '-o', 'p.yaml']).status).toBe(2);
    const { status, stdout, stderr } = run([
      'calibrate',
      'm.csv',
      '-o',
      'p.yaml',
      '--extension',
      at('xdp-proxy', 'mjs'),
    ]);
    expect([status, stderr]).toEqual([0, expect.stringContaining('p.yaml written') as string]);
    expect(stdout).toMatch(/proxy\.xdp\.perEntry +3us +5us/);
  });
  it('in an import: a cluster that has it is known by it', () => {
    write(
      'cluster.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          {
            apiVersion: 'v1',
            kind: 'Node',
            metadata: { name: 'a' },
            status: {
              capacity: { cpu: '4', memory: '8Gi', pods: '110' },
              allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
            },
          },
          {
            apiVersion: 'apps/v1',
            kind: 'DaemonSet',
            metadata: { name: 'antrea-agent', namespace: 'kube-system' },
            spec: {
              selector: { matchLabels: { app: 'antrea' } },
              template: {
                metadata: { labels: { app: 'antrea' } },
                spec: { containers: [{ name: 'agent', image: 'antrea:1' }] },
              },
            },
          },
        ],
      }),
    );
    run(['import', 'cluster.json', '--dir', 'imported', '--extension', at('antrea-like', 'mjs'), '-q']);
    expect(readOf('imported/imported.yaml')).toMatch(/plugin: antrea/);
  });
});
