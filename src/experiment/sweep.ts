// Runs the points of a scenario one after another and keeps their results whole, for those who need more than a record.
// Part of the experiments. The driver is a generator: whoever drives it decides between two steps whether to go on, show
// progress or stop.

import type { FinishedPoint, RunOptions } from '../run/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import { runSteps } from './jobs.js';

export interface Progress {
  /** Points finished so far. */
  readonly finished: number;
  readonly points: number;
  /** 0 … 1, over all points. */
  readonly share: number;
  /** Set at the step that finishes a point. */
  readonly point?: FinishedPoint;
}

/** Runs all points with the same seed. Yields after each piece of work. */
export function* runPoints(scenario: LoadedScenario, options: RunOptions = {}): Generator<Progress, void, void> {
  const points = scenario.points.length;
  for (const [finished, { index, parameters, spec }] of scenario.points.entries()) {
    const steps = runSteps(spec, scenario.seed, options);
    let step = steps.next();
    for (; !step.done; step = steps.next()) yield { finished, points, share: (finished + step.value) / points };
    yield {
      finished: finished + 1,
      points,
      share: (finished + 1) / points,
      point: { index, parameters, replication: 0, result: step.value.result() },
    };
  }
}
