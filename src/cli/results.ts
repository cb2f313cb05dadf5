// The folder of results: its CSV files and run.json, which says how to make them again.

import { createHash } from 'node:crypto';
import { type CsvFile, csvFiles, TABLES } from '../report/index.js';
import type { FinishedPoint } from '../run/index.js';
import { fileError, type LoadedScenario } from '../scenario/index.js';
import { joinPath, readText, removeFile, writeWhole } from './files.js';
import { VERSION } from './version.js';

export interface RunManifest {
  readonly apiVersion: 'kubelapse.dev/v1alpha1';
  readonly kind: 'Run';
  readonly tool: { readonly name: 'kubelapse'; readonly version: string };
  readonly scenario: string;
  readonly question: string;
  readonly seed: string;
  readonly overrides: readonly string[];
  /** True if the run was stopped: only the finished points are in the tables. */
  readonly partial: boolean;
  readonly raw: boolean;
  /** The scenario first, then its manifests, whole: enough to run it again anywhere. */
  readonly inputs: readonly { readonly path: string; readonly sha256: string; readonly text: string }[];
  readonly points: readonly {
    readonly index: number;
    readonly parameters: Readonly<Record<string, string | number | boolean>>;
    readonly fingerprint: string;
    readonly counts: FinishedPoint['result']['counts'];
  }[];
  /** SHA-256 of every other file. */
  readonly files: Readonly<Record<string, string>>;
  readonly leftOut: readonly { readonly name: string; readonly rows: number }[];
  /** The only part that differs between two runs of the same scenario. */
  readonly execution: {
    readonly startedAt: string;
    readonly wallSeconds: number;
    readonly node: string;
    readonly platform: string;
  };
}

export interface Execution {
  readonly startedAt: Date;
  readonly wallSeconds: number;
}

/** Makes the files of a result, run.json last. */
export function resultFiles(
  scenario: LoadedScenario,
  points: readonly FinishedPoint[],
  options: { readonly partial: boolean; readonly raw: boolean; readonly execution: Execution },
): { files: readonly CsvFile[]; manifest: RunManifest } {
  const { files, leftOut } = csvFiles({ scenario: scenario.name, points, raw: options.raw });
  const manifest: RunManifest = {
    apiVersion: 'kubelapse.dev/v1alpha1',
    kind: 'Run',
    tool: { name: 'kubelapse', version: VERSION },
    scenario: scenario.name,
    question: scenario.question,
    seed: scenario.seed,
    overrides: scenario.overrides,
    partial: options.partial,
    raw: options.raw,
    inputs: scenario.inputs.map(({ path, text }) => ({ path, sha256: sha256(text), text })),
    points: points.map(({ index, parameters, result }) => ({
      index,
      parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
      fingerprint: result.fingerprint,
      counts: result.counts,
    })),
    files: Object.fromEntries(files.map(({ name, text }) => [name, sha256(text)])),
    leftOut,
    execution: {
      startedAt: options.execution.startedAt.toISOString(),
      wallSeconds: options.execution.wallSeconds,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
  };
  return { files, manifest };
}

/** Writes a result's folder; tables of an earlier run that this one leaves out are removed. */
export function writeResults(dir: string, files: readonly CsvFile[], manifest: RunManifest): void {
  removeFile(joinPath(dir, 'run.json'));
  for (const { name, text } of files) writeWhole(joinPath(dir, name), text);
  for (const table of TABLES) if (!(table.file in manifest.files)) removeFile(joinPath(dir, table.file));
  writeWhole(joinPath(dir, 'run.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Reads a result's run.json. Throws an InputError if it is none. */
export function readManifest(dir: string): RunManifest {
  const path = joinPath(dir, 'run.json');
  const text = readText(path);
  try {
    const manifest = JSON.parse(text) as RunManifest;
    if (manifest.kind === 'Run' && manifest.apiVersion === 'kubelapse.dev/v1alpha1' && Array.isArray(manifest.inputs))
      return manifest;
  } catch {
    // Not JSON: answered below like any other wrong file.
  }
  throw fileError(path, 'is not the run.json of a result of kubelapse');
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
