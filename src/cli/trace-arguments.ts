// What a trace is to hold: its file, nodes, pods and time, as flags say it.

import { meetsWildcard } from '../format/index.js';
import { fileError, formatDuration, type LoadedScenario, parseDuration } from '../scenario/index.js';
import { UsageError } from './arguments.js';

export interface TraceArguments {
  readonly file: string;
  readonly nodes: string | undefined;
  readonly pods: string | undefined;
  /** ns. */
  readonly from: number;
  readonly until: number;
}

interface TraceFlags {
  readonly trace: string | undefined;
  readonly 'trace-nodes': string | undefined;
  readonly 'trace-pods': string | undefined;
  readonly 'trace-time': string | undefined;
}

/** Undefined if no trace is asked for. Throws a UsageError. */
export function traceOf(flags: TraceFlags): TraceArguments | undefined {
  const { trace: file, 'trace-nodes': nodes, 'trace-pods': pods, 'trace-time': time } = flags;
  if (file === undefined) {
    const idle = (['trace-nodes', 'trace-pods', 'trace-time'] as const).find((name) => flags[name] !== undefined);
    if (idle !== undefined) throw new UsageError(`--${idle} needs --trace FILE`);
    return undefined;
  }
  if (!/\.json(\.gz)?$/.test(file)) throw new UsageError(`--trace ${file}: must end with .json or .json.gz`);
  return { file, nodes, pods, ...(time === undefined ? { from: 0, until: Infinity } : timeOf(time)) };
}

function timeOf(text: string): { from: number; until: number } {
  const [from, until, ...more] = text.split('-').map((part) => parseDuration(part));
  if (from === undefined || until === undefined || more.length > 0 || until <= from) {
    throw new UsageError(`--trace-time ${text}: must be two durations, the shorter one first, such as 5m-7m30s`);
  }
  return { from, until };
}

/** Throws an InputError if a scenario has no such trace. */
export function checkTrace({ file, nodes, from }: TraceArguments, { points }: LoadedScenario): void {
  if (points.length > 1) {
    throw fileError(
      `--trace ${file}`,
      `shows one run, and the sweep has ${points.length} points`,
      'choose one: --sweep path=value',
    );
  }
  const { spec } = points[0]!;
  const names = namesOfNodes(spec);
  if (!names.some(namesMatching(nodes))) {
    throw fileError(`--trace-nodes ${nodes}`, 'matches no node', `nodes: ${names.slice(0, 3).join(', ')}, …`);
  }
  const { duration } = spec;
  if (from >= duration) {
    throw fileError(
      '--trace-time',
      `begins at ${formatDuration(from)}, but the run ends at ${formatDuration(duration)}`,
    );
  }
}

/** Names of all nodes, in order. */
export const namesOfNodes = ({ nodePools }: LoadedScenario['points'][number]['spec']): string[] =>
  nodePools.flatMap(({ name, count }) => Array.from({ length: count }, (_, i) => `${name}-${i}`));

/** A test for names: `*` is any text, commas are between alternatives; without a pattern all names will do. */
export function namesMatching(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const alternatives = pattern.split(',').map((part) => part.trim());
  return (name) => alternatives.some((one) => meetsWildcard(one, name));
}
