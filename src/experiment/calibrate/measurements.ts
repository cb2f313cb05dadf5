// What a user measured on a machine of theirs: one figure a row, with what held then. Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import { ConditionError, type Conditions, type Measure, measured, ParameterSet } from '../../cluster/index.js';
import { type Diagnostic, didYouMean } from '../../scenario/index.js';
import { readCsv } from '../csv-input.js';

export interface Measurement {
  /** File and line, or the series it came from. */
  readonly from: string;
  readonly measure: string;
  readonly at: Conditions;
  /** In the unit of the measure: seconds. */
  readonly value: number;
}

/** Shortest and longest measurement. */
const [SECONDS_MIN, SECONDS_MAX] = [1e-9, 1e9];

const OWN_COLUMNS = ['metric', 'value', 'samples', 'note'];

type Measures = Pick<Catalogue, 'measures'>;

/** Measures that a user’s figures can be of. */
const fittedOf = ({ measures }: Measures): Measure[] => measures.all.filter(({ isFitted }) => isFitted);

/**
 * Reads a CSV of measurements.
 * @param given conditions that hold for all rows that do not say otherwise. @param catalogue the measures that there are.
 */
export function readMeasurements(
  file: string,
  text: string,
  given: Conditions,
  catalogue: Measures,
  diagnostics: Diagnostic[],
): Measurement[] {
  const fitted = fittedOf(catalogue);
  const names = fitted.map(({ name }) => name);
  const conditions = conditionNames(catalogue);
  const table = readCsv(file, text, ['metric', 'value'], diagnostics);
  if (table === undefined) return [];
  const odd = table.columns.find((name) => !conditions.includes(name) && !OWN_COLUMNS.includes(name));
  if (odd !== undefined) {
    const columns = [...OWN_COLUMNS, ...conditions];
    const hint = didYouMean(odd, columns) ?? `columns: ${columns.join(', ')}`;
    diagnostics.push({
      severity: 'error',
      file,
      line: 1,
      column: 1,
      field: odd,
      message: 'is not a known column',
      hint,
    });
    return [];
  }
  return table.rows.flatMap(({ line, cells }) => {
    const refuse = (field: string, message: string, hint?: string): Measurement[] => {
      const place = { severity: 'error' as const, file, line, column: 1, field, message };
      diagnostics.push(hint === undefined ? place : { ...place, hint });
      return [];
    };
    const name = cells.metric!;
    const measure = fitted.find((one) => one.name === name);
    if (measure === undefined) {
      return refuse(
        'metric',
        `"${name}" is not a metric that can be fitted`,
        didYouMean(name, names) ?? names.join(', '),
      );
    }
    const value = Number(cells.value);
    if (cells.value === '' || !(value >= SECONDS_MIN && value <= SECONDS_MAX))
      return refuse('value', `must be seconds from 1e-9 to 1e9, not "${cells.value}"`);
    const at: Record<string, string | number> = {};
    for (const condition of conditionsOf(measure)) {
      const written = cells[condition] || given[condition];
      if (written !== undefined) at[condition] = written;
    }
    const lacking = measure.needs.find((need) => at[need] === undefined);
    if (lacking !== undefined)
      return refuse(lacking, `is missing: ${name} depends on it`, `or give it for all rows: --at ${lacking}=…`);
    try {
      if (!Number.isFinite(measured(measure, ParameterSet.DEFAULTS, at)))
        return refuse('', 'its conditions are beyond what can be computed');
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      return refuse(error.condition, error.message);
    }
    return [{ from: `${file}:${line}`, measure: name, at, value }];
  });
}

/** Columns that say what held. Rows of first packets have a quantile too. */
export function conditionsOf({ needs, optional = {} }: Measure): string[] {
  return [...new Set([...needs, ...Object.keys(optional), 'quantile'])];
}

/** All conditions that a measurement can have. */
export const conditionNames = (catalogue: Measures): string[] => [
  ...new Set(fittedOf(catalogue).flatMap(conditionsOf)),
];
