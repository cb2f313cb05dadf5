// Inputs of strangers: what they may name, what of it is shown, how deep and how large they may be. Needs the build.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandFolder } from '../fixtures/command.js';
import { hasProgram } from '../fixtures/machine.js';
import { AT_LENGTH, some } from '../fixtures/tier.js';

const folder = commandFolder(false);
const { run } = folder;
const at = (path: string): string => join(folder.dir, path);
const write = (path: string, text: string): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: web}]}
`;
const scenario = (more: string, manifests = '[web.yaml]'): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  duration: 10s
  nodePools: [{name: general, count: 1, capacity: {cpu: "4", memory: 8Gi, pods: 110}}]
  apps: [{name: web, manifests: ${manifests}, start: running}]
${more}`;
const SECRET = 'hunter2-and-more';

/** The message that a scenario is refused with. */
function refused(text: string, ...flags: string[]): string {
  write('work/deep/s.yaml', text);
  const { status, stdout, stderr } = run(['validate', 'work/deep/s.yaml', ...flags]);
  expect([status, stdout]).toEqual([2, '']);
  return stderr;
}

beforeAll(() => {
  write('work/deep/web.yaml', DEPLOYMENT);
  write('neighbour/secret.yaml', DEPLOYMENT.replace('name: web}', `name: ${SECRET}}`));
  write('outside.txt', `${SECRET}: [\n`);
  symlinkSync(at('neighbour'), at('work/deep/link'));
  symlinkSync(at('neighbour/secret.yaml'), at('work/deep/link.yaml'));
});

describe('a scenario may name files below its folder and the current one, and no others', () => {
  const inWork = (args: readonly string[]) => {
    const bin = join(process.cwd(), 'dist/src/cli/bin.js');
    return spawnSync(process.execPath, [bin, ...args], { cwd: at('work'), encoding: 'utf8' });
  };
  it.each([
    ['up', '[../../neighbour/secret.yaml]'],
    ['by a link to a file', '[link.yaml]'],
    ['through a link to a folder', '[link/secret.yaml]'],
    ['to the kernel', '[/proc/self/environ]'],
    ['to a device', '[/dev/zero]'],
    ['nowhere', '[../../neighbour/none.yaml]'],
  ])('%s', (_, manifests) => {
    write('work/deep/s.yaml', scenario('', manifests));
    const { status, stdout, stderr } = inWork(['run', 'deep/s.yaml']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^deep\/s\.yaml:7:\d+: error: spec\.apps\[0\]\.manifests\[0\]: \S+ is outside the folder/);
    expect(stderr).toContain('--allow-path /');
    expect(stderr).not.toContain(SECRET);
    expect(stderr.split('\n').length).toBeLessThan(6);
  });
  it.each([
    ['profiles', scenario('  profiles: [../../outside.txt]\n')],
    ['a trace', scenario('  traffic: [{to: service/web, trace: ../../outside.txt}]\n')],
    ['static pods', scenario('').replace('pods: 110}}', 'pods: 110}, kubelet: {staticPodPath: ../../neighbour}}')],
  ])('for %s too', (_, text) => {
    write('work/deep/s.yaml', text);
    const { status, stderr } = inWork(['validate', 'deep/s.yaml']);
    expect(status).toBe(2);
    expect(stderr).toContain('is outside the folder');
    expect(stderr).not.toContain(SECRET);
  });
  it('unless --allow-path says so, or it lies below the current folder', () => {
    write('work/deep/s.yaml', scenario('', '[../../neighbour/secret.yaml]'));
    expect(inWork(['validate', 'deep/s.yaml', '--allow-path', '../neighbour']).status).toBe(0);
    expect(run(['validate', 'work/deep/s.yaml']).status).toBe(0);
    expect(inWork(['validate', 'deep/s.yaml', '--allow-path', 'deep']).status).toBe(2);
    expect(inWork(['validate', 'deep/s.yaml', '--allow-path', 'nope']).stderr).toContain(
      '--allow-path nope: is not a folder',
    );
  });
  it('and so may an experiment', () => {
    write('work/ex/one/experiment.yaml', readFileSync('scenarios/reproduce/policy-delay-2025/experiment.yaml', 'utf8'));
    symlinkSync(at('outside.txt'), at('work/ex/one/published.csv'));
    const { status, stderr } = inWork(['reproduce', '--experiments', 'ex', '--list']);
    expect(status).toBe(2);
    expect(stderr).toContain('is outside');
  });
  it('and a folder that is imported', () => {
    write('work/import/web.yaml', DEPLOYMENT);
    symlinkSync(at('neighbour/secret.yaml'), at('work/import/secret.yaml'));
    const { status, stderr } = inWork(['import', 'import', '--name', 'i']);
    expect(status).toBe(2);
    expect(stderr).toContain('secret.yaml: error: is outside');
  });
});

describe('only ordinary files are opened', () => {
  it.skipIf(!hasProgram('mkfifo'))('no pipe, whoever names it', () => {
    spawnSync('mkfifo', [at('work/deep/pipe')]);
    expect(refused(scenario('', '[pipe]'))).toContain('pipe is not a regular file, so it is not read');
    for (const args of [['validate'], ['run'], ['import'], ['calibrate'], ['chart', '-o', 'x.svg']]) {
      const { status, stderr } = run([args[0]!, 'work/deep/pipe', ...args.slice(1)]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/is not a regular file|holds no result|is a file/);
    }
  });
  it('of a limited size, which a flag raises', () => {
    write('work/deep/large.yaml', `${DEPLOYMENT}# ${'x'.repeat(66 << 20)}\n`);
    expect(refused(scenario('', '[large.yaml]'))).toContain(
      '^ --max-file-size SIZE, such as 256Mi, allows larger files',
    );
    expect(run(['validate', 'work/deep/s.yaml', '--max-file-size', '128Mi']).status).toBe(0);
    expect(refused(scenario(''), '--max-file-size', 'much')).toContain('--max-file-size much: must be a size');
    const { status, stderr } = run(['run', '-'], { input: 'x'.repeat(65 << 20) });
    expect([status, stderr.slice(0, 60)]).toEqual([2, 'standard input: error: has more than 64 MiB (--max-file-size']);
  });
});

describe('what Secrets hold', () => {
  const secret = (of: string): string =>
    `---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {last: '{"data":"${SECRET}"}'}\n${of}`;
  const listOf = (ofSecret: string, ofOther: string): string =>
    `---\napiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: s}\n${ofSecret}  - apiVersion: v1\n    kind: ConfigMap\n${ofOther}`;
  const FORMS: readonly (readonly [string, string])[] = [
    [
      'a map',
      secret(`data:\n  password: ${SECRET}\n  other: |\n    ${SECRET}\n    ${SECRET}\nstringData: {a: ${SECRET}}\n`),
    ],
    ['JSON', `---\n{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"${SECRET}"}}\n`],
    [
      'a list',
      `---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data:\n    a: ${SECRET}\n`,
    ],
    [
      'a typed list',
      `---\napiVersion: v1\nkind: SecretList\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {a: ${SECRET}}\n`,
    ],
    ['an alias', secret(`data: &d {a: ${SECRET}}\nstringData: *d\n`)],
    [
      'aliases from elsewhere',
      listOf(
        `    stringData: {name: &p ${SECRET}, m: &m {${SECRET}: 12345678, b: &n 87654321, c: &l [${SECRET}x]}}\n`,
        `    metadata: {name: q, annotations: {name: *p, kind: *p, namespace: *p, a: *n}}\n    data: *m\n    more: {a: *l, <<: *m}\n`,
      ),
    ],
    [
      'comments',
      `---\n# was ${SECRET}\n\n# ${SECRET}\napiVersion: v1\nkind: Secret # ${SECRET}\nmetadata: {name: s}\ndata: {a: b}\n# ${SECRET}\n`,
    ],
    ['a comment on the mark', `--- # ${SECRET}\napiVersion: v1\nkind: Secret\ndata: {a: b}\n`],
    [
      'comments in a list',
      `---\napiVersion: v1\nkind: List\nitems:\n  # was ${SECRET}\n  - # ${SECRET}\n    apiVersion: v1\n    kind: Secret\n    data: {a: b}\n`,
    ],
    ['a slip of the hand', secret(`data: {a: ${SECRET}}\n`).replace('Secret', 'secret')],
    ['a merge', `---\nx: &x {apiVersion: v1, kind: Secret}\n<<: *x\nmetadata: {name: s}\ndata: {a: ${SECRET}}\n`],
  ];
  it.each(some(FORMS, 2))('reaches no output, no report and no other file: %s', (_, text) => {
    write('work/deep/web.yaml', DEPLOYMENT + text);
    write('work/deep/s.yaml', scenario(''));
    const args = ['run', 'work/deep/s.yaml', '--report', '--charts', '--raw', '--trace', 't.json', '--metrics', 'm.om'];
    const { status, stdout, stderr } = run([...args, '--force', '-o', 'json']);
    expect(status).toBe(0);
    const hidden = new RegExp(`${SECRET}|12345678|87654321`);
    expect(stdout + stderr).not.toMatch(hidden);
    const results = at('results/s');
    const files = readdirSync(results, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(20);
    for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name), 'utf8')).not.toMatch(hidden);
    for (const name of ['t.json', 'm.om']) expect(readFileSync(at(name), 'utf8')).not.toContain(SECRET);
    // Everything else stands where it stood, and the result can be made again.
    const { inputs } = JSON.parse(readFileSync(join(results, 'run.json'), 'utf8'));
    expect(inputs[1].text.split('\n').length).toBe((DEPLOYMENT + text).split('\n').length);
    expect(inputs[1].text).toContain(DEPLOYMENT);
    expect(run(['verify', 'results/s']).status).toBe(0);
  });
  it.each([
    ['a map', `data:\n  a: ${SECRET}\n  a: ${SECRET}\n`],
    ['a tab', `data:\n\ta: ${SECRET}\n`],
    ['a quote', `data:\n  a: "${SECRET}\n`],
  ])('is in no error: %s', (_, text) => {
    write('work/deep/web.yaml', DEPLOYMENT + secret(text));
    const told = refused(scenario(''));
    expect(told).toMatch(/^web\.yaml:\d+:\d+: error: not valid YAML/m);
    expect(told).not.toContain(SECRET);
    write('work/deep/secret.yaml', secret(text));
    const { status, stderr } = run(['import', 'work/deep/secret.yaml', '--name', 'x']);
    expect(status).toBe(2);
    expect(stderr).not.toContain(SECRET);
  });
  it('is in no message about a file that is no manifest', () => {
    for (const text of [
      `${SECRET}: [\n`,
      `${SECRET}\n`,
      `- ${SECRET}\n- &${SECRET} a\n- *${SECRET}x\n`,
      `a: "\\q${SECRET}"\n`,
      `%${SECRET}\n---\n`,
    ]) {
      write('work/deep/web.yaml', text);
      const told = refused(scenario('', '[web.yaml]'));
      expect(told).not.toContain(SECRET);
      write('work/deep/p.yaml', text);
      expect(refused(scenario('  profiles: [p.yaml]\n'))).not.toContain(SECRET);
      expect(refused(text)).not.toContain(SECRET);
    }
    write('work/deep/web.yaml', DEPLOYMENT);
  });
});

describe('nesting', () => {
  const DEEP = 100_000;
  it.each([
    ['brackets', '['.repeat(DEEP)],
    ['dashes', '- '.repeat(DEEP)],
    ['maps', Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['keys', '? '.repeat(DEEP)],
  ])('that is too deep is refused with its place: %s', (_, text) => {
    expect(refused(text)).toMatch(/^work\/deep\/s\.yaml:\d+:1: error: is nested deeper than 200 levels\n$/);
    write('work/deep/deep.yaml', text);
    expect(refused(scenario('', '[deep.yaml]'))).toContain('is nested deeper than 200 levels');
    const { status, stderr } = run(['import', 'work/deep/deep.yaml', '--name', 'x']);
    expect([status, stderr.split('\n').length]).toEqual([2, 2]);
  });
  it.skipIf(!AT_LENGTH)('and so is a file of too many documents, which an import reads one by one', () => {
    write('work/deep/many.yaml', `${DEPLOYMENT}\n---\n`.repeat(10_001));
    expect(refused(scenario('', '[many.yaml]'))).toMatch(/holds more than 10000 documents \(split it into several/);
    expect(run(['import', 'work/deep/many.yaml', '--name', 'many', '--assume-nodes']).status).toBe(0);
  });
  it.skipIf(!AT_LENGTH)('in flags, JSON and results as well', () => {
    write('work/deep/s.yaml', scenario(''));
    for (const args of [
      ['validate', 'work/deep/s.yaml', '--set', `spec.nodePools=${'['.repeat(50_000)}`],
      ['validate', 'work/deep/s.yaml', '--set', `spec.nodePools=${'['.repeat(500)}${']'.repeat(500)}`],
      ['run', 'work/deep/s.yaml', '--sweep', `spec.nodePools=${'['.repeat(50_000)}`],
    ]) {
      const { status, stderr } = run(args);
      expect([status, stderr.length < 3000]).toEqual([2, true]);
    }
    const json = `{"apiVersion":"kubelapse.dev/v1alpha1","kind":"Run","x":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`;
    write('work/deep/deep.json', json);
    write('work/deep/run.json', json);
    write('work/deep/deep.vl.json', json);
    const readers = [
      ['import', 'work/deep/deep.json', '--name', 'x'],
      ['report', 'work/deep'],
      ['verify', 'work/deep'],
      ['merge', 'work/deep'],
      ['chart', 'work/deep/deep.vl.json', '-o', 'x.svg'],
      ['calibrate', 'work/deep/deep.json'],
      ['compare', 'work/deep/deep.json', 'work/deep/s.yaml'],
    ];
    for (const args of some(readers, 3)) {
      const { status, stderr } = run(args);
      expect([args[0], status, stderr.split('\n').length < 4]).toEqual([args[0], 2, true]);
    }
  });
});

it('the folder of the tests is no folder that inputs may use by itself', () => {
  expect(folder.dir.startsWith(tmpdir())).toBe(true);
});
