// Experiments as processes: a sweep of 64 runs on one core and on all, what an executor costs a job, and a large dump imported.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importCommand } from '../../src/cli/commands/import-command.js';
import { type BenchRow, figuresOf, inOwnProcess, type ProcessUse, processUse, round } from '../harness.js';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
const row = figuresOf('experiments');

/** Runs of a third of a second: a rolling update under three kube-proxy modes. */
const SWEEP = [
  ...['run', 'scenarios/first-look.yaml', '--no-resume', '-q', '--set', 'spec.nodePools[0].count=200'],
  ...['--set', 'spec.apps[0].copies=320', '--set', 'spec.apps[1].copies=80', '--set', 'spec.duration=20m'],
  ...['--sweep', 'spec.kubeProxy.mode=iptables,ipvs', '--sweep', 'spec.kubeProxy.iptables.minSyncPeriod=1s:4s:1s'],
];
/** Runs that hardly do anything: what is left is what an executor costs. */
const EMPTY = ['run', 'scenarios/single-node.yaml', '--no-resume', '-q', '--set', 'spec.duration=2s'];

export async function benchExperiments(quick: boolean): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kubelapse-bench-'));
  try {
    return [...sweepRows(dir, quick), ...(await overheadRows(dir, quick)), importRow(quick)];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Wall seconds of a call of the command. */
function timed(args: readonly string[], dir: string, prefix: readonly string[] = []): number {
  const [command, ...rest] = [...prefix, process.execPath, BIN, ...args, '-d', dir];
  const begin = performance.now();
  const { status, stderr } = spawnSync(command!, rest, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return (performance.now() - begin) / 1000;
}

function sweepRows(dir: string, quick: boolean): BenchRow[] {
  const sweep = [...SWEEP, '-n', quick ? '1' : '8'];
  const jobs = quick ? 8 : 64;
  const hasTaskset = spawnSync('taskset', ['-V']).status === 0;
  // One core: garbage collector and compiler share it with the run, as they do on a machine that has one only.
  const one = timed([...sweep, '--engine', 'inline'], dir, hasTaskset ? ['taskset', '-c', '0'] : []);
  const inline = timed([...sweep, '--engine', 'inline'], dir);
  const threads = timed([...sweep, '--engine', 'threads'], dir);
  const named = (name: string, seconds: number): BenchRow => ({
    name: `experiments: ${jobs} runs, ${name}`,
    ratio: round(one / seconds),
    count: round(seconds),
    unit: 's',
  });
  return [
    named(hasTaskset ? 'one core' : 'one thread', one),
    named(`one thread, ${availableParallelism()} cores`, inline),
    named(`threads, ${availableParallelism()} cores`, threads),
  ];
}

/** What a job costs beside its run, by the difference of many jobs and few on one thread each. */
async function overheadRows(dir: string, quick: boolean): Promise<BenchRow[]> {
  const [few, many] = quick ? [10, 60] : [20, 420];
  const perJob = (flags: readonly string[]): number => {
    const seconds = (n: number): number => timed([...EMPTY, '-n', String(n), ...flags], dir);
    return ((seconds(many) - seconds(few)) / (many - few)) * 1000;
  };
  const inline = perJob(['--engine', 'inline']);
  const threads = perJob(['--engine', 'threads', '-j', '1']);
  const rows = [row('an empty run, inline', inline, 'ms'), row('a thread adds to it', threads - inline, 'ms')];
  const queue = await withQueue((url) => perJob(['--engine', 'bullmq', '--queue', url]));
  return queue === undefined ? rows : [...rows, row('a queue on Redis adds to it', queue - inline, 'ms')];
}

/** With a Redis and one worker; undefined where there is no redis-server. */
async function withQueue<T>(work: (url: string) => T): Promise<T | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = 20_000 + (process.pid % 20_000);
  const url = `redis://localhost:${port}`;
  const children: ChildProcess[] = [spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' })];
  try {
    await new Promise((done) => setTimeout(done, 500));
    const worker = spawn(process.execPath, [BIN, 'worker', '--queue', url, '-j', '1'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    children.push(worker);
    await new Promise((done) => worker.stderr.once('data', done));
    return work(url);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

interface Imported extends ProcessUse {
  readonly megabytes: number;
  readonly seconds: number;
}

function importRow(quick: boolean): BenchRow {
  const { megabytes, seconds, peakBytes } = inOwnProcess<Imported>(import.meta.url, 0, quick);
  const what = `a dump of ${Math.round(megabytes)} MB imported, peak ${Math.round(peakBytes / 2 ** 20)} MiB`;
  return row(what, megabytes / seconds, 'MB/s');
}

/** Writes a dump of pods as kubectl prints it, about 2.9 kB each. */
function writeDump(path: string, pods: number): void {
  const file = openSync(path, 'w');
  writeSync(file, '{\n    "apiVersion": "v1",\n    "items": [\n');
  const status = { capacity: { cpu: '32', memory: '128Gi', pods: '250' }, nodeInfo: { kubeletVersion: 'v1.33.0' } };
  const nodes = Math.ceil(pods / 200);
  const list = Array.from({ length: nodes }, (_, i) =>
    JSON.stringify({ kind: 'Node', metadata: { name: `node-${i}` }, status }),
  );
  writeSync(file, list.join(',\n'));
  for (let i = 0; i < pods; i++) {
    const pod = {
      kind: 'Pod',
      metadata: {
        name: `web-${i % 50}-${Math.floor(i / 50)}`,
        labels: { app: `web-${i % 50}` },
        annotations: { applied: 'y'.repeat(900) },
        ownerReferences: [{ kind: 'StatefulSet', name: `web-${i % 50}`, controller: true }],
      },
      spec: {
        nodeName: `node-${Math.floor(i / 200)}`,
        containers: [{ name: 'main', image: 'example/web:1', env: [{ name: 'X', value: 'x'.repeat(900) }] }],
      },
      status: { phase: 'Running' },
    };
    writeSync(file, `,\n${JSON.stringify(pod, null, 4)}`);
  }
  writeSync(file, '\n    ],\n    "kind": "List"\n}\n');
  closeSync(file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dir = mkdtempSync(join(tmpdir(), 'kubelapse-import-'));
  const path = join(dir, 'dump.json');
  writeDump(path, process.argv.includes('--quick') ? 5000 : 75_000);
  const begin = performance.now();
  const base = { nodes: undefined, pods: undefined, mapping: undefined, from: 0, lasts: undefined, salt: '' };
  const flags = { anonymise: false, assumeNodes: false, force: true, quiet: true };
  await importCommand({ ...base, ...flags, sources: [path], name: 'dump', dir });
  const seconds = (performance.now() - begin) / 1000;
  const result: Imported = { megabytes: statSync(path).size / 1e6, seconds, ...processUse() };
  rmSync(dir, { recursive: true, force: true });
  process.stdout.write(JSON.stringify(result));
}
