// `kubelapse run`: runs a scenario, its points and replications, writes the results, prints the answer.

import type { QueueName } from '../../engine/index.js';
import {
  type Job,
  jobsOf,
  precisionOf,
  REPLICATIONS_FIRST,
  replicationsFor,
  WARM_UP_REPLICATIONS,
  warmUpSeconds,
} from '../../experiment/index.js';
import { checkThresholds, plural, pointsOf } from '../../report/index.js';
import {
  fileError,
  formatDiagnostics,
  type LoadedScenario,
  type Precision,
  parsePrecision,
  RUNS_MAX,
} from '../../scenario/index.js';
import { linesText } from '../../text/index.js';
import { Collection, Executors } from '../collect.js';
import { StopSignal } from '../drive.js';
import type { EngineName } from '../engines.js';
import { ExitCode } from '../exit-code.js';
import { scenarioAt } from '../extensions.js';
import { checkFile, inputPaths, joinPath, lockFolder, refuseOwnInputs } from '../files/index.js';
import { FolderStore, type JobStore, MemoryStore } from '../job-store.js';
import { MemoryNeeds } from '../memory.js';
import { checkPictures, writePictures } from '../pictures.js';
import { say, sayLine } from '../print.js';
import { checkResultFolder, filesOfResult, type RunManifest } from '../results.js';
import { ofShard, type Shard } from '../shard.js';
import { exitCodeOf } from '../signals.js';
import { Stopwatch } from '../stopwatch.js';
import { checkTrace, type TraceArguments } from '../trace-arguments.js';
import { tellResults, writeExperiment } from '../write-experiment.js';

export interface RunArguments {
  readonly scenario: string;
  readonly seed?: string | undefined;
  readonly set: readonly string[];
  /** Pods whose placements are explained; patterns. */
  readonly explainPlacement?: readonly string[];
  readonly sweep: readonly string[];
  readonly threshold: readonly string[];
  readonly thresholds: boolean;
  /** Undefined: as the scenario says. */
  readonly replications?: number | undefined;
  /** Precision that is wanted, instead of a number of replications. */
  readonly until?: string | undefined;
  readonly maxReplications: number;
  /** A duration, or `auto`: found by runs that measure from the beginning. */
  readonly warmup?: string | undefined;
  readonly shard?: Shard | undefined;
  readonly engine: EngineName;
  readonly jobs?: number | undefined;
  readonly queueUrl?: string | undefined;
  readonly resume: boolean;
  readonly keepJobs: boolean;
  readonly charts: boolean;
  readonly report: boolean;
  readonly trace?: TraceArguments | undefined;
  readonly metrics?: string | undefined;
  readonly parquet: boolean;
  readonly junit?: string | undefined;
  readonly summary?: string | undefined;
  readonly resultsDir: string;
  /** `none`: the results are written, and nothing printed of them. */
  readonly output: 'table' | 'json' | 'csv' | 'none';
  readonly quiet: boolean;
  readonly raw: boolean;
  readonly eventQueue: QueueName;
  readonly everyTick: boolean;
  readonly checkInvariants: boolean;
}

export async function runCommand(args: RunArguments): Promise<number> {
  return (await runExperiment(args)).code;
}

export interface Experiment {
  readonly code: number;
  /** Its folder of results. */
  readonly dir: string;
}

/** Runs a scenario and writes its results. Throws an InputError if there is nothing to run. */
export async function runExperiment(asGiven: RunArguments): Promise<Experiment> {
  const given = withExplained(asGiven);
  const watch = new Stopwatch();
  const needs = new MemoryNeeds();
  const args = given.warmup === undefined ? given : await withWarmUp(given, given.warmup);
  if (typeof args === 'number') return { code: args, dir: '' };
  const scenario = await loaded(args, args.set, needs);
  if (!args.quiet) say(formatDiagnostics(scenario.warnings));
  if (!args.quiet) say(withoutEffect(scenario) + profiled(scenario));
  const dir = joinPath(args.resultsDir, scenario.name);
  checkOutputs(args, scenario, dir);
  if (args.trace !== undefined) checkTrace(args.trace, scenario);
  if (args.until !== undefined) precisionAsked(args.until, scenario);
  checkPictures(dir, args);
  const asked = args.thresholds ? scenario : { ...scenario, thresholds: [], thresholdFlags: [] };
  const stop = new StopSignal();
  const unlock = lockFolder(dir);
  try {
    const run = new ScenarioRun(args, asked, dir, needs, stop);
    try {
      return { code: await run.run(watch), dir };
    } finally {
      await run.close();
    }
  } finally {
    stop.close();
    unlock();
  }
}

/** The same with the pods to be explained as if they had been given by --set, so that run.json has them. */
function withExplained(args: RunArguments): RunArguments {
  const { explainPlacement = [], set } = args;
  if (explainPlacement.length === 0) return args;
  return { ...args, set: [...set, `spec.explainPlacement=${JSON.stringify(explainPlacement)}`] };
}

/** Throws an InputError if there are more runs than can be kept apart. */
function refuseTooMany({ points, inputs }: LoadedScenario, replications: number): void {
  const runs = points.length * replications;
  if (runs <= RUNS_MAX) return;
  const message = `asks for ${runs} runs, more than ${RUNS_MAX}: ${points.length} points with ${replications} replications`;
  throw fileError(inputs[0]!.path, message, 'lower --replications, or run the sweep in parts');
}

/** Throws an InputError if it is none. */
function precisionAsked(text: string, scenario: LoadedScenario): Precision {
  const { nodePools } = scenario.points[0]!.spec;
  const pools = nodePools.map(({ name }) => name);
  return parsePrecision(text, { metrics: scenario.catalogue.metricDefinitions, pools });
}

/** Throws an InputError if something that is to be written has no place, or would take that of something else. */
function checkOutputs({ junit, summary, trace, metrics }: RunArguments, scenario: LoadedScenario, dir: string): void {
  checkResultFolder(dir, scenario.catalogue);
  const outputs = [junit, summary, trace?.file, metrics].flatMap((file) => file ?? []);
  for (const file of outputs) checkFile(file, 'name a file');
  refuseOwnInputs(outputs, [...inputPaths(scenario), ...filesOfResult(dir)]);
}

function loaded(args: RunArguments, set: readonly string[], needs: MemoryNeeds): Promise<LoadedScenario> {
  return scenarioAt(args.scenario, {
    set,
    sweep: args.sweep,
    thresholds: args.threshold,
    onPoint: needs.look(args.scenario),
    ...(args.seed === undefined ? {} : { seed: args.seed }),
  });
}

/**
 * The same with a warm-up as if it had been given by --set, so that run.json has it; what `auto` finds is the longest of all
 * points. The exit code if a signal came. Throws an InputError if a point does not come to rest.
 */
async function withWarmUp(args: RunArguments, warmup: string): Promise<RunArguments | number> {
  if (warmup !== 'auto') return { ...args, set: [...args.set, `spec.warmup=${warmup}`] };
  const needs = new MemoryNeeds();
  const scenario = await loaded(args, [...args.set, 'spec.warmup=0s'], needs);
  const executors = new Executors({ engine: args.engine, threads: args.jobs, queueUrl: args.queueUrl });
  const options = { quiet: true, raw: false, everyTick: false, checkInvariants: false, queue: args.eventQueue };
  const collection = new Collection(scenario, options, new MemoryStore(), needs, executors);
  const stop = new StopSignal();
  try {
    const jobs = jobsOf(scenario.points, WARM_UP_REPLICATIONS);
    await collection.carryOut(jobs, stop);
    if (stop.by !== undefined) return exitCodeOf(stop.by);
    let longest = 0;
    for (const point of scenario.points) {
      const seconds = warmUpSeconds([...collection.records(jobs.filter((job) => job.point === point.index))]);
      if (seconds === undefined) {
        const where = point.parameters.map(({ name, value }) => ` ${name}=${value}`).join('');
        throw fileError(
          '--warmup auto',
          `no steady state is reached within half of the run${where}`,
          'raise spec.duration, or give a duration',
        );
      }
      longest = Math.max(longest, seconds);
    }
    const text = `${Math.ceil(longest)}s`;
    if (!args.quiet) sayLine(`warm-up: ${text} (MSER-5 over ${WARM_UP_REPLICATIONS} replications)`);
    return { ...args, set: [...args.set, `spec.warmup=${text}`] };
  } finally {
    stop.close();
    await executors.close();
  }
}

/** One line on what the manifests say that changes nothing; what changes the answer is among the warnings. */
export function withoutEffect(scenario: LoadedScenario): string {
  const { passedOver, notes } = scenario;
  const ALL = '(kubelapse validate lists them)';
  const over =
    passedOver.length === 0 ? [] : [`passed over: ${plural(passedOver.length, 'place')} without manifests ${ALL}`];
  if (notes.length > 0)
    over.push(`assumed: the end of ${plural(notes.length, 'container')} of which nothing is said ${ALL}`);
  const quiet = scenario.untouched.filter(({ step }) => step === 'nothing').map(({ what }) => what);
  if (quiet.length === 0) return linesText(over);
  const more = quiet.length > FIELDS_NAMED ? ` and ${quiet.length - FIELDS_NAMED} more` : '';
  const some = quiet.slice(0, FIELDS_NAMED).join(', ');
  return linesText([...over, `of the manifests, changes nothing here: ${some}${more} (kubelapse validate lists all)`]);
}

/** Which costs are not the usual ones. */
export const profiled = ({ profiles }: LoadedScenario): string =>
  linesText(profiles.map(({ name, file, changes }) => `profile ${name} (${file}): ${changes.length} costs changed`));

const FIELDS_NAMED = 5;

/** One call of the command, once the scenario is read. */
class ScenarioRun {
  readonly #args: RunArguments;
  readonly #scenario: LoadedScenario;
  readonly #dir: string;
  readonly #stop: StopSignal;
  readonly #store: JobStore;
  readonly #executors: Executors;
  readonly #collection: Collection;

  constructor(args: RunArguments, scenario: LoadedScenario, dir: string, needs: MemoryNeeds, stop: StopSignal) {
    this.#args = args;
    this.#scenario = scenario;
    this.#dir = dir;
    this.#stop = stop;
    const { quiet, raw, everyTick, checkInvariants, engine, jobs: threads, eventQueue: queue } = args;
    const options = { quiet, raw, everyTick, checkInvariants, queue };
    this.#executors = new Executors({ engine, threads, queueUrl: args.queueUrl });
    const isSingle = args.until === undefined && scenario.points.length * this.#replications === 1;
    this.#store = isSingle ? new MemoryStore() : new FolderStore(joinPath(dir, 'jobs'));
    if (!args.resume && this.#store instanceof FolderStore) this.#store.remove();
    this.#collection = new Collection(scenario, options, this.#store, needs, this.#executors);
  }

  close(): Promise<void> {
    return this.#executors.close();
  }

  get #replications(): number {
    return this.#args.replications ?? this.#scenario.replications;
  }

  async run(watch: Stopwatch): Promise<number> {
    const wanted = this.#args.until === undefined ? await this.#fixed() : await this.#untilPrecise(this.#args.until);
    const collection = this.#collection;
    const jobs = collection.finished(wanted.jobs);
    const problems = collection.problems();
    if (jobs.length === 0) {
      if (problems[0] !== undefined) throw problems[0];
      const { shard } = this.#args;
      if (this.#stop.by === undefined && shard !== undefined) {
        sayLine(`shard ${shard.text}: there is nothing for it to do; nothing was written`);
        return ExitCode.Ok;
      }
      sayLine('stopped before the first point was finished; nothing was written');
      return exitCodeOf(this.#stop.by!);
    }
    const options = {
      replications: wanted.replications,
      partial: jobs.length < this.#scenario.points.length * wanted.replications,
      shard: this.#args.shard?.text,
      raw: this.#args.raw,
      everyTick: this.#args.everyTick,
      parquet: this.#args.parquet,
    };
    const records = () => collection.records(jobs);
    const written = await writeExperiment(this.#dir, this.#scenario, records, options, this.#args, watch);
    const { manifest, checked } = written;
    const isKept = this.#args.keepJobs || manifest.partial || this.#args.shard !== undefined;
    if (!isKept && this.#store instanceof FolderStore) this.#store.remove();
    tellResults(this.#dir, this.#scenario, written, this.#args, this.#notes(manifest));
    const more = [...(await writePictures(this.#dir, this.#args)), ...(await this.#observe())];
    if (!this.#args.quiet) for (const line of more) sayLine(`${line}`);
    for (const { diagnostics } of problems) say(formatDiagnostics(diagnostics));
    if (problems.length > 0) return ExitCode.Failed;
    if (this.#stop.by !== undefined) return exitCodeOf(this.#stop.by);
    if (jobs.length < wanted.jobs.length) return ExitCode.Failed;
    return checked.every(({ ok }) => ok) && wanted.isPrecise !== false ? ExitCode.Ok : ExitCode.ThresholdCrossed;
  }

  /** Runs once more, and looks on: for a trace, or for what a Prometheus would have scraped. @returns what was written. */
  async #observe(): Promise<string[]> {
    const { trace, metrics, quiet, everyTick, eventQueue: queue } = this.#args;
    if (trace === undefined && metrics === undefined) return [];
    const { observe } = await import('../observe.js');
    return observe(this.#scenario, { trace, metrics }, { quiet, everyTick, queue }, this.#stop);
  }

  /** As many replications as were asked for. */
  async #fixed(): Promise<Wanted> {
    const replications = this.#replications;
    refuseTooMany(this.#scenario, replications);
    const all = jobsOf(this.#scenario.points, replications);
    const jobs = this.#args.shard === undefined ? all : ofShard(all, this.#args.shard);
    const aborting = this.#scenario.thresholds.filter(({ abortOnFail }) => abortOnFail);
    await this.#collection.carryOut(
      jobs,
      this.#stop,
      aborting.length === 0
        ? undefined
        : (runs) => pointsOf(runs).some((point) => checkThresholds(aborting, point).some(({ ok }) => !ok)),
    );
    const { lastPoint } = this.#collection;
    if (lastPoint === undefined) return { jobs, replications };
    sayLine(`stopped at point ${lastPoint}: a threshold with abortOnFail was crossed`);
    return { jobs: jobs.filter(({ point }) => point <= lastPoint), replications };
  }

  /** As many replications as it takes at every point. */
  async #untilPrecise(text: string): Promise<Wanted> {
    const precision = precisionAsked(text, this.#scenario);
    const most = this.#args.maxReplications;
    let replications = Math.min(most, REPLICATIONS_FIRST);
    for (;;) {
      const jobs = jobsOf(this.#scenario.points, replications);
      await this.#collection.carryOut(jobs, this.#stop);
      if (this.#stop.by !== undefined || this.#collection.failures.length > 0) return { jobs, replications };
      const reached = this.#reached(precision, replications);
      const next = Math.min(most, replicationsFor(reached, precision.share, replications));
      if (next === replications) {
        return { jobs, replications, isPrecise: this.#tellPrecision(precision, reached, replications) };
      }
      replications = next;
    }
  }

  /** Precision at each point. */
  #reached(precision: Precision, replications: number): (number | undefined)[] {
    return this.#scenario.points.map((point) => {
      const records = [...this.#collection.records(jobsOf([point], replications))];
      return precisionOf(precision, { runs: records.map((record) => ({ ...record, tables: {} })) });
    });
  }

  /** Whether it is reached. */
  #tellPrecision(precision: Precision, reached: readonly (number | undefined)[], replications: number): boolean {
    const isReached = reached.every((share) => share !== undefined && share <= precision.share);
    if (this.#args.quiet && isReached) return true;
    const known = reached.flatMap((share) => share ?? []);
    const worst = known.length === 0 ? 'no samples' : `±${Number((Math.max(...known) * 100).toPrecision(3))}%`;
    const text = isReached
      ? `${precision.text}: reached with ${replications} replications (${worst})`
      : `${precision.text}: not reached with ${replications} replications (${worst})${known.length === 0 ? '' : '; raise --max-replications'}`;
    sayLine(text);
    return isReached;
  }

  /** What is not in the tables. */
  #notes({ replications, shard, partial, runs }: RunManifest): string[] {
    const all = this.#scenario.points.length * replications;
    if (shard !== undefined) return [`shard ${shard}: ${runs.length} of ${all} runs; kubelapse merge joins them`];
    if (!partial) return [];
    return [
      `partial: ${runs.length} of ${all} ${replications === 1 ? 'points' : 'runs'} are finished and in the tables`,
    ];
  }
}

interface Wanted {
  readonly jobs: readonly Job[];
  /** Replications of each point. */
  readonly replications: number;
  /** Whether the precision that was wanted is reached; undefined if none was. */
  readonly isPrecise?: boolean;
}
