// The command line of the fuzzer. Part of the fuzzer.

import { parseArgs } from 'node:util';
import { WEIGHTS } from './target.js';

export interface FuzzArguments {
  readonly seed: string;
  readonly from: number;
  readonly inputs: number;
  readonly seconds: number | undefined;
  readonly kind: string | undefined;
  readonly replay: number | undefined;
  readonly keep: string | undefined;
}

export class FuzzUsageError extends Error {}

export const HELP = `npm run fuzz -- [flags]

Changes every kind of input of kubelapse by chance, and looks whether the command stays true to its word.

  --seed S      what all inputs follow from [1]
  --inputs N    inputs that are tried [2000]
  --from N      number of the first one [0]
  --seconds N   ends after so long, however many inputs were asked for; so does Ctrl-C
  --kind K      only inputs of this kind: ${Object.keys(WEIGHTS).join(', ')}
  --replay N    carries out the input of that number alone, and prints it and what came out
  --keep DIR    puts each input that does harm into this folder
  --help        prints this

Exit codes: 0 no fault; 1 faults were found; 2 bad flags.
`;

/** What the command line asks for; undefined: help. Throws a FuzzUsageError. */
export function argumentsOf(words: readonly string[]): FuzzArguments | undefined {
  const values = parsed(words);
  if (values.help === true) return undefined;
  const { seed = '1', kind, keep } = values;
  if (seed === '') throw new FuzzUsageError('--seed is empty');
  if (keep === '') throw new FuzzUsageError('--keep is empty');
  if (kind !== undefined && !Object.hasOwn(WEIGHTS, kind))
    throw new FuzzUsageError(`--kind ${kind}: there are ${Object.keys(WEIGHTS).join(', ')}`);
  const seconds = countOf(values.seconds, '--seconds', 1);
  return {
    seed,
    kind,
    keep,
    seconds,
    from: countOf(values.from, '--from', 0) ?? 0,
    inputs: countOf(values.inputs, '--inputs', 1) ?? (seconds === undefined ? 2000 : Number.MAX_SAFE_INTEGER),
    replay: countOf(values.replay, '--replay', 0),
  };
}

function parsed(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    seed: text,
    inputs: text,
    from: text,
    seconds: text,
    kind: text,
    replay: text,
    keep: text,
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...words], options, strict: true }).values;
  } catch (error) {
    throw new FuzzUsageError(error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }
}

function countOf(text: string | undefined, flag: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least)
    throw new FuzzUsageError(`${flag} ${text}: must be a whole number of at least ${least}`);
  return Number(text);
}
