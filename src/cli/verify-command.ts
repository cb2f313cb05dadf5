// `kubelapse verify`: runs again what made a folder of results and compares every file's digest.

import { fileError, InputError, loadScenario } from '../scenario/index.js';
import { drive } from './drive.js';
import { ExitCode } from './exit-code.js';
import { joinPath, readText } from './files.js';
import { readManifest, resultFiles, sha256 } from './results.js';
import { VERSION } from './version.js';

export async function verifyCommand(dir: string, quiet: boolean): Promise<number> {
  const manifest = readManifest(dir);
  const inputs = new Map(manifest.inputs.map(({ path, text }) => [path, text]));
  const scenario = loadScenario({
    path: manifest.inputs[0]!.path,
    read: (path) => {
      const text = inputs.get(path);
      if (text === undefined) throw fileError(path, 'is not among the inputs stored in run.json');
      return text;
    },
    set: manifest.overrides,
    seed: manifest.seed,
  });
  const wanted = new Set(manifest.points.map(({ index }) => index));
  const same = { ...scenario, points: scenario.points.filter(({ index }) => wanted.has(index)) };
  const { points, stoppedBy } = await drive(same, { quiet, queue: 'wheel', everyTick: false });
  if (stoppedBy !== undefined) return ExitCode.Interrupted;
  const again = resultFiles(scenario, points, {
    partial: manifest.partial,
    raw: manifest.raw,
    execution: { startedAt: new Date(0), wallSeconds: 0 },
  }).manifest;
  const differences = [
    ...Object.entries(manifest.files).flatMap(([name, digest]) => {
      const onDisk = digestOf(joinPath(dir, name));
      if (onDisk !== digest)
        return [`${name}: ${onDisk === undefined ? 'is missing' : 'was changed'} since it was written`];
      return again.files[name] === digest ? [] : [`${name}: the same run gives other bytes now`];
    }),
    ...manifest.points.flatMap(({ index, fingerprint }, i) =>
      again.points[i]?.fingerprint === fingerprint
        ? []
        : [`point ${index}: fingerprint ${again.points[i]?.fingerprint}, was ${fingerprint}`],
    ),
  ];
  if (differences.length === 0) {
    if (!quiet) process.stdout.write(`${dir}: verified: ${Object.keys(manifest.files).length} files, the same bytes\n`);
    return ExitCode.Ok;
  }
  for (const difference of differences) process.stderr.write(`${dir}: ${difference}\n`);
  if (manifest.tool.version !== VERSION) {
    process.stderr.write(`it was made by kubelapse ${manifest.tool.version}; this is ${VERSION}\n`);
  }
  return ExitCode.Failed;
}

function digestOf(path: string): string | undefined {
  try {
    return sha256(readText(path));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
