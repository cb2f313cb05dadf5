// What the pages say is carried out: every command of README, tutorial and guides, in the order of the page and in a folder as a
// user has it; every piece of YAML is given to whoever reads it; the program text is run. Needs the build.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { BUILT_IN } from '../../src/catalogue.js';
import { catalogueWith } from '../../src/extension/index.js';
import { readProfile } from '../../src/scenario/index.js';
import { BIN } from '../fixtures/command.js';
import { EXAMPLES, SAMPLES, sampleModule } from '../fixtures/extension.js';
import { missingPrograms, titled } from '../fixtures/machine.js';
import { blocksOf } from '../fixtures/pages.js';
import { deploymentOf, loadTexts } from '../fixtures/scenario.js';
import { AT_LENGTH } from '../fixtures/tier.js';

const PAGES = ['README.md', 'docs/tutorial.md', ...readdirSync('docs/guides').map((name) => `docs/guides/${name}`)];
const textOf = new Map(PAGES.map((page) => [page, readFileSync(page, 'utf8')]));

/** Blocks of a page in a language. */
const blocks = (page: string, language: string): string[] => blocksOf(textOf.get(page)!, language);

/** Lines of the shell, without their comments; those that go on are one. */
const commands = (page: string): string[] =>
  blocks(page, 'sh').flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter((line) => line !== ''),
  );

/** What is not carried out here, and where it is. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^npm ci\b|^npm cit\b/, 'CI installs, starts and tests with these'],
  [/build:playground|kubelapse playground/, 'test/browser/playground.test.ts builds and serves it'],
  [/^sudo .*measure-kernel/, 'needs root and a kernel of its own: test/cli/measure-kernel.test.ts'],
  [/^sudo apt-get/, 'installs packages'],
  [/^kubectl /, 'needs a cluster'],
  [/^promtool /, 'test/report/open-metrics.test.ts'],
  [/redis:\/\//, 'needs a queue: test/cli/queue.test.ts'],
  [/merge \/results/, 'a volume of the cluster: test/cli/guides.test.ts'],
  [/kubelapse reproduce$|npx kubelapse reproduce$/, 'all experiments: .ci/run'],
];

/** Runs of a minute and more are carried out with less simulated time. */
const SHORTENED: readonly (readonly [RegExp, string])[] = [
  [/run scenarios\/density-5000\.yaml$/, '--set spec.duration=4m'],
  [/run scenarios\/endpoint-churn-5000\.yaml$/, '--set spec.duration=90s'],
];

/** Commands that tell a user no. */
const CODES: readonly (readonly [RegExp, number])[] = [[/--threshold 'pod_ready: p\(99\) < 30s'/, 99]];

let dir = '';
let bin = '';
beforeAll(() => {
  if (!existsSync(BIN)) throw new Error('no build: run npm test, or npm run build first');
  dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
  bin = join(dir, 'bin');
  mkdirSync(bin);
  const call = `exec "${process.execPath}" "${BIN}"`;
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\n${call} "$@"\n`);
  writeFileSync(join(bin, 'kubelapse'), `#!/bin/sh\n${call} "$@"\n`);
  for (const name of ['npx', 'kubelapse']) chmodSync(join(bin, name), 0o755);
  const filter = (path: string): boolean => !path.includes('expected');
  cpSync('scenarios', join(dir, 'scenarios'), { recursive: true, filter });
  cpSync('examples', join(dir, 'examples'), { recursive: true });
  for (const [name, text] of Object.entries(userFiles())) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const carryOut = (line: string) =>
  spawnSync('bash', ['-c', line], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });

const LOAD = `tuningSets: [{name: five, qpsLoad: {qps: 5}}]
steps:
- phases: [{replicasPerNamespace: 2, tuningSet: five, objectBundle: [{basename: web, objectTemplatePath: web.yaml}]}]
`;
const BURNER = `jobs:
- {name: density, jobIterations: 2, qps: 5, objects: [{objectTemplate: web.yml, replicas: 1}]}
`;

/** What a reader of these pages has of their own. */
function userFiles(): Record<string, string> {
  const node = {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: 'n1', labels: {} },
    status: { allocatable: { cpu: '8', memory: '32Gi', pods: '110' }, nodeInfo: { kubeletVersion: 'v1.34.0' } },
  };
  const [deployment] = parseAllDocuments(deploymentOf(2)).map((document) => document.toJS());
  const openb =
    'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n';
  const rows = Array.from(
    { length: 20 },
    (_, i) => `p${i},1000,4096,0,0,,LS,Running,${148 * 86_400 + i * 600},${149 * 86_400},\n`,
  ).join('');
  const scenario = readFileSync('scenarios/slow-start-liveness.yaml', 'utf8');
  return {
    'cluster.json': JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [node, deployment] }),
    'before.yaml': scenario.replaceAll('manifests/', 'scenarios/manifests/'),
    'after.yaml': scenario.replaceAll('manifests/', 'scenarios/manifests/').replace('seed: 7', 'seed: 8'),
    'podLatencyQuantilesMeasurement.json': JSON.stringify([
      {
        quantileName: 'Ready',
        P99: 5000,
        P95: 4000,
        P50: 2000,
        max: 6000,
        avg: 2500,
        metricName: 'podLatencyQuantilesMeasurement',
      },
    ]),
    'nodes.csv': 'cpu,memory,pods,pool\n8,32Gi,110,a\n8,32Gi,110,a\n',
    'pods.csv': 'cpu,memory,created_seconds,deleted_seconds\n1,1Gi,0,\n1,1Gi,60,300\n',
    'openb_node_list_all_node.csv': 'sn,cpu_milli,memory_mib,gpu,model\nn1,64000,262144,0,\n',
    'openb_pod_list_default.csv': openb + rows,
    'clusterloader2/testing/density/config.yaml': LOAD,
    'clusterloader2/testing/density/web.yaml': deploymentOf(2),
    'cluster-density.yml': BURNER,
    'web.yml': deploymentOf(2),
    'trace.sktrace': JSON.stringify({ events: [{ ts: 1, applied_objs: [deployment], deleted_objs: [] }] }),
    'measurements.csv': blocks('docs/guides/calibration.md', 'csv')[0]!,
    'kernel-measurements.csv': blocks('docs/guides/calibration.md', 'csv')[0]!,
    'my-experiments/batch-2026/published.csv':
      'metric,cluster,published,pods\npod_start_p99,staging,0.7,\nrelist,staging,4.5,2\n',
    'my-experiments/batch-2026/experiment.yaml': ownExperiment(),
    'my-experiments/batch-2026/scenario.yaml': readFileSync('scenarios/single-node.yaml', 'utf8'),
  };
}

/** The experiment of the page, as it stands there. */
const ownExperiment = (): string => blocks('docs/guides/own-experiments.md', 'yaml')[0]!;

/** What must have been run before a page, as its text says. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  'README.md': [
    'npx kubelapse run scenarios/slow-start-liveness.yaml -n 3 -d results/main -q',
    'npx kubelapse run scenarios/first-look.yaml -q',
  ],
  'docs/guides/experiments.md': [
    'npx kubelapse run scenarios/single-node.yaml -q && cp -r results/single-node results/a && cp -r results/single-node results/b',
    'npx kubelapse run scenarios/slow-start-liveness.yaml -q && cp -r results/slow-start-liveness results/mine',
  ],
};

const done = new Set<string>();
/** Those that are carried out here. */
const carriedOut = (page: string): string[] =>
  commands(page).filter((line) => !ELSEWHERE.some(([pattern]) => pattern.test(line)));

// Lines of a shell, and the tools that they call.
const missing = missingPrograms('bash', 'cp', 'cat', 'printf');

/** What pages say is carried out at length only: the commands have tests of their own. */
const read = AT_LENGTH ? PAGES : [];

describe.skipIf(missing.length > 0).each(read.filter((page) => carriedOut(page).length > 0))(
  titled('%s', missing),
  (page) => {
    beforeAll(() => {
      for (const line of BEFORE[page] ?? []) expect([line, carryOut(line).status]).toEqual([line, 0]);
    });
    it.each(carriedOut(page).map((line) => [line]))('%s', (line) => {
      // The same command on another page has been carried out.
      if (done.has(line)) return;
      done.add(line);
      const more = SHORTENED.find(([pattern]) => pattern.test(line))?.[1];
      const { status, stderr } = carryOut(more === undefined ? line : `${line} ${more}`);
      const code = CODES.find(([pattern]) => pattern.test(line))?.[1] ?? 0;
      expect([status, status === code ? '' : stderr]).toEqual([code, '']);
    });
  },
);

it('what is carried out elsewhere or shortened is still on a page', () => {
  const all = PAGES.flatMap(commands);
  for (const [pattern] of [...ELSEWHERE, ...SHORTENED, ...CODES])
    expect(
      all.some((line) => pattern.test(line)),
      String(pattern),
    ).toBe(true);
});

it.runIf(AT_LENGTH)('docs/reference/api is what the types say (npm run docs)', () => {
  const out = mkdtempSync(join(tmpdir(), 'kubelapse-api-'));
  try {
    const { status, stderr } = spawnSync(process.execPath, ['node_modules/typedoc/bin/typedoc', '--out', out], {
      encoding: 'utf8',
    });
    expect([stderr, status]).toEqual(['', 0]);
    const pages = (dir: string) => readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]);
    expect(pages('docs/reference/api')).toEqual(pages(out));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
it.skipIf(missing.length > 0 || !AT_LENGTH)('the chart on the pages is the one that its command draws', () => {
  const drawn = readFileSync(join(dir, 'first-packet.svg'), 'utf8');
  expect(drawn === readFileSync('docs/images/first-packet.svg', 'utf8'), 'npm run screenshots').toBe(true);
});

describe('YAML', () => {
  const BASE = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: page}
`;
  const SPEC: Readonly<Record<string, string>> = {
    kubernetesVersion: '"1.36"',
    duration: '1m',
    nodePools: '[{name: general, count: 300, capacity: {cpu: "64", memory: 256Gi}}]',
    apps: '[{name: web, manifests: [web.yaml], copies: 2, behavior: [{startup: 1s}]}]',
  };
  /** A scenario with a piece of a page in its place. */
  const scenarioWith = (piece: string): string => {
    const lines = (fields: Readonly<Record<string, string>>): string =>
      Object.entries(fields)
        .map(([name, value]) => `  ${name}: ${value}\n`)
        .join('');
    const [key] = /^\w+/.exec(piece)!;
    if (key === 'spec') return `${BASE}${piece.trimEnd()}\n${lines(SPEC)}`;
    const indented = piece.trimEnd().replaceAll(/^/gm, '  ');
    if (key === 'behavior') {
      const own = piece.trimEnd().replaceAll(/^/gm, '    ');
      const { apps: _, ...rest } = SPEC;
      return `${BASE}spec:\n${lines(rest)}  apps:\n  - name: web\n    manifests: [web.yaml]\n${own}\n`;
    }
    const { [key]: _, ...rest } = SPEC;
    return `${BASE}spec:\n${lines(rest)}${indented}\n`;
  };
  const pieces = PAGES.flatMap((page) =>
    blocks(page, 'yaml').map((text) => [page, text.split('\n')[0]!, text] as const),
  );
  it('there is some', () => expect(pieces.length).toBeGreaterThan(8));
  it.each(pieces)('%s: %s', async (page, _, text) => {
    if (/docs\/guides\/(ci|kubernetes)\.md/.test(page) && !text.startsWith('spec:')) {
      // Workflows and Jobs are carried out by test/cli/guides.test.ts.
      expect(parseAllDocuments(text).every((document) => 'errors' in document && document.errors.length === 0)).toBe(
        true,
      );
    } else if (text.includes('kind: Profile')) {
      const diagnostics: never[] = [];
      readProfile('profile.yaml', text, BUILT_IN, diagnostics);
      expect(diagnostics).toEqual([]);
    } else if (text.includes('kind: Experiment')) {
      // Carried out above.
      expect(ownExperiment()).toContain('kind: Experiment');
    } else {
      const profile =
        'apiVersion: kubelapse.dev/v1alpha1\nkind: Profile\nmetadata: {name: mine}\nspec: {parameters: {kube-proxy.iptables: {}}}\n';
      const isScheduler = text.includes('kind: KubeSchedulerConfiguration');
      const configured = 'controlPlane: {scheduler: {configuration: kube-scheduler.yaml}}\n';
      const piece = isScheduler ? configured : text;
      const files = {
        's.yaml': piece.startsWith('apiVersion') ? piece : scenarioWith(piece),
        // Some pieces change what the pods ask for.
        'web.yaml': deploymentOf(1).replace('{name: app,', '{name: app, resources: {requests: {cpu: 100m}},'),
        'kube-scheduler.yaml': blocks('docs/guides/scheduler.md', 'yaml').find((block) =>
          block.includes('kind: KubeSchedulerConfiguration'),
        )!,
        '../profiles/mine.yaml': profile,
      };
      const catalogue = await catalogueWith(SAMPLES.map(sampleModule));
      const scenario = loadTexts(files, [], { catalogue });
      expect(scenario.points.length).toBeGreaterThan(0);
    }
  });
});

it('the modules of docs/guides/extensions.md are the samples, each of them whole', () => {
  const shown = blocks('docs/guides/extensions.md', 'js');
  for (const name of SAMPLES) {
    expect(shown, name).toContain(readFileSync(join(EXAMPLES, `${name}.mjs`), 'utf8'));
  }
});

it('docs/guides/library.md names what the library exports', () => {
  const [, table] = textOf.get('docs/guides/library.md')!.split(/^\| for +\| names +\|$/m);
  const named = [...table!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  const exported = [...readFileSync('src/index.ts', 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .concat([...readFileSync('src/library/index.ts', 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g)])
    .flatMap(([, names]) => names!.split(','))
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '');
  expect(named.sort()).toEqual(exported.sort());
});

it('the program of README.md runs', () => {
  const [program] = blocks('README.md', 'ts');
  const text = `const { readFileSync } = await import('node:fs');
const files = { 'my.yaml': readFileSync(${JSON.stringify(resolve('scenarios/single-node.yaml'))}, 'utf8') };
${program!.replace("'kubelapse'", JSON.stringify(resolve('dist/src/index.js')))}
console.log(result.data.counts.pods);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual(['2\n', '']);
});
