// What the flags of a command line say about files: where inputs may lie, how large they may be, what may be replaced. Set
// once, when the command line has been read. Part of the command's files.

export interface FileRules {
  /** Folders that inputs may name files in, beside the scenario's own and the one that the command was called in. */
  readonly allowedPaths: readonly string[];
  /** Modules of parts that the command line names: code, which is loaded. */
  readonly extensions: readonly string[];
  /** Bytes of an input at most, where that is more than the usual limit; undefined: the usual limits. */
  readonly fileBytes: number | undefined;
  /** Whether files that kubelapse did not write may be replaced. */
  readonly force: boolean;
  /** What is left out of manifests although it changes the answer is refused. */
  readonly strict: boolean;
}

const USUAL: FileRules = { allowedPaths: [], extensions: [], fileBytes: undefined, force: false, strict: false };

let rules = USUAL;

export function setFileRules(given: Partial<FileRules>): void {
  rules = { ...USUAL, ...given };
}

export const readingRules = (): Pick<FileRules, 'allowedPaths' | 'extensions' | 'fileBytes' | 'strict'> => rules;
export const writingRules = (): Pick<FileRules, 'force'> => rules;
