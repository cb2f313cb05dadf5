// Records as bytes: compressed JSON with a digest of what it was before, and the name of the job that it is the record of.
// Part of the experiments. Node.js only. They lie in files and in queues, where others may write: what does not fit the job
// that it is looked up for, or is no record at all, is as if it were not there.

import { createHash } from 'node:crypto';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { asRecord, type RunRecord } from '../../report/index.js';
import type { LoadedScenario } from '../../scenario/index.js';
import { type Job, replicationSeed } from '../jobs.js';

/** Bytes of the digest before the compressed part. */
const DIGEST_LENGTH = 32;
/** Bytes of a record at most: as much as a text can have. No published figure; the largest of the scenarios has 30 MB. */
export const RECORD_BYTES_MAX = 256 << 20;

/** What a record must be the record of. */
export interface ExpectedRecord {
  /** Name of the job: a digest of its inputs, options, seed and the program. */
  readonly name: string;
  readonly job: Job;
  readonly scenario: LoadedScenario;
}

/** @param name of the job; see {@link ExpectedRecord}. */
export function pack(record: RunRecord, name: string): Uint8Array {
  const json = Buffer.from(JSON.stringify({ job: name, record }));
  // Rows of tables shrink to a tenth at the lowest level already.
  const compressed = gzipSync(json, { level: constants.Z_BEST_SPEED });
  return Buffer.concat([sha256(json), compressed]);
}

/** The record in packed bytes; undefined if they are damaged, or are not the record of that job. */
export function unpack(packed: Uint8Array, { name, job, scenario }: ExpectedRecord): RunRecord | undefined {
  const content = contentOf(packed) as { job?: unknown; record?: unknown } | null | undefined;
  if (content === undefined || content === null || content.job !== name) return undefined;
  const record = asRecord(content.record, scenario.catalogue);
  const isMeant =
    record !== undefined &&
    record.scenario === scenario.name &&
    record.index === job.point &&
    record.replication === job.replication &&
    record.seed === replicationSeed(scenario.seed, job.replication) &&
    JSON.stringify(record.parameters) === JSON.stringify(scenario.points[job.point]?.parameters);
  return isMeant ? record : undefined;
}

/** What the bytes say, whatever it is; undefined if they are damaged or hold too much. */
function contentOf(packed: Uint8Array): unknown {
  try {
    const json = gunzipSync(packed.subarray(DIGEST_LENGTH), { maxOutputLength: RECORD_BYTES_MAX });
    return sha256(json).equals(packed.subarray(0, DIGEST_LENGTH)) ? JSON.parse(json.toString()) : undefined;
  } catch {
    return undefined;
  }
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
