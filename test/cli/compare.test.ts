// `compare` as a process. Needs the build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandFolder } from '../fixtures/command.js';

const folder = commandFolder(true);
const run = (...args: string[]) => folder.run(args);
let dir = '';
beforeAll(() => {
  dir = folder.dir;
});
const SCENARIO = 'scenarios/slow-start-liveness.yaml';
const SHORT = ['--set', 'spec.duration=4m'];

describe('compare', () => {
  it('two values of a field: the first --set is side A, the second side B', () => {
    const cpu = (cores: number) => `spec.nodePools[0].capacity={cpu: "${cores}", memory: 32Gi}`;
    const { status, stdout } = run('compare', SCENARIO, '--set', cpu(8), '--set', cpu(2), '--replications', '4');
    expect(status).toBe(0);
    expect(stdout).toContain(`A: ${SCENARIO} ${cpu(8)}\nB: ${SCENARIO} ${cpu(2)}\n`);
    expect(stdout).toMatch(/kubelet_pod_start_sli_duration_seconds\{node_pool=general\} +p50 .+ \+\d+.* 4 +worse/);
    expect(stdout).toContain('pairs of runs with common random numbers');
    expect(existsSync(join(dir, 'results/compare/slow-start-liveness/comparison.csv'))).toBe(true);
  });
  it('says when one side simulates longer than the other', () => {
    const { stdout } = run(
      'compare',
      SCENARIO,
      '--set',
      'spec.duration=3m',
      '--set',
      'spec.duration=4m',
      '--replications',
      '2',
    );
    expect(stdout).toContain(
      'Different durations: A simulates 3m, B 4m. Totals, and what takes long, cannot be compared.\n',
    );
  });
  it('a baseline with its scenario as it is now; --fail-on ends with 99', () => {
    expect(run('run', SCENARIO, ...SHORT, '-n', '3', '-q', '-d', 'main').status).toBe(0);
    const same = run('compare', '--baseline', 'main/', '--fail-on', 'p99 > +10%');
    expect(same.status).toBe(0);
    expect(same.stdout).not.toContain('worse');
    const path = join(dir, SCENARIO);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, before.replace('cpu: "8"', 'cpu: "2"'));
    const changed = run('compare', '--baseline', 'main/', '--fail-on', 'pod_startup p50 > +10%', '--junit', 'c.xml');
    writeFileSync(path, before);
    expect(changed.status).toBe(99);
    expect(changed.stdout).toMatch(
      /CHANGES THAT ARE NOT ALLOWED\n {2}✗ pod_startup p50 > \+10%: kubelet_pod_start_sli_duration_seconds\{node_pool=general\} p50 /,
    );
    expect(readFileSync(join(dir, 'c.xml'), 'utf8')).toContain('tests="1" failures="1"');
  });
  it('two folders of results, and a result with what was measured', () => {
    run('run', SCENARIO, ...SHORT, '-n', '3', '-q', '-d', 'main');
    run('run', SCENARIO, ...SHORT, '-n', '3', '-q', '-d', 'other', '--seed', '9');
    const { status, stdout } = run('compare', 'main/slow-start-liveness', 'other/slow-start-liveness');
    expect(status).toBe(0);
    expect(stdout).toContain('independent runs (Welch)');
    writeFileSync(join(dir, 'burner.json'), JSON.stringify([{ quantileName: 'Ready', P99: 90_000, P50: 60_000 }]));
    const measured = run('compare', 'burner.json', 'main/slow-start-liveness');
    expect(measured.stdout).toContain('A: burner.json\n');
    expect(measured.stdout).toMatch(/kubelapse_pod_ready_duration_seconds\{node_pool=general\} +p99 +1m30s /);
  });
  it.each<[string[], string]>([
    [[], 'compare: error: takes two sides, not 0'],
    [[SCENARIO], `${SCENARIO}: error: is one side only (name a second side, or give --set twice`],
    [['nope.yaml', SCENARIO], 'nope.yaml: error: does not exist'],
    [[SCENARIO, SCENARIO, '--fail-on', 'p98 > +10%'], '--fail-on p98 > +10%: error: there is no statistic "p98"'],
    [[SCENARIO, SCENARIO, '--metric', 'pod_redy'], '--metric pod_redy: error: there is no metric "pod_redy"'],
    [['--baseline', 'scenarios'], 'scenarios: error: is not a folder of results'],
    [['--baseline', 'nowhere/'], 'nowhere/: error: does not exist (kubelapse run -d makes a folder of results)'],
    [['scenarios/manifests', SCENARIO], 'holds no result: there is no run.json'],
  ])('%j is refused', (args, message) => {
    const { status, stdout, stderr } = run('compare', ...args, '-d', 'bad');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(existsSync(join(dir, 'bad'))).toBe(false);
  });
  it.each<[string, string, string[], string]>([
    [
      'strange',
      '[{"quantileName": "Initialized", "P99": 1}]',
      [],
      'holds nothing that the other side has: Initialized',
    ],
    ['empty', '[{"quantileName": "Ready"}]', [], 'holds nothing that the other side has: Ready'],
    [
      'points',
      '[{"quantileName": "Ready", "P99": 1}]',
      ['--set', 'spec.sweep={parameters: [{name: m, path: spec.kubeProxy.mode, values: [ipvs, nftables]}]}'],
      `has no point in common with ${SCENARIO} (points: m=ipvs, m=nftables, the only point)\n`,
    ],
  ])('what can never be compared is refused before anything is run: %s', (name, text, more, message) => {
    writeFileSync(join(dir, `${name}.json`), text);
    const { status, stdout, stderr } = run('compare', SCENARIO, `${name}.json`, ...more, '-d', 'bad');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(existsSync(join(dir, 'bad'))).toBe(false);
  });
});
