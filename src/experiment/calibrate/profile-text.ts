// A calibration as a profile that a scenario can name, and as what is said of it on the terminal. Part of the experiments.

import type { AnyParameter } from '../../cluster/index.js';
import { alignedTable } from '../../report/index.js';
import { API_VERSION, durationText, exampleOf } from '../../scenario/index.js';
import { jsonText, linesText, shellWord } from '../../text/index.js';
import { percent } from '../errors.js';
import { type Calibration, type Comparison, type Fitted, kindOf, medianError } from './fit.js';
import { mainPart } from './systems.js';

/** The file. @param files what it was fitted to. */
export function profileText(name: string, files: readonly string[], { fitted }: Calibration): string {
  const groups = [...new Set(fitted.map(({ group }) => group))];
  const lines = [
    `apiVersion: ${API_VERSION}`,
    'kind: Profile',
    'metadata:',
    `  name: ${jsonText(name)}`,
    '  annotations:',
    `    kubelapse.dev/source: ${jsonText(`kubelapse calibrate ${files.map(shellWord).join(' ')}`)}`,
    'spec:',
    '  parameters:',
  ];
  for (const group of groups) {
    lines.push(`    ${group}:`);
    for (const one of fitted.filter((candidate) => candidate.group === group)) {
      const source = JSON.stringify(`${one.measurements} measurements; 95 % interval ${intervalText(one)}`);
      lines.push(`      ${one.name}:`, `        value: ${exampleOf(one.parameter)}`, `        source: ${source}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A distribution by its median. */
function shortText(parameter: AnyParameter): string {
  const { unit } = parameter;
  const usual = mainPart(parameter.value);
  if (typeof usual === 'number' || usual.kind !== 'lognormal') return exampleOf(parameter);
  return `p50 ${exampleOf({ ...parameter, value: usual.median, unit: unit === 's' ? 'ns' : unit })}`;
}

const endText = ({ unit, value }: AnyParameter, end: number): string =>
  unit === 'ns' || (unit === 's' && typeof value !== 'number') ? durationText(end) : `${Number(end.toPrecision(4))}`;

function intervalText({ parameter, interval }: Fitted): string {
  if (interval === undefined)
    return parameter.value === 0 ? 'taken as 0' : 'unknown: no more measurements than unknowns';
  const [low, high] = interval;
  return `${endText(parameter, low)} to ${endText(parameter, high)}`;
}

/** What was fitted, and how far the model was and is from the measurements. */
export function calibrationText({ fitted, comparisons }: Calibration): string {
  const parameters = fitted.map((one) => [
    `${one.group}.${one.name}`,
    shortText(one.usual),
    shortText(one.parameter),
    intervalText(one),
  ]);
  const measures = [...new Set(comparisons.map(kindOf))].map((kind) => {
    const mine = comparisons.filter((comparison) => kindOf(comparison) === kind);
    return [
      kind,
      `${mine.length}`,
      percent(medianError(mine, 'before')),
      percent(medianError(mine, 'after')),
      percent(worst(mine)),
    ];
  });
  return linesText([
    ...alignedTable([['PARAMETER', 'DEFAULT', 'FITTED', '95 % INTERVAL'], ...parameters]),
    '',
    ...alignedTable([['MEASUREMENTS', 'NUMBER', 'MEDIAN-ERROR-BEFORE', 'AFTER', 'WORST-AFTER'], ...measures]),
  ]);
}

const worst = (comparisons: readonly Comparison[]): number =>
  Math.max(...comparisons.map(({ after, measurement }) => Math.abs(after / measurement.value - 1)));
