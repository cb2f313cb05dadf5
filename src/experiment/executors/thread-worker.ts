// The inside of a thread that carries out jobs. Part of the experiments. Loaded by piscina, one instance a thread.

import { workerData } from 'node:worker_threads';
import type { JobOutcome } from './executor.js';
import { Performer } from './perform.js';
import { THOUSANDTHS, type ThreadData, type ThreadTask } from './thread-data.js';

const { assignment, shared } = workerData as ThreadData;
const performer = new Performer(assignment);

/** Undefined if it was stopped. */
export default function perform({ job, slot }: ThreadTask): JobOutcome | undefined {
  const steps = performer.perform(job);
  let step = steps.next();
  for (; !step.done; step = steps.next()) {
    Atomics.store(shared, slot, Math.floor(step.value * THOUSANDTHS));
    if (Atomics.load(shared, shared.length - 1) === 1) return undefined;
  }
  return step.value;
}
