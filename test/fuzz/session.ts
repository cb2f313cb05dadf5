// Carries out inputs one by one: makes the corpus, calls, checks, repeats a part of them. Part of the fuzzer.

import { existsSync } from 'node:fs';
import { type Asked, type Fault, faultsOf, type Outcome, shapeOf } from './checks.js';
import { corpusOf, type Files, type Folder, targetsOfResults } from './corpus.js';
import type { DirectFault } from './direct.js';
import { type CallInput, type Input, Inputs, isDirect } from './input.js';
import { isLarge, isLargeResult } from './size.js';
import type { Target } from './target.js';
import { Workspace } from './workspace.js';

/** Every so many inputs are carried out twice. */
const REPEATED = 20;

export interface Result {
  readonly number: number;
  readonly input: Input;
  /** Exit code, or what stands in its place. */
  readonly code: string;
  readonly milliseconds: number;
  readonly growth: number;
  readonly faults: readonly Fault[];
  readonly outcome?: Outcome;
}

export class Session {
  readonly #workspace: Workspace;
  readonly #inputs: Inputs;

  private constructor(workspace: Workspace, inputs: Inputs) {
    this.#workspace = workspace;
    this.#inputs = inputs;
  }

  /** Makes the corpus. @param root the project. */
  static async begin(root: string): Promise<Session> {
    const workspace = new Workspace();
    try {
      const targets = await usable(corpusOf(root), workspace);
      const own = targets.find(({ folder }) => folder.name === 'own')!.folder.files;
      const results = await resultsOf(workspace, own);
      const flags: Folder = { name: 'flags', files: new Map([...own, ...results, ['in/nodes.json', NODE]]) };
      return new Session(workspace, new Inputs([...targets, ...targetsOfResults(results, own)], flags));
    } catch (error) {
      workspace.remove();
      throw error;
    }
  }

  /** Where it works. */
  get folder(): string {
    return this.#workspace.root;
  }

  end(): void {
    this.#workspace.remove();
  }

  /** Makes an input, and does nothing with it. */
  make(seed: string, number: number): Result {
    const input = this.#inputs.of(seed, number);
    return { number, input, code: 'made', milliseconds: 0, growth: 0, faults: [] };
  }

  async carryOut(seed: string, number: number): Promise<Result> {
    const input = this.#inputs.of(seed, number);
    if (isDirect(input)) return directResult(number, input);
    const { folder, path, content } = input;
    const changed = new Map(path === undefined ? [] : [[path, content]]);
    const leave = this.#workspace.enter(folder, changed);
    try {
      if (isTooLarge(input)) return { number, input, code: 'skipped', milliseconds: 0, growth: 0, faults: [] };
      const outcome = await this.#call(input);
      const faults = faultsOf(outcome, askedOf(input));
      if (number % REPEATED === 0) faults.push(...differences(outcome, await this.#call(input)));
      const { code, milliseconds, growth } = outcome;
      return {
        number,
        input,
        code: code === undefined ? 'threw' : String(code),
        milliseconds,
        growth,
        faults,
        outcome,
      };
    } finally {
      leave();
    }
  }

  async #call({ folder, path, args, isAction }: CallInput): Promise<Outcome> {
    if (isAction) process.env.GITHUB_ACTIONS = 'true';
    try {
      return await this.#workspace.call(folder, args, new Set(path === undefined ? [] : [path]));
    } finally {
      delete process.env.GITHUB_ACTIONS;
    }
  }
}

const NODE = Buffer.from(
  JSON.stringify({
    kind: 'List',
    items: [{ kind: 'Node', metadata: { name: 'n' }, status: { capacity: { cpu: '8', memory: '32Gi', pods: '110' } } }],
  }),
);

const askedOf = ({ folder, path, content, args }: CallInput): Asked => ({
  path,
  content: content.toString('utf8'),
  hasLines:
    path !== undefined &&
    /\.(yaml|csv|prom)$/.test(path) &&
    args[0] !== 'import' &&
    !/^(report|chart|compare|verify|merge)$/.test(args[0]!),
  names: [
    ...new Set(
      [...folder.files.keys()].flatMap((name) => [name, name.replace(/^in\//, ''), name.replace(/^.*\//, '')]),
    ),
  ],
  args,
});

function isTooLarge({ isRun, args, folder }: CallInput): boolean {
  if (!isRun) return false;
  if (args[0] === 'verify') return isLargeResult(`${args[1]}/run.json`);
  return folder.name !== 'flags' && args[0] === 'run' && isLarge(args[1]!);
}

function directResult(number: number, input: Extract<Input, { direct: unknown }>): Result {
  const begin = process.hrtime.bigint();
  let fault: DirectFault;
  let code = 'answered';
  let shape: string | undefined;
  try {
    fault = input.direct.run();
  } catch (error) {
    fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    shape = fault
      .split('\n')
      .slice(0, 2)
      .join(' ')
      .replace(/\(.*\/(src\/)/, '($1');
    code = 'threw';
  }
  const milliseconds = Number(process.hrtime.bigint() - begin) / 1e6;
  const faults = fault === undefined ? [] : [{ check: input.kind, what: fault, shape: shapeOf(shape ?? fault) }];
  return { number, input, code, milliseconds, growth: 0, faults };
}

/** What differs by the clock only. */
const still = (text: string): string =>
  text
    .replace(/written in [\d.]+ s/g, 'written')
    .replace(/, [\d.e+-]+ jobs\/s/g, '')
    .replace(/, \d+ s left/g, '')
    .replace(/"startedAt": *"[^"]*"/g, '""')
    .replace(/"wallSeconds": *[\d.e-]+/g, '""')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '');

export function differences(one: Outcome, other: Outcome): Fault[] {
  const found: string[] = [];
  if (one.code !== other.code) found.push(`exit code ${one.code}, then ${other.code}`);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (still(one[stream]) !== still(other[stream]))
      found.push(`${stream}: ${firstDifference(still(one[stream]), still(other[stream]))}`);
  }
  for (const path of new Set([...one.written.keys(), ...other.written.keys()])) {
    const [a, b] = [one.written.get(path), other.written.get(path)];
    if (a === undefined || b === undefined) found.push(`${path} was written once only`);
    else if (!a.equals(b)) {
      const [x, y] = [still(a.toString('latin1')), still(b.toString('latin1'))];
      if (x !== y) found.push(`${path}: ${firstDifference(x, y)}`);
    }
  }
  return found.map((what) => ({ check: 'repeated', what, shape: `${one.command} ${shapeOf(what)}` }));
}

function firstDifference(a: string, b: string): string {
  let at = 0;
  while (a[at] === b[at] && at < a.length) at++;
  return `${JSON.stringify(a.slice(Math.max(0, at - 30), at + 30))}, then ${JSON.stringify(b.slice(Math.max(0, at - 30), at + 30))}`;
}

/** Runs whose scenario is one as it is, and takes a moment; all other targets. */
async function usable(targets: readonly Target[], workspace: Workspace): Promise<Target[]> {
  const good = new Map<string, boolean>();
  const isGood = (folder: Folder, path: string): boolean => {
    const key = `${folder.name} ${path}`;
    if (!good.has(key)) {
      const leave = workspace.enter(folder, new Map());
      good.set(key, isRunnable(path));
      leave();
    }
    return good.get(key)!;
  };
  return targets.flatMap((target) => {
    if (target.kind !== 'run') return [target];
    const commands = target.commands.filter(({ args }) => isGood(target.folder, args[1]!));
    return commands.length === 0 ? [] : [{ ...target, commands }];
  });
}

const isRunnable = (path: string): boolean => existsSync(path) && !isLarge(path, true);

/** Results of small runs: two with other seeds, and the shards of a sweep. */
async function resultsOf(workspace: Workspace, own: Files): Promise<Files> {
  const folder: Folder = { name: 'makes-results', files: own };
  const leave = workspace.enter(folder, new Map());
  const run = ['run', 'in/tiny.yaml', '-q', '--engine', 'inline', '-d'];
  const sweep = ['--sweep', 'spec.nodePools[0].count=2,3', '--set', 'spec.duration=24s', '-n', '1'];
  const calls = [
    [...run, 'out/a'],
    [...run, 'out/b', '--seed', '2'],
    [...run, 'out/shards/1', ...sweep, '--shard', '1/2'],
    [...run, 'out/shards/2', ...sweep, '--shard', '2/2'],
  ];
  const files = new Map<string, Buffer>();
  for (const args of calls) {
    const { code, stderr, written } = await workspace.call(folder, args, new Set());
    if (code !== 0) throw new Error(`the corpus cannot be made: ${args.join(' ')}: ${stderr}`);
    for (const [path, content] of written) {
      const name = path.replace(/^out\/(a|b)\/tiny\//, 'in/$1/').replace(/^out\//, 'in/');
      files.set(name, path.endsWith('run.json') ? Buffer.from(atNoTime(content.toString())) : content);
    }
  }
  leave();
  return files;
}

/** Without the clock: the corpus is the same at each call. */
const atNoTime = (text: string): string =>
  text
    .replace(/"startedAt": "[^"]*"/, '"startedAt": "2026-01-01T00:00:00.000Z"')
    .replace(/"wallSeconds": [\d.e-]+/, '"wallSeconds": 1');
