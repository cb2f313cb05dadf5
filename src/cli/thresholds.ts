// Thresholds of a finished experiment: checks them point by point, tells whoever wants to know (terminal, CSV, JUnit,
// GitHub Actions).

import { appendFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import {
  checkThresholds,
  junitXml,
  observedText,
  placeOf,
  pointsIn,
  type RunRecord,
  type ThresholdResult,
  thresholdCases,
} from '../report/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import { fencedText } from '../text/index.js';
import { OutputError } from './output-error.js';
import { annotate } from './print.js';

/** Checks the thresholds of a scenario at every point that has records; these come point by point. */
export async function checkAll(
  { thresholds }: Pick<LoadedScenario, 'thresholds'>,
  records: Iterable<RunRecord>,
): Promise<ThresholdResult[]> {
  if (thresholds.length === 0) return [];
  const results: ThresholdResult[] = [];
  for (const point of pointsIn(records)) {
    results.push(...checkThresholds(thresholds, point));
    // Lets signals through.
    await setImmediate();
  }
  return results;
}

export const junitOf = (results: readonly ThresholdResult[]): string => junitXml(thresholdCases(results));

/** Annotations of a kind that GitHub shows of one step. */
const ANNOTATIONS_MAX = 10;
/** Bytes of a job summary that GitHub takes from one step. */
const SUMMARY_MAX = 1 << 20;

/** Tells GitHub Actions, if that is where this runs: an annotation for what failed, and the printed text as job summary. */
export function tellGitHub(
  failures: readonly { readonly title: string; readonly message: string }[],
  text: string,
): void {
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  for (const { title, message } of failures.slice(0, ANNOTATIONS_MAX)) {
    annotate(title, message);
  }
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  try {
    appendFileSync(file, fencedText(text, SUMMARY_MAX, '… cut: GitHub accepts 1 MiB per step'));
  } catch (error) {
    throw new OutputError(`${file} (GITHUB_STEP_SUMMARY) cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** What GitHub is told of thresholds that failed. */
export const thresholdFailures = (results: readonly ThresholdResult[]): { title: string; message: string }[] =>
  results
    .filter(({ ok }) => !ok)
    .map((result) => ({
      title: `${result.scenario}: threshold crossed`,
      message: `${result.threshold.selector}: ${result.threshold.expression}, but ${observedText(result)} (${placeOf(result)})`,
    }));
