// The guides that are code: the workflow of ci.md and the Job of kubernetes.md are taken from the pages and carried out, as far
// as that goes without GitHub and without a cluster. Needs the build.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { missingPrograms, titled } from '../fixtures/machine.js';
import { blocksOf } from '../fixtures/pages.js';
import { AT_LENGTH } from '../fixtures/tier.js';

const BIN = resolve('dist/src/cli/bin.js');
let dir: string;
/** A folder whose npx is this checkout's command. */
let bin: string;
beforeAll(() => {
  if (!existsSync(BIN)) throw new Error('no build: run npm test, or npm run build first');
  dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
  bin = join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(join(bin, 'npx'), 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const shell = (script: string, cwd: string, env: Readonly<Record<string, string>> = {}) =>
  spawnSync('bash', ['-e', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
  });
/** The first block of YAML on a page that has a line. */
const yamlIn = (page: string, line: string): unknown =>
  parse(blocksOf(readFileSync(page, 'utf8'), 'yaml').find((text) => text.includes(line))!);
/** A repository with a scenario web.yaml on its branch main. */
function repository(name: string): string {
  const at = join(dir, name, 'work');
  mkdirSync(join(at, 'scenarios/manifests'), { recursive: true });
  const scenario = readFileSync('scenarios/slow-start-liveness.yaml', 'utf8')
    .replace('name: slow-start-liveness', 'name: web')
    .replace('duration: 30m', 'duration: 5m\n  replications: 4');
  const thresholds = '  thresholds:\n    - { metric: pod_startup, expr: p(50) < 5s }\n';
  writeFileSync(join(at, 'scenarios/web.yaml'), `${scenario.trimEnd()}\n${thresholds}`);
  cpSync('scenarios/manifests/slow-start.yaml', join(at, 'scenarios/manifests/slow-start.yaml'));
  const git = 'git -c user.name=x -c user.email=x@example.com';
  const made = shell(
    `git init -q -b main . && git add -A && ${git} commit -qm start && git update-ref refs/remotes/origin/main main`,
    at,
  );
  expect(made.status).toBe(0);
  return at;
}

const missing = missingPrograms('bash', 'git');

describe.skipIf(missing.length > 0)(titled('docs/guides/ci.md', missing), () => {
  interface Step {
    readonly name?: string;
    readonly run?: string;
    readonly if?: string;
  }
  const { jobs } = yamlIn('docs/guides/ci.md', 'jobs:') as { jobs: { kubelapse: { steps: Step[] } } };
  /** Carries out the steps as GitHub does: after a failure only those that always run. */
  const workflow = (at: string) => {
    const summary = join(at, '..', 'summary.md');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    let hasFailed = false;
    const results = jobs.kubelapse.steps.flatMap(({ name, run, if: condition }) => {
      if (run === undefined || (hasFailed && condition !== 'always()')) return [];
      const { status, stdout, stderr } = shell(run, at, env);
      hasFailed ||= status !== 0;
      return [{ name, status, stdout, stderr }];
    });
    return { results, summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '' };
  };
  it.skipIf(!AT_LENGTH)('passes where nothing has changed', () => {
    const { results, summary } = workflow(repository('same'));
    expect(results.map(({ name, status, stderr }) => [name, status, status === 0 ? '' : stderr])).toEqual([
      ['main, as the baseline', 0, ''],
      ['thresholds', 0, ''],
      ['no regression', 0, ''],
    ]);
    expect(summary).toContain('✓ p(50) < 5s');
  });
  it('fails on a regression, with an annotation', () => {
    const at = repository('slower');
    const path = join(at, 'scenarios/web.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('cpu: "8"', 'cpu: "1"'));
    const { results } = workflow(at);
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ['main, as the baseline', 0],
      ['thresholds', 0],
      ['no regression', 99],
    ]);
    expect(results[2]!.stdout).toMatch(
      /^::error title=regression::p99 > \+10%25: kubelet_first_network_pod_start_sli_duration_seconds/m,
    );
    expect(readFileSync(join(at, 'compare.xml'), 'utf8')).toContain('failures="1"');
  });
  it('fails on a threshold, and compares all the same', () => {
    const at = repository('crossed');
    const path = join(at, 'scenarios/web.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('p(50) < 5s', 'p(50) < 5ms'));
    const { results } = workflow(at);
    expect(results.map(({ status }) => status)).toEqual([0, 99, 0]);
    expect(results[1]!.stdout).toMatch(
      /^::error title=web%3A threshold crossed::pod_startup: p\(50\) < 5ms, but p\(50\)=/m,
    );
    expect(readFileSync(join(at, 'junit.xml'), 'utf8')).toContain('failures="1"');
  });
});

describe.skipIf(missing.length > 0)(titled('docs/guides/kubernetes.md', missing), () => {
  it.skipIf(!AT_LENGTH)('its pods make shards that merge to the whole', () => {
    const at = repository('job');
    const { spec } = yamlIn('docs/guides/kubernetes.md', 'kind: Job') as {
      spec: { completions: number; template: { spec: { containers: { command: string[]; args: string[] }[] } } };
    };
    const { command, args } = spec.template.spec.containers[0]!;
    expect(command).toEqual(['sh', '-c']);
    // The volume is a folder here.
    const script = args[0]!.replaceAll('/results/', `${join(at, 'volume')}/`);
    for (let index = 0; index < spec.completions; index++) {
      expect(shell(script, at, { JOB_COMPLETION_INDEX: String(index) }).status).toBe(0);
    }
    const [merge] = /npx kubelapse merge \S+ -d \S+/.exec(readFileSync('docs/guides/kubernetes.md', 'utf8'))!;
    expect(shell(merge.replace('/results', join(at, 'volume')), at).status).toBe(0);
    expect(shell('npx kubelapse run scenarios/web.yaml --replications 8 -q -d whole', at).status).toBe(0);
    for (const file of ['summary.csv', 'estimates.csv', 'pods.csv']) {
      expect(readFileSync(join(at, 'merged/web', file), 'utf8')).toBe(
        readFileSync(join(at, 'whole/web', file), 'utf8'),
      );
    }
  });
});
