// The tables of results as a report shows them: long ones cut, all of them together within bounds. Part of the report.

import { BUILT_IN } from '../../catalogue.js';
import type { ResultTables, TableNotes } from '../charts/index.js';
import type { ReportedTable } from '../html.js';
import { THRESHOLD_COLUMNS } from '../records/thresholds.js';
import { csvLinesIn } from './csv-reading.js';
import { POINT_TABLES } from './point-tables.js';

/** Rows of one table. */
const ROWS_MAX = 1000;
/** Characters of all tables together. */
const CHARACTERS_MAX = 2_000_000;
/** Columns that every table has, or that say the same in each row. */
const DROPPED = ['scenario'];

/** All tables of a result, in the order in which they are of interest; those that only charts are made of come last. */
export const resultTables = (tables: readonly TableNotes[]): TableNotes[] => [
  { file: 'thresholds.csv', meaning: 'one row per threshold and point', columns: THRESHOLD_COLUMNS },
  ...POINT_TABLES.filter(({ file }) => file === 'estimates.csv'),
  ...tables.filter(({ isForCharts }) => isForCharts !== true),
  ...tables.filter(({ isForCharts }) => isForCharts === true),
  ...POINT_TABLES.filter(({ file }) => file !== 'estimates.csv'),
];

/** Those that some results may have. */
export function tablesOf(results: readonly ResultTables[]): TableNotes[] {
  const foreign = results.flatMap(({ foreign: own }) => own?.tables ?? []);
  const byFile = new Map([...foreign, ...BUILT_IN.tables.all].map((table) => [table.file, table]));
  return resultTables([...byFile.values()]);
}

export function reportedTables(results: readonly ResultTables[]): ReportedTable[] {
  let room = CHARACTERS_MAX;
  return tablesOf(results).flatMap((known): ReportedTable[] => {
    const parts = results.map((result) => rowsOf(result, known.file));
    const names = [...new Set(parts.flatMap(({ names }) => names))];
    const total = parts.reduce((sum, { rows }) => sum + rows.length, 0);
    if (total === 0) return [];
    const rows: string[][] = [];
    // Each result has its share of the rows, so that none is crowded out.
    const share = Math.ceil(ROWS_MAX / results.length);
    for (const [i, part] of parts.entries()) {
      for (const cells of part.rows.slice(0, share)) {
        const row = names.map((name) => cells[part.names.indexOf(name)] ?? '');
        room -= row.reduce((sum, cell) => sum + cell.length + 3, 2);
        if (room > 0) rows.push(results.length > 1 ? [results[i]!.name, ...row] : row);
      }
    }
    const columns = [...(results.length > 1 ? [RESULT] : []), ...names.map((name) => columnOf(known, name))];
    return [{ file: known.file, meaning: known.meaning, columns, rows, total }];
  });
}

const RESULT = { name: 'result', unit: '', meaning: 'which of the results' };

const POINT_COLUMNS: Readonly<Record<string, string>> = {
  point: 'number of the point of the sweep, from 0',
  replication: 'number of the replication, from 0',
};

function columnOf({ columns }: TableNotes, name: string) {
  const { unit, meaning } = columns.find((column) => column.name === name) ?? {
    unit: '',
    meaning: (Object.hasOwn(POINT_COLUMNS, name) ? POINT_COLUMNS[name] : undefined) ?? 'parameter of the sweep',
  };
  return { name, unit, meaning };
}

function rowsOf(result: ResultTables, file: string): { names: readonly string[]; rows: readonly string[][] } {
  const [header, ...rows] = csvLinesIn(result.text(file) ?? '', `${result.name}/${file}`);
  if (header === undefined) return { names: [], rows: [] };
  const kept = header.map((name, i) => ({ name, i })).filter(({ name }) => !DROPPED.includes(name));
  return { names: kept.map(({ name }) => name), rows: rows.map((row) => kept.map(({ i }) => row[i] ?? '')) };
}
