// Looks for values in tables of results that no quantity can have. Part of the fuzzer.

import { BUILT_IN } from '../../src/catalogue.js';
import { POINT_TABLES } from '../../src/report/index.js';

/** Units of the columns of each table, by file and name. */
const UNITS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  [...BUILT_IN.tables.all, ...POINT_TABLES].map(({ file, columns }) => [
    file,
    new Map((columns as readonly { name: string; unit: string }[]).map(({ name, unit }) => [name, unit])),
  ]),
);

/** Shares that may be more than 1: of an equal share, in means, and of what was asked for. */
const ABOVE_ONE = /^(relative_ratio|max_ratio|.*_busy_ratio|relative_sd.*|.*imbalance.*)$/;
/** What may be less than 0: ends of intervals, and differences. */
const BELOW_ZERO = /low|high|difference|change|effect/;
/** The last bound of a histogram. */
const BOUND = 'le_seconds';

/** Impossible values of a table, at most one of each column. */
export function csvFaults(path: string, text: string): string[] {
  const units = UNITS.get(path.replace(/^.*\//, ''));
  if (units === undefined) return [];
  const [header, ...rows] = rowsOf(text);
  if (header === undefined) return [];
  return header.flatMap((name, column) => {
    const unit = units.get(name);
    if (unit === undefined || unit === '') return [];
    for (const row of rows) {
      const problem = problemOf(row[column] ?? '', unit, name);
      if (problem !== undefined) return [`${name}: ${problem}`];
    }
    return [];
  });
}

function problemOf(cell: string, unit: string, name: string): string | undefined {
  if (cell === '' || (name === BOUND && cell === 'Inf')) return undefined;
  const number = Number(cell);
  if (!Number.isFinite(number)) return `"${cell.slice(0, 40)}" is no number`;
  if (number < 0 && unit !== 'unit' && !BELOW_ZERO.test(name)) return `${cell} is less than 0 ${unit}`;
  if (unit === 'ratio' && number > 1 + 1e-9 && !ABOVE_ONE.test(name)) return `${cell} is a share above 1`;
  return undefined;
}

/** Cells of a CSV, quotes taken off. */
function rowsOf(text: string): string[][] {
  if (!text.includes('"')) {
    return text
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => line.split(','));
  }
  const rows: string[][] = [];
  let row: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|$)/g;
  for (const [all, quoted, plain, end] of text.matchAll(pattern)) {
    if (all === '' && row.length === 0) break;
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
