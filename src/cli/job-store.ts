// Where finished jobs are kept: in memory, or as files in a folder so that what was stopped can go on. A file is written
// whole under a name that says what it is the result of, and holds a digest of its content: a job that was cut off, or
// belongs to another scenario, seed or version, is never taken for a finished one.

import { createHash } from 'node:crypto';
import { readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { type ExpectedRecord, unpack } from '../experiment/executors/index.js';
import { type Job, type JobOptions, replicationSeed } from '../experiment/index.js';
import type { RunRecord } from '../report/index.js';
import type { ScenarioSource } from '../scenario/index.js';
import { buildDigest } from './build.js';
import { bytesOf, codeOf, filesIn, joinPath, makeFolder, quietly } from './files/index.js';
import { OutputError } from './output-error.js';

export interface JobStore {
  /** Record of a finished job; undefined if there is none, or only a damaged one. */
  get(expected: ExpectedRecord): RunRecord | undefined;
  put(key: string, packed: Uint8Array): void;
}

export class MemoryStore implements JobStore {
  readonly #jobs = new Map<string, Uint8Array>();

  get(expected: ExpectedRecord): RunRecord | undefined {
    const packed = this.#jobs.get(expected.name);
    return packed === undefined ? undefined : unpack(packed, expected);
  }

  put(key: string, packed: Uint8Array): void {
    this.#jobs.set(key, packed);
  }
}

const SUFFIX = '.job';
/** Behind the name of one that is not whole. */
const DRAFT = '.tmp';
/** Names that only files of jobs have. */
const JOB_FILE = /^[0-9a-f]{24}\.p\d+\.r\d+\.job(\.tmp)?$/;

export class FolderStore implements JobStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  get(expected: ExpectedRecord): RunRecord | undefined {
    const packed = bytesOf(this.#pathOf(expected.name));
    return packed === undefined ? undefined : unpack(packed, expected);
  }

  /** Throws an {@link OutputError}. */
  put(key: string, packed: Uint8Array): void {
    const path = this.#pathOf(key);
    const draft = `${path}${DRAFT}`;
    try {
      makeFolder(this.#dir);
      // One that was left behind, or a link of somebody's to another file.
      rmSync(draft, { force: true });
      writeFileSync(draft, packed, { flag: 'wx' });
      renameSync(draft, path);
    } catch (error) {
      quietly(() => rmSync(draft, { force: true }));
      throw new OutputError(`${path} cannot be written: ${codeOf(error)}`);
    }
  }

  /** Removes the files of jobs, and the folder if nothing else is in it: what a person has put there stays. */
  remove(): void {
    for (const name of filesIn(this.#dir) ?? []) {
      if (JOB_FILE.test(name)) quietly(() => rmSync(joinPath(this.#dir, name), { force: true }));
    }
    quietly(() => readdirSync(this.#dir).length === 0 && rmdirSync(this.#dir));
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
    const { inputs, set, sweep, seed, extensions } = source;
    this.#digest = sha256(JSON.stringify([buildDigest(), inputs, set, sweep, seed, extensions, raw, everyTick]));
  }

  /** `<digest>.p<point>.r<replication>`. */
  of({ point, replication }: Job): string {
    const seed = replicationSeed(this.#source.seed, replication);
    return `${sha256(JSON.stringify([this.#digest, seed])).slice(0, 24)}.p${point}.r${replication}`;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
