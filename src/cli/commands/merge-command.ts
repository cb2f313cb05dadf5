// `kubelapse merge`: joins the folders of shards into the result that one run of everything would have given.

import { setImmediate } from 'node:timers/promises';
import { type Job, jobsOf } from '../../experiment/index.js';
import type { RunRecord } from '../../report/index.js';
import { fileError, loadSource } from '../../scenario/index.js';
import { buildDigest } from '../build.js';
import { ExitCode } from '../exit-code.js';
import { sourceCatalogue } from '../extensions.js';
import { checkFile, folderOf, foldersIn, isFile, joinPath, lockFolder, refuseOwnInputs } from '../files/index.js';
import { FolderStore, JobKeys } from '../job-store.js';
import { OutputError } from '../output-error.js';
import {
  checkResultFolder,
  filesOfResult,
  PARQUET_FILE,
  type RunManifest,
  readManifest,
  sourceOfManifest,
} from '../results.js';
import { Stopwatch } from '../stopwatch.js';
import { tellResults, writeExperiment } from '../write-experiment.js';

export interface MergeArguments {
  readonly dirs: readonly string[];
  readonly resultsDir: string;
  readonly output: 'table' | 'json' | 'csv';
  readonly parquet: boolean;
  readonly junit?: string | undefined;
  readonly summary?: string | undefined;
  readonly quiet: boolean;
}

interface ShardFolder {
  readonly dir: string;
  readonly manifest: RunManifest;
}

export async function mergeCommand(args: MergeArguments): Promise<number> {
  const watch = new Stopwatch();
  const shards = args.dirs.flatMap(shardsIn);
  const [first] = shards as [ShardFolder, ...ShardFolder[]];
  for (const shard of shards) refuseOther(first, shard);
  const { manifest } = first;
  const source = sourceOfManifest(manifest);
  // Points are looked at: only then are all inputs read, which run.json is to have.
  const scenario = loadSource(source, { catalogue: await sourceCatalogue(source) });
  const keys = new JobKeys(source, manifest);
  const jobs = jobsOf(scenario.points, manifest.replications);
  const stores = shards.map(({ dir }) => new FolderStore(joinPath(dir, 'jobs')));
  const recordOf = (job: Job): RunRecord | undefined => {
    for (const store of stores) {
      const record = store.get({ name: keys.of(job), job, scenario });
      if (record !== undefined) return record;
    }
    return undefined;
  };
  const missing: Job[] = [];
  for (const job of jobs) {
    if (recordOf(job) === undefined) missing.push(job);
    // Lets signals through.
    await setImmediate();
  }
  if (missing.length > 0) throw missingError(first, shards, missing, jobs.length);
  const dir = joinPath(args.resultsDir, scenario.name);
  if (shards.some((shard) => joinPath(shard.dir) === joinPath(dir))) {
    throw fileError(
      dir,
      'is one of the shards: its tables would be replaced',
      'name another folder with --results-dir',
    );
  }
  checkResultFolder(dir, scenario.catalogue);
  const outputs = [args.junit, args.summary].flatMap((file) => file ?? []);
  for (const file of outputs) checkFile(file, 'name a file');
  refuseOwnInputs(outputs, [...shards.map((shard) => shard.dir), dir].flatMap(filesOfResult));
  const records = function* () {
    for (const job of jobs) {
      const record = recordOf(job);
      if (record === undefined) throw new OutputError(`the record of point ${job.point} is missing or was changed`);
      yield record;
    }
  };
  const { replications, raw, everyTick } = manifest;
  const parquet = args.parquet || PARQUET_FILE in manifest.files;
  const options = { replications, partial: false, raw, everyTick, parquet };
  const unlock = lockFolder(dir);
  try {
    const written = await writeExperiment(dir, scenario, records, options, { charts: false, report: false }, watch);
    tellResults(dir, scenario, written, args, []);
    return written.checked.every(({ ok }) => ok) ? ExitCode.Ok : ExitCode.ThresholdCrossed;
  } finally {
    unlock();
  }
}

/** The folder itself if it holds a result, or those below it that do. */
function shardsIn(dir: string): ShardFolder[] {
  const at = dir.endsWith('run.json') ? folderOf(dir) : dir;
  if (isFile(joinPath(at, 'run.json'))) return [{ dir: at, manifest: readManifest(at) }];
  const below = [at, ...foldersIn(at).map((name) => joinPath(at, name))]
    .flatMap((folder) => foldersIn(folder).map((name) => joinPath(folder, name)))
    .filter((folder) => isFile(joinPath(folder, 'run.json')));
  if (below.length === 0) return [{ dir: at, manifest: readManifest(at) }];
  return [...new Set(below)].map((folder) => ({ dir: folder, manifest: readManifest(folder) }));
}

/** Throws an InputError if two folders are not parts of the same experiment. */
function refuseOther(first: ShardFolder, other: ShardFolder): void {
  const differs = (['seed', 'replications', 'overrides', 'sweep', 'thresholds', 'raw', 'everyTick'] as const).find(
    (key) => JSON.stringify(first.manifest[key]) !== JSON.stringify(other.manifest[key]),
  );
  const inputs = ({ manifest }: ShardFolder): string =>
    JSON.stringify(manifest.inputs.map(({ path, sha256 }) => [path, sha256]));
  const what = differs ?? (inputs(first) === inputs(other) ? undefined : 'inputs');
  if (what !== undefined)
    throw fileError(other.dir, `is not part of the same experiment as ${first.dir}: ${what} differs`);
}

function missingError(
  { dir, manifest }: ShardFolder,
  shards: readonly ShardFolder[],
  missing: readonly Job[],
  jobs: number,
): Error {
  const have = shards.flatMap(({ manifest }) => manifest.shard ?? []).join(', ');
  const hint =
    missing.length === jobs
      ? `they must come from this build, ${buildDigest()}, and still have their jobs folder`
      : have === ''
        ? 'run what is missing with --shard'
        : `shards found: ${have}`;
  const place = `point ${missing[0]!.point}${manifest.replications > 1 ? `, replication ${missing[0]!.replication}` : ''}`;
  return fileError(dir, `${missing.length} of ${jobs} runs are in none of the folders, such as ${place}`, hint);
}
