// Looks at outputs before any work is done for them. Part of the command's files.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileError, InputError } from '../../scenario/index.js';
import { NOTES_FOLDER } from './own-files.js';
import { codeOf, isFolder, realPathOf, statsOf } from './paths.js';
import { checkReplaceable } from './whole-files.js';

/** Looks whether a file can be written. Throws an InputError. @param hint the way out. */
export function checkFile(path: string, hint: string): void {
  if (isFolder(path)) throw fileError(path, 'is a folder', hint);
  if (resolve(path).split('/').includes(NOTES_FOLDER))
    throw fileError(path, 'is where kubelapse keeps its notes', hint);
  const there = statsOf(path);
  if (there !== undefined && !there.isFile()) throw fileError(path, 'is no ordinary file', hint);
  checkFolder(dirname(path), hint);
  checkReplaceable(path);
}

/** Looks whether a folder can be made or written to. Throws an InputError. */
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

/** Throws an InputError if an output is one of the inputs, by whatever name, or two outputs are one file. */
export function refuseOwnInputs(outputs: readonly string[], inputs: readonly string[]): void {
  const taken = new Map(inputs.filter((path) => path !== '-').map((path) => [realPathOf(path), path]));
  for (const output of outputs) {
    const input = taken.get(realPathOf(output));
    if (input !== undefined) throw fileError(output, 'would be written over what is read', 'name another file');
  }
  const seen = new Set<string>();
  for (const output of outputs) {
    const real = realPathOf(output);
    if (seen.has(real)) throw fileError(output, 'is named for two outputs', 'name a file for each');
    seen.add(real);
  }
}
