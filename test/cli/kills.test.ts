// Commands that write, and what may end them: a signal at any moment, a full disk, a disk that cannot be written to, another
// one at the same work. Nothing is lost, nothing is half there, nothing is left behind, and calling again gives what an
// undisturbed call gives. Needs the build.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, commandFolder } from '../fixtures/command.js';
import { isRoot, missingPrograms, titled } from '../fixtures/machine.js';
import { rounds, some } from '../fixtures/tier.js';

const folder = commandFolder(true);
const at = (...path: readonly string[]): string => join(folder.dir, ...path);
const SMALL = ['scenarios/slow-start-liveness.yaml', '--set', 'spec.duration=4m', '-q'];
const SWEEP = [...SMALL, '--sweep', 'spec.nodePools[0].count=5,10', '-n', '3'];

/** Files below a folder with their contents; what differs between two calls by its nature is removed. */
function contentsOf(dir: string): Record<string, string> {
  if (!existsSync(dir)) return {};
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map(({ parentPath, name }): [string, string] => {
        const text = readFileSync(join(parentPath, name), 'latin1').replace(/"execution": \{[^}]*\}/, '');
        return [relative(dir, join(parentPath, name)), text];
      })
      .filter(([path]) => !path.includes('.kubelapse/own/'))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Calls the command and sends it a signal after so many milliseconds. */
function called(
  args: readonly string[],
  kill?: { signal: NodeJS.Signals; after: number },
  cwd = folder.dir,
): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += String(data);
    });
    if (kill !== undefined) setTimeout(() => child.kill(kill.signal), kill.after);
    child.on('close', (code, signal) => done({ code, signal, stderr }));
  });
}

/** Commands that write below out/, by what is done before them. */
const WRITERS: readonly {
  readonly name: string;
  readonly before?: readonly string[];
  readonly args: readonly string[];
}[] = [
  { name: 'run', args: ['run', ...SWEEP, '-d', 'out', '--engine', 'threads'] },
  {
    name: 'run inline',
    args: [
      'run',
      ...SWEEP,
      '-d',
      'out',
      '--engine',
      'inline',
      '--junit',
      'out/j.xml',
      '--threshold',
      'pod_ready: p(99) < 1h',
    ],
  },
  {
    name: 'run with pictures',
    args: ['run', ...SMALL, '-d', 'out', '--charts', '--report', '--metrics', 'out/m.om', '--trace', 'out/t.json'],
  },
  { name: 'merge', args: ['merge', 'shards', '-d', 'out', '-q'] },
  {
    name: 'import',
    args: ['import', 'scenarios/manifests', '--name', 'made', '--dir', 'out', '-q', '--force', '--assume-nodes'],
  },
  { name: 'init', args: ['init', 'made', '--dir', 'out'] },
  { name: 'chart', args: ['chart', 'made/slow-start-liveness', '-o', 'out', '-q'] },
  { name: 'report', args: ['report', 'made/slow-start-liveness', '-o', 'out/r.html', '-q'] },
  {
    name: 'compare',
    args: [
      'compare',
      SMALL[0]!,
      '--set',
      'spec.duration=2m',
      '--set',
      'spec.duration=3m',
      '-n',
      '3',
      '-d',
      'out',
      '-q',
    ],
  },
  {
    name: 'plan',
    args: [
      'plan',
      SMALL[0]!,
      '--maximise',
      'spec.apps[0].copies',
      '--upper',
      '2',
      '--subject-to',
      'pod_startup: p(99) < 5s',
      '--set',
      'spec.duration=2m',
      '-d',
      'out',
      '-q',
    ],
  },
  { name: 'reproduce', args: ['reproduce', 'policy-delay-2025', '-d', 'out', '-q'] },
  { name: 'calibrate', args: ['calibrate', 'm.csv', '-o', 'out/profile.yaml', '-q'] },
];

/** Moments at which commands are killed, as shares of the time that they take: the same in every run. */
const MOMENTS = some([0.65, 0.4, 0.8, 0.93], 1);
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;
const CODES: Readonly<Record<string, number>> = { SIGTERM: 143, SIGINT: 130 };

beforeAll(() => {
  for (const shard of [1, 2]) folder.run(['run', ...SWEEP, '--shard', `${shard}/2`, '-d', `shards/${shard}`]);
  folder.run(['run', ...SMALL, '-d', 'made']);
  writeFileSync(
    at('m.csv'),
    `metric,pods,value\n${[10, 50, 100, 200].map((n) => `relist_seconds,${n},${0.002 + n * 6e-5}\n`).join('')}`,
  );
});

describe.each(some(WRITERS, 1))('$name', ({ args }) => {
  let whole: Record<string, string>;
  let milliseconds = 0;
  beforeAll(() => {
    rmSync(at('out'), { recursive: true, force: true });
    const begin = performance.now();
    const { status, stderr } = folder.run(args);
    milliseconds = performance.now() - begin;
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    whole = contentsOf(at('out'));
    expect(Object.keys(whole).length).toBeGreaterThan(0);
  });

  it.each(SIGNALS)('ended by %s loses nothing, and goes on', async (signal) => {
    for (const [i, share] of MOMENTS.entries()) {
      if (signal !== 'SIGKILL' && i % 2 === SIGNALS.indexOf(signal) % 2) continue;
      rmSync(at('out'), { recursive: true, force: true });
      mkdirSync(at('out'));
      writeFileSync(at('out/mine.txt'), 'mine');
      const { code, signal: by, stderr } = await called(args, { signal, after: milliseconds * share });
      expect(stderr).not.toMatch(/^\s+at /m);
      const left = contentsOf(at('out'));
      // A signal may come before there is any program to hear it, or when its work is done and it is on its way out.
      const isNothing = Object.keys(left).length === 1;
      const isAll = Object.keys(left).length === Object.keys(whole).length + 1;
      const isUnheard = by === signal && (isNothing || isAll);
      if (code !== 0 && signal !== 'SIGKILL' && !isUnheard) expect([i, code, by]).toEqual([i, CODES[signal], null]);
      expect(left['mine.txt']).toBe('mine');
      if (signal !== 'SIGKILL') {
        // Nothing but finished files, and finished runs where there are several.
        expect(Object.keys(left).filter((path) => /\.kubelapse|\.tmp$/.test(path))).toEqual([]);
      }
      const again = await called(args);
      if (args[0] === 'init' && again.code === 2) expect(again.stderr).toContain('already exists');
      else expect([share, again.code]).toEqual([share, 0]);
      const now = contentsOf(at('out'));
      // What is refused cleans nothing up.
      if (again.code === 2) for (const path of Object.keys(now)) if (path.startsWith('.kubelapse/')) delete now[path];
      expect(now).toEqual({ ...whole, 'mine.txt': 'mine' });
    }
  });
});

/**
 * Loaded before the command: ends it at the n-th thing that it does to a file below out/, with a file that it was about to
 * write there and empty. A signal by the clock seldom comes in the few microseconds between two of them.
 */
const KILL_AT = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { openSync, closeSync } = fs;
let count = 0;
for (const name of ['openSync', 'writeFileSync', 'renameSync', 'rmSync', 'mkdirSync', 'linkSync']) {
  const real = fs[name];
  fs[name] = (path, ...rest) => {
    const isBelow = String(path).startsWith('out') || String(path).includes('/out');
    if (isBelow && ++count === Number(process.env.KILL_AT)) {
      if (name === 'writeFileSync') closeSync(openSync(path, 'w'));
      process.kill(process.pid, 'SIGKILL');
    }
    return real(path, ...rest);
  };
}
syncBuiltinESMExports();
process.on('exit', () => process.stderr.write('did ' + count));
`;

describe.each(['import', 'run inline'])('%s', (writer) => {
  it('killed between any two things that it does to files leaves nothing that the next call does not remove', () => {
    const { args } = WRITERS.find(({ name }) => name === writer)!;
    writeFileSync(at('kill-at.mjs'), KILL_AT);
    const call = (kill: number) => {
      rmSync(at('out'), { recursive: true, force: true });
      const env = { NODE_OPTIONS: `--import ${at('kill-at.mjs')}`, KILL_AT: String(kill) };
      return spawnSync(process.execPath, [BIN, ...args], {
        cwd: folder.dir,
        encoding: 'utf8',
        env: { ...process.env, ...env },
      });
    };
    const count = Number(/did (\d+)$/.exec(call(0).stderr)?.[1]);
    expect(count).toBeGreaterThan(10);
    const whole = contentsOf(at('out'));
    const kills = Math.min(count, rounds(8, 40));
    for (let i = 0; i < kills; i++) {
      const kill = 1 + Math.floor((i * count) / kills);
      expect([kill, call(kill).signal]).toEqual([kill, 'SIGKILL']);
      expect([kill, folder.run(args).status]).toEqual([kill, 0]);
      expect([kill, contentsOf(at('out'))]).toEqual([kill, whole]);
    }
  });
});

describe('one writer at a time', () => {
  it('two runs into one folder: one is refused by name, and nothing is lost', async () => {
    const long = [
      'run',
      ...SMALL,
      '--set',
      'spec.duration=200m',
      '--set',
      'spec.nodePools[0].count=500',
      '--set',
      'spec.apps[0].copies=40',
    ];
    const both = await Promise.all([
      called([...long, '-n', '2', '-d', 'two']),
      called([...long, '-n', '2', '-d', './two/../two']),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const { stderr } = both.find(({ code }) => code === 1)!;
    expect(stderr).toMatch(
      /^kubelapse: \S*two\/slow-start-liveness is being written to by process \d+ on \S+: only one process may write at a time\n$/,
    );
    expect((await called([...long, '-n', '2', '-d', 'alone'])).code).toBe(0);
    expect(contentsOf(at('two'))).toEqual(contentsOf(at('alone')));
  });
  it('a lock whose owner has died is taken over, with a word', async () => {
    const { status } = folder.run(['run', ...SMALL, '-d', 'dead']);
    expect(status).toBe(0);
    const lock = at('dead/.kubelapse/slow-start-liveness.lock');
    mkdirSync(at('dead/.kubelapse'), { recursive: true });
    const gone = spawnSync(process.execPath, ['-e', '0']).pid;
    const { hostname } = await import('node:os');
    const boot = existsSync('/proc/sys/kernel/random/boot_id')
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      : '';
    writeFileSync(lock, JSON.stringify({ host: hostname(), boot, pid: gone, started: '1' }));
    const taken = folder.run(['run', ...SMALL, '-d', 'dead']);
    expect([taken.status, taken.stderr]).toEqual([
      0,
      `dead/slow-start-liveness: process ${gone} on ${hostname()} has ended without releasing its lock, which is taken over\n`,
    ]);
    expect(existsSync(lock)).toBe(false);
    // Nobody can look whether a process of another machine still runs.
    writeFileSync(lock, JSON.stringify({ host: 'elsewhere', boot: 'x', pid: 7, started: '' }));
    const other = folder.run(['run', ...SMALL, '-d', 'dead']);
    expect([other.status, other.stderr]).toEqual([
      1,
      `kubelapse: dead/slow-start-liveness is being written to by process 7 on elsewhere: only one process may write at a time; if that process has ended, remove ${at('dead/.kubelapse/slow-start-liveness.lock')}\n`,
    ]);
    rmSync(lock);
    // A number that another process has now is not the owner's any more.
    writeFileSync(lock, JSON.stringify({ host: hostname(), boot, pid: process.pid, started: '1' }));
    const isKnown = existsSync('/proc/self/stat');
    expect(folder.run(['run', ...SMALL, '-d', 'dead']).status).toBe(isKnown ? 0 : 1);
  });
  it('a record that is gone is an error, never a gap', () => {
    const jobs = at('shards/1/slow-start-liveness/jobs');
    const [first] = readdirSync(jobs);
    cpSync(at('shards'), at('broken'), { recursive: true });
    rmSync(join(at('broken/1/slow-start-liveness/jobs'), first!));
    const { status, stderr } = folder.run(['merge', 'broken', '-d', 'merged']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('1 of 6 runs are in none of the folders')]);
    expect(existsSync(at('merged'))).toBe(false);
    // A record of another job under its name is none.
    cpSync(join(jobs, readdirSync(jobs)[1]!), join(at('broken/1/slow-start-liveness/jobs'), first!));
    expect(folder.run(['merge', 'broken', '-d', 'merged']).status).toBe(2);
    // A part for which nothing is left has nothing to say.
    const idle = folder.run(['run', ...SMALL, '--shard', '2/2', '-d', 'idle']);
    expect([idle.status, idle.stderr, existsSync(at('idle'))]).toEqual([
      0,
      expect.stringContaining('nothing for it to do'),
      false,
    ]);
  });
});

const lacksDisk = [...missingPrograms('mount', 'umount'), ...(isRoot ? [] : ['root'])];
const disk = (): string => at('disk');
const mount = (options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk()], { encoding: 'utf8' }).status === 0;

describe.skipIf(lacksDisk.length > 0)(titled('a disk', lacksDisk), () => {
  let isMounted = false;
  beforeAll(() => {
    mkdirSync(disk(), { recursive: true });
    isMounted = mount('size=400k');
  });
  afterAll(() => {
    if (isMounted) spawnSync('umount', [disk()]);
  });
  const onDisk = WRITERS.filter(({ name }) => name !== 'init' && name !== 'calibrate' && name !== 'reproduce').map(
    ({ name, args }) => ({
      name,
      args: args.map((word) => word.replace(/^out(?=\/|$)/, 'disk/out')),
    }),
  );

  it.each(some(onDisk, 1))('that is full: $name says so, and what was there is still there', ({ args }) => {
    if (!isMounted) return;
    for (const name of readdirSync(disk())) rmSync(join(disk(), name), { recursive: true, force: true });
    mkdirSync(at('disk/out'));
    writeFileSync(at('disk/out/mine.txt'), 'mine');
    writeFileSync(at('disk/full'), Buffer.alloc(340_000));
    spawnSync('sh', ['-c', `: > ${at('disk/fill')}`]);
    const { status, stderr } = folder.run(args);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^kubelapse: .* (cannot be written|cannot be locked|cannot be written to)/m),
    ]);
    expect(Object.keys(contentsOf(at('disk/out'))).filter((path) => /tmp|lock/.test(path))).toEqual([]);
    expect(contentsOf(at('disk/out'))['mine.txt']).toBe('mine');
    rmSync(at('disk/full'));
  });
  it.each(some(onDisk, 1))('that cannot be written to: $name says so', ({ args }) => {
    if (!isMounted) return;
    for (const name of readdirSync(disk())) rmSync(join(disk(), name), { recursive: true, force: true });
    mkdirSync(at('disk/out'));
    spawnSync('mount', ['-o', 'remount,ro', disk()]);
    try {
      const { status, stderr } = folder.run(args);
      expect([status, stderr]).toEqual([2, expect.stringContaining('EROFS')]);
    } finally {
      spawnSync('mount', ['-o', 'remount,rw', disk()]);
    }
  });
});
