// `kubelapse run`: runs a scenario, writes its results, prints the answer.

import type { QueueName } from '../engine/index.js';
import { csvText, summaryText, TABLES } from '../report/index.js';
import type { FinishedPoint } from '../run/index.js';
import { formatDiagnostics, type LoadedScenario, loadScenario, mayMatter } from '../scenario/index.js';
import { drive, exitCodeOf, StopSignal } from './drive.js';
import { ExitCode } from './exit-code.js';
import { checkFolder, inputsOf, joinPath } from './files.js';
import { type RunManifest, resultFiles, writeResults } from './results.js';

export interface RunArguments {
  readonly scenario: string;
  readonly seed?: string | undefined;
  readonly set: readonly string[];
  readonly resultsDir: string;
  readonly output: 'table' | 'json' | 'csv';
  readonly quiet: boolean;
  readonly raw: boolean;
  readonly queue: QueueName;
  readonly everyTick: boolean;
  readonly checkInvariants: boolean;
}

export async function runCommand(args: RunArguments): Promise<number> {
  const startedAt = new Date();
  const scenario = loadScenario({
    path: args.scenario,
    ...inputsOf(args.scenario),
    set: args.set,
    ...(args.seed === undefined ? {} : { seed: args.seed }),
  });
  if (!args.quiet) process.stderr.write(formatDiagnostics(scenario.warnings));
  if (!args.quiet) process.stderr.write(unmodelled(scenario) + profiled(scenario));
  const dir = joinPath(args.resultsDir, scenario.name);
  checkFolder(dir);
  const stop = new StopSignal();
  try {
    return await runAndWrite(args, scenario, dir, startedAt, stop);
  } finally {
    stop.close();
  }
}

/** One line on what the manifests ask for and the model leaves out. */
function unmodelled(scenario: LoadedScenario): string {
  const fields = [...scenario.unusedFields.keys()].filter(mayMatter);
  if (fields.length === 0) return '';
  const more = fields.length > FIELDS_NAMED ? ` and ${fields.length - FIELDS_NAMED} more` : '';
  return `not modelled: ${fields.slice(0, FIELDS_NAMED).join(', ')}${more} (kubelapse validate lists all)\n`;
}

/** Which costs are not the usual ones. */
const profiled = ({ profiles }: LoadedScenario): string =>
  profiles.map(({ name, file, changes }) => `profile ${name} (${file}): ${changes.length} costs changed\n`).join('');

const FIELDS_NAMED = 5;

async function runAndWrite(
  args: RunArguments,
  scenario: LoadedScenario,
  dir: string,
  startedAt: Date,
  stop: StopSignal,
): Promise<number> {
  const { points, stoppedBy, failure } = await drive(scenario, args, stop);
  if (points.length === 0) {
    process.stderr.write('stopped before the first point was finished; nothing was written\n');
    return exitCodeOf(stoppedBy!);
  }
  const wallSeconds = (Date.now() - startedAt.getTime()) / 1000;
  const { files, manifest } = resultFiles(scenario, points, {
    partial: points.length < scenario.points.length,
    raw: args.raw,
    everyTick: args.everyTick,
    execution: { startedAt, wallSeconds },
  });
  writeResults(dir, files, manifest);
  if (!args.quiet) {
    process.stdout.write(printed(args.output, scenario, points, manifest));
    tellWhere(dir, scenario, manifest, wallSeconds);
  }
  if (failure !== undefined) process.stderr.write(formatDiagnostics(failure.diagnostics));
  if (failure !== undefined) return ExitCode.Failed;
  return stoppedBy === undefined ? ExitCode.Ok : exitCodeOf(stoppedBy);
}

function printed(
  output: RunArguments['output'],
  scenario: LoadedScenario,
  points: readonly FinishedPoint[],
  manifest: RunManifest,
): string {
  switch (output) {
    case 'table':
      return summaryText({ ...scenario, points });
    case 'csv':
      return csvText(TABLES[0]!, { scenario: scenario.name, points });
    case 'json': {
      const { inputs, ...rest } = manifest;
      return `${JSON.stringify({ ...rest, inputs: inputs.map(({ path, sha256 }) => ({ path, sha256 })) }, null, 2)}\n`;
    }
  }
}

function tellWhere(dir: string, scenario: LoadedScenario, manifest: RunManifest, wallSeconds: number): void {
  const lines = [`${dir}/ written in ${wallSeconds.toFixed(1)} s`];
  for (const { name, rows } of manifest.leftOut) lines.push(`${name} left out (${rows} rows): add --raw to write it`);
  if (manifest.partial)
    lines.push(`partial: ${manifest.points.length} of ${scenario.points.length} points are finished and in the tables`);
  process.stderr.write(`${lines.join('\n')}\n`);
}
