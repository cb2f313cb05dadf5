// A job in whatever thread it runs: to packed bytes, or to the reason why there are none. Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import { CHECKERS } from '../../checkers/index.js';
import { catalogueWith, PartError } from '../../extension/index.js';
import { CapacityError, estimateMemoryBytes } from '../../run/index.js';
import { InputError, type LoadedScenario, loadSource } from '../../scenario/index.js';
import { type Job, performJob, runOptionsOf } from '../jobs.js';
import type { Assignment, JobOutcome } from './executor.js';
import { pack } from './packed.js';

/** Carries out jobs of one assignment; the scenario is read once, unless whoever asks has it already. */
export class Performer {
  readonly #assignment: Assignment;
  readonly #bytesMax: number;
  #catalogue: Catalogue | undefined;
  #scenario: LoadedScenario | undefined;

  /** @param bytesMax memory that a run may take, where whoever asked has not looked at it on this machine. */
  constructor(assignment: Assignment, scenario?: LoadedScenario, bytesMax = Number.POSITIVE_INFINITY) {
    this.#assignment = assignment;
    this.#scenario = scenario;
    this.#bytesMax = bytesMax;
  }

  /** Loads the parts of the assignment; once, before the first job. */
  async prepare(): Promise<void> {
    if (this.#scenario === undefined) this.#catalogue ??= await catalogueWith(this.#assignment.modules);
  }

  /** Yields the share that is done after each piece of work. @param name of the job, which is stored in its record. */
  *perform(job: Job, name: string): Generator<number, JobOutcome, void> {
    const { source, options } = this.#assignment;
    const onlooker = options.checkInvariants ? CHECKERS : undefined;
    const runOptions = { ...runOptionsOf(options), raw: options.raw, onlooker };
    try {
      this.#scenario ??= loadSource(source, {
        unchecked: true,
        ...(this.#catalogue && { catalogue: this.#catalogue }),
      });
      const point = this.#scenario.points[job.point];
      if (point === undefined) return { failure: { kind: 'defect', message: `there is no point ${job.point}` } };
      if (this.#bytesMax !== Number.POSITIVE_INFINITY && estimateMemoryBytes(point.spec) > this.#bytesMax) {
        return { failure: { kind: 'defect', message: 'it does not fit into the memory of this machine' } };
      }
      return { packed: pack(yield* performJob(this.#scenario, job, runOptions), name) };
    } catch (error) {
      if (error instanceof CapacityError) return { failure: { kind: 'capacity', message: error.message } };
      // Its inputs were checked by whoever asked: a machine that cannot read them has another version.
      if (error instanceof InputError) return { failure: { kind: 'defect', message: error.message } };
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      return { failure: { kind: error instanceof PartError ? 'part' : 'defect', message, stack } };
    }
  }
}
