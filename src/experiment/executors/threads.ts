// Jobs on several cores of this machine. Part of the experiments. Node.js only.

import type { Job } from '../jobs.js';
import type { Executor, ExecutorWatch, LoadedAssignment } from './executor.js';
import { ThreadPool } from './thread-pool.js';

/** Milliseconds between two looks at how far the jobs under way are. */
const LOOK_EVERY = 100;

export class ThreadExecutor implements Executor {
  readonly #pool: ThreadPool;

  constructor(threads: number) {
    this.#pool = new ThreadPool(threads);
  }

  async run(assignment: LoadedAssignment, jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    const pool = this.#pool;
    const shared = pool.share(assignment);
    const look = setInterval(() => {
      if (watch.isStopped()) pool.stop();
      watch.progress(pool.underWay);
    }, LOOK_EVERY);
    let next = 0;
    // One loop a thread: a job is handed over when a thread is free, so that a stop leaves nothing waiting.
    const work = async (): Promise<void> => {
      for (let index = next++; index < jobs.length && !watch.isStopped(); index = next++) {
        const outcome = await pool.perform(shared, jobs[index]!, assignment.nameOf(jobs[index]!));
        if (outcome !== undefined) watch.done(index, outcome);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(pool.size, jobs.length) }, work));
    } finally {
      clearInterval(look);
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
