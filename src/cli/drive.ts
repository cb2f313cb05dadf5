// Drives the points of a scenario: shows progress, lets Ctrl-C through between two pieces of work, refuses what would not
// fit into memory.

import { totalmem } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { QueueName } from '../engine/index.js';
import { runPoints } from '../experiment/index.js';
import { CapacityError, estimateMemoryBytes, type FinishedPoint, podCount } from '../run/index.js';
import { fileError, type LoadedScenario } from '../scenario/index.js';
import { ProgressBar } from './terminal.js';

export interface DriveOptions {
  readonly quiet: boolean;
  readonly queue: QueueName;
  readonly everyTick: boolean;
}

export interface Driven {
  readonly points: readonly FinishedPoint[];
  /** The signal that stopped it before the end. */
  readonly stoppedBy?: 'SIGINT' | 'SIGTERM';
}

/** Share of the machine's memory that a run may take. */
const MEMORY_SHARE = 0.8;

export async function drive(scenario: LoadedScenario, options: DriveOptions): Promise<Driven> {
  refuseTooLarge(scenario);
  let stoppedBy: Driven['stoppedBy'];
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal does not wait for the piece of work under way.
    if (stoppedBy !== undefined) process.exit(signal === 'SIGINT' ? 130 : 143);
    stoppedBy = signal as 'SIGINT' | 'SIGTERM';
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const bar = new ProgressBar(options.quiet);
  const points: FinishedPoint[] = [];
  try {
    for (const progress of runPoints(scenario, { queue: options.queue, executeEveryTick: options.everyTick })) {
      if (progress.point !== undefined) points.push(progress.point);
      bar.show(progress.share, labelOf(scenario, progress.finished));
      await setImmediate();
      if (stoppedBy !== undefined) break;
    }
  } catch (error) {
    if (error instanceof CapacityError) {
      throw fileError(
        scenario.inputs[0]!.path,
        error.message,
        'raise spec.nodePools[].count or capacity, or lower replicas or copies',
      );
    }
    throw error;
  } finally {
    bar.clear();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  return points.length < scenario.points.length && stoppedBy !== undefined ? { points, stoppedBy } : { points };
}

function labelOf(scenario: LoadedScenario, finished: number): string {
  const point = scenario.points[Math.min(finished, scenario.points.length - 1)]!;
  const values = point.parameters.map(({ name, value }) => `${name}=${value}`).join(' ');
  return values === '' ? scenario.name : `${scenario.name} ${values}`;
}

function refuseTooLarge(scenario: LoadedScenario): void {
  const limit = MEMORY_SHARE * (process.constrainedMemory() || totalmem());
  for (const { spec } of scenario.points) {
    const bytes = estimateMemoryBytes(spec);
    if (bytes <= Math.min(limit, MEMORY_SHARE * totalmem())) continue;
    const gib = (n: number): string => `${(n / 2 ** 30).toFixed(1)} GiB`;
    throw fileError(
      scenario.inputs[0]!.path,
      `is larger than this machine's memory: about ${gib(bytes)} for ${podCount(spec)} pods, ${gib(Math.min(limit, MEMORY_SHARE * totalmem()))} may be used`,
      'lower replicas, copies or nodes',
    );
  }
}
