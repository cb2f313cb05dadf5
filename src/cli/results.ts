// The folder of results: its CSV files and run.json, which says how to make them again.

import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { BUILT_IN, type Catalogue, type ExtensionIdentity } from '../catalogue.js';
import { foreignMetrics, foreignTables } from '../extension/foreign.js';
import {
  briefOf,
  csvHeader,
  type ForeignOutputs,
  type LeftOut,
  POINT_TABLES,
  pointCsvHeader,
  pointCsvRows,
  pointsIn,
  type RunBrief,
  type RunRecord,
  resultTables,
} from '../report/index.js';
import { fileError, jsonValue, type LoadedScenario, type ScenarioSource, sourceOf } from '../scenario/index.js';
import { jsonText } from '../text/index.js';
import { VERSION } from '../version.js';
import {
  bytesOf,
  checkFolder,
  checkReplaceable,
  digestOfFile,
  filesIn,
  folderOf,
  foldersIn,
  type IsKnown,
  isFile,
  joinPath,
  readText,
  TABLE_BYTES_MAX,
  WholeFiles,
  wasOwnFile,
} from './files/index.js';

export interface RunManifest {
  readonly apiVersion: 'kubelapse.dev/v1alpha1';
  readonly kind: 'Run';
  readonly tool: { readonly name: 'kubelapse'; readonly version: string };
  readonly scenario: string;
  readonly question: string;
  readonly seed: string;
  /** Runs of each point. */
  readonly replications: number;
  readonly overrides: readonly string[];
  /** Parameters of the sweep, and thresholds, that were given on the command line. */
  readonly sweep: readonly string[];
  readonly thresholds: readonly string[];
  /** True if not all runs are in the tables: it was stopped, or is a part of them. */
  readonly partial: boolean;
  /** `2/4`: the second of four parts of the runs. */
  readonly shard?: string;
  readonly raw: boolean;
  /** Every tick was executed: other events, and so another fingerprint, for the same bytes. */
  readonly everyTick: boolean;
  /** Whose parts were there beside kubelapse's own. */
  readonly extensions: readonly ExtensionIdentity[];
  /** What those parts have added to the results; left out if nothing. */
  readonly foreign?: ForeignOutputs;
  /** The scenario first, then its manifests, whole: enough to run it again anywhere. */
  readonly inputs: readonly { readonly path: string; readonly sha256: string; readonly text: string }[];
  /** One entry a run: point by point, and of each point one replication after the other. */
  readonly runs: readonly {
    readonly point: number;
    readonly parameters: Readonly<Record<string, string | number | boolean>>;
    readonly replication: number;
    readonly seed: string;
    readonly simulatedSeconds: number;
    readonly fingerprint: string;
    readonly counts: RunRecord['counts'];
  }[];
  /** SHA-256 of every other file. */
  readonly files: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
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

/** What a run was asked to be, beside its scenario. */
export interface ResultOptions {
  readonly replications: number;
  readonly partial: boolean;
  readonly shard?: string | undefined;
  readonly raw: boolean;
  readonly everyTick: boolean;
  /** Also write estimates.parquet. */
  readonly parquet: boolean;
}

/** Takes in the text of the files of a result, bit by bit. */
interface Sink {
  append(name: string, content: string | Uint8Array): void;
  /** Forgets what was taken in of a file. */
  drop(name: string): void;
}

/** The tables of a result, on their way to a sink. */
export interface Tabulated {
  readonly briefs: readonly RunBrief[];
  readonly digests: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
}

/** Makes all tables of records in one walk over them: point by point, and of each point one replication after the other. */
export async function tabulate(
  records: Iterable<RunRecord>,
  { tables }: Pick<Catalogue, 'tables'>,
  raw: boolean,
  sink: Sink,
): Promise<Tabulated> {
  const briefs: RunBrief[] = [];
  const hashes = new Map<string, Hash>();
  const rows = new Map<string, number>();
  const leftOut = new Set<string>();
  const append = (name: string, text: string): void => {
    if (leftOut.has(name)) return;
    let hash = hashes.get(name);
    if (hash === undefined) {
      hash = createHash('sha256');
      hashes.set(name, hash);
    }
    hash.update(text);
    sink.append(name, text);
  };
  const leaveOut = (name: string): void => {
    leftOut.add(name);
    hashes.delete(name);
    sink.drop(name);
  };
  /** Hands the records on, once their rows are taken in. */
  const takenIn = function* (): Generator<RunRecord> {
    for (const record of records) {
      if (briefs.length === 0) {
        for (const table of tables.all) append(table.file, csvHeader(table, record.parameters));
        for (const table of POINT_TABLES) append(table.file, pointCsvHeader(table, record.parameters));
      }
      for (const { file, rowsMax = Infinity } of tables.all) {
        const table = record.tables[file]!;
        const sum = (rows.get(file) ?? 0) + table.rows;
        rows.set(file, sum);
        append(file, table.text);
        if (!raw && sum > rowsMax && !leftOut.has(file)) leaveOut(file);
      }
      briefs.push(briefOf(record));
      yield record;
    }
  };
  for (const point of pointsIn(takenIn())) {
    for (const table of POINT_TABLES) append(table.file, pointCsvRows(table, point));
    // Lets signals through.
    await setImmediate();
  }
  return {
    briefs,
    digests: Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('hex')])),
    leftOut: [...leftOut].map((name) => ({ name, rows: rows.get(name)! })),
  };
}

/** A sink that keeps nothing: for digests alone. */
export const NOWHERE: Sink = { append: () => {}, drop: () => {} };

/** What run.json says. */
export function manifestOf(
  scenario: LoadedScenario,
  { briefs, digests, leftOut }: Tabulated,
  options: ResultOptions,
  execution: Execution,
): RunManifest {
  return {
    apiVersion: 'kubelapse.dev/v1alpha1',
    kind: 'Run',
    tool: { name: 'kubelapse', version: VERSION },
    scenario: scenario.name,
    question: scenario.question,
    seed: scenario.seed,
    replications: options.replications,
    overrides: scenario.overrides,
    sweep: scenario.sweepFlags,
    thresholds: scenario.thresholdFlags,
    partial: options.partial,
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    raw: options.raw,
    everyTick: options.everyTick,
    extensions: sourceOf(scenario).extensions,
    ...foreignOf(scenario.catalogue),
    inputs: scenario.inputs.map(({ path, text }) => ({ path, sha256: sha256(text), text })),
    runs: briefs.map(({ index, parameters, replication, seed, duration, fingerprint, counts }) => ({
      point: index,
      parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
      replication,
      seed,
      simulatedSeconds: duration / 1e9,
      fingerprint,
      counts,
    })),
    files: digests,
    leftOut,
    execution: {
      startedAt: execution.startedAt.toISOString(),
      wallSeconds: execution.wallSeconds,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
  };
}

/** What a result has to say of its own of the outputs of foreign parts: nobody else may have them. */
function foreignOf(catalogue: Catalogue): Pick<RunManifest, 'foreign'> {
  const tables = foreignTables(catalogue).map(({ file, meaning, columns, isForCharts }) => ({
    file,
    meaning,
    columns: columns.map(({ name, unit, meaning: what }) => ({ name, unit, meaning: what })),
    ...(isForCharts === true ? { isForCharts } : {}),
  }));
  const metrics = foreignMetrics(catalogue);
  return tables.length + Object.keys(metrics).length === 0 ? {} : { foreign: { tables, metrics } };
}

export const PARQUET_FILE = 'estimates.parquet';
/** Answers, thresholds and key figures, for programs. */
export const SUMMARY_FILE = 'summary.json';

const MANIFEST_FILE = 'run.json';

/** Files that any result may have beside run.json. */
const USUAL_FILES = [...resultTables(BUILT_IN.tables.all).map(({ file }) => file), PARQUET_FILE, SUMMARY_FILE];

/** How a table of a foreign part is called. */
const TABLE_FILE = /^[a-z0-9][a-z0-9_]*\.csv$/;

/** Files that a folder of results has or may get. @param catalogue of what is to be written there. */
function resultFiles(dir: string, catalogue?: Pick<Catalogue, 'tables'>): string[] {
  const written = Object.keys(digestsInManifest(joinPath(dir, MANIFEST_FILE)) ?? {}).filter((name) =>
    TABLE_FILE.test(name),
  );
  return [...new Set([...USUAL_FILES, ...(catalogue?.tables.names ?? []), ...written])];
}

/**
 * Tells the files of an earlier result in a folder that are as they were written. Notes of kubelapse do not come along when
 * results are copied, so the digests in run.json count, too, and run.json itself if there is no note about it.
 */
function resultFilesOf(dir: string): IsKnown {
  const manifest = joinPath(dir, MANIFEST_FILE);
  const digests = digestsInManifest(manifest);
  if (digests === undefined) return () => false;
  const named = new Map(Object.entries(digests).map(([name, digest]) => [joinPath(dir, name), digest]));
  return (path) =>
    path === manifest ? !wasOwnFile(path) : named.get(path) !== undefined && named.get(path) === digestOfFile(path);
}

/** Digests of files by name, as a run.json has them; undefined if there is none, or it is not one of kubelapse's. */
function digestsInManifest(path: string): Readonly<Record<string, unknown>> | undefined {
  if (!isFile(path)) return undefined;
  const text = bytesOf(path);
  const value = text === undefined ? undefined : jsonValue(Buffer.from(text).toString('utf8'))?.value;
  const found = ownManifest.safeParse(value);
  return found.success ? (found.data.files ?? {}) : undefined;
}

const ownManifest = z.looseObject({
  kind: z.literal('Run'),
  tool: z.looseObject({ name: z.literal('kubelapse') }),
  files: z.record(z.string(), z.unknown()).optional(),
});

/** All files that are kubelapse's in a folder of results: what is read from there, and what no other output may replace. */
export const filesOfResult = (dir: string): string[] => [
  ...[...resultFiles(dir), MANIFEST_FILE, 'report.html', 'jobs', 'charts'].map((name) => joinPath(dir, name)),
  ...(filesIn(joinPath(dir, 'jobs')) ?? []).map((name) => joinPath(dir, 'jobs', name)),
];

/** What can be done about a file of somebody's in a folder of results. */
export const IN_RESULTS = 'move it away, name another --results-dir';

/** Looks whether a folder can take results, before any work is done. Throws an InputError at a file that would be lost. */
export function checkResultFolder(dir: string, catalogue: Pick<Catalogue, 'tables'>): void {
  checkFolder(dir);
  const known = resultFilesOf(dir);
  for (const name of [...resultFiles(dir, catalogue), MANIFEST_FILE])
    checkReplaceable(joinPath(dir, name), known, IN_RESULTS);
}

/**
 * Writes a folder of results, run.json last; tables of an earlier run that this one leaves out are removed.
 * @param others makes files that are about all records. @param removeMore removes more of an earlier run, and says what stays.
 * @returns what run.json says, the records in brief, and files that stay though they are not of this run.
 */
export async function writeResults(
  dir: string,
  scenario: LoadedScenario,
  records: Iterable<RunRecord>,
  options: ResultOptions,
  others: (briefs: readonly RunBrief[]) => Promise<readonly ContentOfFile[]>,
  execution: () => Execution,
  removeMore: (files: WholeFiles) => readonly string[],
): Promise<{ manifest: RunManifest; briefs: readonly RunBrief[]; left: readonly string[] }> {
  const files = new WholeFiles({ known: resultFilesOf(dir), root: folderOf(dir) });
  try {
    const sink: Sink = {
      append: (name, content) => files.append(joinPath(dir, name), content),
      drop: (name) => files.drop(joinPath(dir, name)),
    };
    const tabulated = await tabulate(records, scenario.catalogue, options.raw, sink);
    const more = await others(tabulated.briefs);
    for (const { name, content } of more) sink.append(name, content);
    const digests = { ...tabulated.digests, ...digestsOf(more) };
    const manifest = manifestOf(scenario, { ...tabulated, digests }, options, execution());
    const stale = resultFiles(dir)
      .filter((name) => !Object.hasOwn(manifest.files, name))
      .map((name) => joinPath(dir, name));
    const left = [...stale.filter((path) => !files.remove(path)), ...removeMore(files)];
    sink.append(MANIFEST_FILE, `${jsonText(manifest, 2)}\n`);
    files.commit();
    return { manifest, briefs: tabulated.briefs, left };
  } finally {
    files.discard();
  }
}

export const digestsOf = (files: readonly ContentOfFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ name, content }) => [name, sha256(content)]));

export interface ContentOfFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** What made a folder of results. */
export const sourceOfManifest = (manifest: RunManifest): ScenarioSource => ({
  inputs: manifest.inputs.map(({ path, text }) => ({ path, text })),
  seed: manifest.seed,
  set: manifest.overrides,
  sweep: manifest.sweep,
  thresholds: manifest.thresholds,
  extensions: manifest.extensions,
});

/** Reads a result's run.json. Throws an InputError if it is none. */
export function readManifest(dir: string): RunManifest {
  if (isFile(dir)) throw fileError(dir, 'is a file, not a folder of results', `name its folder: ${folderOf(dir)}`);
  const path = joinPath(dir, MANIFEST_FILE);
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
  const text = readText(path, undefined, TABLE_BYTES_MAX);
  const read = jsonValue(text);
  if (read === undefined) throw fileError(path, 'is not JSON, so not the run.json of a result of kubelapse');
  const { value } = read;
  const { success, error } = manifestSchema.safeParse(value);
  if (success) return { ...(value as RunManifest), extensions: (value as Partial<RunManifest>).extensions ?? [] };
  const at = error.issues[0]!.path.join('.');
  throw fileError(
    path,
    `is not the run.json of a result of kubelapse${at === '' ? '' : `: ${at} is missing or wrong`}`,
  );
}

const extension = z.object({ name: z.string(), version: z.string(), digest: z.string(), path: z.string().optional() });

/** Somebody may have written it by hand: names are those of files beside run.json, texts are shown as they are. */
const foreign = z.object({
  tables: z.array(
    z.object({
      file: z.string().regex(TABLE_FILE),
      meaning: z.string(),
      columns: z.array(z.object({ name: z.string(), unit: z.string(), meaning: z.string() })),
      isForCharts: z.boolean().optional(),
    }),
  ),
  metrics: z.record(
    z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/),
    z.object({
      type: z.enum(['histogram', 'counter']),
      unit: z.enum(['seconds', 'total', 'rules']),
      labels: z.array(z.string()),
      meaning: z.string(),
      title: z.string().optional(),
      shortNames: z.array(z.string()).optional(),
      bounds: z.array(z.number()).optional(),
    }),
  ),
});

/** What `verify` needs of a run.json. */
const manifestSchema = z.object({
  apiVersion: z.literal('kubelapse.dev/v1alpha1'),
  kind: z.literal('Run'),
  tool: z.object({ version: z.string() }),
  seed: z.string(),
  replications: z.int().min(1),
  overrides: z.array(z.string()),
  sweep: z.array(z.string()),
  thresholds: z.array(z.string()),
  partial: z.boolean(),
  raw: z.boolean(),
  everyTick: z.boolean(),
  // Those of older versions have none.
  extensions: z.array(extension).optional(),
  foreign: foreign.optional(),
  inputs: z.array(z.object({ path: z.string(), sha256: z.string(), text: z.string() })).min(1),
  runs: z
    .array(
      z.object({
        point: z.int().min(0),
        parameters: z.record(z.string(), z.unknown()),
        replication: z.int().min(0),
        fingerprint: z.string(),
      }),
    )
    .min(1),
  files: z.record(z.string(), z.string()),
});

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
