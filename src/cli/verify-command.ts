// `kubelapse verify`: runs again what made a folder of results and compares every file's digest.

import { fileError, InputError, loadScenario } from '../scenario/index.js';
import { drive, exitCodeOf, StopSignal } from './drive.js';
import { ExitCode } from './exit-code.js';
import { folderOf, joinPath, readText } from './files.js';
import { type RunManifest, readManifest, resultFiles, sha256 } from './results.js';
import { VERSION } from './version.js';

export async function verifyCommand(results: string, quiet: boolean): Promise<number> {
  const dir = results.endsWith('run.json') ? folderOf(results) : results;
  const manifest = readManifest(dir);
  const inputs = new Map(manifest.inputs.map(({ path, text }) => [path, text]));
  const scenario = loadScenario({
    path: manifest.inputs[0]!.path,
    read: (path) => {
      const text = inputs.get(path);
      if (text === undefined) throw fileError(path, 'is not among the inputs stored in run.json');
      return text;
    },
    list: (dir) => {
      const prefix = `${dir.replace(/\/+$/, '')}/`;
      const names = [...inputs.keys()]
        .filter((path) => path.startsWith(prefix))
        .map((path) => path.slice(prefix.length));
      return names.length === 0 ? undefined : names.sort();
    },
    set: manifest.overrides,
    seed: manifest.seed,
  });
  const wanted = new Set(manifest.points.map(({ index }) => index));
  const same = { ...scenario, points: scenario.points.filter(({ index }) => wanted.has(index)) };
  const stop = new StopSignal();
  const options = { quiet, queue: 'wheel', everyTick: manifest.everyTick } as const;
  const { points, stoppedBy, failure } = await drive(same, options, stop).finally(() => stop.close());
  if (stoppedBy !== undefined) return exitCodeOf(stoppedBy);
  if (failure !== undefined) throw failure;
  const again = resultFiles(scenario, points, {
    ...manifest,
    partial: points.length < scenario.points.length,
    execution: { startedAt: new Date(0), wallSeconds: 0 },
  }).manifest;
  const names = new Set([...Object.keys(manifest.files), ...Object.keys(again.files)]);
  const differences = [
    ...manifest.inputs.flatMap(({ path, sha256: digest, text }) =>
      sha256(text) === digest ? [] : [`the stored text of ${path} is not the one whose digest stands beside it`],
    ),
    ...(['scenario', 'question', 'partial', 'leftOut'] as const).flatMap((key) =>
      JSON.stringify(manifest[key]) === JSON.stringify(again[key])
        ? []
        : [`${key} in run.json is not what the run gives`],
    ),
    ...[...names].flatMap((name) => fileDifference(dir, name, manifest.files[name], again.files[name])),
    ...manifest.points.flatMap((point, i) => pointDifference(point, again.points[i])),
  ];
  if (differences.length === 0) {
    if (!quiet) process.stdout.write(`${dir}: verified: ${Object.keys(manifest.files).length} files, the same bytes\n`);
    return ExitCode.Ok;
  }
  if (manifest.tool.version !== VERSION) {
    process.stderr.write(`${dir}: was made by kubelapse ${manifest.tool.version}; this is ${VERSION}\n`);
  }
  for (const difference of differences) process.stderr.write(`${dir}: ${difference}\n`);
  return ExitCode.Failed;
}

type Point = RunManifest['points'][number];

function fileDifference(dir: string, name: string, stored?: string, again?: string): string[] {
  if (stored === undefined) return [`${name}: is not among the files of run.json, and the same run writes it`];
  const onDisk = digestOf(joinPath(dir, name));
  if (onDisk === undefined) return [`${name}: is missing`];
  if (onDisk !== stored) return [`${name}: was changed since it was written`];
  return again === stored ? [] : [`${name}: the same run gives other bytes now`];
}

function pointDifference(stored: Point, again?: Point): string[] {
  const name = `point ${stored.index}`;
  if (again === undefined) return [`${name}: the same scenario has no such point`];
  if (stored.fingerprint !== again.fingerprint) {
    return [`${name}: fingerprint ${again.fingerprint}, was ${stored.fingerprint}`];
  }
  const same = (key: 'parameters' | 'counts'): boolean => JSON.stringify(stored[key]) === JSON.stringify(again[key]);
  return [
    ...(same('parameters') ? [] : [`${name}: its parameters in run.json are not those of the scenario`]),
    ...(same('counts') ? [] : [`${name}: its counts in run.json are not those of the run`]),
  ];
}

function digestOf(path: string): string | undefined {
  try {
    return sha256(readText(path));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
