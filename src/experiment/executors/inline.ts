// Jobs one after another in this thread. Part of the experiments.

import { setImmediate } from 'node:timers/promises';
import type { Job } from '../jobs.js';
import type { Executor, ExecutorWatch, LoadedAssignment } from './executor.js';
import { Performer } from './perform.js';

export class InlineExecutor implements Executor {
  async run(assignment: LoadedAssignment, jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    const performer = new Performer(assignment, assignment.scenario);
    for (const [index, job] of jobs.entries()) {
      const steps = performer.perform(job, assignment.nameOf(job));
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
