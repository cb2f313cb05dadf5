// Writing files: whole or not at all, several that belong together at once, and never over a file that somebody else has
// written, unless --force says so. Part of the command's files.

import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../../scenario/index.js';
import { OutputError } from '../output-error.js';
import { atExit, quietly } from './leftovers.js';
import {
  dropEmptyNotes,
  forgetFile,
  isDraftOf,
  isOwnFile,
  NOTES_FOLDER,
  noteFile,
  refuseLinks,
  throughDraft,
  wasOwnFile,
} from './own-files.js';
import { codeOf, isThere, makeFolder, statsOf } from './paths.js';
import { headOf } from './reading.js';
import { writingRules } from './rules.js';
import { identityIn, isDead, thisProcess } from './this-process.js';

/** Whether a file is kubelapse's by another record than the notes, such as run.json. */
export type IsKnown = (path: string) => boolean;

export interface WritingOptions {
  readonly known?: IsKnown;
  /** Whether files of others may be replaced; by default as the command line says. */
  readonly force?: boolean;
  /** Folder in which notes about the files and temporary files are; by default their own folder. */
  readonly root?: string | undefined;
  /** Whether it is noted that kubelapse wrote them, so that it may replace them; true by default. */
  readonly noted?: boolean;
}

interface Begun {
  readonly temporary: string;
  readonly hash: Hash;
  /** Undefined once it is closed. */
  file: number | undefined;
}

/** Files that belong together and are written bit by bit: nobody sees one of them before all are whole. */
export class WholeFiles {
  readonly #known: IsKnown;
  readonly #force: boolean;
  readonly #noted: boolean;
  readonly #root: string | undefined;
  readonly #begun = new Map<string, Begun>();
  readonly #removed: string[] = [];
  readonly #callOff = atExit(() => this.#forget());

  constructor({ known = () => false, force = writingRules().force, noted = true, root }: WritingOptions = {}) {
    this.#root = root;
    this.#known = known;
    this.#noted = noted;
    this.#force = force;
  }

  /** Adds to a file, which is begun if need be. Throws an {@link OutputError}. */
  append(path: string, content: string | Uint8Array): void {
    doing(path, () => {
      let begun = this.#begun.get(path);
      if (begun === undefined) {
        refuseOddFile(path);
        makeFolder(dirname(path));
        const temporary = temporaryFor(path, this.#rootOf(path));
        begun = { temporary, hash: createHash('sha256'), file: openSync(temporary, 'wx') };
        this.#begun.set(path, begun);
      }
      begun.hash.update(content);
      writeFileSync(begun.file!, content);
    });
  }

  /** Forgets a file that was begun. */
  drop(path: string): void {
    const begun = this.#begun.get(path);
    if (begun === undefined) return;
    this.#begun.delete(path);
    if (begun.file !== undefined) closeSync(begun.file);
    quietly(() => rmSync(begun.temporary, { force: true }));
  }

  /** Takes a file away when the others are put in place, if kubelapse has written it. @returns whether it has, or there is none. */
  remove(path: string): boolean {
    if (statsOf(path) === undefined) return true;
    if (!this.#known(path) && !isOwnFile(path)) return false;
    this.#removed.push(path);
    return true;
  }

  /** Gives all files their names, in the order in which they were begun. Throws an {@link OutputError}, before the first has its name if it can. */
  commit(): void {
    for (const [path, begun] of this.#begun) {
      doing(path, () => {
        closeSync(begun.file!);
        begun.file = undefined;
      });
    }
    for (const path of this.#begun.keys()) if (!this.#force) refuseForeign(path, this.#known);
    for (const [path, { temporary, hash }] of this.#begun) {
      doing(path, () => {
        if (this.#noted) note(path, this.#rootOf(path), hash.digest('hex'));
        moveTo(temporary, path);
      });
    }
    for (const path of this.#removed) {
      doing(path, () => {
        rmSync(path, { force: true });
        forgetFile(path);
      });
    }
    this.#forget();
  }

  /** Removes everything that was begun. Call it at the end, whatever has happened. */
  discard(): void {
    this.#forget();
    this.#callOff();
  }

  #rootOf(path: string): string {
    return this.#root ?? dirname(path);
  }

  #forget(): void {
    const folders = new Set([...this.#begun.keys()].map((path) => this.#rootOf(path)));
    for (const path of [...this.#begun.keys()]) this.drop(path);
    for (const dir of folders) dropTemporaries(dir);
  }
}

/** Throws an {@link OutputError} if a file is there that kubelapse has not written. */
function refuseForeign(path: string, known: IsKnown): void {
  const problem = foreignProblem(path, known);
  if (problem !== undefined) throw new OutputError(`${path} ${problem}; --force replaces it`);
}

function foreignProblem(path: string, known: IsKnown): string | undefined {
  if (!isThere(path) || known(path) || isOwnFile(path)) return undefined;
  return wasOwnFile(path) ? 'was changed since kubelapse wrote it' : 'already exists, and was not written by kubelapse';
}

/** The same before any work is done. Throws an InputError. @param other what could be done instead of replacing it. */
export function checkReplaceable(path: string, known: IsKnown = () => false, other = 'name another file'): void {
  const problem = writingRules().force ? undefined : foreignProblem(path, known);
  if (problem !== undefined) throw fileError(path, problem, `${other}, or add --force to replace it`);
}

export interface FileContent {
  readonly path: string;
  readonly text: string | Uint8Array;
}

/**
 * Writes files that belong together. Throws an {@link OutputError}.
 * @param stale files that kubelapse may have written before and that do not belong to these.
 */
export function writeAllWhole(
  files: readonly FileContent[],
  stale: readonly string[] = [],
  options: WritingOptions = {},
): void {
  const whole = new WholeFiles(options);
  try {
    for (const { path, text } of files) whole.append(path, text);
    for (const path of stale) whole.remove(path);
    whole.commit();
  } finally {
    whole.discard();
  }
}

/** Writes one file. Throws an {@link OutputError}. */
export const writeWhole = (path: string, text: string | Uint8Array, options: WritingOptions = {}): void =>
  writeAllWhole([{ path, text }], [], options);

/** Writes one file over whatever is there: for files that the command exists to write. */
export const writeOver = (path: string, text: string): void =>
  writeAllWhole([{ path, text }], [], { force: true, noted: false });

/** A note is of use, and not worth losing the file for: others may own the folder of the notes. */
function note(path: string, root: string, digest: string): void {
  try {
    noteFile(path, root, digest);
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

const isForbidden = (error: unknown): boolean => ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error));

// Temporary files ---------------------------------------------------------------------------------------------------------

const temporariesOf = (dir: string): string => join(dir, NOTES_FOLDER, 'tmp');
let temporaries = 0;

/** A name for a file that is not finished: on the same disk, and where the next process finds it if this one is killed. */
function temporaryFor(path: string, root: string): string {
  const name = `${process.pid}.${temporaries++}.${basename(path).slice(0, 64)}`;
  try {
    const folder = temporariesOf(root);
    refuseLinks(folder, root);
    if (!existsSync(folder)) makeFolder(folder);
    removeLeftBehind(folder);
    const owner = join(folder, `${process.pid}.owner`);
    if (!existsSync(owner)) {
      throughDraft(owner, JSON.stringify(thisProcess()), (draft) => renameSync(draft, owner));
    }
    return join(folder, name);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return join(dirname(path), `.${name}.tmp`);
  }
}

/** Removes what a process that was killed has left. */
function removeLeftBehind(folder: string): void {
  const names = readdirSync(folder);
  for (const name of names) {
    const [pid] = name.split('.', 1);
    if (isDraftOf(`${pid}.owner`, name)) quietly(() => rmSync(join(folder, name), { force: true }));
  }
  for (const name of names.filter((one) => one.endsWith('.owner') && one !== `${process.pid}.owner`)) {
    quietly(() => {
      const owner = identityIn(headOf(join(folder, name)));
      if (owner === undefined || name !== `${owner.pid}.owner` || isDead(owner) !== true) return;
      const begun = new RegExp(`^${owner.pid}\\.(owner$|\\d+\\.)`);
      for (const left of names) if (begun.test(left)) rmSync(join(folder, left), { force: true });
    });
  }
}

/** Removes the folder of temporary files, unless another process has some there. */
function dropTemporaries(dir: string): void {
  const folder = temporariesOf(dir);
  quietly(() => {
    if (!existsSync(folder)) return;
    const own = readdirSync(folder).filter((name) => name.startsWith(`${process.pid}.`));
    if (own.length > 1) return;
    rmSync(join(folder, `${process.pid}.owner`), { force: true });
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
    dropEmptyNotes(dir);
  });
}

/** Gives a file its name, also where that lies on another disk. */
function moveTo(temporary: string, path: string): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    const beside = join(dirname(path), `.${basename(temporary)}.tmp`);
    try {
      copyFileSync(temporary, beside);
      renameSync(beside, path);
      rmSync(temporary, { force: true });
    } catch (problem) {
      quietly(() => rmSync(beside, { force: true }));
      throw problem;
    }
  }
}

// Files and folders ---------------------------------------------------------------------------------------------------------

function doing(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof OutputError ? error : new OutputError(`${path} cannot be written: ${codeOf(error)}`);
  }
}

function refuseOddFile(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw new Error('a folder has that name');
  // Renaming over a device or a pipe would replace it for the whole machine.
  if (there !== undefined && !there.isFile()) throw new Error('it is not a regular file');
}
