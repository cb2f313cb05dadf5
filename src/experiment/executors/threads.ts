// Jobs on several cores, each thread one at a time (piscina). Part of the experiments. Node.js only.

import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Job } from '../jobs.js';
import type { Assignment, Executor, ExecutorWatch, JobOutcome } from './executor.js';
import { THOUSANDTHS, type ThreadData, type ThreadTask } from './thread-data.js';

/**
 * Room for what a run makes and forgets. No published figure: with the 16 MB that threads have by themselves, 64 runs of a
 * third of a second took 4 % longer, most of it in garbage collection.
 */
const YOUNG_GENERATION_MB = 64;
/** Milliseconds between two looks at how far the jobs under way are. */
const LOOK_EVERY = 100;

export class ThreadExecutor implements Executor {
  readonly #assignment: Assignment;
  readonly #threads: number;
  /** Shares of the jobs under way, a slot a job, and at last whether all are to stop. */
  #shared = new Int32Array(new SharedArrayBuffer(4));
  #pool: Piscina<ThreadTask, JobOutcome | undefined> | undefined;

  constructor(assignment: Assignment, threads: number) {
    this.#assignment = assignment;
    this.#threads = threads;
  }

  async run(jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    const pool = this.#started();
    const free = Array.from({ length: this.#threads }, (_, slot) => slot);
    const shared = this.#shared;
    const stopSlot = shared.length - 1;
    const look = setInterval(() => {
      if (watch.isStopped()) Atomics.store(shared, stopSlot, 1);
      let sum = 0;
      for (let slot = 0; slot < stopSlot; slot++) sum += Atomics.load(shared, slot);
      watch.progress(sum / THOUSANDTHS);
    }, LOOK_EVERY);
    let next = 0;
    // One loop a thread: a job is handed over when a thread is free, so that a stop leaves nothing waiting.
    const work = async (): Promise<void> => {
      for (let index = next++; index < jobs.length && !watch.isStopped(); index = next++) {
        const slot = free.pop()!;
        const outcome = await this.#perform(pool, { job: jobs[index]!, slot });
        Atomics.store(shared, slot, 0);
        free.push(slot);
        if (outcome !== undefined) watch.done(index, outcome);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(this.#threads, jobs.length) }, work));
    } finally {
      clearInterval(look);
    }
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #started(): Piscina<ThreadTask, JobOutcome | undefined> {
    if (this.#pool !== undefined) return this.#pool;
    this.#shared = new Int32Array(new SharedArrayBuffer(4 * (this.#threads + 1)));
    const workerData: ThreadData = { assignment: this.#assignment, shared: this.#shared };
    this.#pool = new Piscina<ThreadTask, JobOutcome | undefined>({
      filename: fileURLToPath(new URL('./thread-worker.js', import.meta.url)),
      minThreads: this.#threads,
      maxThreads: this.#threads,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      workerData,
    });
    return this.#pool;
  }

  /** Undefined if it was stopped. A thread that dies, such as for want of memory, is a failure of its job alone. */
  async #perform(pool: Piscina<ThreadTask, JobOutcome | undefined>, task: ThreadTask): Promise<JobOutcome | undefined> {
    try {
      return await pool.run(task);
    } catch (error) {
      const { message, stack } = error as Error;
      return { failure: { kind: 'defect', message: `its thread ended: ${message}`, stack } };
    }
  }
}
