// What a thread is told, and what it says while it works. Part of the experiments.

import type { Job } from '../jobs.js';
import type { Assignment } from './executor.js';

export interface ThreadData {
  readonly assignment: Assignment;
  /** Progress of the job in each slot in thousandths, and at last 1 if all are to stop. */
  readonly shared: Int32Array;
}

export interface ThreadTask {
  readonly job: Job;
  /** Where its progress goes. */
  readonly slot: number;
}

export const THOUSANDTHS = 1000;
