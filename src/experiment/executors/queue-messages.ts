// What goes through the queue: a job with all it needs, and what came of it. Part of the experiments. Node.js only. Whoever can
// write to the queue can write anything into it: messages are checked against what they must be, and inflated up to a limit.

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { QUEUE_NAMES } from '../../engine/index.js';
import { POINTS_MAX, REPLICATIONS_MAX } from '../../scenario/index.js';
import type { Assignment, JobOutcome } from './executor.js';
import { RECORD_BYTES_MAX } from './packed.js';

/** Bytes of an assignment at most: as many manifests as a scenario may have, and room. */
const ASSIGNMENT_BYTES_MAX = RECORD_BYTES_MAX;
/** Characters that are taken of a text which somebody else has written. */
const TEXT_MAX = 500;

const job = z.object({
  point: z.int().min(0).max(POINTS_MAX),
  replication: z.int().min(0).max(REPLICATIONS_MAX),
});

const queuedJob = z.object({
  /** Version and digest of the program that asks: a worker with another one must not answer. */
  build: z.string().max(TEXT_MAX),
  job,
  /** The assignment as compressed JSON, base64, and its digest. */
  assignment: z.string(),
  digest: z.string().max(TEXT_MAX),
});
export type QueuedJob = z.infer<typeof queuedJob>;

const assignment = z.object({
  source: z.object({
    inputs: z.array(z.object({ path: z.string(), text: z.string() })).min(1),
    seed: z.string(),
    set: z.array(z.string()),
    sweep: z.array(z.string()),
    thresholds: z.array(z.string()),
    extensions: z.array(
      z.object({
        name: z.string().max(TEXT_MAX),
        version: z.string().max(TEXT_MAX),
        digest: z.string().max(TEXT_MAX),
        path: z.string().exactOptional(),
      }),
    ),
  }),
  options: z.object({
    queue: z.enum(QUEUE_NAMES),
    everyTick: z.boolean(),
    checkInvariants: z.boolean(),
    raw: z.boolean(),
  }),
});

const text = z.string().transform((long) => long.slice(0, TEXT_MAX));
const answer = z.union([
  z.object({ packed: z.string() }),
  z.object({
    failure: z.object({ kind: z.enum(['capacity', 'part', 'defect']), message: text, stack: text.optional() }),
  }),
  /** It will not do it, because it is another program, or the job is none. */
  z.object({ refused: z.object({ worker: text, reason: text }) }),
]);
/** What a worker answers. */
export type QueuedAnswer = z.infer<typeof answer>;

/** The part of a message that is the same for all jobs of an assignment. */
export function packAssignment({
  source,
  options,
}: Omit<Assignment, 'modules'>): Pick<QueuedJob, 'assignment' | 'digest'> {
  const json = Buffer.from(JSON.stringify({ source, options }));
  return { assignment: gzipSync(json).toString('base64'), digest: createHash('sha256').update(json).digest('hex') };
}

/** Undefined if it is no job. */
export const asQueuedJob = (value: unknown): QueuedJob | undefined => queuedJob.safeParse(value).data;

/** Undefined if it is no answer. */
export const asQueuedAnswer = (value: unknown): QueuedAnswer | undefined => answer.safeParse(value).data;

/** Undefined if it is damaged, too large, or something else. Modules do not come this way: no code is taken from a queue. */
export function unpackAssignment(
  message: Pick<QueuedJob, 'assignment' | 'digest'>,
): Omit<Assignment, 'modules'> | undefined {
  try {
    const packed = Buffer.from(message.assignment, 'base64');
    const json = gunzipSync(packed, { maxOutputLength: ASSIGNMENT_BYTES_MAX });
    if (createHash('sha256').update(json).digest('hex') !== message.digest) return undefined;
    return assignment.safeParse(JSON.parse(json.toString())).data;
  } catch {
    return undefined;
  }
}

export const answerOf = (outcome: JobOutcome): QueuedAnswer =>
  'packed' in outcome
    ? { packed: Buffer.from(outcome.packed).toString('base64') }
    : { failure: { ...outcome.failure, stack: outcome.failure.stack } };
