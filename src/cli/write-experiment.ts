// The end of every experiment: its tables are written, its thresholds checked, its answer printed.

import {
  estimatesParquet,
  hasTrends,
  NoParquetError,
  pointsOfResults,
  type RunBrief,
  type RunRecord,
  summaryJson,
  summaryText,
  type ThresholdResult,
  thresholdLines,
  thresholdsCsv,
  trendLines,
} from '../report/index.js';
import { fileError, type LoadedScenario } from '../scenario/index.js';
import { linesText } from '../text/index.js';
import { joinPath, readText, TABLE_BYTES_MAX, type WholeFiles, writeWhole } from './files/index.js';
import { type Pictures, removePictures } from './pictures.js';
import { printDocument, printJson, printPainted, say, sayLine } from './print.js';
import { readTables } from './result-folder.js';
import {
  type ContentOfFile,
  PARQUET_FILE,
  type ResultOptions,
  type RunManifest,
  SUMMARY_FILE,
  writeResults,
} from './results.js';
import type { Stopwatch } from './stopwatch.js';
import { checkAll, junitOf, tellGitHub, thresholdFailures } from './thresholds.js';

export interface WrittenExperiment {
  readonly manifest: RunManifest;
  readonly briefs: readonly RunBrief[];
  readonly checked: readonly ThresholdResult[];
}

/**
 * Writes a folder of results. @param records gives them again at each call, point by point. @param pictures those that are
 * made afterwards.
 */
export async function writeExperiment(
  dir: string,
  scenario: LoadedScenario,
  records: () => Iterable<RunRecord>,
  options: ResultOptions,
  pictures: Pictures,
  watch: Stopwatch,
): Promise<WrittenExperiment> {
  const checked = await checkAll(scenario, records());
  const others = (briefs: readonly RunBrief[]) => otherFiles(scenario, checked, briefs, records, options);
  const execution = () => ({ startedAt: watch.startedAt, wallSeconds: watch.seconds });
  // Pictures are made of the tables that are replaced.
  const removeMore = (files: WholeFiles) => removePictures(dir, files, pictures);
  const written = await writeResults(dir, scenario, records(), options, others, execution, removeMore);
  for (const path of written.left) sayLine(`${path} is left as it is: it does not belong to this run`);
  return { ...written, checked };
}

/** Files that are about all records: the summary, thresholds.csv if there are thresholds, and Parquet if it is asked for. */
export async function otherFiles(
  scenario: LoadedScenario,
  checked: readonly ThresholdResult[],
  briefs: readonly RunBrief[],
  records: () => Iterable<RunRecord>,
  { replications, parquet }: Pick<ResultOptions, 'replications' | 'parquet'>,
): Promise<ContentOfFile[]> {
  const runsAsked = scenario.points.length * replications;
  const files = [
    { name: SUMMARY_FILE, content: summaryJson({ ...scenario, records: briefs, runsAsked }, checked) },
  ] as ContentOfFile[];
  if (checked.length > 0) files.push({ name: 'thresholds.csv', content: thresholdsCsv(checked) });
  if (parquet) files.push({ name: PARQUET_FILE, content: await parquetOf(records()) });
  return files;
}

async function parquetOf(records: Iterable<RunRecord>): Promise<Uint8Array> {
  try {
    return await estimatesParquet(records);
  } catch (error) {
    if (error instanceof NoParquetError) throw fileError('--parquet', error.message);
    throw error;
  }
}

export interface TellOptions {
  readonly output: 'table' | 'json' | 'csv' | 'none';
  /** Files for JUnit XML and for the JSON summary. */
  readonly junit?: string | undefined;
  readonly summary?: string | undefined;
  readonly quiet: boolean;
}

/** Prints the answer and tells whoever else wants to know. @param notes lines about where the results are. */
export function tellResults(
  dir: string,
  scenario: LoadedScenario,
  { manifest, briefs, checked }: WrittenExperiment,
  { output, junit, summary, quiet }: TellOptions,
  notes: readonly string[],
): void {
  const room = process.stdout.isTTY ? process.stdout.columns : ROOM;
  const trends =
    output === 'table' && !quiet && hasTrends(briefs) ? trendLines(pointsOfResults([readTables(dir)]), room) : [];
  const runsAsked = scenario.points.length * manifest.replications;
  const options = { ...scenario, records: briefs, runsAsked, width: room, trends };
  if (junit !== undefined) writeWhole(junit, junitOf(checked));
  if (summary !== undefined) writeWhole(summary, summaryJson(options, checked));
  if (output === 'none') return;
  const lines = thresholdLines(checked);
  const text = `${lines.length === 0 ? '' : `${linesText(lines)}\n`}${summaryText(options)}`;
  tellGitHub(thresholdFailures(checked), text);
  if (quiet) return;
  switch (output) {
    case 'table':
      printPainted(text);
      break;
    case 'csv':
      printDocument(readText(joinPath(dir, 'summary.csv'), undefined, TABLE_BYTES_MAX));
      break;
    case 'json':
      printJson(withoutTexts(manifest));
      break;
  }
  const told = [`${dir}/ written in ${manifest.execution.wallSeconds.toFixed(1)} s`];
  for (const { name, rows } of manifest.leftOut) told.push(`${name} left out (${rows} rows): add --raw to write it`);
  say(linesText([...told, ...notes]));
}

/** Characters of a line where nobody says how many there are. */
const ROOM = 200;

/** What run.json says without the texts of the inputs. */
function withoutTexts({ inputs, ...rest }: RunManifest): unknown {
  return { ...rest, inputs: inputs.map(({ path, sha256 }) => ({ path, sha256 })) };
}
