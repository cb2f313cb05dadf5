// The command as a process: flags, exit codes, streams, files. Needs the build (`npm test` makes it).
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIN = resolve('dist/src/cli/bin.js');
let dir: string;
beforeAll(() => {
  if (!existsSync(BIN)) throw new Error('no build: run npm test, or npm run build first');
  dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
  cpSync('scenarios', join(dir, 'scenarios'), { recursive: true });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: dir, encoding: 'utf8' });
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  return { status, stdout, stderr };
};

describe('run', () => {
  it('prints the answer on stdout, the rest on stderr, and writes every table whole', () => {
    const { status, stdout, stderr } = run('run', 'scenarios/single-node.yaml');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Where does the time go/);
    expect(stderr).toMatch(/^results\/single-node\/ written in/);
    const files = readdirSync(join(dir, 'results/single-node')).sort();
    expect(files).toEqual([
      'container_cpu.csv',
      'estimates.csv',
      'faults.csv',
      'histogram.csv',
      'kube_proxy.csv',
      'load_balancing.csv',
      'network_paths.csv',
      'network_policies.csv',
      'network_programming.csv',
      'node_cpu.csv',
      'node_starts.csv',
      'pod_start_breakdown.csv',
      'pods.csv',
      'probe_restarts.csv',
      'proxy_syncs.csv',
      'quantiles.csv',
      'requests.csv',
      'restarts.csv',
      'run.json',
      'scheduling.csv',
      'service_lookups.csv',
      'summary.csv',
      'summary.json',
      'sync_latency.csv',
      'timeseries.csv',
    ]);
  });
  it('names nothing of the machine in any file but run.json', () => {
    for (const file of readdirSync(join(dir, 'results/single-node'))) {
      if (file !== 'run.json')
        expect(readFileSync(join(dir, 'results/single-node', file), 'utf8')).not.toContain(tmpdir());
    }
  });
  it('takes seed, set, directory, output and quiet', () => {
    const args = [
      'run',
      'scenarios/single-node.yaml',
      '--seed',
      '0042',
      '--set',
      'spec.duration=30s',
      '--set',
      'spec.nodePools[0].count=2',
      '-d',
      'out',
    ];
    const json = JSON.parse(run(...args, '-o', 'json').stdout);
    expect([json.seed, json.overrides, json.runs[0].counts.nodes]).toEqual([
      '0042',
      ['spec.duration=30s', 'spec.nodePools[0].count=2'],
      2,
    ]);
    expect(run(...args, '-o', 'csv').stdout).toMatch(/^scenario,point,replication,metric/);
    expect(run(...args, '-q')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(join(dir, 'out/single-node/run.json'))).toBe(true);
  });
  it('reads a scenario from standard input', () => {
    const input = readFileSync('scenarios/single-node.yaml', 'utf8');
    const { status, stdout } = spawnSync(process.execPath, [BIN, 'run', '-', '-d', 'stdin'], {
      cwd: dir,
      encoding: 'utf8',
      input,
    });
    expect([status, stdout.startsWith('Where')]).toEqual([0, true]);
  });
  it('leaves out long tables and writes them with --raw', () => {
    const set = [
      '--set',
      'spec.duration=10s',
      '--set',
      'spec.apps[0].copies=400',
      '--set',
      'spec.nodePools[0].count=300',
      '--set',
      'spec.sweep={parameters: [{name: mode, path: spec.kubeProxy.mode, values: [ipvs]}]}',
    ];
    const { status, stderr } = run('run', 'scenarios/first-look.yaml', ...set);
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('pods.csv left out (12000 rows): add --raw to write it'),
    ]);
    expect(existsSync(join(dir, 'results/first-look/pods.csv'))).toBe(false);
    run('run', 'scenarios/first-look.yaml', ...set, '--raw', '-q');
    expect(readFileSync(join(dir, 'results/first-look/pods.csv'), 'utf8').split('\r\n').length).toBe(12_002);
    run('run', 'scenarios/first-look.yaml', ...set, '-q');
    expect(existsSync(join(dir, 'results/first-look/pods.csv'))).toBe(false);
  });
  it('refuses a flag that is given twice', () => {
    const { status, stderr } = run('run', 'scenarios/single-node.yaml', '--seed', '1', '--seed', '2');
    expect([status, stderr]).toEqual([2, 'kubelapse: --seed is given 2 times; give it once\n']);
  });
  it('refuses what does not fit on the nodes, and writes nothing', () => {
    const { status, stderr } = run(
      'run',
      'scenarios/single-node.yaml',
      '--set',
      'spec.apps[0].start=running',
      '--set',
      'spec.nodePools[0].capacity.pods=1',
      '-d',
      'none',
    );
    expect(status).toBe(2);
    expect(stderr).toBe(
      'scenarios/single-node.yaml:13:5: error: spec.nodePools: 1 node has room for 1 pods, but 2 pods run at the start\n' +
        '    13 |     - name: node\n       |     ^ raise count or capacity, or lower replicas or copies\n',
    );
    expect(
      run(
        'validate',
        'scenarios/single-node.yaml',
        '--set',
        'spec.apps[0].start=running',
        '--set',
        'spec.nodePools[0].capacity.pods=1',
      ).status,
    ).toBe(2);
    expect(existsSync(join(dir, 'none'))).toBe(false);
  });
  it('refuses what is larger than memory, with the estimate', () => {
    const text = readFileSync(join(dir, 'scenarios/single-node.yaml'), 'utf8');
    writeFileSync(join(dir, 'scenarios/huge.yaml'), text.replace('replicas: 2', 'replicas: 9000000000'));
    const { status, stderr } = run('run', 'scenarios/huge.yaml', '-d', 'none');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^scenarios\/huge.yaml: error: does not fit into this machine's memory: about \d+\.\d GiB for 9000000000 pods, [\d.]+ GiB may be used/,
    );
    expect(existsSync(join(dir, 'none'))).toBe(false);
  });
});

describe('bad input ends with 2, one clear message and no file', () => {
  it.each<[string, string[], string]>([
    [
      'a missing file',
      ['run', 'nope.yaml'],
      'nope.yaml: error: does not exist (kubelapse init writes a scenario to start from)\n',
    ],
    ['a directory', ['run', 'scenarios'], 'scenarios: error: is a directory, not a file (name the file in it)\n'],
    [
      'a file where a folder of results belongs',
      ['verify', 'scenarios/scenario.schema.json'],
      'scenarios/scenario.schema.json: error: is a file, not a folder of results',
    ],
    ['a field that every object has', ['explain', 'spec.constructor'], 'kubelapse: spec has no field "constructor"'],
    ['an empty value', ['run', 'x.yaml', '-d', ''], 'kubelapse: the value of --results-dir is empty\n'],
    ['a flag given twice', ['init', '--dir', 'a', '--dir', 'b'], 'kubelapse: --dir is given 2 times; give it once\n'],
    ['an empty name among several', ['validate', 'x.yaml', ''], 'kubelapse: a name is empty\n'],
    ['an empty name', ['run', ''], 'kubelapse: a name is empty\n'],
    ['a wrong command', ['rnu', 'x.yaml'], 'kubelapse: there is no command "rnu" (did you mean "run"?)\n'],
    ['no command', [], 'kubelapse: a command is needed; kubelapse --help lists them\n'],
    ['a wrong flag', ['run', 'x.yaml', '--sed', '1'], 'kubelapse: Unknown argument: sed (did you mean "seed"?)\n'],
    ['too many dashes', ['--help', '----\n-help'], 'kubelapse: Unknown argument: ----\\n-help\n'],
    ['a word too many', ['init', 'a', 'b', 'run'], 'kubelapse: Unknown arguments: b, run\n'],
    ['a word too many after --', ['init', '--', 'a', '--dir', 'out'], 'kubelapse: Unknown arguments: ./--dir, out\n'],
    ['a file that begins with a dash', ['validate', '--', '-x.yaml'], './-x.yaml: error: does not exist'],
    [
      'a wrong value',
      ['run', 'x.yaml', '--event-queue', 'lifo'],
      'kubelapse: --event-queue: "lifo" is not accepted; must be "wheel", ',
    ],
    [
      'an unknown field',
      ['explain', 'spec.kubeproxy'],
      'kubelapse: spec has no field "kubeproxy" (did you mean "kubeProxy"?)\n',
    ],
    [
      'no result',
      ['verify', 'scenarios'],
      'scenarios: error: holds no result: there is no run.json (kubelapse run writes one)\n',
    ],
    [
      'an existing scenario',
      ['init', 'single-node'],
      'scenarios/single-node.yaml: error: already exists (choose another name)\n',
    ],
  ])('%s', (_, args, expected) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.startsWith(expected) ? expected : stderr).toBe(expected);
  });
});

describe('verify', () => {
  it('runs again and finds the same bytes; finds a change', () => {
    cpSync(join(dir, 'scenarios/slow-start-liveness.yaml'), join(dir, 'scenarios/gone.yaml'));
    run('run', 'scenarios/gone.yaml', '--seed', '5', '-q', '-d', 'v');
    rmSync(join(dir, 'scenarios/gone.yaml'));
    expect(run('verify', 'v/slow-start-liveness')).toMatchObject({
      status: 0,
      stdout: 'v/slow-start-liveness: verified: 24 files, the same bytes\n',
    });
    writeFileSync(join(dir, 'v/slow-start-liveness/restarts.csv'), 'x');
    rmSync(join(dir, 'v/slow-start-liveness/summary.csv'));
    const { status, stderr } = run('verify', 'v/slow-start-liveness');
    expect([status, stderr]).toEqual([
      1,
      'v/slow-start-liveness: summary.csv: is missing\nv/slow-start-liveness: restarts.csv: was changed since it was written\n',
    ]);
  });
});

describe('what verify does not believe', () => {
  const tampered = (change: (manifest: Record<string, unknown>) => void) => {
    run('run', 'scenarios/single-node.yaml', '-q', '-d', 't', '--force');
    const path = join(dir, 't/single-node/run.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
    const { status, stderr } = run('verify', 't/single-node');
    return { status, stderr };
  };
  it.each<[string, (manifest: Record<string, unknown>) => void, number, string]>([
    ['no inputs', (m) => (m.inputs = []), 2, 'inputs is missing or wrong'],
    ['no runs', (m) => delete m.runs, 2, 'runs is missing or wrong'],
    ['no files', (m) => (m.files = {}), 1, 'summary.csv: is not listed in run.json'],
    [
      'other counts',
      (m) => ((m.runs as { counts: { pods: number } }[])[0]!.counts.pods = 7),
      1,
      'point 0: its counts in run.json are not those of the run',
    ],
  ])('%s', (_, change, status, message) => {
    const found = tampered(change);
    expect(found.status).toBe(status);
    expect(found.stderr).toContain(message);
  });
  it('believes a run in which every tick was executed', () => {
    const everyTick = ['--every-tick', '--check-invariants', '-q', '-d', 'ticks'];
    expect(run('run', 'scenarios/slow-start-liveness.yaml', ...everyTick).status).toBe(0);
    expect(run('verify', 'ticks/slow-start-liveness').status).toBe(0);
  });
});

it('an output that cannot be written is told, and a result that cannot be written leaves the one before', () => {
  const sh = (command: string) => spawnSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8' });
  const command = `"${process.execPath}" "${BIN}"`;
  const full = sh(`${command} schema >/dev/full`);
  expect([full.status, full.stderr]).toEqual([1, 'kubelapse: standard output cannot be written: ENOSPC\n']);
  expect(run('run', 'scenarios/single-node.yaml', '-q', '-d', 'kept').status).toBe(0);
  const limited = sh(`ulimit -f 8; ${command} run scenarios/single-node.yaml --seed 9 -q -d kept`);
  expect(limited.status).toBe(1);
  expect(limited.stderr).toMatch(/^kubelapse: kept\/single-node\/\S+ cannot be written: EFBIG\n$/);
  expect(run('verify', 'kept/single-node').status).toBe(0);
  expect(readdirSync(join(dir, 'kept/single-node')).filter((file) => file.endsWith('.tmp'))).toEqual([]);
});

it('a results folder that cannot be is refused before anything runs', () => {
  writeFileSync(join(dir, 'occupied'), '');
  const { status, stderr } = run('run', 'scenarios/single-node.yaml', '-d', 'occupied');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^occupied\/single-node: error: cannot be written to: .*occupied is a file/);
});

describe('the other commands', () => {
  it('init writes a scenario that validates and runs', () => {
    expect(run('init', 'mine').status).toBe(0);
    expect(run('validate', 'scenarios/mine.yaml').stdout).toMatch(
      /^scenarios\/mine.yaml: ok: 1 point, 20 nodes, 50 pods, 10 services/,
    );
    expect(run('run', 'scenarios/mine.yaml').stdout).toContain('pods started');
  });
  it('validate lists what the manifests hold and the model does not use', () => {
    const { status, stdout } = run('validate', 'scenarios/first-look.yaml', 'scenarios/single-node.yaml');
    expect(status).toBe(0);
    expect(stdout).toContain('  Deployment spec.template.spec.securityContext (2 objects)\n');
  });
  it('explain tells type, default and source', () => {
    expect(run('explain', 'spec.nodePools.kubelet.registryPullQPS').stdout).toBe(
      'FIELD    spec.nodePools.kubelet.registryPullQPS\nTYPE     number\nDEFAULT  5\nSOURCE   Kubernetes: pkg/kubelet/apis/config/v1beta1/defaults.go\n\nimage pulls started per second; 0: no limit\n',
    );
    expect(run('explain', 'versions').stdout).toContain('  nodeMonitorGracePeriod: 40s; 50s since 1.32\n');
    expect(run('explain', 'parameters.kube-proxy.lookup').stdout).toContain('source: Cilium 1.6 release post (2019)');
    const { stdout } = run('explain', 'spec.faults.duration');
    expect(stdout).toContain('NodeReboot\n  until they are up again, the time of their pods included (default: 90s)\n');
    expect(stdout).toContain('RuntimeStall\n  how long\n');
    expect(stdout).not.toContain('DEFAULT');
    expect(run('explain', 'spec.faults').stdout).toContain('differs by kind: kubelapse explain spec.faults.duration');
  });
  it('schema prints JSON Schema, --version the version, completion a script', () => {
    expect(JSON.parse(run('schema').stdout).title).toBe('kubelapse Scenario');
    expect(JSON.parse(run('schema', 'profile').stdout).title).toBe('kubelapse Profile');
    expect(JSON.parse(run('schema', 'experiment').stdout).title).toBe('kubelapse Experiment');
    expect(run('schema', 'cluster').status).toBe(2);
    expect(run('--version').stdout).toBe(`${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
    expect(run('completion').stdout).toContain('kubelapse');
  });
});

describe('the shell', () => {
  it('a closed pipe ends quietly', () => {
    // The shell tells the exit code of the command itself, whose standard output nobody reads any more.
    const after = (command: string, wait: string) =>
      spawnSync('sh', ['-c', `{ "${process.execPath}" "${BIN}" ${command}; echo "code $?" >&2; } | ${wait}`], {
        cwd: dir,
        encoding: 'utf8',
      }).stderr;
    expect(after('schema', 'read -r line')).toBe('code 0\n');
    expect(after('run scenarios/single-node.yaml -d closed', 'true')).toMatch(/written in .* s\ncode 0\n$/);
    expect(existsSync(join(dir, 'closed/single-node/run.json'))).toBe(true);
    expect(after('run nope.yaml', 'true')).toMatch(/code 2\n$/);
  });
  it('Ctrl-C keeps the finished points and says what is partial', async () => {
    // Many short points: one of them is finished long before the signal, all of them long after it.
    const values = Array.from({ length: 1000 }, (_, i) => `${i}ms`);
    const sweep = `spec.sweep={parameters: [{name: warmup, path: spec.warmup, values: [${values.join(', ')}]}]}`;
    const args = ['run', 'scenarios/slow-start-liveness.yaml', '--set', sweep, '-d', 'stopped'];
    const child = spawn(process.execPath, [BIN, ...args], { cwd: dir });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
    // A line tells of each point that is finished.
    while (!/^\d+\/1000 /m.test(stderr)) await new Promise((done) => setTimeout(done, 50));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(stderr).toMatch(/partial: \d+ of 1000 points are finished and in the tables/);
    const written = join(dir, 'stopped/slow-start-liveness');
    const manifest = JSON.parse(readFileSync(join(written, 'run.json'), 'utf8'));
    expect(manifest.partial).toBe(true);
    expect(manifest.runs.length).toBeGreaterThan(0);
    expect(manifest.runs.length).toBeLessThan(1000);
    const runs = manifest.runs.length;
    const counts = expect.stringMatching(new RegExp(`^partial: ${runs} of 1,000 runs   seed `));
    const summary = JSON.parse(readFileSync(join(written, 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ partial: true, runs, runsAsked: 1000, counts });
    expect(readdirSync(written).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    expect(run('verify', 'stopped/slow-start-liveness').status).toBe(0);
  });
});
