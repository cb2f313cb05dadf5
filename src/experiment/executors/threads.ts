// Jobs on several cores, each thread one at a time (piscina). Part of the experiments. Node.js only.

import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Job } from '../jobs.js';
import type { Executor, ExecutorWatch, JobOutcome, LoadedAssignment } from './executor.js';
import { THOUSANDTHS, type ThreadData, type ThreadTask } from './thread-data.js';

/**
 * Room for what a run makes and forgets. No published figure: with the 16 MB that threads have by themselves, 64 runs of a
 * third of a second took 4 % longer, most of it in garbage collection.
 */
const YOUNG_GENERATION_MB = 64;
/** Milliseconds between two looks at how far the jobs under way are. */
const LOOK_EVERY = 100;

export class ThreadExecutor implements Executor {
  readonly #threads: number;
  /** Shares of the jobs under way, a slot a thread, and at last whether all are to stop. */
  readonly #shared: Int32Array<SharedArrayBuffer>;
  readonly #pool: Piscina<ThreadTask, JobOutcome | undefined>;
  #assignments = 0;

  constructor(threads: number) {
    this.#threads = threads;
    this.#shared = new Int32Array(new SharedArrayBuffer(4 * (threads + 1)));
    const workerData: ThreadData = { shared: this.#shared };
    this.#pool = new Piscina<ThreadTask, JobOutcome | undefined>({
      filename: fileURLToPath(new URL('./thread-worker.js', import.meta.url)),
      minThreads: threads,
      maxThreads: threads,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      workerData,
    });
  }

  async run(assignment: LoadedAssignment, jobs: readonly Job[], watch: ExecutorWatch): Promise<void> {
    const { source, options } = assignment;
    const shared = { id: this.#assignments++, json: sharedBytes(JSON.stringify({ source, options })) };
    const free = Array.from({ length: this.#threads }, (_, slot) => slot);
    const stopSlot = this.#shared.length - 1;
    const look = setInterval(() => {
      if (watch.isStopped()) Atomics.store(this.#shared, stopSlot, 1);
      let sum = 0;
      for (let slot = 0; slot < stopSlot; slot++) sum += Atomics.load(this.#shared, slot);
      watch.progress(sum / THOUSANDTHS);
    }, LOOK_EVERY);
    let next = 0;
    // One loop a thread: a job is handed over when a thread is free, so that a stop leaves nothing waiting.
    const work = async (): Promise<void> => {
      for (let index = next++; index < jobs.length && !watch.isStopped(); index = next++) {
        const slot = free.pop()!;
        const outcome = await this.#perform({ assignment: shared, job: jobs[index]!, slot });
        Atomics.store(this.#shared, slot, 0);
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
    await this.#pool.destroy();
  }

  /** Undefined if it was stopped. A thread that dies, such as for want of memory, is a failure of its job alone. */
  async #perform(task: ThreadTask): Promise<JobOutcome | undefined> {
    try {
      return await this.#pool.run(task);
    } catch (error) {
      const { message, stack } = error as Error;
      return { failure: { kind: 'defect', message: `its thread ended: ${message}`, stack } };
    }
  }
}

/** Text as bytes in memory that threads need not copy. */
function sharedBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
