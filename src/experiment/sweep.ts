// Runs the points of a scenario one after another and keeps their results whole, for those who need more than a record.
// Part of the experiments. The driver is a generator: whoever drives it decides between two steps whether to go on, show
// progress or stop.

import type { FinishedPoint } from '../results/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import { runSteps, type StepOptions } from './jobs.js';

export interface Progress {
  /** Runs finished so far, of all points and replications. */
  readonly finished: number;
  readonly points: number;
  /** 0 … 1, over all points. */
  readonly share: number;
  /** Set at the step that finishes a point. */
  readonly point?: FinishedPoint;
}

/** Runs all points, each as often as the scenario says, all with the same seeds. Yields after each piece of work. */
export function* runPoints(scenario: LoadedScenario, options: StepOptions = {}): Generator<Progress, void, void> {
  const points = scenario.points.length * scenario.replications;
  let finished = 0;
  for (const { index, parameters } of scenario.points) {
    for (let replication = 0; replication < scenario.replications; replication++) {
      const steps = runSteps(scenario, { point: index, replication }, options);
      let step = steps.next();
      for (; !step.done; step = steps.next()) yield { finished, points, share: (finished + step.value) / points };
      finished++;
      const point = { index, parameters, replication, result: step.value.result() };
      yield { finished, points, share: finished / points, point };
    }
  }
}
