// What goes through the queue: a job with all it needs, and what came of it. Part of the experiments. Node.js only.

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Job } from '../jobs.js';
import type { Assignment, JobFailure, JobOutcome } from './executor.js';

export interface QueuedJob {
  /** Version and digest of the program that asks: a worker with another one must not answer. */
  readonly build: string;
  readonly job: Job;
  /** The assignment as compressed JSON, base64, and its digest. */
  readonly assignment: string;
  readonly digest: string;
}

/** What a worker answers. */
export type QueuedAnswer =
  | { readonly packed: string }
  | { readonly failure: JobFailure }
  /** It will not do it, because it is another program. */
  | { readonly refused: { readonly worker: string; readonly build: string } };

/** The part of a message that is the same for all jobs of an assignment. */
export function packAssignment({ source, options }: Assignment): Pick<QueuedJob, 'assignment' | 'digest'> {
  const json = Buffer.from(JSON.stringify({ source, options }));
  return { assignment: gzipSync(json).toString('base64'), digest: createHash('sha256').update(json).digest('hex') };
}

/** Throws if it is damaged. */
export function unpackAssignment({ assignment, digest }: Pick<QueuedJob, 'assignment' | 'digest'>): Assignment {
  const json = gunzipSync(Buffer.from(assignment, 'base64'));
  if (createHash('sha256').update(json).digest('hex') !== digest)
    throw new Error('the job is damaged: its digest differs');
  return JSON.parse(json.toString()) as Assignment;
}

export const answerOf = (outcome: JobOutcome): QueuedAnswer =>
  'packed' in outcome ? { packed: Buffer.from(outcome.packed).toString('base64') } : outcome;
