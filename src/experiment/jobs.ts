// The runs that an experiment is made of: every point with every replication. Part of the experiments.

import { createEventQueue, type QueueName } from '../engine/index.js';
import { type RunRecord, recordOf } from '../report/records/record.js';
import { Run, type RunOptions } from '../run/index.js';
import type { LoadedScenario } from '../scenario/index.js';

/** One run: a point of a scenario with one seed. */
export interface Job {
  /** Number of the point. */
  readonly point: number;
  /** Number of the replication, from 0. */
  readonly replication: number;
}

/** How the runs of an experiment are carried out; the same for all of them, wherever they run. */
export interface JobOptions {
  readonly queue: QueueName;
  readonly everyTick: boolean;
  readonly checkInvariants: boolean;
  /** Keep the rows of long tables. */
  readonly raw: boolean;
}

/** What a run is handed that is to be carried out like this. */
export const runOptionsOf = ({ queue, everyTick }: Pick<JobOptions, 'queue' | 'everyTick'>): StepOptions => ({
  queue: () => createEventQueue(queue),
  executeEveryTick: everyTick,
});

/** All jobs of points with this many replications each: point after point. */
export function jobsOf(points: readonly { readonly index: number }[], replications: number): Job[] {
  return points.flatMap(({ index }) =>
    Array.from({ length: replications }, (_, replication) => ({ point: index, replication })),
  );
}

/**
 * Seed of a replication. The first one has the scenario's own, so that one replication is the plain run. The same
 * replication has the same seed at every point and in every scenario that is compared: common random numbers.
 */
export const replicationSeed = (seed: string, replication: number): string =>
  replication === 0 ? seed : `${seed}/replication-${replication}`;

/** The run of a job, at its beginning. */
export const newRun = (scenario: LoadedScenario, { point, replication }: Job, options: StepOptions): Run =>
  new Run(scenario.points[point]!.spec, replicationSeed(scenario.seed, replication), {
    ...options,
    catalogue: scenario.catalogue,
  });

/** Steps a run is cut into, for those who watch it. */
const STEPS = 200;
/** Events at most between two checks for a signal: about a second. No published figure. */
export const PIECE_EVENTS = 1_000_000;

/** How a run is carried out; its parts are those of its scenario. */
export type StepOptions = Omit<RunOptions, 'catalogue'>;

/**
 * Carries out the run of one job. Yields the share of it that is done, 0 … 1, after each piece of work, and returns it.
 * @param look sees the run after each piece, and changes nothing.
 */
export function* runSteps(
  scenario: LoadedScenario,
  job: Job,
  options: StepOptions,
  look: (run: Run) => void = () => {},
): Generator<number, Run, void> {
  const { spec } = scenario.points[job.point]!;
  const run = newRun(scenario, job, options);
  for (let step = 1; step <= STEPS; step++) {
    const until = Math.floor((spec.duration * step) / STEPS);
    while (!run.advanceTo(until, PIECE_EVENTS)) yield run.now / spec.duration;
    look(run);
    if (step < STEPS) yield step / STEPS;
  }
  return run;
}

/** Carries out one job and returns what is kept of it. Throws what the run throws. @param look as of {@link runSteps}. */
export function* performJob(
  scenario: LoadedScenario,
  job: Job,
  { raw, ...options }: StepOptions & Pick<JobOptions, 'raw'>,
  look?: (run: Run) => void,
): Generator<number, RunRecord, void> {
  const { index, parameters } = scenario.points[job.point]!;
  const run = yield* runSteps(scenario, job, options, look);
  const point = { index, parameters, replication: job.replication, result: run.result() };
  return recordOf(scenario, point, raw);
}
