// The inside of a thread that carries out jobs. Part of the experiments. Loaded by piscina, one instance a thread.

import { workerData } from 'node:worker_threads';
import type { Assignment, JobOutcome } from './executor.js';
import { hearOrphans } from './orphans.js';
import { Performer } from './perform.js';
import { THOUSANDTHS, type ThreadData, type ThreadTask } from './thread-data.js';

const { shared, bytesMax } = workerData as ThreadData;
/** Of the assignment that was asked for last: a search changes it from time to time, other experiments never. */
let current: { readonly id: number; readonly performer: Performer } | undefined;

/** What is said of an error that nobody has caught. */
let orphan: string | undefined;
hearOrphans((what) => {
  orphan ??= what;
});

/** Undefined if it was stopped. */
export default async function perform(task: ThreadTask): Promise<JobOutcome | undefined> {
  const outcome = await performed(task);
  // Such errors are told of once nothing else is to be done.
  await new Promise(setImmediate);
  if (orphan === undefined) return outcome;
  const message = orphan;
  orphan = undefined;
  return { failure: { kind: 'part', message } };
}

async function performed({ assignment, job, name, slot }: ThreadTask): Promise<JobOutcome | undefined> {
  if (current?.id !== assignment.id)
    current = { id: assignment.id, performer: new Performer(read(assignment.json), undefined, bytesMax) };
  await current.performer.prepare();
  const steps = current.performer.perform(job, name);
  let step = steps.next();
  for (; !step.done; step = steps.next()) {
    Atomics.store(shared, slot, Math.floor(step.value * THOUSANDTHS));
    if (Atomics.load(shared, shared.length - 1) === 1) return undefined;
  }
  return step.value;
}

// A text decoder does not read shared memory.
const read = (json: Uint8Array): Assignment => JSON.parse(new TextDecoder().decode(json.slice())) as Assignment;
