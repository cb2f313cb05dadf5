// Tests about the code itself: which folder imports which, what the model may not touch, and that pages and constants
// which are made from others are up to date.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../src/catalogue.js';
import { commandReference, referencePages } from '../src/cli/commands/docs-command.js';
import { helpOf } from '../src/cli/main.js';
import { METRICS } from '../src/metrics/index.js';
import { grafanaDashboard } from '../src/report/index.js';
import { scenarioJsonSchema } from '../src/scenario/index.js';
import { VERSION } from '../src/version.js';

const filesIn = (dir: string): string[] =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesIn(path) : /\.tsx?$/.test(path) ? [path] : [];
  });
const sources = filesIn('src').map((path) => ({ path, text: readFileSync(path, 'utf8') }));
/** The folder below src/ in which a file lies; a file that lies beside them is a room of its own. */
const room = (path: string): string =>
  relative('src', path)
    .split('/')[0]!
    .replace(/\.[jt]sx?$/, '');

describe('the folder graph', () => {
  const arrows = new Set<string>();
  for (const { path, text } of sources) {
    // The library's own door leads everywhere.
    if (path === join('src', 'index.ts')) continue;
    for (const [, from] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const target = room(resolve(dirname(path), from!).slice(resolve('.').length + 1));
      if (target !== room(path)) arrows.add(`${room(path)} -> ${target}`);
    }
  }
  it('is the deployment diagram: a new arrow is a visible diff', () => {
    if (process.env.UPDATE_GOLDEN) {
      writeFileSync('test/golden/folder-graph.txt', `${[...arrows].sort().join('\n')}\n`);
    }
    expect(`${[...arrows].sort().join('\n')}\n`).toBe(readFileSync('test/golden/folder-graph.txt', 'utf8'));
  });
  it('has no arrow between components but kubelet to CRI and CNI', () => {
    const components = ['control-plane', 'kubelet', 'cri', 'cni', 'kube-proxy', 'traffic'];
    const between = [...arrows].filter((arrow) => arrow.split(' -> ').every((end) => components.includes(end)));
    expect(between.sort()).toEqual(['kubelet -> cni', 'kubelet -> cri']);
  });
  it('has no circle', () => {
    const targets = new Map<string, string[]>();
    for (const arrow of arrows) {
      const [from, to] = arrow.split(' -> ') as [string, string];
      targets.set(from, [...(targets.get(from) ?? []), to]);
    }
    const circles: string[] = [];
    const walk = (at: string, way: readonly string[]): void => {
      if (way.includes(at)) circles.push([...way.slice(way.indexOf(at)), at].join(' -> '));
      else for (const next of targets.get(at) ?? []) walk(next, [...way, at]);
    };
    for (const from of targets.keys()) walk(from, []);
    expect(circles).toEqual([]);
  });
  it('has no arrow out of the engine', () => {
    expect([...arrows].filter((arrow) => arrow.startsWith('engine '))).toEqual([]);
  });
});

describe('the model', () => {
  // Executors are threads and connections by their nature, pages are what a browser shows, and the contract kit looks for clocks;
  // nothing of the model is in there.
  const outside = ['cli', 'page', 'playground', 'testing'];
  const model = sources.filter(
    ({ path }) => !outside.includes(room(path)) && !path.startsWith('src/experiment/executors/'),
  );
  it.each([
    // A date that is made of something is no clock.
    ['a clock', /\b(Date\.now|performance\.now|process\.hrtime)\b|\bnew Date\b(?!\(\w)/],
    ['unseeded randomness', /\bMath\.random\b|crypto\.(randomBytes|getRandomValues)/],
    ['the environment or the console', /\bprocess\.|\bconsole\.|\bfrom 'node:/],
    [
      'arithmetic that differs between machines',
      /\bMath\.(log|log2|log10|log1p|exp|expm1|pow|sin|cos|tan|sinh|cosh|tanh|atan2)\b/,
    ],
    ['the power operator', /[\w)] \*\* [\w(]/],
    ['the locale', /toLocale|Intl\.|localeCompare/],
  ])('reads neither %s', (_, pattern) => {
    const code = (text: string): string => text.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
    expect(model.filter(({ text }) => pattern.test(code(text))).map(({ path }) => path)).toEqual([]);
  });
  it('has no component that reads what the API server has: it knows what it was told', () => {
    const components = ['control-plane', 'kubelet', 'cri', 'cni', 'kube-proxy', 'traffic'];
    const readers = sources.filter(
      ({ path, text }) =>
        components.includes(room(path)) &&
        !path.startsWith('src/control-plane/api-server/') &&
        /\b(ApiObjects|PodObjects|NodeObjects|api\.objects)\b/.test(text),
    );
    expect(readers.map(({ path }) => path)).toEqual([]);
  });
  it('compares versions of Kubernetes with numbers in one table only', () => {
    const others = sources.filter(({ path }) => path !== 'src/cluster/versions.ts');
    expect(others.filter(({ text }) => /\bminor\b\)?\s*[<>]=?\s*\d/.test(text)).map(({ path }) => path)).toEqual([]);
  });
  it('every module opens with its part in the whole', () => {
    expect(sources.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(text)).map(({ path }) => path)).toEqual([]);
  });
  it('the engine knows no word of Kubernetes', () => {
    const words = /\b(pods?|kube\w*|nodes?|services?|endpoints?|probes?|containers?|cluster)\b/i;
    expect(
      sources.filter(({ path, text }) => room(path) === 'engine' && words.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('the command line', () => {
  const command = sources.filter(({ path }) => path.startsWith('src/cli/') && !path.includes('/measure-kernel/'));
  const those = (pattern: RegExp, ...but: readonly string[]): string[] =>
    command.filter(({ path, text }) => pattern.test(text) && !but.includes(path)).map(({ path }) => path);
  it('prints by one door, so that no text is obeyed', () => {
    expect(
      those(/\bstd(out|err)\.write\(|console\./, 'src/cli/print.ts', 'src/cli/terminal.ts', 'src/cli/bin.ts'),
    ).toEqual([]);
  });
  it('hears signals in one place', () => {
    expect(those(/process\.(on|once)\('?SIG|process\.(on|once)\(signal/, 'src/cli/signals.ts')).toEqual([]);
  });
  it('writes and removes files in one place', () => {
    const files = ['own-files', 'whole-files', 'folder-lock', 'paths'].map((name) => `src/cli/files/${name}.ts`);
    const others = ['src/cli/job-store.ts', 'src/cli/thresholds.ts'];
    expect(
      those(/\b(writeFileSync|appendFileSync|renameSync|rmSync|unlinkSync|mkdirSync|rmdirSync)\(/, ...files, ...others),
    ).toEqual([]);
  });
});

describe('what is made from other things is up to date', () => {
  it.each(Object.keys(referencePages()))('docs/reference/%s (npm run docs)', (name) => {
    expect(readFileSync(join('docs', 'reference', name), 'utf8')).toBe(referencePages()[name]);
  });
  it('docs/reference/commands.md (npm run docs)', async () => {
    expect(readFileSync('docs/reference/commands.md', 'utf8')).toBe(await commandReference(helpOf));
  });
  it('dashboards/kubelapse.json (npm run docs), whose expressions name metrics that there are', () => {
    const text = readFileSync('dashboards/kubelapse.json', 'utf8');
    expect(text).toBe(`${JSON.stringify(grafanaDashboard(), null, 2)}\n`);
    const names = [...text.matchAll(/(kube[a-z_]+|prober_[a-z_]+)(?=\{)/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    );
    expect(names.length).toBeGreaterThan(15);
    const gauges = ['kubelapse_pods_running', 'kubelapse_pods_ready', 'kubelapse_nodes_with_stale_rules'];
    expect(names.filter((name) => !Object.hasOwn(METRICS, name) && !gauges.includes(name))).toEqual([]);
  });
  it('scenarios/scenario.schema.json (npm run docs)', () => {
    expect(readFileSync('scenarios/scenario.schema.json', 'utf8')).toBe(
      `${JSON.stringify(scenarioJsonSchema(BUILT_IN), null, 2)}\n`,
    );
  });
  it('the version of package.json', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(VERSION);
  });
  it('every parameter has a source', () => {
    expect(referencePages()['parameters.md']).not.toMatch(/\| +\|$/m);
  });
});

it('links in the pages lead somewhere', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].flatMap(([, link]) =>
      existsSync(join(dirname(page), link!)) ? [] : [`${page}: ${link}`],
    ),
  );
  expect(broken).toEqual([]);
});

describe('the pages', () => {
  const pages = (dir: string): string[] =>
    readdirSync(dir).flatMap((name) => {
      const path = join(dir, name);
      return statSync(path).isDirectory() ? pages(path) : path.endsWith('.md') ? [path] : [];
    });
  it('name files that are there', () => {
    const missing = ['README.md', ...pages('docs')].flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/`(?:src\/)?([a-z][a-z-]*\/[\w./-]+\.ts)`/g)]
        .map(([, path]) => path!)
        .filter((path) => existsSync(join('src', path.split('/')[0]!)) && !existsSync(join('src', path)))
        .map((path) => `${page}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
