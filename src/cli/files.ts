// The only place that touches files. Reading gives clear errors; writing is whole or not at all.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileError, InputError } from '../scenario/index.js';
import { OutputError } from './output-error.js';

/** Reads a text file; throws an InputError that says what is wrong with the path. `-` is standard input. */
export function readText(path: string): string {
  try {
    if (path === '-') return readFileSync(0, 'utf8');
    if (statSync(path).isDirectory())
      throw fileError(path, 'is a directory, not a file', 'name the scenario file in it');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw fileError(path, 'does not exist', 'kubelapse init writes a scenario to start from');
    if (code === 'EACCES' || code === 'EPERM') throw fileError(path, 'cannot be read: permission denied');
    throw fileError(path, `cannot be read: ${code}`);
  }
}

/** Reads the scenario itself, and manifests relative to it. */
export function readerFor(scenarioPath: string): (path: string) => string {
  const base = scenarioPath === '-' ? '.' : dirname(scenarioPath);
  return (path) => {
    if (path === scenarioPath) return readText(path);
    return readText(isAbsolute(path) ? path : resolve(base, path));
  };
}

/** Writes a file under a temporary name and renames it: nobody ever sees half of it. Throws an {@link OutputError}. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // What kept the file from being written keeps it from being removed, and is told below.
    }
    throw new OutputError(`${path} cannot be written: ${codeOf(error)}`);
  }
}

/** Looks whether a folder can be made or written to, before any work is done for it. Throws an InputError. */
export function checkFolder(dir: string): void {
  let nearest = resolve(dir);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    if (!statSync(nearest).isDirectory())
      throw fileError(dir, `cannot take results: ${nearest} is a file`, NAME_ANOTHER);
    accessSync(nearest, constants.W_OK);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(dir, `cannot take results: ${nearest} cannot be written to (${codeOf(error)})`, NAME_ANOTHER);
  }
}

const NAME_ANOTHER = 'name another folder with --results-dir';

/** Removes a file if it is there. Throws an {@link OutputError}. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new OutputError(`${path} cannot be replaced: ${codeOf(error)}`);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

export const joinPath = join;
