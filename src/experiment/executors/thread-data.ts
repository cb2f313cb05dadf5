// What a thread is told, and what it says while it works. Part of the experiments.

import type { Job } from '../jobs.js';

export interface ThreadData {
  /** Progress of the job in each slot in thousandths, and at last 1 if all are to stop. */
  readonly shared: Int32Array;
  /** Memory that a run may take, bytes; Infinity where it was looked at before. */
  readonly bytesMax: number;
}

export interface ThreadTask {
  /** The assignment as JSON, in memory that all threads share, and a number that tells it from others. */
  readonly assignment: { readonly id: number; readonly json: Uint8Array };
  readonly job: Job;
  /** Its name, which is stored in its record. */
  readonly name: string;
  /** Where its progress goes. */
  readonly slot: number;
}

export const THOUSANDTHS = 1000;
