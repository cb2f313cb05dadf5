// The folder of results: its CSV files and run.json, which says how to make them again.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CsvFile, csvFiles, TABLES } from '../report/index.js';
import type { FinishedPoint } from '../run/index.js';
import { fileError, type LoadedScenario } from '../scenario/index.js';
import { folderOf, foldersIn, isFile, joinPath, readText, removeFile, writeAllWhole } from './files.js';
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
  /** Every tick was executed: other events, and so another fingerprint, for the same bytes. */
  readonly everyTick: boolean;
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
  options: {
    readonly partial: boolean;
    readonly raw: boolean;
    readonly everyTick: boolean;
    readonly execution: Execution;
  },
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
    everyTick: options.everyTick,
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

/** Writes a result's folder, run.json last; tables of an earlier run that this one leaves out are removed. */
export function writeResults(dir: string, files: readonly CsvFile[], manifest: RunManifest): void {
  const all = [...files, { name: 'run.json', text: `${JSON.stringify(manifest, null, 2)}\n` }];
  writeAllWhole(all.map(({ name, text }) => ({ path: joinPath(dir, name), text })));
  for (const table of TABLES) if (!(table.file in manifest.files)) removeFile(joinPath(dir, table.file));
}

/** Reads a result's run.json. Throws an InputError if it is none. */
export function readManifest(dir: string): RunManifest {
  if (isFile(dir)) throw fileError(dir, 'is a file, not a folder of results', `name its folder: ${folderOf(dir)}`);
  const path = joinPath(dir, 'run.json');
  if (!isFile(path)) {
    const below = foldersIn(dir).filter((name) => isFile(joinPath(dir, name, 'run.json')));
    const hint =
      below.length > 0
        ? `there is one in ${below
            .slice(0, 3)
            .map((name) => joinPath(dir, name))
            .join(', ')}`
        : 'kubelapse run writes one';
    throw fileError(dir, 'holds no result: there is no run.json', hint);
  }
  const text = readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fileError(path, 'is not JSON, so not the run.json of a result of kubelapse');
  }
  const { success, error } = manifestSchema.safeParse(value);
  if (success) return value as RunManifest;
  const at = error.issues[0]!.path.join('.');
  throw fileError(
    path,
    `is not the run.json of a result of kubelapse${at === '' ? '' : `: ${at} is missing or wrong`}`,
  );
}

/** What `verify` needs of a run.json. */
const manifestSchema = z.object({
  apiVersion: z.literal('kubelapse.dev/v1alpha1'),
  kind: z.literal('Run'),
  tool: z.object({ version: z.string() }),
  seed: z.string(),
  overrides: z.array(z.string()),
  partial: z.boolean(),
  raw: z.boolean(),
  everyTick: z.boolean(),
  inputs: z.array(z.object({ path: z.string(), sha256: z.string(), text: z.string() })).min(1),
  points: z
    .array(z.object({ index: z.int(), parameters: z.record(z.string(), z.unknown()), fingerprint: z.string() }))
    .min(1),
  files: z.record(z.string(), z.string()),
});

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
