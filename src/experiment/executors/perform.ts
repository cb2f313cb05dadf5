// A job in whatever thread it runs: to packed bytes, or to the reason why there are none. Part of the experiments.

import { CapacityError } from '../../run/index.js';
import { InputError, type LoadedScenario, loadSource } from '../../scenario/index.js';
import { type Job, performJob } from '../jobs.js';
import type { Assignment, JobOutcome } from './executor.js';
import { pack } from './packed.js';

/** Carries out jobs of one assignment; the scenario is read once, unless whoever asks has it already. */
export class Performer {
  readonly #assignment: Assignment;
  #scenario: LoadedScenario | undefined;

  constructor(assignment: Assignment, scenario?: LoadedScenario) {
    this.#assignment = assignment;
    this.#scenario = scenario;
  }

  /** Yields the share that is done after each piece of work. */
  *perform(job: Job): Generator<number, JobOutcome, void> {
    const { source, options } = this.#assignment;
    try {
      this.#scenario ??= loadSource(source, { unchecked: true });
      return { packed: pack(yield* performJob(this.#scenario, job, options)) };
    } catch (error) {
      if (error instanceof CapacityError) return { failure: { kind: 'capacity', message: error.message } };
      // Its inputs were checked by whoever asked: a machine that cannot read them has another version.
      if (error instanceof InputError) return { failure: { kind: 'defect', message: error.message } };
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      return { failure: { kind: 'defect', message, stack } };
    }
  }
}
