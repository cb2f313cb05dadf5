// `kubelapse verify`: runs again what made a folder of results and compares every file's digest.

import { loadSource } from '../../scenario/index.js';
import { VERSION } from '../../version.js';
import { Collection, Executors } from '../collect.js';
import { StopSignal } from '../drive.js';
import { ExitCode } from '../exit-code.js';
import { sourceCatalogue } from '../extensions.js';
import { bytesOf, folderOf, joinPath } from '../files/index.js';
import { MemoryStore } from '../job-store.js';
import { MemoryNeeds } from '../memory.js';
import { printLine, sayLine } from '../print.js';
import {
  digestsOf,
  manifestOf,
  NOWHERE,
  PARQUET_FILE,
  type RunManifest,
  readManifest,
  sha256,
  sourceOfManifest,
  tabulate,
} from '../results.js';
import { exitCodeOf } from '../signals.js';
import { checkAll } from '../thresholds.js';
import { otherFiles } from '../write-experiment.js';

export async function verifyCommand(results: string, quiet: boolean): Promise<number> {
  const dir = results.endsWith('run.json') ? folderOf(results) : results;
  const manifest = readManifest(dir);
  const needs = new MemoryNeeds();
  const source = sourceOfManifest(manifest);
  const scenario = loadSource(source, {
    catalogue: await sourceCatalogue(source),
    onPoint: needs.look(source.inputs[0]!.path),
  });
  const { raw, everyTick } = manifest;
  const options = { quiet, raw, everyTick, queue: 'wheel', checkInvariants: false } as const;
  const executors = new Executors({ engine: 'auto' });
  const collection = new Collection(scenario, options, new MemoryStore(), needs, executors);
  const jobs = manifest.runs.filter(({ point }) => point < scenario.points.length);
  const stop = new StopSignal();
  try {
    await collection.carryOut(jobs, stop);
  } finally {
    stop.close();
    await executors.close();
  }
  if (stop.by !== undefined) return exitCodeOf(stop.by);
  const [problem] = collection.problems();
  if (problem !== undefined) throw problem;
  const tables = await tabulate(collection.records(jobs), scenario.catalogue, raw, NOWHERE);
  const records = () => collection.records(jobs);
  const parquet = PARQUET_FILE in manifest.files;
  const wanted = { ...manifest, parquet };
  const others = await otherFiles(scenario, await checkAll(scenario, records()), tables.briefs, records, wanted);
  const digests = { ...tables.digests, ...digestsOf(others) };
  const partial = jobs.length < scenario.points.length * manifest.replications;
  const execution = { startedAt: new Date(0), wallSeconds: 0 };
  const again = manifestOf(scenario, { ...tables, digests }, { ...wanted, partial }, execution);
  const names = new Set([...Object.keys(manifest.files), ...Object.keys(again.files)]);
  const differences = [
    ...manifest.inputs.flatMap(({ path, sha256: digest, text }) =>
      sha256(text) === digest ? [] : [`the stored text of ${path} does not match the digest stored with it`],
    ),
    ...(['scenario', 'question', 'partial', 'leftOut', 'extensions', 'foreign'] as const).flatMap((key) =>
      JSON.stringify(manifest[key]) === JSON.stringify(again[key])
        ? []
        : [`${key} in run.json is not what the run gives`],
    ),
    ...[...names].flatMap((name) => fileDifference(dir, name, manifest.files[name], again.files[name])),
    ...manifest.runs.flatMap((run, i) => runDifference(run, again.runs[i])),
  ];
  if (differences.length === 0) {
    if (!quiet) printLine(`${dir}: verified: ${Object.keys(manifest.files).length} files, the same bytes`);
    return ExitCode.Ok;
  }
  if (manifest.tool.version !== VERSION) {
    sayLine(`${dir}: was made by kubelapse ${manifest.tool.version}; this is ${VERSION}`);
  }
  for (const difference of differences) sayLine(`${dir}: ${difference}`);
  return ExitCode.Failed;
}

function fileDifference(dir: string, name: string, stored?: string, again?: string): string[] {
  if (stored === undefined) return [`${name}: is not listed in run.json, but the same run writes it`];
  const onDisk = digestOf(joinPath(dir, name));
  if (onDisk === undefined) return [`${name}: is missing`];
  if (onDisk !== stored) return [`${name}: was changed since it was written`];
  return again === stored ? [] : [`${name}: the same run gives different bytes now`];
}

type StoredRun = RunManifest['runs'][number];

function runDifference(stored: StoredRun, again?: StoredRun): string[] {
  const name = `point ${stored.point}${stored.replication > 0 ? `, replication ${stored.replication}` : ''}`;
  if (again === undefined) return [`${name}: the same scenario has no such point`];
  if (stored.fingerprint !== again.fingerprint) {
    return [`${name}: fingerprint ${again.fingerprint}, was ${stored.fingerprint}`];
  }
  const same = (key: 'parameters' | 'counts' | 'seed'): boolean =>
    JSON.stringify(stored[key]) === JSON.stringify(again[key]);
  return [
    ...(same('parameters') ? [] : [`${name}: its parameters in run.json are not those of the scenario`]),
    ...(same('seed') ? [] : [`${name}: its seed in run.json is not the one it has`]),
    ...(same('counts') ? [] : [`${name}: its counts in run.json are not those of the run`]),
  ];
}

function digestOf(path: string): string | undefined {
  const bytes = bytesOf(path);
  return bytes === undefined ? undefined : sha256(bytes);
}
