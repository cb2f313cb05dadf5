// What carries out the jobs of an experiment: in this thread, on all cores, or on many machines. Part of the experiments.
// An executor may end jobs in any order. What a job gives is the same bytes everywhere, so the order never shows.

import type { ExtensionModule } from '../../catalogue.js';
import type { LoadedScenario, ScenarioSource } from '../../scenario/index.js';
import type { Job, JobOptions } from '../jobs.js';

/** Everything that a job needs, for any number of jobs of one scenario. */
export interface Assignment {
  readonly source: ScenarioSource;
  readonly options: JobOptions;
  /** The modules of its extensions: a thread loads them itself. */
  readonly modules: readonly ExtensionModule[];
}

/** An assignment with its scenario already read. */
export interface LoadedAssignment extends Assignment {
  readonly scenario: LoadedScenario;
  /** Names a job by what it is the result of; without `:`. */
  readonly nameOf: (job: Job) => string;
}

/** Why a job has no record. */
export interface JobFailure {
  /** `capacity`: the cluster does not hold the pods; `part`: a foreign part threw; `defect`: anything else that the run threw. */
  readonly kind: 'capacity' | 'part' | 'defect';
  readonly message: string;
  readonly stack?: string | undefined;
}

/** A finished job: its record, packed, or why there is none. */
export type JobOutcome = { readonly packed: Uint8Array } | { readonly failure: JobFailure };

export interface ExecutorWatch {
  /** A job has ended. */
  done(index: number, outcome: JobOutcome): void;
  /** Jobs under way have progressed: the sum of their shares, 0 … number of those under way. */
  progress(underWay: number): void;
  /** Asked between two pieces of work: true ends everything as soon as possible. */
  isStopped(): boolean;
}

export interface Executor {
  /** Carries out all jobs, unless it is stopped; resolves when nothing is under way any more. */
  run(assignment: LoadedAssignment, jobs: readonly Job[], watch: ExecutorWatch): Promise<void>;
  /** Gives back threads and connections. */
  close(): Promise<void>;
}
