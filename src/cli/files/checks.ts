// Looks at outputs before any work is done for them. Part of the command's files.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileError, InputError } from '../../scenario/index.js';
import { NOTES_FOLDER } from './own-files.js';
import { codeOf, isBelow, isFolder, realPathOf, statsOf } from './paths.js';
import { checkReplaceable } from './whole-files.js';

/** Looks whether a file can be written. Throws an InputError. @param hint the way out. */
export function checkFile(path: string, hint: string): void {
  if (isFolder(path) || /[\\/]$/.test(path)) throw fileError(path, 'is a folder', hint);
  if (resolve(path).split('/').includes(NOTES_FOLDER))
    throw fileError(path, 'is where kubelapse keeps its notes', hint);
  const there = statsOf(path);
  if (there !== undefined && !there.isFile()) throw fileError(path, 'is not a regular file', hint);
  checkLength(path, hint);
  checkFolder(dirname(path), hint);
  checkReplaceable(path);
}

/** Looks whether a folder can be made or written to. Throws an InputError. */
export function checkFolder(dir: string, hint = NAME_ANOTHER): void {
  checkLength(dir, hint);
  let nearest = resolve(dir);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    if (!statSync(nearest).isDirectory()) throw fileError(dir, `cannot be written to: ${nearest} is a file`, hint);
    accessSync(nearest, constants.W_OK);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(dir, `cannot be written to: ${nearest} is not writable (${codeOf(error)})`, hint);
  }
}

/** Bytes of a name: disks take 255, and a note about it is called a little longer. */
const NAME_BYTES_MAX = 240;
/** Bytes of a whole path: systems take 4,096, and notes lie deeper. */
const PATH_BYTES_MAX = 3500;

function checkLength(path: string, hint: string): void {
  const whole = resolve(path);
  if (Buffer.byteLength(whole) > PATH_BYTES_MAX) throw fileError(path, `has more than ${PATH_BYTES_MAX} bytes`, hint);
  if (whole.split(/[\\/]/).some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX))
    throw fileError(path, `has a name of more than ${NAME_BYTES_MAX} bytes`, hint);
}

const NAME_ANOTHER = 'name another folder with --results-dir';

/**
 * Throws an InputError if an output is one of the inputs, by whatever name, or lies in one that is a folder, or if two outputs
 * are one file.
 */
export function refuseOwnInputs(outputs: readonly string[], inputs: readonly string[]): void {
  const taken = inputs.filter((path) => path !== '-').map(realPathOf);
  for (const output of outputs) {
    const real = realPathOf(output);
    const over = taken.find((input) => isBelow(real, input));
    if (over === undefined) continue;
    const message = real === over ? 'would overwrite an input' : 'would be written among the files of a result';
    throw fileError(output, message, 'name another file');
  }
  const seen = new Set<string>();
  for (const output of outputs) {
    const real = realPathOf(output);
    if (seen.has(real)) throw fileError(output, 'is named for two outputs', 'name a file for each');
    seen.add(real);
  }
}
