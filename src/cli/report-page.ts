// The page about folders of results, made of their files and of what was built for it.

import {
  type PageParts,
  plainRequest,
  type ReportedResult,
  type ReportedSummary,
  reportedTables,
  reportHtml,
  usualFigures,
} from '../report/index.js';
import { besideScenario, fileError } from '../scenario/index.js';
import { shellWord } from '../text/index.js';
import { builtFolder } from './built.js';
import { joinPath, readText } from './files/index.js';
import { type ResultFolder, readResults } from './result-folder.js';
import { type RunManifest, SUMMARY_FILE } from './results.js';

/** The page about some folders of results. Throws an InputError if one of them is not one. */
export async function reportOf(dirs: readonly string[]): Promise<string> {
  const folders = readResults(dirs);
  const tables = folders.map((folder) => folder.tables);
  const report = {
    results: folders.map(reportedResult),
    figures: usualFigures(plainRequest(tables)),
    tables: reportedTables(tables),
  };
  return reportHtml(report, pageParts());
}

function reportedResult({ dir, manifest, tables }: ResultFolder): ReportedResult {
  const text = tables.text(SUMMARY_FILE);
  if (text === undefined) {
    throw fileError(dir, `has no ${SUMMARY_FILE}: it was made by an older kubelapse`, 'run the scenario again');
  }
  const summary = JSON.parse(text) as ReportedSummary;
  const { scenario, seed, tool, inputs } = manifest;
  return { name: tables.name, scenario, seed, version: tool.version, command: commandOf(manifest), summary, inputs };
}

/** The command line that gives the result again. */
export function commandOf(manifest: RunManifest): string {
  const { inputs, seed, replications, overrides, sweep, thresholds, extensions, raw, everyTick } = manifest;
  const flags = [
    `--seed ${shellWord(seed)}`,
    `--replications ${replications}`,
    ...overrides.map((text) => `--set ${shellWord(text)}`),
    ...sweep.map((text) => `--sweep ${shellWord(text)}`),
    ...thresholds.map((text) => `--threshold ${shellWord(text)}`),
    ...extensions.map(({ name, path }) => {
      const file = besideScenario(inputs[0]!.path, path ?? `${name}.mjs`);
      return `--extension ${shellWord(file)}`;
    }),
    ...(raw ? ['--raw'] : []),
    ...(everyTick ? ['--every-tick'] : []),
  ];
  return `kubelapse run ${shellWord(inputs[0]!.path)} ${flags.join(' ')}`;
}

/** What runs in the page, bundled when kubelapse was built. */
function pageParts(): PageParts {
  const dir = builtFolder('page', 'npm run build');
  return { script: readText(joinPath(dir, 'report.js')), style: readText(joinPath(dir, 'report.css')) };
}
