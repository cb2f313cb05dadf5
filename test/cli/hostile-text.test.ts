// Hostile text in every field of a scenario, its manifests, its flags and paths: nothing of it is obeyed by whoever reads an
// output. Needs the build.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { commandFolder } from '../fixtures/command.js';
import { AT_LENGTH, some } from '../fixtures/tier.js';

const folder = commandFolder(true);
const at = (...path: readonly string[]): string => join(folder.dir, ...path);

/** All of it in one: a line, a return, colours, commands of CIs, fences, markup, a formula, marks of direction, half a pair. */
const HOSTILE =
  '=1+1\n::stop-commands::x\r\n::error::pwned\u001b[31mred\u009b2J\u202e\u2028```\n<script>alert(1)</script>&"\'\t\u0000\ufeff';
const HIDDEN = /(?!\n|\t)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/u;

/** What is wrong with a text of an output; by its kind. */
function problemsOf(name: string, bytes: Buffer): string[] {
  const text = bytes.toString('utf8').replaceAll('\r\n', name.endsWith('.csv') ? '\n' : '\r\n');
  const found: string[] = [];
  const isPage = name.endsWith('.html');
  if (HIDDEN.test(text)) {
    found.push(`hidden: ${JSON.stringify(text.slice(Math.max(0, text.search(HIDDEN) - 60)).slice(0, 120))}`);
  }
  if (/^(stdout|stderr|.*\.md)$/.test(name) && /^\s*::(?!error title=[^:]*::)/m.test(text))
    found.push('a command of a CI');
  if (name.endsWith('.csv') && /(^|,)"?[=@]/m.test(text)) found.push('a formula');
  if (name.endsWith('.svg') && /<script|<a /.test(text)) found.push('a script or a link');
  if (isPage && (text.match(/<script/g) ?? []).length > 2) found.push('a script');
  if (name.endsWith('.json') || name.endsWith('run.json')) JSON.parse(text);
  if (name.endsWith('.csv')) {
    const widths = new Set((parseCsv(text) as string[][]).map((row) => row.length));
    if (widths.size > 1) found.push(`rows of ${[...widths].join(' and ')} cells`);
  }
  return found.map((what) => `${name}: ${what}`);
}

const filesIn = (dir: string): string[] => {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.kubelapse'))
      .map(({ parentPath, name }) => join(parentPath, name));
  } catch {
    return [];
  }
};

/** Runs commands in an empty folder of outputs and looks at all that comes out. */
function problemsAfter(commands: readonly (readonly string[])[], env: Readonly<Record<string, string>> = {}): string[] {
  rmSync(at('out'), { recursive: true, force: true });
  mkdirSync(at('out'));
  const found: string[] = [];
  for (const args of commands) {
    const { status, stdout, stderr } = folder.run(args, { env: { GITHUB_STEP_SUMMARY: at('out/step.md'), ...env } });
    expect([0, 1, 2, 99]).toContain(status);
    const end = args.includes('csv') ? '.csv' : '';
    found.push(...problemsOf(`stdout${end}`, Buffer.from(stdout)), ...problemsOf('stderr', Buffer.from(stderr)));
    if (stderr.includes('defect of kubelapse')) found.push(`${args.join(' ')}: ${stderr}`);
  }
  for (const file of filesIn(at('out'))) found.push(...problemsOf(file, readFileSync(file)));
  return found;
}

type Json = unknown;

/** Paths of all texts, keys of maps included, in a value. */
function* placesOf(value: Json, path: readonly (string | number)[] = []): Generator<(copy: Json) => void> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const parentOf = (copy: Json): Record<string, Json> =>
      path.reduce((of, step) => (of as Record<string, Json>)[step]!, copy) as Record<string, Json>;
    if (typeof child === 'string' || typeof child === 'number') {
      yield (copy) => {
        parentOf(copy)[key] = HOSTILE;
      };
    }
    if (!Array.isArray(value)) {
      yield (copy) => {
        const parent = parentOf(copy);
        parent[HOSTILE] = parent[key];
        delete parent[key];
      };
    }
    yield* placesOf(child, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

const SCENARIO = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata:
  name: hostile
  annotations: {kubelapse.dev/question: why}
spec:
  duration: 40s
  nodePools:
  - name: general
    count: 2
    capacity: {cpu: "4", memory: 8Gi, pods: 110}
    labels: {pool: general}
    taints: [{key: a, value: b, effect: PreferNoSchedule}]
    zones: [z1, z2]
  images: [{name: web, compressedSize: 10Mi}]
  apps:
  - name: web
    manifests: [m.yaml]
    copies: 2
    start: running
    behavior: [{container: app, startup: 1s}]
  traffic: [{from: {app: web}, to: service/web, stages: [{duration: 10s, target: 5}]}]
  faults: [{type: RollingUpdate, at: 10s, target: deployment/web}]
  sweep: {parameters: [{name: mode, path: spec.kubeProxy.mode, values: [iptables, ipvs]}]}
  thresholds: [{metric: pod_ready, expr: p(99) < 1ms}]
`;
const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {a: b}, annotations: {c: d}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      priorityClassName: high
      nodeSelector: {pool: general}
      tolerations: [{key: a, operator: Equal, value: b, effect: NoSchedule}]
      containers: [{name: app, image: web, env: [{name: A, value: b}], ports: [{containerPort: 80, name: http}]}]
`;
const PRIORITY = `apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
description: important
`;
const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
`;
const RUN = [
  '--report',
  '--charts',
  '--raw',
  '-d',
  'out',
  '--junit',
  'out/j.xml',
  '--metrics',
  'out/m.om',
  '--summary',
  'out/s.json',
];

function write(scenario: string, manifests: readonly string[]): void {
  mkdirSync(at('in'), { recursive: true });
  writeFileSync(at('in/s.yaml'), scenario);
  writeFileSync(at('in/m.yaml'), manifests.join('---\n'));
}

describe('hostile text', () => {
  beforeAll(() => mkdirSync(at('in'), { recursive: true }));

  it('in every field of a scenario is refused or shown, never obeyed', () => {
    const whole = parseYaml(SCENARIO) as Json;
    const found: string[] = [];
    const places = [...placesOf(whole)];
    expect(places.length).toBeGreaterThan(80);
    for (const change of some(places, 8)) {
      const copy = structuredClone(whole);
      change(copy);
      write(stringify(copy), [MANIFEST, SERVICE, PRIORITY]);
      found.push(...problemsAfter([['validate', 'in/s.yaml']]));
    }
    expect([...new Set(found)]).toEqual([]);
  });

  it('in every field of a manifest is refused or shown, never obeyed', () => {
    const found: string[] = [];
    const objects = [MANIFEST, SERVICE, PRIORITY].map((text) => parseYaml(text) as Json);
    for (const [i, object] of objects.entries()) {
      for (const change of some([...placesOf(object)], 4)) {
        const copies = structuredClone(objects);
        change(copies[i]);
        write(
          SCENARIO,
          copies.map((copy) => stringify(copy)),
        );
        found.push(...problemsAfter([['validate', 'in/s.yaml']]));
      }
    }
    expect([...new Set(found)]).toEqual([]);
  });

  it.skipIf(!AT_LENGTH)('that is taken reaches every output harmless', () => {
    const quoted = JSON.stringify(HOSTILE);
    const scenario = SCENARIO.replace('question: why', `question: ${quoted}`)
      .replace('labels: {pool: general}', `labels: {pool: general, ${quoted}: ${quoted}}`)
      .replace('key: a, value: b', `key: ${quoted}, value: ${quoted}`)
      .replace('name: web, compressedSize', `name: ${quoted}, compressedSize`)
      .replace(
        'path: spec.kubeProxy.mode, values: [iptables, ipvs]',
        `path: 'spec.nodePools[0].labels.x', values: [a, ${quoted}]`,
      );
    const manifest = MANIFEST.replace('image: web', `image: ${quoted}`)
      .replace('labels: {app: web}}', `labels: {app: web, ${quoted}: ${quoted}}}`)
      .replace('value: b}]', `value: ${quoted}}]`);
    write(scenario, [manifest, SERVICE, PRIORITY]);
    const problems = problemsAfter(
      [
        ['run', 'in/s.yaml', ...RUN],
        [
          'run',
          'in/s.yaml',
          ...RUN,
          '-o',
          'csv',
          '--force',
          '--trace',
          'out/t.json',
          '--sweep',
          `spec.nodePools[0].labels.x=[${quoted}]`,
        ],
        ['run', 'in/s.yaml', ...RUN, '-o', 'json', '--force', '-n', '2'],
        [
          'compare',
          'in/s.yaml',
          '--set',
          `spec.nodePools[0].labels.y=${quoted}`,
          '--set',
          'spec.duration=30s',
          '-n',
          '2',
          '-d',
          'out',
          '--fail-on',
          'p99 > +0%',
        ],
        ['report', 'out/hostile', '-o', 'out/r.html'],
        ['chart', 'out/hostile', '-o', 'out/charts'],
        [
          'plan',
          'in/s.yaml',
          '--maximise',
          'spec.apps[0].copies',
          '--upper',
          '2',
          '-d',
          'out',
          '--sweep',
          `spec.nodePools[0].labels.x=[${quoted}]`,
        ],
      ],
      { GITHUB_ACTIONS: 'true' },
    );
    expect(problems).toEqual([]);
    expect(folder.run(['validate', 'in/s.yaml']).stderr).toBe('');
    const shown = at('out/hostile/estimates.csv');
    expect(readFileSync(shown, 'utf8')).toContain('\\n::stop-commands::x\\r\\n');
    expect(readFileSync(at('out/hostile/summary.csv'), 'utf8').length).toBeGreaterThan(1000);
  });

  it('in names of files, flags and commands is shown', () => {
    write(SCENARIO, [MANIFEST, SERVICE, PRIORITY]);
    const name = HOSTILE.replaceAll('\u0000', '').replaceAll('/', '_');
    writeFileSync(at('in', `${name}.yaml`), SCENARIO.replace('[m.yaml]', JSON.stringify([name])));
    const flags = [
      '--set',
      '--sweep',
      '--threshold',
      '--until',
      '--warmup',
      '--seed',
      '-d',
      '--junit',
      '--trace',
      '--queue',
    ];
    const commands = [
      ['validate', `in/${name}.yaml`],
      ['run', `in/${name}.yaml`, '-d', `out/${name}`],
      ...flags.map((flag) => ['run', 'in/s.yaml', '-d', 'out', flag, name]),
      ...flags.map((flag) => ['run', 'in/s.yaml', '-d', 'out', `${flag}=${name}`]),
      ['run', `--${name}`],
      [name],
      ['explain', name],
      ['init', name],
      ['import', `in/${name}.yaml`, '--name', name],
      ['import', `in/${name}.yaml`, '--dir', `out/${name}`],
      ['report', name],
      ['chart', name, '-o', `out/${name}.svg`],
      ['verify', name],
      ['merge', name],
      ['compare', name, name],
      ['calibrate', `in/${name}.yaml`, '--at', name],
      ['worker', '--queue', name],
      ['reproduce', name],
    ];
    expect(problemsAfter(some(commands, 8))).toEqual([]);
  });

  it('in what is imported comes out harmless and the same', () => {
    const object = parseYaml(MANIFEST) as { spec: { template: { metadata: { labels: Record<string, string> } } } };
    // The reader of JSON takes a byte order mark away.
    const hostile = HOSTILE.replace('\ufeff', '');
    object.spec.template.metadata.labels[hostile] = hostile;
    writeFileSync(
      at('in/dump.json'),
      JSON.stringify({ kind: 'List', items: [object, { kind: HOSTILE, metadata: { name: HOSTILE } }] }),
    );
    expect(problemsAfter([['import', 'in/dump.json', '--name', 'i', '--dir', 'out', '--assume-nodes']])).toEqual([]);
    const written = parseYaml(readFileSync(at('out/manifests/i/shop.yaml'), 'utf8'));
    expect(written.spec.template.metadata.labels[hostile]).toBe(hostile);
  });
});
