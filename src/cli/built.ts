// What is built beside the command: the page of the report, the playground.

import { fileError } from '../scenario/index.js';
import { isFile, isFolder, joinPath } from './files/index.js';

/** The folder of something that was built. Throws an InputError if it was not. @param build what builds it. */
export function builtFolder(name: string, build: string): string {
  // From dist/src/cli, or from src/cli where tests run the sources.
  const places = ['../..', '../../dist'].map((up) => joinPath(import.meta.dirname, up, name));
  const found = places.find(isFolder);
  if (found === undefined) throw fileError(places[0]!, 'is missing: kubelapse was built without it', build);
  return found;
}

/** A script of this folder as it was built: tests run the sources, and threads do not read those. */
export function builtScript(name: string): string {
  const places = ['.', '../../dist/src/cli'].map((dir) => joinPath(import.meta.dirname, dir, name));
  return places.find(isFile) ?? places[0]!;
}
