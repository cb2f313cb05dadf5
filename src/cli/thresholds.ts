// Thresholds of a finished experiment: checks them point by point, tells whoever wants to know (terminal, CSV, JUnit,
// GitHub Actions).

import { appendFileSync } from 'node:fs';
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
import { OutputError } from './output-error.js';

/** Checks the thresholds of a scenario at every point that has records; these come point by point. */
export function checkAll(
  { thresholds }: Pick<LoadedScenario, 'thresholds'>,
  records: Iterable<RunRecord>,
): ThresholdResult[] {
  if (thresholds.length === 0) return [];
  const results: ThresholdResult[] = [];
  for (const point of pointsIn(records)) results.push(...checkThresholds(thresholds, point));
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
    process.stdout.write(`::error title=${property(title)}::${data(message)}\n`);
  }
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  const body = Buffer.from(`\`\`\`text\n${text.trimEnd()}\n`);
  const end = '```\n';
  const cut = '… cut: GitHub takes a mebibyte of a step\n';
  const isCut = body.length + end.length > SUMMARY_MAX;
  const kept = isCut
    ? body.subarray(0, SUMMARY_MAX - end.length - Buffer.byteLength(cut) - 1).toString()
    : body.toString();
  try {
    appendFileSync(file, isCut ? `${kept.slice(0, kept.lastIndexOf('\n') + 1)}${cut}${end}` : `${kept}${end}`);
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

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
