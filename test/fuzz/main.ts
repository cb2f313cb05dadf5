// `npm run fuzz`: has inputs carried out by a process that is watched, groups the faults, and says how it went. Part of the
// fuzzer.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf, type FuzzArguments, FuzzUsageError, HELP } from './arguments.js';
import { type Fault, TIME_MAX_MS } from './checks.js';
import type { KeptInput, Order, Report } from './loop.js';

type End = Extract<Report, { type: 'end' }>;

interface Group {
  readonly fault: Fault;
  readonly number: number;
  readonly kind: string;
  readonly command: string;
  count: number;
  /** The smallest input that does it. */
  smallest: { readonly number: number; readonly bytes: number };
}

const HEAP_MIB = 3072;

class Tally {
  readonly groups = new Map<string, Group>();
  readonly kinds = new Map<string, Map<string, number>>();
  /** Time of all inputs of a kind. */
  readonly times = new Map<string, number>();
  inputs = 0;
  slowest = { milliseconds: 0, number: 0, kind: '' };
  largest = { growth: 0, number: 0, kind: '' };

  add(end: End): Group[] {
    const { number, kind, code, milliseconds, growth, command } = end;
    this.inputs++;
    const codes = this.kinds.get(kind) ?? new Map<string, number>();
    this.kinds.set(kind, codes.set(code, (codes.get(code) ?? 0) + 1));
    this.times.set(kind, (this.times.get(kind) ?? 0) + milliseconds);
    if (milliseconds > this.slowest.milliseconds) this.slowest = { milliseconds, number, kind };
    if (growth > this.largest.growth) this.largest = { growth, number, kind };
    const bytes = end.input === undefined ? 0 : end.input.content.length;
    return end.faults.flatMap((fault) => {
      const key = `${fault.check}: ${fault.shape}`;
      const known = this.groups.get(key);
      if (known === undefined) {
        const group = { fault, number, kind, command, count: 1, smallest: { number, bytes } };
        this.groups.set(key, group);
        return [group];
      }
      known.count++;
      if (bytes < known.smallest.bytes) known.smallest = { number, bytes };
      return [];
    });
  }
}

async function fuzz(args: FuzzArguments): Promise<number> {
  const tally = new Tally();
  const begin = Date.now();
  const until = args.replay === undefined ? args.from + args.inputs : args.replay + 1;
  let from = args.replay ?? args.from;
  // What was found until then is said.
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  while (from < until && !interrupt.signal.aborted) {
    const order = {
      root: process.cwd(),
      seed: args.seed,
      from,
      until,
      kind: args.kind,
      verbose: args.replay !== undefined,
    };
    const left = args.seconds === undefined ? undefined : begin + args.seconds * 1000 - Date.now();
    if (left !== undefined && left <= 0) break;
    from = await watch(order, left, interrupt.signal, (end) => {
      for (const group of tally.add(end)) tell(args, group, end);
      if (args.replay !== undefined) show(end);
    });
  }
  process.stdout.write(summary(tally, (Date.now() - begin) / 1000, args));
  return tally.groups.size > 0 ? 1 : 0;
}

/** Watches one process until it is done, ends, or is stuck. @returns the number to go on with. */
function watch(
  order: Order,
  left: number | undefined,
  interrupt: AbortSignal | undefined,
  take: (end: End) => void,
): Promise<number> {
  const loop = fileURLToPath(new URL('./loop.js', import.meta.url));
  const child = fork(loop, [], {
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  let current: { number: number; kind: string; since: number } | undefined;
  /** Its working folder, once it is ready. */
  let folder: string | undefined;
  let next = order.from;
  let ended: 'stuck' | 'time' | undefined;
  const timer = setInterval(() => {
    if (current !== undefined && Date.now() - current.since > TIME_MAX_MS) stop(child, () => (ended ??= 'stuck'));
  }, 500);
  const enough = (): void => stop(child, () => (ended ??= 'time'));
  const deadline = left === undefined ? undefined : setTimeout(enough, left);
  interrupt?.addEventListener('abort', enough);
  return new Promise((resolve, reject) => {
    child.on('message', (report: Report) => {
      if (report.type === 'ready') folder = report.folder;
      if (report.type === 'begin') current = { number: report.number, kind: report.kind, since: Date.now() };
      if (report.type === 'done') next = order.until;
      if (report.type !== 'end') return;
      next = report.number + 1;
      current = undefined;
      take(report);
    });
    child.on('exit', (code, signal) => {
      clearInterval(timer);
      clearTimeout(deadline);
      interrupt?.removeEventListener('abort', enough);
      if (folder === undefined) return reject(new Error(`the corpus could not be made:\n${errors}`));
      // One that was ended has not put it away.
      rmSync(folder, { recursive: true, force: true });
      if (ended === 'time') return resolve(order.until);
      if (current === undefined) return resolve(next);
      const { number, kind, since } = current;
      const memory = /heap out of memory/.test(errors);
      const check = ended === 'stuck' ? 'time' : memory ? 'memory' : 'ended';
      const what =
        ended === 'stuck'
          ? `took more than ${TIME_MAX_MS} ms`
          : memory
            ? `took more than ${HEAP_MIB} MiB`
            : `the process ended: ${signal ?? code}: ${errors.slice(-500)}`;
      const faults = [{ check, what, shape: `${kind} ${check}` }];
      const milliseconds = Date.now() - since;
      made({ ...order, from: number }).then((end) => {
        take({ ...end, type: 'end', number, kind, code: check, milliseconds, growth: 0, faults });
        resolve(number + 1);
      }, reject);
    });
    child.send(order);
  });
}

/** The input of an order's first number, which is not carried out. */
async function made(order: Order): Promise<Pick<End, 'command' | 'input'>> {
  let found: End | undefined;
  await watch({ ...order, until: order.from + 1, verbose: true, dry: true }, undefined, undefined, (end) => {
    found = end;
  });
  return found!;
}

function stop(child: ChildProcess, note: () => unknown): void {
  note();
  child.kill('SIGKILL');
}

function tell({ seed, keep }: FuzzArguments, { fault, number, kind, command }: Group, { input }: End): void {
  const what = fault.what.replace(/\s+/g, ' ').slice(0, 240);
  process.stdout.write(
    `FAULT seed ${seed} number ${number} kind ${kind}: ${command}: ${fault.check}: ${printable(what)}\n`,
  );
  if (keep === undefined || input === undefined) return;
  mkdirSync(keep, { recursive: true });
  const name = `${seed}-${number}-${input.path === undefined ? kind : basename(input.path)}`.replace(/[^\w.-]/g, '_');
  writeFileSync(join(keep, name), Buffer.from(input.content, 'base64'));
  writeFileSync(join(keep, `${name}.txt`), `${commandOf(input)}\n${fault.check}: ${fault.what}\n`);
}

const commandOf = ({ folder, path, args }: KeptInput): string =>
  `in ${folder}, ${path ?? 'no file'} changed: ${args.map((arg) => JSON.stringify(arg)).join(' ')}`;

/** Without what a terminal would act upon. */
const printable = (text: string): string =>
  Array.from(text, (letter) => {
    const code = letter.charCodeAt(0);
    return letter !== '\n' && (code < 0x20 || (code >= 0x7f && code <= 0x9f))
      ? JSON.stringify(letter).slice(1, -1).padEnd(2)
      : letter;
  }).join('');

const SHOWN = 20_000;

function show({ input, code, stdout, stderr, written, faults }: End): void {
  const parts = [
    [
      'input',
      input === undefined ? '' : `${commandOf(input)}\n${Buffer.from(input.content, 'base64').toString('utf8')}`,
    ],
    ['exit code', code],
    ['stdout', stdout ?? ''],
    ['stderr', stderr ?? ''],
    ['written', (written ?? []).join('\n')],
    ['faults', faults.map(({ check, what }) => `${check}: ${what}`).join('\n')],
  ];
  for (const [name, text] of parts) process.stdout.write(`--- ${name}\n${printable(text!).slice(0, SHOWN)}\n`);
}

function summary(
  { groups, kinds, times, inputs, slowest, largest }: Tally,
  seconds: number,
  { seed }: FuzzArguments,
): string {
  const lines = [
    `seed ${seed}: ${inputs} inputs in ${seconds.toFixed(1)} s, ${(inputs / seconds).toFixed(0)} a second`,
  ];
  for (const [kind, codes] of [...kinds].sort()) {
    const counts = [...codes].sort().map(([code, count]) => `${code}: ${count}`);
    const mean = times.get(kind)! / [...codes.values()].reduce((sum, count) => sum + count, 0);
    lines.push(`  ${kind.padEnd(14)} ${mean.toFixed(1).padStart(6)} ms  ${counts.join('  ')}`);
  }
  lines.push(`slowest: ${slowest.milliseconds.toFixed(0)} ms, number ${slowest.number} (${slowest.kind})`);
  lines.push(`most memory: ${(largest.growth / 2 ** 20).toFixed(0)} MiB, number ${largest.number} (${largest.kind})`);
  lines.push(`faults: ${groups.size}`);
  for (const [key, { count, smallest, kind }] of [...groups].sort((a, b) => b[1].count - a[1].count)) {
    lines.push(`  ${count} × ${printable(key).slice(0, 220)} (smallest: number ${smallest.number}, ${kind})`);
  }
  return `${lines.join('\n')}\n`;
}

async function main(): Promise<number> {
  try {
    const args = argumentsOf(process.argv.slice(2));
    if (args !== undefined) return await fuzz(args);
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof FuzzUsageError)) throw error;
    process.stderr.write(`fuzz: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main();
