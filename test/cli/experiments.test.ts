// Experiments as a process: executors that give the same bytes, shards that merge, runs that are killed and go on, thresholds
// and what CI is told of them. Needs the build.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, commandFolder } from '../fixtures/command.js';
import { AT_LENGTH } from '../fixtures/tier.js';

const folder = commandFolder(true);
const { run } = folder;
let dir = '';
beforeAll(() => {
  dir = folder.dir;
});
const SCENARIO = 'scenarios/slow-start-liveness.yaml';
const NAME = 'slow-start-liveness';
const SMALL = ['run', SCENARIO, '--set', 'spec.duration=4m', '--sweep', 'spec.nodePools[0].count=5,10', '-n', '3'];

const tables = (results: string) => folder.tables(join(results, NAME));
const manifest = (results: string) => JSON.parse(readFileSync(join(dir, results, NAME, 'run.json'), 'utf8'));

describe('replications of a sweep', () => {
  it('are the same bytes whatever carries them out, and verify', () => {
    expect(run([...SMALL, '-q', '-d', 'inline', '--engine', 'inline']).status).toBe(0);
    expect(run([...SMALL, '-q', '-d', 'threads', '--engine', 'threads', '-j', '3']).status).toBe(0);
    expect(tables('threads')).toEqual(tables('inline'));
    expect({ ...manifest('threads'), execution: 0 }).toEqual({ ...manifest('inline'), execution: 0 });
    expect(run(['verify', `threads/${NAME}`, '-q']).status).toBe(0);
    const { runs, replications } = manifest('inline');
    expect(replications).toBe(3);
    expect(
      runs.map((r: { point: number; replication: number; seed: string }) => [r.point, r.replication, r.seed]),
    ).toEqual(
      [0, 1].flatMap((point) => [
        [point, 0, '7'],
        [point, 1, '7/replication-1'],
        [point, 2, '7/replication-2'],
      ]),
    );
  });
  it('say what they say together, with intervals', () => {
    const rows = tables('inline')
      ['estimates.csv']!.trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const row = rows.find(
      (r) => r[4] === 'node_pool=general' && r[3]!.startsWith('kubelapse_pod_ready') && r[5] === 'p99',
    )!;
    const at = (name: string) => Number(row[rows[0]!.indexOf(name)]);
    const own = tables('inline')
      ['summary.csv']!.trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const p99 = own
      .filter((r) => r[1] === '0' && r[4]!.startsWith('kubelapse_pod_ready'))
      .map((r) => Number(r[own[0]!.indexOf('p99')]));
    expect(p99).toHaveLength(3);
    expect(at('replications')).toBe(3);
    expect(at('mean') / ((p99[0]! + p99[1]! + p99[2]!) / 3)).toBeCloseTo(1, 7);
    expect(at('ci95_low')).toBeLessThan(at('mean'));
    expect(at('ci95_high') - at('mean')).toBeCloseTo(at('mean') - at('ci95_low'), 4);
  });
  it('tell a line a job where there is no terminal, and the table with half its intervals', () => {
    const { stdout, stderr } = run([...SMALL, '-d', 'told']);
    expect(stderr.match(/^\d\/6 slow-start-liveness count=(5|10)/gm)).toHaveLength(6);
    expect(stdout).toMatch(/^ +5 .+ ±[\d.]+%/m);
    expect(stdout).toContain('seed 7   3 replications');
  });
  it('go on until a figure is known well enough', () => {
    const { status, stderr } = run(['run', SCENARIO, '--until', 'pod_startup_p99 ±40%', '-d', 'until', '-q']);
    expect([status, stderr]).toEqual([0, '']);
    const { replications } = manifest('until');
    expect(replications).toBeGreaterThanOrEqual(5);
    const again = run(['run', SCENARIO, '--until', 'pod_startup_p99 ±40%', '-d', 'until2', '--engine', 'inline']);
    expect(again.stderr).toContain(`pod_startup_p99 ±40%: reached with ${replications} replications`);
    expect(tables('until2')).toEqual(tables('until'));
    const never = run([
      'run',
      SCENARIO,
      '--until',
      'pod_startup_p99 +-0.01%',
      '--max-replications',
      '6',
      '-d',
      'never',
      '-q',
    ]);
    expect([never.status, never.stderr]).toEqual([99, expect.stringContaining('not reached with 6 replications')]);
  });
});

describe('--parquet', () => {
  it('writes the estimates once more, the same bytes each time, with numbers as numbers', async () => {
    for (const results of ['p1', 'p2']) expect(run([...SMALL, '-q', '-d', results, '--parquet']).status).toBe(0);
    const bytes = (results: string) => readFileSync(join(dir, results, NAME, 'estimates.parquet'));
    expect(bytes('p1').equals(bytes('p2'))).toBe(true);
    const { parquetReadObjects } = await import('hyparquet');
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes('p1')).buffer });
    const lines = tables('p1')['estimates.csv']!.trim().split('\r\n').slice(1);
    expect(rows).toHaveLength(lines.length);
    expect(rows[0]).toMatchObject({ scenario: NAME, point: 0, parameter_count: 5, replications: 3 });
    expect(rows.map(({ mean }) => Number((mean as number).toPrecision(9)))).toEqual(
      lines.map((line) => Number(line.split(',').at(-7))),
    );
    expect(run(['verify', `p1/${NAME}`, '-q']).status).toBe(0);
    run([...SMALL, '-q', '-d', 'p1']);
    expect(existsSync(join(dir, 'p1', NAME, 'estimates.parquet'))).toBe(false);
  });
});

describe('--warmup', () => {
  it('auto is found by MSER-5 and stands in run.json as if it had been given', () => {
    const stale = ['run', 'scenarios/stale-endpoints.yaml', '--set', 'spec.duration=5m'];
    const { status, stderr } = run([...stale, '--warmup', 'auto', '-d', 'auto']);
    expect(status).toBe(0);
    const seconds = /^warm-up: (\d+)s \(MSER-5 over 5 replications\)$/m.exec(stderr)![1];
    const text = readFileSync(join(dir, 'auto/stale-endpoints/run.json'), 'utf8');
    expect(JSON.parse(text).overrides).toContain(`spec.warmup=${seconds}s`);
    const never = run(['run', SCENARIO, '--warmup', 'auto', '-d', 'auto']);
    expect([never.status, never.stderr]).toEqual([
      2,
      '--warmup auto: error: no steady state is reached within half of the run (raise spec.duration, or give a duration)\n',
    ]);
  });
});

describe('shards', () => {
  it('merge to the bytes of one run', () => {
    for (const i of [1, 2, 3]) expect(run([...SMALL, '-q', '-d', `shards/${i}`, '--shard', `${i}/3`]).status).toBe(0);
    expect(manifest('shards/2')).toMatchObject({ shard: '2/3', partial: true });
    const summary = (results: string) => JSON.parse(readFileSync(join(dir, results, NAME, 'summary.json'), 'utf8'));
    expect(summary('shards/2').counts).toMatch(/^partial: \d+ of \d+ runs /);
    expect(summary('inline')).toMatchObject({ partial: false, runs: summary('inline').runsAsked });
    expect(run(['merge', 'shards', '-d', 'merged', '-q']).status).toBe(0);
    expect(tables('merged')).toEqual(tables('inline'));
    expect({ ...manifest('merged'), execution: 0 }).toEqual({ ...manifest('inline'), execution: 0 });
  });
  it('say what is missing, and what does not belong together', () => {
    const missing = run(['merge', `shards/1/${NAME}`, `shards/3/${NAME}`, '-d', 'm']);
    expect([missing.status, missing.stderr]).toEqual([
      2,
      `shards/1/${NAME}: error: 2 of 6 runs are in none of the folders, such as point 0, replication 1 (shards found: 1/3, 3/3)\n`,
    ]);
    run([...SMALL, '--seed', '8', '-q', '-d', 'other', '--shard', '2/3']);
    const other = run(['merge', 'shards/1', 'other', '-d', 'm']);
    expect(other.stderr).toContain(
      `other/${NAME}: error: is not part of the same experiment as shards/1/${NAME}: seed differs`,
    );
    expect(existsSync(join(dir, 'm'))).toBe(false);
  });
});

describe('what was killed goes on', () => {
  const many = ['run', SCENARIO, '--set', 'spec.duration=4m', '-n', '40', '--engine', 'threads', '-j', '2'];
  const killed = (results: string, after: (stderr: string) => boolean) =>
    new Promise<string>((done) => {
      const child = spawn(process.execPath, [BIN, ...many, '-d', results], { cwd: dir });
      let stderr = '';
      child.stderr.on('data', (data) => {
        stderr += String(data);
        if (after(stderr)) child.kill('SIGKILL');
      });
      child.on('close', () => done(stderr));
    });
  it.skipIf(!AT_LENGTH)('at any moment, and gives the same bytes', async () => {
    run([...many, '-q', '-d', 'whole']);
    for (const [i, lines] of [1, 12, 30].entries()) {
      await killed(`killed${i}`, (stderr) => stderr.split('\n').length > lines);
      expect(existsSync(join(dir, `killed${i}`, NAME, 'run.json'))).toBe(false);
    }
    const stored = (i: number) =>
      readdirSync(join(dir, `killed${i}`, NAME, 'jobs')).filter((name) => name.endsWith('.job'));
    // A job that was cut off, or damaged, is run again.
    const [first] = stored(2);
    writeFileSync(join(dir, 'killed2', NAME, 'jobs', first!), 'half');
    const kept = stored(2).length - 1;
    const { stderr } = run([...many, '-d', 'killed2']);
    expect(stderr).toContain(`${kept} of 40 jobs were already finished\n`);
    expect(tables('killed2')).toEqual(tables('whole'));
    expect(existsSync(join(dir, 'killed2', NAME, 'jobs'))).toBe(false);
    for (const i of [0, 1]) {
      run([...many, '-q', '-d', `killed${i}`]);
      expect(tables(`killed${i}`)).toEqual(tables('whole'));
    }
  });
  it.skipIf(!AT_LENGTH)('but not with another seed, or with --no-resume', async () => {
    await killed('seeds', (stderr) => stderr.split('\n').length > 5);
    const fresh = ['run', SCENARIO, '--set', 'spec.duration=4m', '-n', '2', '-d', 'seeds'];
    expect(run([...fresh, '--seed', '9', '--keep-jobs']).stderr).not.toContain('finished before');
    expect(run([...fresh, '--seed', '9', '--keep-jobs']).stderr).toContain('2 of 2 jobs were already finished');
    expect(run([...fresh, '--seed', '9', '--no-resume']).stderr).not.toContain('finished before');
  });
});

describe('thresholds', () => {
  const crossed = ['--threshold', 'pod_startup: p(99) < 10ms', '--threshold', 'pod_ready: count > 0'];
  it('that are crossed end with 99; results are written, marks printed', () => {
    const { status, stdout } = run([
      'run',
      SCENARIO,
      ...crossed,
      '-d',
      'crossed',
      '--junit',
      'j.xml',
      '--summary',
      's.json',
    ]);
    expect(status).toBe(99);
    expect(stdout).toMatch(
      /^THRESHOLDS\n {2}pod_startup\n {2}✗ p\(99\) < 10ms {3}p\(99\)=[\d.]+m?s \[.+\]\n {2}pod_ready\n {2}✓ count > 0 {3}count=\d+\n\n/,
    );
    expect(tables('crossed')['thresholds.csv']!.trim().split('\r\n')).toHaveLength(3);
    expect(run(['verify', `crossed/${NAME}`, '-q']).status).toBe(0);
    expect(readFileSync(join(dir, 'j.xml'), 'utf8')).toContain('tests="2" failures="1"');
    const summary = JSON.parse(readFileSync(join(dir, 's.json'), 'utf8'));
    expect([summary.ok, summary.thresholds.map(({ ok }: { ok: boolean }) => ok)]).toEqual([false, [false, true]]);
    expect(run(['run', SCENARIO, ...crossed, '-d', 'crossed', '-q', '--no-thresholds']).status).toBe(0);
    expect(existsSync(join(dir, 'crossed', NAME, 'thresholds.csv'))).toBe(false);
  });
  it('tell GitHub Actions where they run there', () => {
    const summary = join(dir, 'step-summary.md');
    writeFileSync(summary, 'before\n');
    const { stdout } = run(['run', SCENARIO, ...crossed, '-d', 'gh', '-q'], {
      env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
    });
    expect(stdout).toMatch(
      /^::error title=slow-start-liveness%3A threshold crossed::pod_startup: p\(99\) < 10ms, but p\(99\)=/,
    );
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const text = readFileSync(summary, 'utf8');
    expect(text.startsWith('before\n```text\nTHRESHOLDS\n')).toBe(true);
    expect(text.endsWith('```\n')).toBe(true);
  });
  it('with abortOnFail end it at the first point that crosses them, whatever carries it out', () => {
    const scenario = readFileSync(join(dir, SCENARIO), 'utf8');
    const thresholds =
      '  thresholds:\n    - { metric: kube_pod_container_status_restarts_total, expr: total < 1, abortOnFail: true }\n';
    writeFileSync(join(dir, 'scenarios/abort.yaml'), `${scenario.trimEnd()}\n${thresholds}`);
    // Without restarts the first two points, with them the others.
    const sweep = ['--sweep', 'spec.duration=20s,30s,4m,5m,6m', '-n', '2', '-q'];
    for (const engine of ['inline', 'threads']) {
      const { status, stderr } = run([
        'run',
        'scenarios/abort.yaml',
        ...sweep,
        '-d',
        `abort-${engine}`,
        '--engine',
        engine,
      ]);
      expect([status, stderr]).toEqual([99, 'stopped at point 2: a threshold with abortOnFail was crossed\n']);
      expect(manifest(`abort-${engine}`).runs.map((r: { point: number }) => r.point)).toEqual([0, 0, 1, 1, 2, 2]);
    }
    expect(tables('abort-threads')).toEqual(tables('abort-inline'));
  });
});

describe('bad input ends with 2 and one message:', () => {
  it.each<[string[], string]>([
    [['-n', '0'], 'kubelapse: --replications 0: must be a whole number from 1 to 10000\n'],
    [['-n', '2', '--until', 'pod_startup_p99 ±5%'], 'kubelapse: --replications and --until cannot be used together\n'],
    [['--shard', '3/2'], 'kubelapse: --shard 3/2: must be i/n with i from 1 to n, such as 2/4\n'],
    [['--jobs', 'many'], 'kubelapse: --jobs many: must be a whole number from 1 to 1024\n'],
    [
      ['--until', 'pod_startup_p99'],
      "--until pod_startup_p99: error: must be 'FIGURE ±N%', such as 'pod_startup_p99 ±5%'\n",
    ],
    [['--until', 'pod_started_p99 ±5%'], '--until pod_started_p99 ±5%: error: there is no metric "pod_started"'],
    [
      ['--threshold', 'pod_ready: p(99) < 5'],
      '--threshold pod_ready: p(99) < 5: error: expr: "5" is not a duration such as 500ms, 5s or 1m30s\n',
    ],
    [['--sweep', 'spec.kubeProxy.mode=ipvs,nope'], 'error: spec.kubeProxy.mode: "nope" is not accepted'],
    [
      ['--engine', 'cloud'],
      'kubelapse: --engine: "cloud" is not accepted; must be "auto", "inline", "threads", "bullmq"',
    ],
    [['--junit', 'scenarios'], 'scenarios: error: is a folder (name a file)\n'],
  ])('%j', (flags, message) => {
    const { status, stdout, stderr } = run(['run', SCENARIO, ...flags, '-d', 'bad']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(join(dir, 'bad'))).toBe(false);
  });
});
