// What flags say, checked: one clear message for each that is wrong.

import { parseQuantity } from '../format/units.js';
import type { EngineName } from './engines.js';
import { isFolder } from './files/paths.js';
import type { FileRules } from './files/rules.js';
import { parseShard, type Shard } from './shard.js';

/** The command line cannot be used as it is. */
export class UsageError extends Error {}

/** Flags of a run that are given once. */
export const SINGLE_RUN_FLAGS = [
  'seed',
  'results-dir',
  'output',
  'event-queue',
  'replications',
  'until',
  'max-replications',
  'warmup',
  'shard',
  'engine',
  'queue',
  'jobs',
  'junit',
  'summary',
  'trace',
  'trace-nodes',
  'trace-pods',
  'trace-time',
  'metrics',
];
/** Threads that may be asked for. */
export const THREADS_MAX = 1024;

/** What the flags say about files. Throws a {@link UsageError}. */
export function fileRulesOf(argv: Readonly<Record<string, unknown>>): FileRules {
  const allowedPaths = [argv['allow-path'] ?? []].flat().map(String);
  const odd = allowedPaths.find((path) => !isFolder(path));
  if (odd !== undefined) throw new UsageError(`--allow-path ${odd}: is not a folder`);
  const size = argv['max-file-size'];
  const fileBytes = size === undefined ? undefined : parseQuantity(String(size));
  if (size !== undefined && !(fileBytes !== undefined && fileBytes >= 1)) {
    throw new UsageError(`--max-file-size ${String(size)}: must be a size such as 256Mi or 1Gi`);
  }
  const extensions = [argv.extension ?? []].flat().map(String);
  return { allowedPaths, extensions, fileBytes, force: argv.force === true, strict: argv.strict === true };
}

/** yargs hands over a lone "-" as an empty text, which is what an unset variable of the shell is too. */
export function scenarioOf(positional: string, args: readonly string[]): string {
  if (positional !== '') return positional;
  if (args.includes('-')) return '-';
  throw new UsageError('the name of the scenario is empty');
}

/** A flag that takes one value and was given twice would silently lose one of them. */
export function refuseRepeats(argv: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) {
    if (Array.isArray(argv[name]))
      throw new UsageError(`--${name} is given ${(argv[name] as unknown[]).length} times; give it once`);
  }
}

/** An unset variable of the shell gives an empty value. */
export function refuseEmpty(argv: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) if (argv[name] === '') throw new UsageError(`the value of --${name} is empty`);
}

/** A whole number; undefined if the flag was not given. */
export function countOf(text: string | undefined, flag: string, most: number, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= least && count <= most)) {
    throw new UsageError(`${flag} ${text}: must be a whole number from ${least} to ${most}`);
  }
  return count;
}

/** A duration in seconds; undefined if the flag was not given. */
export function secondsOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(text);
  if (match === null) throw new UsageError(`${flag} ${text}: must be a duration such as 90s, 30m, 24h or 7d`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd'];
}

/** A percentage as 0 … 1. */
export function shareOf(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (match === null || Number(match[1]) > 100)
    throw new UsageError(`${flag} ${text}: must be a percentage such as 1%`);
  return Number(match[1]) / 100;
}

export function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const shard = parseShard(text);
  if (shard === undefined) throw new UsageError(`--shard ${text}: must be i/n with i from 1 to n, such as 2/4`);
  return shard;
}

/** The engine, and the queue that it needs; a queue alone asks for the engine that uses it. */
export function engineOf({ engine, queue }: { engine: EngineName; queue: string | undefined }): {
  engine: EngineName;
  queueUrl: string | undefined;
} {
  if (engine === 'bullmq' && queue === undefined)
    throw new UsageError('--engine bullmq needs --queue redis://… or postgres://…');
  if (queue !== undefined && engine !== 'bullmq' && engine !== 'auto') {
    throw new UsageError(`--engine ${engine} uses no queue: leave out --queue, or use --engine bullmq`);
  }
  return { engine: queue === undefined ? engine : 'bullmq', queueUrl: queue };
}

/** A flag that is given or not: yargs would take any value for yes. */
export function refuseValue(args: readonly string[], flag: string): void {
  const given = args.find((word) => word.startsWith(`--${flag}=`) && !/=(true|false)$/.test(word));
  if (given !== undefined) throw new UsageError(`${given}: --${flag} takes no value`);
}

export function refuseTogether(argv: Readonly<Record<string, unknown>>, one: string, other: string): void {
  if (argv[one] !== undefined && argv[other] !== undefined)
    throw new UsageError(`--${one} and --${other} cannot be used together`);
}
