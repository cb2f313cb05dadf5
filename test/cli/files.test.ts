// Files that a person has: they are never deleted, replaced or hidden unasked. Needs the build.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandFolder } from '../fixtures/command.js';
import { some } from '../fixtures/tier.js';

const folder = commandFolder(true);
const { run } = folder;
const at = (...path: readonly string[]): string => join(folder.dir, ...path);
const put = (path: string, text: string): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
const get = (path: string): string => readFileSync(at(path), 'utf8');
const told = (args: readonly string[], status: number): string => {
  const ended = run(args);
  expect([ended.status, ended.stderr]).toEqual([status, expect.any(String)]);
  return ended.stderr;
};
const SMALL = ['scenarios/slow-start-liveness.yaml', '--set', 'spec.duration=2m', '-q'];
const RESULTS = 'slow-start-liveness';

describe('import', () => {
  const IMPORT = ['import', 'scenarios/manifests', '--dir', 'im', '-q', '--name', 'web', '--assume-nodes'];
  beforeAll(() => {
    told(IMPORT, 0);
  });
  it('does not replace what it reads', () => {
    cpSync(at('scenarios/manifests'), at('im/manifests/prod'), { recursive: true });
    const before = readdirSync(at('im/manifests/prod'));
    for (const force of [[], ['--force']]) {
      const message = told(['import', 'im/manifests/prod', '--name', 'prod', '--dir', 'im', ...force], 2);
      expect(message).toMatch(
        /^im\/manifests\/prod: error: is the folder to import, and also where its manifests would be written/,
      );
    }
    expect(readdirSync(at('im/manifests/prod'))).toEqual(before);
    const inside = told(['import', 'im', '--name', 'web', '--dir', 'im', '--force', '--assume-nodes'], 2);
    expect(inside).toMatch(/would overwrite an input|holds what kubelapse has not written/);
    expect(existsSync(at('im/web.yaml'))).toBe(true);
  });
  it('does not touch a folder in which a person has put or changed something, and says what', () => {
    put('im/manifests/web/mine.txt', 'mine');
    expect(told([...IMPORT, '--force'], 2)).toContain(
      'im/manifests/web: error: holds files that kubelapse did not write, or that were changed since: mine.txt (move them away',
    );
    rmSync(at('im/manifests/web/mine.txt'));
    const [first] = readdirSync(at('im/manifests/web'));
    const path = `im/manifests/web/${first}`;
    put(path, `${get(path)}# mine\n`);
    rmSync(at('im/web.yaml'));
    expect(told(IMPORT, 2)).toContain(`were changed since: ${first}`);
    expect(get(path)).toContain('# mine');
    told([...IMPORT, '--force'], 0);
    expect(get(path)).not.toContain('# mine');
  });
  it('takes away what an earlier import left and this one does not have', () => {
    const one =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: old}\nspec: {containers: [{name: a, image: a}]}\n';
    put('two/a.yaml', one);
    told(['import', 'two', '--dir', 'im', '--name', 'gone', '--assume-nodes', '-q'], 0);
    expect(readdirSync(at('im/manifests/gone'))).toEqual(['old.yaml']);
    put('two/a.yaml', one.replace('old', 'new'));
    told(['import', 'two', '--dir', 'im', '--name', 'gone', '--assume-nodes', '-q', '--force'], 0);
    expect(readdirSync(at('im/manifests/gone'))).toEqual(['new.yaml']);
  });
  it('refuses objects of other types than Kubernetes has, by name and field', () => {
    const cases: readonly (readonly [unknown, string])[] = [
      [{ kind: 'Pod', metadata: { name: 'a', namespace: 5 } }, 'Pod a: metadata.namespace: must be text'],
      [
        { kind: 'Pod', metadata: { name: 'a', namespace: '../../x' } },
        'Pod ../../x/a: metadata.namespace: must be the name of a namespace',
      ],
      [{ kind: 'Pod', metadata: 5 }, 'Pod: metadata: must be an object'],
      [{ kind: 'Pod', spec: { containers: [5] } }, 'Pod: spec.containers[0]: must be an object'],
      [
        { kind: 'Pod', metadata: { ownerReferences: [{ kind: 'ReplicaSet', name: 8 }] } },
        'metadata.ownerReferences[0].name: must be text',
      ],
      [{ kind: 'Node', metadata: { labels: 5 } }, 'Node: metadata.labels: must be a map of text to text'],
      [{ kind: 'Node', status: { images: [{ names: 5 }] } }, 'Node: status.images[0].names: must be a list'],
      [{ kind: 'Deployment', spec: { replicas: 'many' } }, 'Deployment: spec.replicas: must be a whole number'],
      [{ kind: 'Service', spec: { selector: { a: {} } } }, 'Service: spec.selector.a: must be text'],
    ];
    for (const [object, message] of cases) {
      put('odd.json', JSON.stringify({ kind: 'List', items: [object] }));
      expect(told(['import', 'odd.json', '--name', 'odd', '--dir', 'odd'], 2)).toContain(message);
      expect(existsSync(at('odd'))).toBe(false);
    }
    for (const object of [null, 5, [], { kind: 5 }, { kind: '__proto__' }, { kind: 'constructor', metadata: 5 }]) {
      put('odd.json', JSON.stringify({ kind: 'List', items: [object] }));
      told(['import', 'odd.json', '--name', 'odd', '--dir', 'odd'], 2);
    }
  });
  it('does not make a billion nodes of a billion replicas', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
    put(
      'big.json',
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: { replicas: 2147483648, template },
      }),
    );
    expect(told(['import', 'big.json', '--name', 'big', '--assume-nodes'], 2)).toContain('need more than 100000 nodes');
  });
});

describe('a folder of results', () => {
  it('keeps what a person has put there', () => {
    put(`out/${RESULTS}/notes.md`, 'mine');
    put(`out/${RESULTS}/jobs/mine.txt`, 'mine');
    put(`out/${RESULTS}/charts/mine.svg`, '<svg/>');
    for (const more of [['-n', '2'], ['-n', '2', '--no-resume', '--charts', '--report'], []]) {
      const stderr = told(['run', ...SMALL, '-d', 'out', ...more], 0);
      expect(stderr).toContain(`out/${RESULTS}/charts/mine.svg is left as it is: it does not belong to this run`);
      for (const file of ['notes.md', 'jobs/mine.txt']) expect(get(`out/${RESULTS}/${file}`)).toBe('mine');
      expect(get(`out/${RESULTS}/charts/mine.svg`)).toBe('<svg/>');
      expect(readdirSync(at('out', RESULTS, 'jobs'))).toEqual(['mine.txt']);
    }
    expect(readdirSync(at('out', RESULTS, 'charts'))).toEqual(['mine.svg']);
    expect(existsSync(at('out', RESULTS, 'report.html'))).toBe(false);
  });
  it('is not written over a file that only has the name of one', () => {
    put(`foreign/${RESULTS}/summary.csv`, 'mine');
    const message = `foreign/${RESULTS}/summary.csv: error: already exists, and was not written by kubelapse (move it away, name another --results-dir, or add --force to replace it)\n`;
    expect(told(['run', ...SMALL, '-d', 'foreign'], 2)).toBe(message);
    expect(readdirSync(at('foreign', RESULTS))).toEqual(['summary.csv']);
    expect(get(`foreign/${RESULTS}/summary.csv`)).toBe('mine');
    told(['run', ...SMALL, '-d', 'foreign', '--force'], 0);
  });
  it('is told from another one by run.json where it was copied without its notes', () => {
    told(['run', ...SMALL, '-d', 'first'], 0);
    cpSync(at('first', RESULTS), at('copied', RESULTS), { recursive: true });
    told(['run', ...SMALL, '-d', 'copied'], 0);
    told(['run', ...SMALL, '-d', 'copied'], 0);
    expect(told(['verify', `copied/${RESULTS}`], 0)).toBe('');
  });
  it('tells a report and charts that were changed from its own', () => {
    told(['run', ...SMALL, '-d', 'restyled', '--charts', '--report'], 0);
    const charts = readdirSync(at('restyled', RESULTS, 'charts'));
    const chart = `restyled/${RESULTS}/charts/${charts.find((name) => name.endsWith('.vl.json'))}`;
    put(chart, get(chart).replace('"width"', '"height2"'));
    const report = `restyled/${RESULTS}/report.html`;
    put(report, `${get(report)}<!-- mine -->`);
    const stderr = told(['run', ...SMALL, '-d', 'restyled'], 0);
    for (const path of [chart, report]) {
      expect(stderr).toContain(`${path} is left as it is: it does not belong to this run`);
      expect(existsSync(at(path))).toBe(true);
    }
    expect(readdirSync(at('restyled', RESULTS, 'charts'))).toHaveLength(1);
    expect(told(['report', `restyled/${RESULTS}`], 2)).toContain(
      `${report}: error: was changed since kubelapse wrote it`,
    );
    for (const [flag, path] of [
      ['--charts', chart],
      ['--report', report],
    ] as const) {
      const before = get(path);
      const refusal = told(['run', ...SMALL, '-d', 'restyled', flag], 2);
      expect(refusal).toBe(
        `${path}: error: was changed since kubelapse wrote it (move it away, name another --results-dir, or add --force to replace it)\n`,
      );
      expect(get(path)).toBe(before);
      expect(told(['run', ...SMALL, '-d', 'restyled', flag, '--force'], 0)).not.toContain(`${path} is left as it is`);
      expect(get(path)).not.toBe(before);
    }
  });
  it('is not written over a table that was changed', () => {
    told(['run', ...SMALL, '-d', 'edited'], 0);
    for (const file of ['pods.csv', 'summary.json', 'run.json']) {
      const path = `edited/${RESULTS}/${file}`;
      const [before, others] = [get(path), readdirSync(at('edited', RESULTS))];
      put(path, `${before} `);
      expect(told(['run', ...SMALL, '-d', 'edited'], 2)).toContain(
        `${path}: error: was changed since kubelapse wrote it`,
      );
      expect([get(path), readdirSync(at('edited', RESULTS))]).toEqual([`${before} `, others]);
      told(['run', ...SMALL, '-d', 'edited', '--force'], 0);
      expect(get(path).length).toBeLessThan(before.length + 40);
      expect(get(path)).not.toBe(`${before} `);
    }
    // Without notes its digest in run.json says so.
    rmSync(at('edited', '.kubelapse'), { recursive: true });
    put(`edited/${RESULTS}/pods.csv`, 'mine');
    expect(told(['run', ...SMALL, '-d', 'edited'], 2)).toContain('pods.csv: error: already exists, and was not');
    // A table that the next run does not have.
    told(['run', ...SMALL, '-d', 'edited', '--force', '--threshold', 'pod_ready: p(99) < 1h'], 0);
    put(`edited/${RESULTS}/thresholds.csv`, 'mine');
    const stderr = told(['run', ...SMALL, '-d', 'edited', '--force'], 0);
    expect(stderr).toContain(`edited/${RESULTS}/thresholds.csv is left as it is: it does not belong to this run`);
    expect(get(`edited/${RESULTS}/thresholds.csv`)).toBe('mine');
  });
});

describe('outputs that are named', () => {
  beforeAll(() => {
    told(['run', ...SMALL, '-d', 'made'], 0);
    put(
      'm.csv',
      `metric,pods,value\n${[10, 50, 100, 200].map((n) => `relist_seconds,${n},${0.002 + n * 6e-5}\n`).join('')}`,
    );
    put(
      'x.vl.json',
      JSON.stringify({
        data: { values: [{ a: 1 }] },
        mark: 'point',
        encoding: { x: { field: 'a', type: 'quantitative' } },
      }),
    );
  });
  const made = `made/${RESULTS}`;
  const OUTPUTS: readonly (readonly [string, readonly string[]])[] = [
    ['o/j.xml', ['run', ...SMALL, '-d', 'named', '--junit', 'o/j.xml', '--threshold', 'pod_ready: p(99) < 1h']],
    ['o/s.json', ['run', ...SMALL, '-d', 'named', '--summary', 'o/s.json']],
    ['o/t.json', ['run', ...SMALL, '-d', 'named', '--trace', 'o/t.json']],
    ['o/t.json.gz', ['run', ...SMALL, '-d', 'named', '--trace', 'o/t.json.gz']],
    ['o/m.om', ['run', ...SMALL, '-d', 'named', '--metrics', 'o/m.om']],
    ['o/r.html', ['report', made, '-o', 'o/r.html']],
    ['o/c.svg', ['chart', made, '--type', 'stages', '-o', 'o/c.svg']],
    ['o/d.vl.json', ['chart', made, '--type', 'stages', '-o', 'o/d.svg']],
    ['o/c.png', ['chart', 'x.vl.json', '-o', 'o/c.png']],
    ['o/p.yaml', ['calibrate', 'm.csv', '-o', 'o/p.yaml']],
    ['o/c.xml', ['compare', made, made, '--junit', 'o/c.xml', '-d', 'named', '--fail-on', 'p99 > +10%']],
  ];
  it.each(some(OUTPUTS, 2))('%s: kubelapse replaces its own, and nobody else’s unless it is told to', (file, args) => {
    rmSync(at('o'), { recursive: true, force: true });
    expect(run(args).status).toBe(0);
    const first = get(file);
    expect(run(args).status).toBe(0);
    put(file, 'mine');
    expect(told(args, 2)).toContain(`${file}: error: was changed since kubelapse wrote it (name another file, or`);
    expect(get(file)).toBe('mine');
    expect(run([...args, '--force']).status).toBe(0);
    expect(get(file).length).toBe(first.length);
  });
  it.each<[string, readonly string[]]>([
    ['m.csv', ['calibrate', 'm.csv', '-o', 'm.csv']],
    ['x.vl.json', ['chart', 'x.vl.json', '-o', './x.vl.json']],
    [
      'scenarios/slow-start-liveness.yaml',
      ['run', ...SMALL, '--junit', 'scenarios/../scenarios/slow-start-liveness.yaml'],
    ],
    ['scenarios/manifests/slow-start.yaml', ['run', ...SMALL, '--summary', 'scenarios/manifests/slow-start.yaml']],
    [`${made}/run.json`, ['report', made, '-o', `${made}/run.json`]],
  ])('%s is never written over what is read, even if it is told to', (file, args) => {
    const before = get(file);
    expect(told([...args, '--force'], 2)).toContain('would overwrite an input');
    expect(get(file)).toBe(before);
    expect(existsSync(at('results'))).toBe(false);
  });
  it.each<[string, string]>([
    [`made/${RESULTS}/charts/x.svg`, 'would be written among the files of a result'],
    ['o/x/', 'is a folder'],
    [`o/${'n'.repeat(250)}`, 'has a name of more than 240 bytes'],
    [`${'o/'.repeat(2000)}x`, 'has more than 3500 bytes'],
  ])('%s cannot be one, which is said before anything is run', (file, message) => {
    rmSync(at('o'), { recursive: true, force: true });
    const stderr = told(['run', ...SMALL, '-d', 'made', '--charts', '--junit', file], 2);
    expect(stderr).toContain(message);
    expect(existsSync(at('o'))).toBe(false);
  });
  it('two of one name are refused', () => {
    const args = ['run', ...SMALL, '--junit', 'same', '--summary', './same'];
    expect(told(args, 2)).toBe('./same: error: is named for two outputs (name a file for each)\n');
  });
});

describe('a link in the place of what kubelapse keeps', () => {
  const links = (name: string, target: string): void => {
    mkdirSync(at('linked', dirname(name)), { recursive: true });
    symlinkSync(target, at('linked', name));
  };
  afterEach(() => rmSync(at('linked'), { recursive: true, force: true }));
  it.each(['.kubelapse', '.kubelapse/tmp', '.kubelapse/own'])('%s leads nowhere', (name) => {
    put('theirs/package.json', 'mine');
    // As another process would have left it that has died.
    put('theirs/7.owner', JSON.stringify({ host: hostname(), boot: 'x', pid: 7, started: 'z' }));
    put('theirs/7.0.note', 'mine');
    const before = readdirSync(at('theirs'));
    links(name, at('theirs'));
    const stderr = told(['run', ...SMALL, '-d', 'linked'], 1);
    expect(stderr).toMatch(
      /^kubelapse: .*\.kubelapse.* is a link to elsewhere, or lies behind one: remove the link\n$/,
    );
    expect(readdirSync(at('theirs'))).toEqual(before);
  });
  it.each(['/dev/zero', '/dev/null', '/'])('a lock that is a link to %s is none', (target) => {
    links(`.kubelapse/${RESULTS}.lock`, target);
    expect(told(['run', ...SMALL, '-d', 'linked'], 1)).toMatch(/cannot be locked: .* is not a lock file; remove it\n$/);
  });
  it('only what its owner has begun is removed', () => {
    const owner = { host: hostname(), boot: 'x', started: 'z' };
    put('linked/.kubelapse/tmp/8.owner', JSON.stringify({ ...owner, pid: 8 }));
    put('linked/.kubelapse/tmp/8.0.pods.csv', 'half');
    put('linked/.kubelapse/tmp/8.md', 'mine');
    put('linked/.kubelapse/tmp/9.owner', JSON.stringify({ ...owner, pid: '' }));
    put('linked/.kubelapse/tmp/note', 'mine');
    told(['run', ...SMALL, '-d', 'linked'], 0);
    expect(readdirSync(at('linked/.kubelapse/tmp'))).toEqual(['8.md', '9.owner', 'note']);
  });
  it('a process that was killed before it had said who it is leaves nothing for ever', () => {
    put('linked/.kubelapse/tmp/8.owner.8', '');
    told(['run', ...SMALL, '-d', 'linked'], 0);
    expect(readdirSync(at('linked/.kubelapse'))).not.toContain('tmp');
  });
  it('what another process has begun is no draft, whatever its file is called', () => {
    put('linked/.kubelapse/tmp/8.0.x.owner.8', 'half');
    put('linked/.kubelapse/tmp/8.owner.x', 'mine');
    told(['run', ...SMALL, '-d', 'linked'], 0);
    expect(readdirSync(at('linked/.kubelapse/tmp'))).toEqual(['8.0.x.owner.8', '8.owner.x']);
  });
});

describe('pages of the reference', () => {
  it('are not written over a file of the same name', () => {
    put('pages/metrics.md', 'mine');
    expect(told(['docs', 'pages'], 2)).toContain('pages/metrics.md: error: already exists');
    expect([get('pages/metrics.md'), readdirSync(at('pages'))]).toEqual(['mine', ['metrics.md']]);
    told(['docs', 'pages', '--force'], 0);
    told(['docs', 'pages'], 0);
    expect(get('pages/metrics.md')).toContain('Generated');
  });
});

describe('inputs are looked at before the work begins', () => {
  it.each<[readonly string[], string]>([
    [['compare', SMALL[0]!, 'nope.yaml'], 'nope.yaml: error: does not exist'],
    [['compare', 'nope.json', SMALL[0]!], 'nope.json: error: does not exist'],
    [['compare', 'broken.json', SMALL[0]!], 'broken.json: error: is not JSON'],
    [['compare', SMALL[0]!, 'broken.yaml'], 'broken.yaml:1:1: error: is not a scenario'],
    [
      ['compare', SMALL[0]!, '--set', 'spec.duration=1m', '--set', 'spec.duration=soon'],
      'spec.duration: "soon" is not a duration',
    ],
    [['compare', SMALL[0]!, SMALL[0]!, '--junit', 'scenarios'], 'scenarios: error: is a folder'],
    [['run', SMALL[0]!, '-n', '2', '--until', 'x'], 'cannot be used together'],
    [['run', SMALL[0]!, '--trace', 'nope/\0x.json'], ''],
    [['import', 'scenarios/manifests', 'nope.yaml', '--name', 'x'], 'nope.yaml: error: does not exist'],
    [['import', '--nodes', 'n.csv', '--pods', 'nope.csv'], 'nope.csv: error: does not exist'],
    [['report', `made/${RESULTS}`, 'nope', '-o', 'r.html'], 'nope: error: holds no result'],
    [
      ['run', SMALL[0]!, '-n', '10000', '--sweep', 'spec.nodePools[0].count=1:200:1'],
      'asks for 2000000 runs, more than 1000000',
    ],
  ])('%j', (args, message) => {
    put('broken.json', '{');
    put('broken.yaml', 'a: 1\n');
    put('n.csv', 'cpu,memory\n1,1Gi\n');
    const safe = args.map((word) => word.replaceAll('\0', ''));
    const { status, stdout, stderr } = run(message === '' ? ['run', SMALL[0]!, '--trace', '/dev/null/x.json'] : safe);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(existsSync(at('results'))).toBe(false);
  });
});
