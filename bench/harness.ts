// What the benchmarks share: interleaved timing with tinybench, ratios against a baseline of the same run, and rows.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Bench } from 'tinybench';

/** One line of bench/results.json. */
export interface BenchRow {
  readonly name: string;
  /** How many times the baseline's speed; empty where there is nothing to compare with. */
  readonly ratio: number | null;
  /** The measured figure. */
  readonly count: number;
  readonly unit: string;
}

export interface Comparison {
  readonly group: string;
  /** Name of the task that the others are divided by. */
  readonly baseline: string;
  readonly tasks: readonly { readonly name: string; readonly run: () => void }[];
  /** Operations that one call of a task performs. */
  readonly operations: number;
  readonly unit: string;
  readonly quick: boolean;
}

/** Times the tasks against each other; the median of each counts. */
export async function compare(comparison: Comparison): Promise<BenchRow[]> {
  const bench = new Bench({
    time: comparison.quick ? 300 : 1500,
    iterations: comparison.quick ? 3 : 7,
    warmupTime: 100,
    warmupIterations: 2,
  });
  for (const task of comparison.tasks) bench.add(task.name, task.run);
  await bench.run();
  const perSecond = new Map(
    bench.tasks.map((task) => {
      const result = task.result;
      if (!('latency' in result)) throw new Error(`benchmark ${comparison.group} / ${task.name} did not finish`);
      return [task.name, (comparison.operations * 1000) / result.latency.p50] as const;
    }),
  );
  const base = perSecond.get(comparison.baseline);
  if (base === undefined) throw new Error(`no baseline ${comparison.baseline} in ${comparison.group}`);
  return comparison.tasks.map(({ name }) => ({
    name: `${comparison.group}: ${name}`,
    ratio: round(perSecond.get(name)! / base),
    count: Math.round(perSecond.get(name)!),
    unit: comparison.unit,
  }));
}

export const round = (value: number): number => Number(value.toPrecision(3));

/** What a process has used so far. */
export interface ProcessUse {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

export function processUse(): ProcessUse {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

/** Runs a benchmark's own module as a process, which prints what it measured as JSON. */
export function inOwnProcess<T>(moduleUrl: string, index: number, quick: boolean): T {
  const args = [fileURLToPath(moduleUrl), String(index), ...(quick ? ['--quick'] : [])];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as T;
}

/** Rows of one benchmark that has nothing to compare with. */
export const figuresOf =
  (name: string) =>
  (what: string, count: number, unit: string): BenchRow => ({
    name: `${name}: ${what}`,
    ratio: null,
    count: round(count),
    unit,
  });
