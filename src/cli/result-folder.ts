// A folder of results, read back: its run.json and its tables.

import type { ResultTables } from '../report/index.js';
import { baseOf, isFile, joinPath, readText } from './files.js';
import { type RunManifest, readManifest } from './results.js';

export interface ResultFolder {
  readonly dir: string;
  readonly manifest: RunManifest;
  readonly tables: ResultTables;
}

/** Reads folders of results; throws an InputError if one is none. Folders of the same name are told apart by their paths. */
export function readResults(dirs: readonly string[]): ResultFolder[] {
  const bases = dirs.map(baseOf);
  const isTold = new Set(bases).size === bases.length;
  return dirs.map((dir, i) => {
    const manifest = readManifest(dir);
    return { dir, manifest, tables: readTables(dir, isTold ? bases[i]! : dir) };
  });
}

/** The tables of a folder that is known to be one of results. */
export const readTables = (dir: string, name = baseOf(dir)): ResultTables => ({
  name,
  text: (file) => textIn(dir, file),
});

function textIn(dir: string, file: string): string | undefined {
  const path = joinPath(dir, file);
  return isFile(path) ? readText(path) : undefined;
}
