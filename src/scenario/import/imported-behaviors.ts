// What pods were seen to do, as behaviours of their containers. Part of the scenario.

import type { ContainerSamples } from './pod-groups.js';
import type { ContainerEnd } from './pod-statuses.js';

export interface ImportedBehavior {
  /** `deployment/web`. */
  readonly workload: string;
  readonly container: string;
  /** Samples of start-up times, s. */
  readonly startups: readonly number[];
  readonly exit?: {
    /** Samples, s. */
    readonly seconds: readonly number[];
    readonly code: number;
    readonly isOutOfMemory: boolean;
  };
}

/** Samples without which nothing is said of how long a container takes to start. */
const STARTUPS_MIN = 3;

/** Whose container it is: what ends by itself anyway, and what ends only if something is wrong. */
export interface Seen {
  readonly workload: string;
  readonly container: string;
  /** Pods of the workload that were seen. */
  readonly pods: number;
  /** It is an init container, or its pods are to end. */
  readonly isToEnd: boolean;
  readonly samples: ContainerSamples;
}

/**
 * Undefined if nothing is known. Containers that are to run on end here only if at least half of them were seen to: of others it
 * is not known how long they live.
 * @param note is told of restarts that are left out.
 */
export function behaviorOf(
  { workload, container, pods, isToEnd, samples }: Seen,
  note: (text: string) => void,
): ImportedBehavior | undefined {
  const { startups, ends, restarted } = samples;
  const known = startups.length >= STARTUPS_MIN ? startups : [];
  const isUsual = isToEnd || (restarted > 0 && restarted * 2 >= pods);
  if (!isToEnd && restarted > 0 && !(isUsual && ends.length > 0))
    note(`${workload}: restarts of container ${container} in ${restarted} of ${pods} pods are left out`);
  const exit: Pick<ImportedBehavior, 'exit'> = isUsual && ends.length > 0 ? { exit: exitOf(ends) } : {};
  return known.length === 0 && exit.exit === undefined ? undefined : { workload, container, startups: known, ...exit };
}

/** The code that most had: a container has one. */
function exitOf(ends: readonly ContainerEnd[]): NonNullable<ImportedBehavior['exit']> {
  const counts = new Map<number, number>();
  for (const { code } of ends) counts.set(code, (counts.get(code) ?? 0) + 1);
  const [[code]] = [...counts].sort(([a, m], [b, n]) => n - m || a - b) as [[number, number]];
  const alike = ends.filter((end) => end.code === code);
  return {
    seconds: ends.map(({ seconds }) => seconds),
    code,
    isOutOfMemory: alike.filter(({ isOutOfMemory }) => isOutOfMemory).length * 2 > alike.length,
  };
}
