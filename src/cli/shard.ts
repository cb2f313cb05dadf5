// `--shard 2/4`: a part of an experiment's jobs, for as many machines.

import type { Job } from '../experiment/index.js';

export interface Shard {
  /** 1 … count. */
  readonly index: number;
  readonly count: number;
  /** As written. */
  readonly text: string;
}

/** Undefined if it is no shard. */
export function parseShard(text: string): Shard | undefined {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  if (match === null) return undefined;
  const [index, count] = [Number(match[1]), Number(match[2])];
  return index >= 1 && index <= count ? { index, count, text } : undefined;
}

/** Every n-th job, so that the heavy points of a sweep are shared out. */
export const ofShard = (jobs: readonly Job[], { index, count }: Shard): Job[] =>
  jobs.filter((_, i) => i % count === index - 1);
