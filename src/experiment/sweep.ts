// Runs the points of a scenario one after another. Part of the experiments.
// The driver is a generator: whoever drives it decides between two steps whether to go on, show progress or stop.

import type { Instant } from '../engine/index.js';
import { type FinishedPoint, Run, type RunOptions } from '../run/index.js';
import type { LoadedScenario } from '../scenario/index.js';

export interface Progress {
  /** Points finished so far. */
  readonly finished: number;
  readonly points: number;
  /** 0 … 1, over all points. */
  readonly share: number;
  /** Set at the step that finishes a point. */
  readonly point?: FinishedPoint;
}

/** Steps a point is cut into. */
const STEPS = 200;

/** Runs all points with the same seed. Yields after each piece of work. */
export function* runPoints(scenario: LoadedScenario, options: RunOptions = {}): Generator<Progress, void, void> {
  const points = scenario.points.length;
  for (const [finished, point] of scenario.points.entries()) {
    const run = new Run(point.spec, scenario.seed, options);
    const { duration } = point.spec;
    for (let step = 1; step <= STEPS; step++) {
      run.advanceTo(Math.floor((duration * step) / STEPS) as Instant);
      if (step < STEPS) yield { finished, points, share: (finished + step / STEPS) / points };
    }
    const result = run.result();
    yield {
      finished: finished + 1,
      points,
      share: (finished + 1) / points,
      point: { index: point.index, parameters: point.parameters, result },
    };
  }
}
