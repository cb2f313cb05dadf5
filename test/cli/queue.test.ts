// The queue for many machines, on a real Redis and a real PostgreSQL where they are installed: same bytes, workers killed in
// the middle of their work, other versions refused. Needs the build.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pack } from '../../src/experiment/executors/packed.js';
import { openQueue, openWorker } from '../../src/experiment/executors/queue-connection.js';
import { packAssignment } from '../../src/experiment/executors/queue-messages.js';
import type { RunRecord } from '../../src/report/index.js';
import { BIN, commandFolder } from '../fixtures/command.js';
import { hasProgram, missingPrograms, titled } from '../fixtures/machine.js';
import { record } from '../fixtures/record.js';
import { AT_LENGTH, rounds, some } from '../fixtures/tier.js';

const KILLS = rounds(2, 10);

const folder = commandFolder(true);
const SCENARIO = 'scenarios/slow-start-liveness.yaml';
const NAME = 'slow-start-liveness';
let dir = '';
const children = new Set<ChildProcess>();

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
const start = (command: string, args: readonly string[], cwd = dir): ChildProcess => {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
};
const ended = (child: ChildProcess) =>
  new Promise<{ status: number | null; stderr: string }>((done) => {
    let stderr = '';
    child.stderr!.on('data', (data) => {
      stderr += String(data);
    });
    child.on('close', (status) => done({ status, stderr }));
  });
const worker = (url: string, bin = BIN, more: readonly string[] = []): ChildProcess =>
  start(process.execPath, [bin, 'worker', '--queue', url, '-j', '1', ...more]);
/** A worker that has begun to work. */
const workingWorker = (url: string, bin = BIN, more: readonly string[] = []) =>
  new Promise<ChildProcess>((done) => {
    const child = worker(url, bin, more);
    child.stderr!.once('data', () => done(child));
  });
const run = (...args: string[]) =>
  spawnSync(process.execPath, [BIN, ...args], { cwd: dir, encoding: 'utf8', timeout: 120_000 });
const tables = (results: string) => folder.tables(join(results, NAME));

beforeAll(() => {
  dir = folder.dir;
  const module = JSON.stringify(resolve('dist/src/cli/build.js'));
  writeFileSync(join(dir, 'build.mjs'), `import { buildDigest } from ${module};\nconsole.log(buildDigest());\n`);
  const store = JSON.stringify(resolve('dist/src/cli/job-store.js'));
  const named = `const { source, options, job } = JSON.parse(process.argv[2]);\nconsole.log(new JobKeys(source, options).of(job));\n`;
  writeFileSync(join(dir, 'name.mjs'), `import { JobKeys } from ${store};\n${named}`);
});
afterEach(async () => {
  for (const child of children) if (child !== redis) child.kill('SIGKILL');
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

const lacksRedis = missingPrograms('redis-server', 'redis-cli');
let redis: ChildProcess | undefined;
let redisUrl = '';
let redisPort = 0;
async function startRedis(): Promise<void> {
  const port = await freePort();
  redis = start('redis-server', [
    '--port',
    String(port),
    '--save',
    '',
    '--appendonly',
    'no',
    '--requirepass',
    'secret',
  ]);
  redisPort = port;
  redisUrl = `redis://:secret@localhost:${port}`;
  for (let i = 0; i < 100; i++) {
    const answer = spawnSync('redis-cli', ['-p', String(port), '-a', 'secret', 'ping'], { encoding: 'utf8' }).stdout;
    if (answer?.includes('PONG')) return;
    await sleep(50);
  }
  throw new Error('redis-server does not answer');
}

const SMALL = ['run', SCENARIO, '--set', 'spec.duration=4m', '--sweep', 'spec.nodePools[0].count=5,10', '-n', '4'];
const MANY = [...SMALL.slice(0, -1), '400'];
/** Answers of somebody who can write to the queue, to jobs of which the names and the data are known. */
const LIES: readonly ((id: string, data: unknown) => unknown)[] = [
  () => ({ packed: 'bm90aGluZw==' }),
  () => null,
  () => 5,
  () => ({ packed: 5 }),
  () => ({ refused: { worker: 'w\n::stop-commands::x', reason: '\u001b[31m' } }),
  () => ({ refused: 'everything' }),
  () => ({ failure: { kind: 'defect', message: 'it fell over', stack: '    at x (y.js:1:2)' } }),
  () => ({ failure: { kind: 'capacity', message: 'no room' } }),
  // A record that is damaged in its very sense, and one of another job under the name of this one.
  (id) => ({ packed: packedAs(id, { any: 'thing' }) }),
  (id) => ({ packed: packedAs(id, { ...record({}), tables: {} }) }),
  () => ({ packed: packedAs('another', record({})) }),
  // More than memory holds, of a thousandth of it.
  () => ({ packed: Buffer.concat([Buffer.alloc(32), gzipSync(Buffer.alloc(400 << 20))]).toString('base64') }),
  () => {
    throw new Error('a worker that fails\n::error::x');
  },
];
const packedAs = (name: string, what: unknown): string => Buffer.from(pack(what as RunRecord, name)).toString('base64');

const OPTIONS = { queue: 'wheel', everyTick: false, checkInvariants: false, raw: false } as const;
const sourceOf = (text: string) => ({
  inputs: [{ path: 's.yaml', text }],
  seed: '1',
  set: [],
  sweep: [],
  thresholds: [],
  extensions: [],
});

/** Scenarios that cannot be simulated. */
const UNFIT = [
  { source: sourceOf('kind: Scenario\n'), point: 7 },
  { source: sourceOf('['.repeat(100_000)), point: 0 },
];
const jobOf = (source: ReturnType<typeof sourceOf>, point: number) => ({
  build: 'BUILD',
  job: { point, replication: 0 },
  ...packAssignment({ source, options: OPTIONS }),
});

/** Jobs that are none. */
const NONSENSE: readonly unknown[] = [
  null,
  5,
  [],
  {},
  { build: 5 },
  { build: 'x', job: { point: 0, replication: 0 }, assignment: '', digest: '' },
  { build: 'x', job: { point: -1, replication: 1e9 }, assignment: 'AAAA', digest: 'x' },
  { build: 'BUILD', job: { point: 0, replication: 0 }, assignment: 'AAAA', digest: 'x' },
  { build: 'BUILD', job: { point: 0, replication: 0 }, ...bomb() },
  jobOf(sourceOf('kind: Scenario\n'), 0),
  ...UNFIT.map(({ source, point }) => jobOf(source, point)),
];
function bomb(): { assignment: string; digest: string } {
  return { assignment: gzipSync(Buffer.alloc(400 << 20)).toString('base64'), digest: 'x' };
}

/** What a hostile peer does to those who ask and to those who work, on a queue of any kind. */
function hostilePeer(urlOf: () => string): void {
  it('cannot end or mislead one who asks: bad answers are refused by name, and the jobs are done', async () => {
    const url = urlOf();
    let lie = 0;
    const liar = await openWorker(
      url,
      1,
      async (id, data) => LIES[lie++ % LIES.length]!(id, data),
      () => {},
    );
    const asked = ended(start(process.execPath, [BIN, ...SMALL, '-d', 'lied-to', '--queue', url]));
    const { status, stderr } = await asked;
    await liar.close();
    expect(status).toBe(0);
    expect(lie).toBeGreaterThan(LIES.length);
    expect(stderr).toMatch(/^job \w+\.p\d\.r\d: its answer is not the record of this job; asking for it again$/m);
    expect(stderr).toMatch(
      /^job \w+\.p\d\.r\d: worker w\\n::stop-commands::x refused: \\u001b\[31m; (asking for|running) it /m,
    );
    expect(stderr).toMatch(/; running it here$/m);
    expect(stderr).not.toMatch(/^(::|\s+at )/m);
    run(...SMALL, '-q', '-d', 'inline', '--engine', 'inline');
    expect(tables('lied-to')).toEqual(tables('inline'));
  });

  it('cannot end one who works: what is no job is refused, and the next one is done', async () => {
    const url = urlOf();
    const working = worker(url);
    const ending = ended(working);
    const queue = await openQueue(url, () => {});
    const build = spawnSync(process.execPath, [join(dir, 'build.mjs')], { encoding: 'utf8' }).stdout.trim();
    const ids = NONSENSE.map((_, i) => `nonsense-${i}`);
    // Those that get beyond their name.
    for (const [i, { source, point }] of UNFIT.entries()) {
      const job = { point, replication: 0 };
      const named = JSON.stringify({ source, options: OPTIONS, job });
      ids[NONSENSE.length - UNFIT.length + i] = spawnSync(process.execPath, [join(dir, 'name.mjs'), named], {
        encoding: 'utf8',
      }).stdout.trim();
    }
    for (const [i, id] of ids.entries())
      await queue.add(id, JSON.parse(JSON.stringify(NONSENSE[i]).replaceAll('BUILD', build)));
    for (const id of ids) while ((await queue.stateOf(id)) !== 'completed') await sleep(50);
    const answers = await Promise.all(ids.map((id) => queue.resultOf(id)));
    const said = answers.map(({ value }) => JSON.stringify(value));
    for (const answer of said.slice(0, -UNFIT.length)) expect(answer).toMatch(/^\{"refused":/);
    for (const answer of said.slice(-UNFIT.length)) expect(answer).toMatch(/^\{"failure":/);
    expect(said.filter((answer) => answer.includes('the job has the name of another'))).toHaveLength(1);
    expect(run(...SMALL, '-q', '-d', 'after', '--queue', url).status).toBe(0);
    expect(tables('after')).toEqual(tables('inline'));
    for (const id of ids) await queue.remove(id);
    await queue.close();
    working.kill('SIGTERM');
    const { status, stderr } = await ending;
    expect([status, stderr.includes('secret'), /^\s+at /m.test(stderr)]).toEqual([0, false, false]);
  });
}

/** Runs of about a second, so that a kill meets one under way. */
const LONG = [
  ...['run', SCENARIO, '--set', 'spec.duration=100m', '--set', 'spec.nodePools[0].count=1000', '-n', '16', '--set'],
  'spec.apps[0].copies=60',
];

describe.skipIf(lacksRedis.length > 0)(titled('a queue on Redis', lacksRedis), () => {
  beforeAll(startRedis, 60_000);
  afterAll(() => redis?.kill());

  it('carries out runs with parts of one’s own only where the worker has the same, to the byte', async () => {
    const name = 'power-of-two-choices';
    const [scenario, module] = [`examples/${name}.yaml`, `examples/${name}.mjs`];
    const asked = (results: string, ...more: string[]) =>
      run('run', scenario, '--extension', module, '-d', results, ...more);
    cpSync('examples/extensions', join(dir, 'examples'), { recursive: true });
    expect(asked('own', '-q', '--engine', 'inline').status).toBe(0);
    const has = await workingWorker(redisUrl, BIN, ['--extension', module]);
    expect(asked('own-queue', '-q', '--queue', redisUrl)).toMatchObject({ status: 0, stderr: '' });
    expect(folder.tables(`own-queue/${name}`)).toEqual(folder.tables(`own/${name}`));
    const gone = ended(has);
    has.kill('SIGTERM');
    await gone;
    appendFileSync(join(dir, 'other.mjs'), `${readFileSync(join(dir, module), 'utf8')}// changed\n`);
    const hasNot = await workingWorker(redisUrl, BIN, ['--extension', 'other.mjs']);
    const { status, stderr } = asked('own-refused', '--queue', redisUrl);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^job \w+\.p0\.r0: worker \S+ refused: it has no extension power-of-two-choices 1\.0\.0 of these bytes; give it to the worker with --extension; running it here$/m,
    );
    expect(folder.tables(`own-refused/${name}`)).toEqual(folder.tables(`own/${name}`));
    hasNot.kill('SIGKILL');
  });

  it('gives the same bytes as threads and as this thread, and leaves nothing behind', async () => {
    const workers = await Promise.all([workingWorker(redisUrl), workingWorker(redisUrl)]);
    expect(run(...SMALL, '-q', '-d', 'queue', '--engine', 'bullmq', '--queue', redisUrl).status).toBe(0);
    run(...SMALL, '-q', '-d', 'threads', '--engine', 'threads');
    run(...SMALL, '-q', '-d', 'inline', '--engine', 'inline');
    expect(tables('queue')).toEqual(tables('inline'));
    expect(tables('threads')).toEqual(tables('inline'));
    const keys = execFileSync(
      'redis-cli',
      ['-p', String(redisPort), '-a', 'secret', '--no-auth-warning', 'keys', '*.p*'],
      { encoding: 'utf8' },
    );
    expect(keys.trim()).toBe('');
    // A worker that is asked to stop ends its runs and says so with 0.
    const codes = workers.map((child) => ended(child));
    for (const child of workers) child.kill('SIGTERM');
    expect((await Promise.all(codes)).map(({ status }) => status)).toEqual([0, 0]);
  });

  it.skipIf(!AT_LENGTH)(
    'loses nothing when workers are killed in the middle of their work, again and again',
    async () => {
      run(...LONG, '-q', '-d', 'whole', '--engine', 'threads');
      const workers = await Promise.all([workingWorker(redisUrl), workingWorker(redisUrl)]);
      const asked = ended(start(process.execPath, [BIN, ...LONG, '-d', 'killed', '--queue', redisUrl]));
      let isOver = false;
      void asked.then(() => {
        isOver = true;
      });
      let kills = 0;
      for (; kills < KILLS; kills++) {
        await sleep(500);
        expect(isOver).toBe(false);
        const victim = kills % workers.length;
        workers[victim]!.kill('SIGKILL');
        workers[victim] = await workingWorker(redisUrl);
      }
      const { status } = await asked;
      expect([status, kills]).toEqual([0, KILLS]);
      expect(tables('killed')).toEqual(tables('whole'));
    },
  );

  it.skipIf(!AT_LENGTH)('finds what was finished when whoever asked is killed and asks again', async () => {
    await workingWorker(redisUrl);
    const asking = start(process.execPath, [BIN, ...SMALL, '-d', 'again', '--queue', redisUrl]);
    await new Promise<void>((done) => asking.stderr!.once('data', () => done()));
    asking.kill('SIGKILL');
    await sleep(1500);
    expect(run(...SMALL, '-q', '-d', 'again', '--queue', redisUrl).status).toBe(0);
    expect(tables('again')).toEqual(tables('inline'));
  });

  it.skipIf(!AT_LENGTH)('takes a broken result for none', async () => {
    // A run that somebody answered with something else: the same again, by a worker.
    const { Queue, Worker } = await import('bullmq');
    const { Redis } = await import('ioredis');
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
    let liars = 3;
    const liar = new Worker(
      'kubelapse',
      async () => {
        if (--liars === 0) void liar.close();
        return { packed: 'bm90aGluZw==' };
      },
      { connection },
    );
    const asked = ended(start(process.execPath, [BIN, ...SMALL, '-d', 'lied', '--queue', redisUrl]));
    while (liars > 0) await sleep(50);
    await liar.close();
    await workingWorker(redisUrl);
    expect((await asked).status).toBe(0);
    expect(tables('lied')).toEqual(tables('inline'));
    await new Queue('kubelapse', { connection }).close();
    connection.disconnect();
  });

  hostilePeer(() => redisUrl);

  it.each(some(['wait', 'meta', 'completed'], 1))(
    'does itself what a queue does not take whose %s is something else',
    (key) => {
      const redisCli = (...args: string[]) =>
        execFileSync('redis-cli', ['-p', String(redisPort), '-a', 'secret', '--no-auth-warning', ...args]);
      redisCli('del', `bull:kubelapse:${key}`);
      redisCli('set', `bull:kubelapse:${key}`, 'x');
      const { status, stderr } = run(...SMALL, '-d', key, '--queue', redisUrl);
      redisCli('flushall');
      expect([status, stderr]).toEqual([0, expect.stringMatching(/^job \w+\.p0\.r0: the queue .*; running it here$/m)]);
      expect(tables(key)).toEqual(tables('inline'));
    },
  );

  it.skipIf(!AT_LENGTH)('does itself what a worker of another version refuses', async () => {
    const other = join(dir, 'other');
    mkdirSync(other);
    cpSync('dist', join(other, 'dist'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(other, 'node_modules'));
    cpSync('package.json', join(other, 'package.json'));
    appendFileSync(join(other, 'dist/src/version.js'), '// changed\n');
    await workingWorker(redisUrl, join(other, 'dist/src/cli/bin.js'));
    const { status, stderr } = run(...SMALL, '-d', 'refused', '--queue', redisUrl);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^job \w+\.p0\.r0: worker \S+ refused: it runs kubelapse 0\.1\.0\+\w+, the job comes from 0\.1\.0\+\w+; use the same everywhere; running it here$/m,
    );
    expect(tables('refused')).toEqual(tables('inline'));
  });
});

describe.skipIf(lacksRedis.length > 0)(titled('a queue that goes away', lacksRedis), () => {
  beforeAll(startRedis, 60_000);
  it('does not keep Ctrl-C from ending the one who asks, or SIGTERM the worker', async () => {
    const working = await workingWorker(redisUrl);
    const asking = start(process.execPath, [BIN, ...MANY, '-d', 'away', '--queue', redisUrl]);
    await new Promise<void>((done) => asking.stderr!.once('data', () => done()));
    redis!.kill('SIGKILL');
    await sleep(500);
    const codes = [ended(asking), ended(working)];
    asking.kill('SIGINT');
    working.kill('SIGTERM');
    const [asked, worked] = await Promise.all(codes);
    expect([asked!.status, worked!.status]).toEqual([130, 1]);
  });
});

const postgresBin = existsSync('/usr/lib/postgresql')
  ? readdirSync('/usr/lib/postgresql')
      .map((version) => `/usr/lib/postgresql/${version}/bin`)
      .at(-1)
  : undefined;
// PostgreSQL does not run as root, and nobody else may become another user.
describe.skipIf(postgresBin === undefined || process.getuid?.() !== 0 || !hasProgram('su'))(
  'a queue on PostgreSQL',
  () => {
    let data: string;
    let url: string;
    const asPostgres = (command: string) =>
      execFileSync('su', ['postgres', '-c', command], { stdio: 'ignore', cwd: '/' });
    beforeAll(async () => {
      data = mkdtempSync(join(tmpdir(), 'kubelapse-pg-'));
      execFileSync('chown', ['postgres', data]);
      const port = await freePort();
      asPostgres(`${postgresBin}/initdb -D ${data}/db -A trust`);
      asPostgres(`${postgresBin}/pg_ctl -D ${data}/db -o '-p ${port} -k ${data}' -l ${data}/log -w start`);
      url = `postgres://postgres@localhost:${port}/postgres`;
    });
    afterAll(() => {
      asPostgres(`${postgresBin}/pg_ctl -D ${data}/db -m immediate stop`);
      rmSync(data, { recursive: true, force: true });
    });
    it('gives the same bytes', async () => {
      await Promise.all([workingWorker(url), workingWorker(url)]);
      expect(run(...SMALL, '-q', '-d', 'pg', '--engine', 'bullmq', '--queue', url).status).toBe(0);
      run(...SMALL, '-q', '-d', 'pg-inline', '--engine', 'inline');
      expect(tables('pg')).toEqual(tables('pg-inline'));
      for (const child of children) if (child !== redis) child.kill('SIGKILL');
    });
    hostilePeer(() => url);
  },
);

describe('a queue that is not there', () => {
  it.each<[string[], string, number?]>([
    [['worker', '--queue', 'http://x'], 'http://x: error: must begin with redis://, rediss:// or postgres://\n'],
    [['worker', '--queue', 'redis://me:secret@[x'], 'redis://me:…@[x: error: is not a URL such as redis://'],
    [['worker', '--queue', '//:secret@h'], '//:…@h: error: must begin with redis://'],
    [['worker', '--queue', 'redis:/:secret@h'], 'redis:/:…@h: error: must begin with redis://'],
    [['worker', '--queue', 'redis://h:99999/?password=secret'], 'redis://h:99999/?password=…: error: is not a URL'],
    [
      ['worker', '--queue', 'redis://me:secret@localhost:1'],
      'redis://me:…@localhost:1: error: cannot be reached: connect ECONNREFUSED',
      1,
    ],
    [
      ['worker', '--queue', 'postgres://me:secret@localhost:1/x'],
      'postgres://me:…@localhost:1/x: error: cannot be reached: connect ECONNREFUSED',
      1,
    ],
    [
      ['run', SCENARIO, '-n', '2', '--queue', 'redis://localhost:1'],
      '--queue: error: cannot be reached: connect ECONNREFUSED',
    ],
    [['run', SCENARIO, '--engine', 'bullmq'], 'kubelapse: --engine bullmq needs --queue'],
    [['run', SCENARIO, '--engine', 'threads', '--queue', 'redis://x'], 'kubelapse: --engine threads uses no queue'],
  ])('%j', (args, message, code = 2) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(code);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('secret');
  });
});
