// The end of every experiment: its tables are written, its thresholds checked, its answer printed.

import {
  type RunBrief,
  type RunRecord,
  summaryJson,
  summaryText,
  type ThresholdResult,
  thresholdLines,
  thresholdsCsv,
} from '../report/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import { joinPath, readText, writeWhole } from './files.js';
import { type ResultOptions, type RunManifest, writeResults } from './results.js';
import { checkAll, junitOf, tellGitHub, thresholdFailures } from './thresholds.js';

export interface WrittenExperiment {
  readonly manifest: RunManifest;
  readonly briefs: readonly RunBrief[];
  readonly checked: readonly ThresholdResult[];
}

/** Writes a folder of results. @param records gives them anew at each call, point by point. */
export function writeExperiment(
  dir: string,
  scenario: LoadedScenario,
  records: () => Iterable<RunRecord>,
  options: ResultOptions,
  startedAt: Date,
): WrittenExperiment {
  let checked: ThresholdResult[] = [];
  const written = writeResults(dir, scenario, records(), options, () => {
    checked = checkAll(scenario, records());
    const files = checked.length === 0 ? [] : [{ name: 'thresholds.csv', text: thresholdsCsv(checked) }];
    return { files, execution: { startedAt, wallSeconds: (Date.now() - startedAt.getTime()) / 1000 } };
  });
  return { ...written, checked };
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
  const options = { ...scenario, records: briefs };
  if (junit !== undefined) writeWhole(junit, junitOf(checked));
  if (summary !== undefined) writeWhole(summary, summaryJson(options, checked));
  if (output === 'none') return;
  const lines = thresholdLines(checked);
  const text = `${lines.length === 0 ? '' : `${lines.join('\n')}\n\n`}${summaryText(options)}`;
  tellGitHub(thresholdFailures(checked), text);
  if (quiet) return;
  switch (output) {
    case 'table':
      process.stdout.write(text);
      break;
    case 'csv':
      process.stdout.write(readText(joinPath(dir, 'summary.csv')));
      break;
    case 'json':
      process.stdout.write(printedManifest(manifest));
      break;
  }
  const told = [`${dir}/ written in ${manifest.execution.wallSeconds.toFixed(1)} s`];
  for (const { name, rows } of manifest.leftOut) told.push(`${name} left out (${rows} rows): add --raw to write it`);
  process.stderr.write(`${[...told, ...notes].join('\n')}\n`);
}

/** run.json without the texts of the inputs. */
function printedManifest(manifest: RunManifest): string {
  const { inputs, ...rest } = manifest;
  return `${JSON.stringify({ ...rest, inputs: inputs.map(({ path, sha256 }) => ({ path, sha256 })) }, null, 2)}\n`;
}
