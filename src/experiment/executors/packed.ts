// Records as bytes: compressed JSON with a digest of what it was before. Part of the experiments. Node.js only.

import { createHash } from 'node:crypto';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { RunRecord } from '../../report/index.js';

/** Bytes of the digest before the compressed part. */
const DIGEST_LENGTH = 32;

export function pack(record: RunRecord): Uint8Array {
  const json = Buffer.from(JSON.stringify(record));
  // Rows of tables shrink to a tenth at the lowest level already.
  const compressed = gzipSync(json, { level: constants.Z_BEST_SPEED });
  return Buffer.concat([sha256(json), compressed]);
}

/** The record in packed bytes; undefined if they are damaged. */
export function unpack(packed: Uint8Array): RunRecord | undefined {
  try {
    const json = gunzipSync(packed.subarray(DIGEST_LENGTH));
    if (!sha256(json).equals(packed.subarray(0, DIGEST_LENGTH))) return undefined;
    return JSON.parse(json.toString()) as RunRecord;
  } catch {
    return undefined;
  }
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
