// Where finished jobs are kept: in memory, or as files in a folder so that what was stopped can go on. A file is written
// whole under a name that says what it is the result of, and holds a digest of its content: a job that was cut off, or
// belongs to another scenario, seed or version, is never taken for a finished one.

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { unpack } from '../experiment/executors/index.js';
import { type Job, type JobOptions, replicationSeed } from '../experiment/index.js';
import type { RunRecord } from '../report/index.js';
import type { ScenarioSource } from '../scenario/index.js';
import { buildDigest } from './build.js';
import { bytesOf, joinPath, writeBytesWhole } from './files.js';

export interface JobStore {
  /** Record of a finished job; undefined if there is none, or only a damaged one. */
  get(key: string): RunRecord | undefined;
  put(key: string, packed: Uint8Array): void;
}

export class MemoryStore implements JobStore {
  readonly #jobs = new Map<string, Uint8Array>();

  get(key: string): RunRecord | undefined {
    const packed = this.#jobs.get(key);
    return packed === undefined ? undefined : unpack(packed);
  }

  put(key: string, packed: Uint8Array): void {
    this.#jobs.set(key, packed);
  }
}

const SUFFIX = '.job';

export class FolderStore implements JobStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  get(key: string): RunRecord | undefined {
    const packed = bytesOf(this.#pathOf(key));
    return packed === undefined ? undefined : unpack(packed);
  }

  put(key: string, packed: Uint8Array): void {
    writeBytesWhole(this.#pathOf(key), packed);
  }

  /** Removes the folder. */
  remove(): void {
    try {
      rmSync(this.#dir, { recursive: true, force: true });
    } catch {
      // Another run writes to it: what it leaves there is removed by that one.
    }
  }

  #pathOf(key: string): string {
    return joinPath(this.#dir, `${key}${SUFFIX}`);
  }
}

/** Names jobs by what they are the result of: scenario, seed, options and the program itself. */
export class JobKeys {
  readonly #source: ScenarioSource;
  readonly #digest: string;

  constructor(source: ScenarioSource, { raw, everyTick }: Pick<JobOptions, 'raw' | 'everyTick'>) {
    this.#source = source;
    const { inputs, set, sweep, seed } = source;
    this.#digest = sha256(JSON.stringify([buildDigest(), inputs, set, sweep, seed, raw, everyTick]));
  }

  /** `<digest>.p<point>.r<replication>`. */
  of({ point, replication }: Job): string {
    const seed = replicationSeed(this.#source.seed, replication);
    return `${sha256(JSON.stringify([this.#digest, seed])).slice(0, 24)}.p${point}.r${replication}`;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
