// One input of the fuzzer: a pure function of the seed and its number. Part of the fuzzer.

import type { Folder } from './corpus.js';
import { type Direct, linkOf, messageOf } from './direct.js';
import { flagLine } from './flags.js';
import { mutateText } from './mutate-text.js';
import { mutateTree, treeOf } from './mutate-tree.js';
import { Random } from './random.js';
import { type Kind, type Target, WEIGHTS } from './target.js';

/** A call of the command. */
export interface CallInput {
  readonly kind: Kind;
  readonly folder: Folder;
  /** Of the file that was changed; undefined if only flags were. */
  readonly path: string | undefined;
  readonly content: Buffer;
  readonly args: readonly string[];
  /** Whether the size of the run is to be looked at first. */
  readonly isRun: boolean;
  /** Whether the command thinks that it runs in GitHub Actions. */
  readonly isAction: boolean;
}

export interface DirectInput {
  readonly kind: Kind;
  readonly direct: Direct;
}

export type Input = CallInput | DirectInput;

export const isDirect = (input: Input): input is DirectInput => 'direct' in input;

/** The kind of an input. */
export const kindOf = (seed: string, number: number): Kind => new Random(`${seed}/${number}/kind`).weighted(WEIGHTS);

/** What a run may be asked for beside its results. */
const RUN_FLAGS: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ['-q'],
  ['-o', 'json'],
  ['-o', 'csv'],
  ['--report', '-q'],
  ['--metrics', 'out/metrics.txt', '-q'],
  ['--junit', 'out/junit.xml', '--summary', 'out/s.json'],
  ['--trace', 'out/trace.json', '-q'],
  ['--check-invariants', '-q'],
  ['-n', '2', '--raw', '-q'],
];

export class Inputs {
  readonly #byKind = new Map<Kind, Target[]>();
  readonly #trees = new Map<Target, unknown>();
  readonly #targets: readonly Target[];
  readonly #flags: Folder;

  /** @param flags the folder in which command lines with odd flags are called. */
  constructor(targets: readonly Target[], flags: Folder) {
    this.#targets = targets;
    this.#flags = flags;
    for (const target of targets) this.#byKind.set(target.kind, [...(this.#byKind.get(target.kind) ?? []), target]);
  }

  of(seed: string, number: number): Input {
    const kind = kindOf(seed, number);
    const random = new Random(`${seed}/${number}`);
    if (kind === 'link') return { kind, direct: linkOf(random) };
    if (kind === 'message') return { kind, direct: messageOf(random) };
    const isAction = random.chance(0.05);
    if (kind === 'flags') {
      const { args, isRun = false } = flagLine(random);
      return { kind, folder: this.#flags, path: undefined, content: Buffer.alloc(0), args, isRun, isAction };
    }
    const target = random.pick(this.#byKind.get(kind)!);
    const { folder, path } = target;
    const command = random.pick(target.commands);
    const isRun = command.isRun === true;
    const more = isRun && command.args[0] === 'run' ? [...random.pick(RUN_FLAGS), '--engine', 'inline'] : [];
    const args = [...command.args, ...more];
    return { kind, folder, path, content: this.#mutated(target, random), args, isRun, isAction };
  }

  #mutated(target: Target, random: Random): Buffer {
    const original = target.folder.files.get(target.path)!;
    if (target.format === 'text' || target.format === 'bytes' || random.chance(target.kind === 'run' ? 0.15 : 0.4)) {
      const other = random.pick(this.#targets);
      return mutateText(original, other.folder.files.get(other.path)!, random);
    }
    // What is to be run has to be right still.
    const changes = target.kind === 'run' ? 2 : 5;
    return mutateTree(this.#treeOf(target, original), target.format, random, changes);
  }

  #treeOf(target: Target, content: Buffer): unknown {
    let tree = this.#trees.get(target);
    if (tree === undefined) {
      tree = treeOf(content, target.format as 'yaml');
      this.#trees.set(target, tree);
    }
    return tree;
  }
}
