// The only place that touches files. Reading gives clear errors; writing is whole or not at all.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import {
  type Diagnostic,
  fileError,
  InputError,
  type LoadOptions,
  type Profile,
  readProfile,
} from '../scenario/index.js';
import { OutputError } from './output-error.js';

let standardInput: string | undefined;

/** Reads a text file; throws an InputError that says what is wrong with the path. `-` is standard input. @param hint what it should be. */
export function readText(path: string, hint?: string): string {
  try {
    // It can be read once only, and some commands read their scenario twice.
    if (path === '-') {
      standardInput ??= readFileSync(0, 'utf8');
      return standardInput;
    }
    if (statSync(path).isDirectory())
      throw fileError(path, 'is a directory, not a file', hint ?? 'name the scenario file in it');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw fileError(path, 'does not exist', hint ?? 'kubelapse init writes a scenario to start from');
    if (code === 'EACCES' || code === 'EPERM') throw fileError(path, 'cannot be read: permission denied');
    throw fileError(path, `cannot be read: ${code}`);
  }
}

/** The bytes of a file; undefined if it cannot be read. */
export function bytesOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Reads a profile; throws an InputError with everything that is wrong with it. */
export function profileAt(path: string): Profile {
  const diagnostics: Diagnostic[] = [];
  const profile = readProfile(path, readText(path), diagnostics);
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  return profile;
}

/** Reads the scenario itself, and manifests and folders of manifests relative to it. */
export function inputsOf(scenarioPath: string): Pick<LoadOptions, 'read' | 'list'> {
  const base = scenarioPath === '-' ? '.' : dirname(scenarioPath);
  const placeOf = (path: string): string => (isAbsolute(path) ? path : resolve(base, path));
  return {
    read: (path) => readText(path === scenarioPath ? path : placeOf(path)),
    list: (path) => filesIn(placeOf(path)),
  };
}

/** Names of the files in a folder, in order; undefined if it is none. */
export function filesIn(dir: string): string[] | undefined {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  return readdirSync(dir)
    .filter((name) => isFile(join(dir, name)))
    .sort();
}

/** Writes a file under a temporary name and renames it: nobody ever sees half of it. Throws an {@link OutputError}. */
export function writeWhole(path: string, text: string): void {
  writeAllWhole([{ path, text }]);
}

/**
 * Writes several files that belong together: all under temporary names first, then renamed in order. If there is no room
 * for one, none is touched. Throws an {@link OutputError}.
 */
export function writeAllWhole(files: readonly { readonly path: string; readonly text: string }[]): void {
  let current = '';
  try {
    for (const { path, text } of files) {
      current = path;
      refuseOddFile(path);
      makeFolder(dirname(path));
      writeFileSync(temporaryOf(path), text);
    }
    for (const { path } of files) {
      current = path;
      renameSync(temporaryOf(path), path);
    }
  } catch (error) {
    for (const { path } of files) removeQuietly(temporaryOf(path));
    throw new OutputError(`${current} cannot be written: ${codeOf(error)}`);
  }
}

/** The same of bytes. */
export function writeBytesWhole(path: string, bytes: Uint8Array): void {
  const temporary = temporaryOf(path);
  try {
    refuseOddFile(path);
    makeFolder(dirname(path));
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw new OutputError(`${path} cannot be written: ${codeOf(error)}`);
  }
}

/** Files that belong together and are written bit by bit: nobody sees one of them before all are whole. */
export class WholeFiles {
  readonly #dir: string;
  readonly #open = new Map<string, number>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Adds to a file of that name, which is begun if need be. Throws an {@link OutputError}. */
  append(name: string, content: string | Uint8Array): void {
    this.#doing(name, (path) => {
      let file = this.#open.get(name);
      if (file === undefined) {
        refuseOddFile(path);
        makeFolder(this.#dir);
        file = openSync(temporaryOf(path), 'w');
        this.#open.set(name, file);
      }
      writeFileSync(file, content);
    });
  }

  /** Forgets a file that was begun. */
  drop(name: string): void {
    const file = this.#open.get(name);
    if (file === undefined) return;
    closeSync(file);
    this.#open.delete(name);
    removeQuietly(temporaryOf(join(this.#dir, name)));
  }

  /** Gives all files their names, in the order in which they were begun. Throws an {@link OutputError}. */
  commit(): void {
    for (const [name, file] of this.#open) this.#doing(name, () => closeSync(file));
    for (const name of this.#open.keys()) {
      this.#doing(name, (path) => renameSync(temporaryOf(path), path));
    }
    this.#open.clear();
  }

  /** Removes everything that was begun. */
  discard(): void {
    for (const name of [...this.#open.keys()]) this.drop(name);
  }

  #doing(name: string, work: (path: string) => void): void {
    const path = join(this.#dir, name);
    try {
      work(path);
    } catch (error) {
      throw new OutputError(`${path} cannot be written: ${codeOf(error)}`);
    }
  }
}

const temporaryOf = (path: string): string => `${path}.${process.pid}.tmp`;

function refuseOddFile(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw new Error('a folder has that name');
  // Renaming over a device or a pipe would replace it for the whole machine.
  if (there !== undefined && !there.isFile()) throw new Error('it is no regular file');
}

/** Level by level: mkdirSync with `recursive` does not return below /proc (Node.js 20). */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  mkdirSync(dir);
}

/** What kept a file from being written may keep it from being removed, too. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Told already, as the reason why the file could not be written.
  }
}

/** Looks whether a file can be written, before any work is done for it. Throws an InputError. @param hint the way out. */
export function checkFile(path: string, hint: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw fileError(path, 'is a folder', hint);
  checkFolder(dirname(path), hint);
}

/** Looks whether a folder can be made or written to, before any work is done for it. Throws an InputError. */
export function checkFolder(dir: string, hint = NAME_ANOTHER): void {
  let nearest = resolve(dir);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    if (!statSync(nearest).isDirectory()) throw fileError(dir, `cannot take results: ${nearest} is a file`, hint);
    accessSync(nearest, constants.W_OK);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(dir, `cannot take results: ${nearest} cannot be written to (${codeOf(error)})`, hint);
  }
}

const NAME_ANOTHER = 'name another folder with --results-dir';

export const isFile = (path: string): boolean => statsOf(path)?.isFile() === true;

export const isFolder = (path: string): boolean => statsOf(path)?.isDirectory() === true;

/** Undefined if there is nothing, or something on the way to it is no folder. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Names of the folders in a folder; none if it is none. */
export function foldersIn(dir: string): string[] {
  if (!isFolder(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Removes a folder with all that is in it. Throws an {@link OutputError}. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw new OutputError(`${path} cannot be replaced: ${codeOf(error)}`);
  }
}

/** Removes a file if it is there. Throws an {@link OutputError}. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new OutputError(`${path} cannot be replaced: ${codeOf(error)}`);
  }
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

export const joinPath = join;
export const folderOf = dirname;
/** Last part of a path, `.` and `..` worked out. */
export const baseOf = (path: string): string => basename(resolve(path));
