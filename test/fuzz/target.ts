// What one input of the fuzzer is about: a file of a folder, its form, and the commands that read it. Part of the fuzzer.

import type { Folder } from './corpus.js';
import type { Format } from './mutate-tree.js';

/** How often each kind comes. */
export const WEIGHTS = {
  scenario: 18,
  manifest: 8,
  'static-pod': 3,
  profile: 9,
  arrivals: 3,
  run: 4,
  experiment: 10,
  dump: 7,
  'cluster-trace': 6,
  results: 3,
  merge: 2,
  measured: 2,
  vega: 1,
  calibrate: 13,
  flags: 8,
  link: 5,
  message: 5,
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
