// What one input of the fuzzer is about: a file of a folder, its form, and the commands that read it. Part of the fuzzer.

import type { Folder } from './corpus.js';
import type { Format } from './mutate-tree.js';

/** How often each kind comes. */
export const WEIGHTS = {
  scenario: 18,
  manifest: 8,
  'static-pod': 3,
  profile: 6,
  arrivals: 3,
  run: 6,
  experiment: 8,
  dump: 10,
  'cluster-trace': 7,
  results: 5,
  merge: 3,
  measured: 3,
  vega: 1,
  calibrate: 11,
  flags: 8,
  link: 3,
  message: 3,
} as const;

export type Kind = keyof typeof WEIGHTS;

export interface Command {
  readonly args: readonly string[];
  /** It runs a scenario: only what is small is run. */
  readonly isRun?: true;
}

export interface Target {
  readonly kind: Kind;
  readonly folder: Folder;
  /** Of the file that is changed. */
  readonly path: string;
  /** `text` and `bytes` are not changed as trees. */
  readonly format: Format | 'text' | 'bytes';
  readonly commands: readonly Command[];
}

/** The form that the name of a file stands for; undefined if it has none. */
export function formatOf(path: string): Format | undefined {
  const end = /\.(\w+)$/.exec(path)?.[1];
  return end === 'yaml' || end === 'json' || end === 'csv' ? end : undefined;
}
