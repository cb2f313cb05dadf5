// A folder of results, read back: its run.json and its tables.

import type { ResultTables } from '../report/index.js';
import { fileError } from '../scenario/index.js';
import { visible } from '../text/index.js';
import { baseOf, isFile, joinPath, readText, TABLE_BYTES_MAX } from './files/index.js';
import { type RunManifest, readManifest, sha256 } from './results.js';

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
    return { dir, manifest, tables: checkedTables(dir, manifest, visible(isTold ? bases[i]! : dir)) };
  });
}

/** The tables that run.json names, each as it was written. Throws an InputError at one that is not. */
function checkedTables(dir: string, { files, foreign }: RunManifest, name: string): ResultTables {
  return {
    name,
    ...(foreign === undefined ? {} : { foreign }),
    text: (file) => {
      const digest = Object.hasOwn(files, file) ? files[file] : undefined;
      if (digest === undefined) return undefined;
      const path = joinPath(dir, file);
      const text = readText(path, RUN_AGAIN, TABLE_BYTES_MAX);
      if (sha256(text) !== digest)
        throw fileError(path, 'is not what the run wrote: it was changed or truncated', RUN_AGAIN);
      return text;
    },
  };
}

const RUN_AGAIN = 'run the scenario again';

/** The tables of a folder that is known to be one of results. */
export const readTables = (dir: string, name = baseOf(dir)): ResultTables => ({
  name,
  text: (file) => textIn(dir, file),
});

function textIn(dir: string, file: string): string | undefined {
  const path = joinPath(dir, file);
  return isFile(path) ? readText(path, undefined, TABLE_BYTES_MAX) : undefined;
}
