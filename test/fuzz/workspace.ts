// Calls the command in this process, in a folder of its own, and sees what it prints and writes. Part of the fuzzer.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../src/cli/main.js';
import type { Outcome } from './checks.js';
import type { Folder } from './corpus.js';
import { CANARY } from './tokens.js';

/** Files of a person that lie where results go, and must stay whatever is done. */
const PLANTED: Readonly<Record<string, string>> = {
  'out/keep.txt': 'mine\n',
  'out/tiny/mine.csv': 'mine\r\n',
  'out/tiny/jobs/x.job': 'mine\n',
  'out/tiny/charts/mine.svg': '<svg/>\n',
  // An import writes it if it is not there, which takes a while.
  'out/scenario.schema.json': '{}\n',
  'out/single-node/mine.txt': 'mine\n',
};
/** What the command notes of what it has written; beside that nothing may be left there. */
const NOTES = /(^|\/)\.kubelapse\/own\//;

/** Size and time of each file below a folder. */
type Listing = Map<string, string>;

export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), 'kubelapse-fuzz-'));
  readonly #home = process.cwd();
  readonly #listings = new Map<string, Listing>();
  #unhandled: unknown;
  #hasNotes = false;

  constructor() {
    process.on('unhandledRejection', (reason) => {
      this.#unhandled = reason;
    });
  }

  remove(): void {
    process.chdir(this.#home);
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Goes into a folder of inputs, with one of its files changed. @returns what takes the change back. */
  enter(folder: Folder, changed: ReadonlyMap<string, Buffer>): () => void {
    const dir = join(this.root, folder.name);
    if (!this.#listings.has(folder.name)) {
      for (const [path, content] of folder.files) put(join(dir, path), content);
      for (const [path, text] of Object.entries(PLANTED)) put(join(dir, path), Buffer.from(text));
      this.#listings.set(folder.name, listingOf(dir));
    }
    process.chdir(dir);
    for (const [path, content] of changed) put(path, content);
    return () => {
      for (const path of changed.keys()) {
        const content = folder.files.get(path);
        if (content === undefined) rmSync(path, { force: true });
        else writeFileSync(path, content);
      }
      const listing = this.#listings.get(folder.name)!;
      for (const path of changed.keys()) {
        if (listing.has(path)) listing.set(path, stampOf(path));
      }
    };
  }

  /** Calls the command in the folder that was entered. @param changed paths of the input, which are not looked at. */
  async call(folder: Folder, args: readonly string[], changed: ReadonlySet<string>): Promise<Outcome> {
    const before = this.#listings.get(folder.name)!;
    const rootBefore = readdirSync(this.root).length;
    const seen = capture();
    this.#unhandled = undefined;
    const peak = process.resourceUsage().maxRSS * 1024;
    const begin = process.hrtime.bigint();
    let code: number | undefined;
    let thrown: string | undefined;
    try {
      code = await main([...args]);
      // What was left alone comes to light in the next turn.
      await new Promise((resolve) => setImmediate(resolve));
    } catch (error) {
      thrown = textOf(error);
    } finally {
      seen.end();
    }
    const milliseconds = Number(process.hrtime.bigint() - begin) / 1e6;
    if (this.#unhandled !== undefined) thrown ??= `unhandled rejection: ${textOf(this.#unhandled)}`;
    if (seen.exited !== undefined) thrown ??= `process.exit(${seen.exited})`;
    const growth = process.resourceUsage().maxRSS * 1024 - peak;
    const dir = join(this.root, folder.name);
    process.chdir(dir);
    const { written, touched } = this.#changes(dir, before, changed, code);
    if (readdirSync(this.root).length !== rootBefore) touched.push('something beside the working folder');
    if (existsSync(CANARY)) {
      touched.push(CANARY);
      rmSync(CANARY, { recursive: true, force: true });
    }
    if (written.size > 0 || touched.length > 0 || this.#hasNotes) this.#restore(folder, before, changed);
    return {
      command: args.find((arg) => !arg.startsWith('-')) ?? '',
      code,
      stdout: seen.stdout.join(''),
      stderr: seen.stderr.join(''),
      thrown,
      milliseconds,
      growth,
      written,
      touched,
    };
  }

  #changes(
    dir: string,
    before: Listing,
    changed: ReadonlySet<string>,
    code: number | undefined,
  ): { written: Map<string, Buffer>; touched: string[] } {
    const after = listingOf(dir);
    this.#hasNotes = [...after.keys()].some((path) => NOTES.test(path));
    const written = new Map<string, Buffer>();
    const touched: string[] = [];
    const mayWrite = code !== 2;
    for (const [path, stamp] of after) {
      if (before.get(path) === stamp || changed.has(path)) continue;
      if (NOTES.test(path) && mayWrite) continue;
      const isResult = path.startsWith('out/') && !path.includes('.kubelapse/');
      if (isResult && (mayWrite || !before.has(path))) written.set(path, readFileSync(join(dir, path)));
      else touched.push(`${path} was ${before.has(path) ? 'changed' : 'written'}`);
    }
    for (const path of before.keys()) {
      if (!after.has(path) && !changed.has(path)) touched.push(`${path} is gone`);
    }
    return { written, touched };
  }

  #restore(folder: Folder, listing: Listing, changed: ReadonlySet<string>): void {
    rmSync('out', { recursive: true, force: true });
    for (const [path, text] of Object.entries(PLANTED)) put(path, Buffer.from(text));
    for (const path of listingOf('.').keys()) {
      if (!listing.has(path) && !changed.has(path)) rmSync(path, { force: true });
    }
    for (const [path, content] of folder.files) {
      if (!changed.has(path) && (!existsSync(path) || stampOf(path) !== listing.get(path))) put(path, content);
    }
    for (const path of listing.keys()) if (existsSync(path)) listing.set(path, stampOf(path));
  }
}

function put(path: string, content: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function stampOf(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${size} ${mtimeMs} ${ino}`;
}

function listingOf(dir: string, prefix = '', found: Listing = new Map()): Listing {
  for (const entry of readdirSync(join(dir, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) listingOf(dir, path, found);
    else found.set(path, stampOf(join(dir, path)));
  }
  return found;
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

interface Captured {
  readonly stdout: string[];
  readonly stderr: string[];
  exited: number | undefined;
  end(): void;
}

/** Takes what is written to the standard outputs, until its end. */
function capture(): Captured {
  const { stdout, stderr } = process;
  const [out, err, exit] = [stdout.write, stderr.write, process.exit];
  const listeners = [stdout, stderr].map((stream) => stream.listeners('error'));
  const signals = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => [name, process.listeners(name)] as const);
  const seen: Captured = {
    stdout: [],
    stderr: [],
    exited: undefined,
    end: () => {
      stdout.write = out;
      stderr.write = err;
      process.exit = exit;
      [stdout, stderr].forEach((stream, i) => {
        for (const one of stream.listeners('error')) {
          if (!listeners[i]!.includes(one)) stream.off('error', one as () => void);
        }
      });
      for (const [name, kept] of signals) {
        for (const one of process.listeners(name)) if (!kept.includes(one)) process.off(name, one);
      }
    },
  };
  stdout.write = taking(seen.stdout) as typeof stdout.write;
  stderr.write = taking(seen.stderr) as typeof stderr.write;
  process.exit = ((code?: number) => {
    seen.exited = code ?? 0;
    throw new Error(`process.exit(${code})`);
  }) as typeof process.exit;
  return seen;
}

function taking(list: string[]): (chunk: string | Uint8Array, ...rest: unknown[]) => boolean {
  return (chunk, ...rest) => {
    list.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined;
    if (done !== undefined) queueMicrotask(done);
    return true;
  };
}
