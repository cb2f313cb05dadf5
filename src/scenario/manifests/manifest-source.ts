// What an entry of `manifests` means: one file, a folder with all that is below it, or the files that meet a pattern. Part of the
// scenario.

import picomatch from 'picomatch';
import { type PassedOver, sortedOut } from './manifest-files.js';

export interface ManifestSource {
  /** Files that are read, in order. */
  readonly files: readonly string[];
  readonly passedOver: readonly PassedOver[];
  readonly changing: readonly string[];
  /** Nobody has named the files themselves. */
  readonly isFound: boolean;
  /** Why there is none: "matches no file". */
  readonly problem?: string;
}

/** How folders and files are looked into. */
export interface ManifestPlace {
  /** Names of the files below a folder, relative to it; undefined if it is none. */
  walk(folder: string): readonly string[] | undefined;
  /** The beginning of a file, or all of it. */
  head(file: string): string;
}

export function manifestSource(entry: string, { walk, head }: ManifestPlace): ManifestSource {
  const { isGlob, base, glob } = picomatch.scan(entry);
  const folder = isGlob ? base || '.' : entry;
  const names = entry === '-' ? undefined : walk(folder);
  if (!isGlob && names === undefined) return { files: [entry], passedOver: [], changing: [], isFound: false };
  const meets = isGlob ? picomatch(glob) : () => true;
  const found = (names ?? []).filter((name) => meets(name));
  const path = (name: string): string => (folder === '.' ? name : `${folder.replace(/\/+$/, '')}/${name}`);
  const sorted = sortedOut(found, (name) => head(path(name)));
  const problem = found.length > 0 ? {} : { problem: isGlob ? 'matches no file' : 'is a folder without files' };
  return {
    files: sorted.files.map(path),
    passedOver: sorted.passedOver.map(({ file, why }) => ({ file: path(file), why })),
    changing: sorted.changing.map(path),
    isFound: true,
    ...problem,
  };
}
