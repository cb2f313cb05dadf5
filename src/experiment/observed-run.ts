// A run that is looked at while it goes on: scraped as a Prometheus does, with its events noted. Part of the experiments.
// Whoever looks on changes nothing: the run is the one that its record is of.

import { Scrapes } from '../metrics/index.js';
import type { RunResult } from '../results/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import { type Job, newRun, PIECE_EVENTS, type StepOptions } from './jobs.js';

/** Scrapes of a run, spread evenly: as many as there are points in its time series, and one a minute at least. */
const SCRAPES_MIN = 240;
const INTERVAL_MAX = 60e9;

export interface Observation {
  readonly result: RunResult;
  readonly scrapes: Scrapes;
}

/** Carries out one job. Yields the share of it that is done, 0 … 1, after each piece of work. */
export function* observedRun(
  scenario: LoadedScenario,
  job: Job,
  options: StepOptions,
): Generator<number, Observation, void> {
  const { spec } = scenario.points[job.point]!;
  const run = newRun(scenario, job, options);
  const { recorder } = run.cluster.context;
  const scrapes = new Scrapes();
  const count = Math.max(SCRAPES_MIN, Math.ceil(spec.duration / INTERVAL_MAX));
  for (let scrape = 0; scrape <= count; scrape++) {
    const until = Math.floor((spec.duration * scrape) / count);
    while (!run.advanceTo(until, PIECE_EVENTS)) yield run.now / spec.duration;
    // Nothing is measured during the warm-up, and what was counted by arithmetic is forgotten at its end.
    if (recorder.measuring) {
      run.settle();
      scrapes.take(recorder, run.now);
    }
    if (scrape < count) yield scrape / count;
  }
  const result = run.result();
  scrapes.take(recorder, run.now, true);
  return { result, scrapes };
}
