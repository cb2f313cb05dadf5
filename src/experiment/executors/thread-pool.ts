// Threads that carry out jobs, each one at a time (piscina). Part of the experiments. Node.js only.

import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Job } from '../jobs.js';
import type { Assignment, JobOutcome } from './executor.js';
import { THOUSANDTHS, type ThreadData, type ThreadTask } from './thread-data.js';

/**
 * Room for what a run makes and forgets. No published figure: with the 16 MB that threads have by themselves, 64 runs of a
 * third of a second took 4 to 7 % longer, most of it in garbage collection.
 */
const YOUNG_GENERATION_MB = 96;

/** An assignment in memory that all threads share, with a number that tells it from others. */
export type SharedAssignment = ThreadTask['assignment'];

export class ThreadPool {
  readonly size: number;
  /** Shares of the jobs under way, a slot a thread, and at last whether all are to stop. */
  readonly #shared: Int32Array<SharedArrayBuffer>;
  readonly #pool: Piscina<ThreadTask, JobOutcome | undefined>;
  readonly #free: number[];
  #assignments = 0;

  /** @param bytesMax memory that a run may take, where whoever asks has not looked at it. */
  constructor(size: number, bytesMax = Number.POSITIVE_INFINITY) {
    this.size = size;
    this.#free = Array.from({ length: size }, (_, slot) => slot);
    this.#shared = new Int32Array(new SharedArrayBuffer(4 * (size + 1)));
    const workerData: ThreadData = { shared: this.#shared, bytesMax };
    this.#pool = new Piscina<ThreadTask, JobOutcome | undefined>({
      filename: fileURLToPath(new URL('./thread-worker.js', import.meta.url)),
      // A thread begins when there is something for it to do, and stays: one that is ended while it begins can abort the process.
      minThreads: 0,
      maxThreads: size,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      workerData,
    });
  }

  share({ source, options, modules }: Assignment): SharedAssignment {
    const bytes = Buffer.from(JSON.stringify({ source, options, modules }));
    const json = new Uint8Array(new SharedArrayBuffer(bytes.length));
    json.set(bytes);
    return { id: this.#assignments++, json };
  }

  /**
   * Carries out a job; no more at the same time than there are threads. Undefined if it was stopped. A thread that dies,
   * such as for lack of memory, is a failure of its job alone.
   */
  async perform(assignment: SharedAssignment, job: Job, name: string): Promise<JobOutcome | undefined> {
    const slot = this.#free.pop();
    if (slot === undefined) throw new RangeError(`${this.size} threads are at work already`);
    try {
      return await this.#pool.run({ assignment, job, name, slot });
    } catch (error) {
      const { message, stack } = error as Error;
      return { failure: { kind: 'defect', message: `its thread ended: ${message}`, stack } };
    } finally {
      Atomics.store(this.#shared, slot, 0);
      this.#free.push(slot);
    }
  }

  /** Shares of all jobs under way, added up. */
  get underWay(): number {
    let sum = 0;
    for (let slot = 0; slot < this.size; slot++) sum += Atomics.load(this.#shared, slot);
    return sum / THOUSANDTHS;
  }

  /** Ends all jobs under way at their next step. */
  stop(): void {
    Atomics.store(this.#shared, this.size, 1);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
