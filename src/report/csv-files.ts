// All tables of a few runs as CSV files at once. Part of the report.

import { TABLES } from './columns.js';
import { csvHeader } from './csv.js';
import type { RunRecord } from './record.js';

export interface CsvFile {
  readonly name: string;
  readonly text: string;
}

export interface LeftOut {
  readonly name: string;
  readonly rows: number;
}

/**
 * Which tables are written, and which are left out because of their length.
 * @param rows number of rows of a table, all runs together.
 */
export function tablesOf(
  rows: (file: string) => number,
  raw: boolean,
): { written: readonly string[]; leftOut: readonly LeftOut[] } {
  const tooLong = TABLES.filter(({ file, rowsMax = Infinity }) => !raw && rows(file) > rowsMax);
  return {
    written: TABLES.filter((table) => !tooLong.includes(table)).map(({ file }) => file),
    leftOut: tooLong.map(({ file }) => ({ name: file, rows: rows(file) })),
  };
}

/** All tables of a few runs at once, and those left out. */
export function csvFiles(
  records: readonly RunRecord[],
  raw = false,
): { files: CsvFile[]; leftOut: readonly LeftOut[] } {
  const rows = (file: string): number => records.reduce((sum, { tables }) => sum + tables[file]!.rows, 0);
  const { written, leftOut } = tablesOf(rows, raw);
  const files = TABLES.filter(({ file }) => written.includes(file)).map((table) => ({
    name: table.file,
    text:
      csvHeader(table, records[0]?.parameters ?? []) + records.map(({ tables }) => tables[table.file]!.text).join(''),
  }));
  return { files, leftOut };
}
