// Jobs one after another in this thread. Part of the experiments.

import { setImmediate } from 'node:timers/promises';
import type { LoadedScenario } from '../../scenario/index.js';
import type { Job } from '../jobs.js';
import type { Assignment, Executor, ExecutorWatch } from './executor.js';
import { Performer } from './perform.js';

export class InlineExecutor implements Executor {
  readonly #performer: Performer;

  constructor(assignment: Assignment, scenario: LoadedScenario) {
    this.#performer = new Performer(assignment, scenario);
  }

  async run(jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    for (const [index, job] of jobs.entries()) {
      const steps = this.#performer.perform(job);
      let step = steps.next();
      for (; !step.done; step = steps.next()) {
        watch.progress(step.value);
        // Lets signals and timers through.
        await setImmediate();
        if (watch.isStopped()) return;
      }
      watch.done(index, step.value);
      await setImmediate();
      if (watch.isStopped()) return;
    }
  }

  async close(): Promise<void> {}
}
