// Drives the points of a scenario for those who need their results whole: shows progress, lets Ctrl-C through between two
// pieces of work, refuses what would not fit into memory.

import { setImmediate } from 'node:timers/promises';
import type { QueueName } from '../engine/index.js';
import { runOptionsOf, runPoints } from '../experiment/index.js';
import type { FinishedPoint } from '../results/index.js';
import { CAPACITY_HINT, CapacityError } from '../run/index.js';
import { fileError, type InputError, type LoadedScenario } from '../scenario/index.js';
import { refuseTooLarge } from './memory.js';
import { exitCodeOf, hearSignals, type Signal } from './signals.js';
import { ProgressBar } from './terminal.js';

export interface DriveOptions {
  readonly quiet: boolean;
  readonly queue: QueueName;
  readonly everyTick: boolean;
}

export interface Driven {
  readonly points: readonly FinishedPoint[];
  /** The signal that stopped it before the end. */
  readonly stoppedBy?: Signal;
  /** Why the point after the finished ones could not be run. */
  readonly failure?: InputError;
}

/** Catches signals from its creation until `close`, so that none interrupts the writing of results. */
export class StopSignal {
  by: Signal | undefined;
  readonly #release = hearSignals((signal) => {
    // A second signal does not wait for the piece of work under way.
    if (this.by !== undefined) process.exit(exitCodeOf(this.by));
    this.by = signal;
  });

  close(): void {
    this.#release();
  }
}

/** Runs the points one after another until all are finished, one does not fit, or a signal comes. */
export async function drive(
  scenario: LoadedScenario,
  options: DriveOptions,
  stop: Pick<StopSignal, 'by'>,
): Promise<Driven> {
  refuseTooLarge(scenario);
  const bar = new ProgressBar(options.quiet);
  const points: FinishedPoint[] = [];
  try {
    for (const progress of runPoints(scenario, runOptionsOf(options))) {
      if (progress.point !== undefined) points.push(progress.point);
      bar.show(progress.share, labelOf(scenario, Math.floor(progress.finished / scenario.replications)));
      await setImmediate();
      if (stop.by !== undefined) break;
    }
  } catch (error) {
    if (!(error instanceof CapacityError)) throw error;
    const problem = capacityProblem(scenario, Math.floor(points.length / scenario.replications), error);
    if (points.length === 0) throw problem;
    return { points, failure: problem };
  } finally {
    bar.clear();
  }
  const wanted = scenario.points.length * scenario.replications;
  return points.length < wanted && stop.by !== undefined ? { points, stoppedBy: stop.by } : { points };
}

/** What adding up could not see: all fits in sum, and still some pod finds no node with enough room. */
function capacityProblem(scenario: LoadedScenario, finished: number, error: CapacityError): InputError {
  const point = scenario.points.length > 1 ? `${labelOf(scenario, finished)}: ` : '';
  return fileError(scenario.inputs[0]!.path, `${point}${error.message}`, CAPACITY_HINT);
}

function labelOf(scenario: LoadedScenario, finished: number): string {
  const point = scenario.points[Math.min(finished, scenario.points.length - 1)]!;
  const values = point.parameters.map(({ name, value }) => `${name}=${value}`).join(' ');
  return values === '' ? scenario.name : `${scenario.name} ${values}`;
}
