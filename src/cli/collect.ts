// Carries out the jobs of an experiment with the executor that was asked for: takes what is finished already from the
// store, shows progress, lets Ctrl-C through.

import { availableParallelism } from 'node:os';
import type { Executor, JobFailure, JobOutcome } from '../experiment/executors/index.js';
import { InlineExecutor } from '../experiment/executors/index.js';
import type { Job, JobOptions } from '../experiment/index.js';
import { modulesOf } from '../extension/index.js';
import type { RunRecord } from '../report/index.js';
import { CAPACITY_HINT } from '../run/index.js';
import { fileError, type InputError, type LoadedScenario, sourceOf } from '../scenario/index.js';
import { buildDigest } from './build.js';
import type { StopSignal } from './drive.js';
import type { EngineOptions } from './engines.js';
import { JobKeys, type JobStore } from './job-store.js';
import type { MemoryNeeds } from './memory.js';
import { OutputError } from './output-error.js';
import { sayLine } from './print.js';
import { JobProgress } from './terminal.js';

export interface CollectOptions extends JobOptions {
  readonly quiet: boolean;
}

/** A job that has no record. */
export interface FailedJob {
  readonly job: Job;
  readonly failure: JobFailure;
}

/** The executor of a command, made when it is known what it has to do, and kept for whatever comes next. */
export class Executors {
  readonly #options: EngineOptions;
  readonly #inline = new InlineExecutor();
  #threads: { readonly count: number; readonly executor: Executor } | undefined;
  #queue: Executor | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** An executor for this many jobs; no more of them run at the same time than fit into memory. */
  async for(jobs: number, needs: MemoryNeeds): Promise<Executor> {
    const { engine, threads = availableParallelism(), queueUrl } = this.#options;
    if (engine === 'bullmq') return await this.#queueAt(queueUrl!);
    const count = Math.min(threads, needs.fitting);
    if (engine === 'inline' || (engine === 'auto' && (jobs === 1 || count === 1))) return this.#inline;
    const wanted = Math.min(count, jobs);
    const has = this.#threads?.count ?? 0;
    if (this.#threads === undefined || has < wanted || has > count) {
      await this.close();
      const { ThreadExecutor } = await import('../experiment/executors/threads.js');
      this.#threads = { count: wanted, executor: new ThreadExecutor(wanted) };
    }
    return this.#threads.executor;
  }

  async close(): Promise<void> {
    await this.#threads?.executor.close();
    await this.#queue?.close();
    this.#threads = undefined;
    this.#queue = undefined;
  }

  async #queueAt(url: string): Promise<Executor> {
    if (this.#queue === undefined) {
      const { QueueExecutor } = await import('../experiment/executors/queue.js');
      this.#queue = new QueueExecutor(url, buildDigest(), {
        onTrouble: (message) => sayLine(`${message}; waiting for the queue`),
        onRefused: (message) => sayLine(message),
      });
    }
    return this.#queue;
  }
}

/** An experiment on one scenario: its jobs are carried out piece by piece, and its records read in order. */
export class Collection {
  readonly failures: FailedJob[] = [];
  /** The first point, in order, after which no further point is wanted. */
  lastPoint: number | undefined;
  readonly #scenario: LoadedScenario;
  readonly #options: CollectOptions;
  readonly #store: JobStore;
  readonly #keys: JobKeys;
  readonly #needs: MemoryNeeds;
  /** Keys of jobs that have a record, or have failed. */
  readonly #ended = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #executors: Executors;

  constructor(
    scenario: LoadedScenario,
    options: CollectOptions,
    store: JobStore,
    needs: MemoryNeeds,
    executors: Executors,
  ) {
    this.#executors = executors;
    this.#scenario = scenario;
    this.#options = options;
    this.#store = store;
    this.#needs = needs;
    this.#keys = new JobKeys(sourceOf(scenario), options);
  }

  /**
   * Carries out those jobs that are not finished yet; returns early if a signal came.
   * @param isLast asked of each point in its turn, once its runs are finished: whether no point after it is wanted.
   */
  async carryOut(
    jobs: readonly Job[],
    stop: StopSignal,
    isLast?: (runs: readonly RunRecord[]) => boolean,
  ): Promise<void> {
    const turns = byPoint(jobs);
    const look = (): void => {
      if (isLast === undefined) return;
      while (this.lastPoint === undefined && turns[0]?.every((job) => this.#ended.has(this.#keys.of(job))) === true) {
        const turn = turns.shift()!;
        const runs = [...this.records(turn)];
        if (runs.length > 0 && isLast(runs)) this.lastPoint = turn[0]!.point;
      }
    };
    const missing = jobs.filter((job) => !this.#isFinished(job));
    look();
    const kept = jobs.length - missing.length;
    const progress = new JobProgress(this.#options.quiet, this.#scenario.name, jobs.length, kept);
    if (missing.length === 0 || this.lastPoint !== undefined) return;
    try {
      const { queue, everyTick, checkInvariants, raw } = this.#options;
      const options = { queue, everyTick, checkInvariants, raw };
      const executor = await this.#executors.for(missing.length, this.#needs);
      const nameOf = (job: Job): string => this.#keys.of(job);
      const scenario = this.#scenario;
      const modules = modulesOf(scenario.catalogue);
      await executor.run({ source: sourceOf(scenario), options, modules, scenario, nameOf }, missing, {
        done: (index, outcome) => {
          this.#keep(missing[index]!, outcome);
          progress.done(this.#labelOf(missing[index]!));
          look();
        },
        progress: (underWay) => progress.show(underWay),
        isStopped: () => stop.by !== undefined || this.lastPoint !== undefined || this.failures.some(endsAll),
      });
    } catch (error) {
      throw await queueProblem(error);
    } finally {
      progress.clear();
    }
    const defect = this.failures.find(endsAll);
    if (defect !== undefined) throw asError(defect, this.#labelOf(defect.job));
  }

  /** Those of the jobs whose records are there. */
  finished(jobs: readonly Job[]): Job[] {
    return jobs.filter((job) => this.#isFinished(job) && !this.#failed.has(this.#keys.of(job)));
  }

  /**
   * Records of finished jobs, in the order of the jobs; those that have failed have none. Can be walked as often as wanted.
   * Throws an {@link OutputError} at a record that was there and is gone.
   */
  *records(jobs: readonly Job[]): Generator<RunRecord> {
    for (const job of jobs) {
      if (this.#failed.has(this.#keys.of(job))) continue;
      const record = this.#recordOf(job);
      if (record === undefined) throw new OutputError(`the record of ${this.#labelOf(job)} is missing or was changed`);
      yield record;
    }
  }

  /** What the jobs that did not fit have to say, in their order. */
  problems(): InputError[] {
    const { points, inputs } = this.#scenario;
    return this.failures
      .toSorted((a, b) => a.job.point - b.job.point || a.job.replication - b.job.replication)
      .map(({ job, failure }) => {
        const point = points.length > 1 ? `${this.#labelOf(job)}: ` : '';
        return fileError(inputs[0]!.path, `${point}${failure.message}`, CAPACITY_HINT);
      });
  }

  #isFinished(job: Job): boolean {
    const key = this.#keys.of(job);
    if (!this.#ended.has(key) && this.#recordOf(job) !== undefined) this.#ended.add(key);
    return this.#ended.has(key);
  }

  #keep(job: Job, outcome: JobOutcome): void {
    this.#ended.add(this.#keys.of(job));
    if ('packed' in outcome) this.#store.put(this.#keys.of(job), outcome.packed);
    else {
      this.failures.push({ job, failure: outcome.failure });
      this.#failed.add(this.#keys.of(job));
    }
  }

  #recordOf(job: Job): RunRecord | undefined {
    return this.#store.get({ name: this.#keys.of(job), job, scenario: this.#scenario });
  }

  #labelOf({ point, replication }: Job): string {
    const { parameters } = this.#scenario.points[point]!;
    const parts = parameters.map(({ name, value }) => `${name}=${value}`);
    if (replication > 0) parts.push(`replication ${replication}`);
    return [this.#scenario.name, ...parts].join(' ');
  }
}

/** What is wrong with a queue, as whoever asked should hear it; any other error as it is. */
async function queueProblem(error: unknown): Promise<unknown> {
  const { QueueError } = await import('../experiment/executors/queue-connection.js');
  return error instanceof QueueError ? fileError('--queue', error.message) : error;
}

/** Jobs of the same point together, in order. */
function byPoint(jobs: readonly Job[]): Job[][] {
  const turns: Job[][] = [];
  for (const job of jobs) {
    if (turns.at(-1)?.[0]?.point === job.point) turns.at(-1)!.push(job);
    else turns.push([job]);
  }
  return turns;
}

/** Whether there is no sense in going on with other jobs. */
const endsAll = ({ failure }: FailedJob): boolean => failure.kind !== 'capacity';

function asError({ failure }: FailedJob, label: string): Error {
  const message = `${label}: ${failure.message}`;
  const error = failure.kind === 'part' ? new OutputError(message) : new Error(message);
  if (failure.stack !== undefined) error.stack = `${label}: ${failure.stack}`;
  return error;
}
