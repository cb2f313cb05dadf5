// All tables of a few runs as CSV files at once. Part of the report.

import type { AnyTable } from '../../results/index.js';
import type { RunRecord } from '../records/record.js';
import { csvHeader } from './csv.js';

export interface CsvFile {
  readonly name: string;
  readonly text: string;
}

export interface LeftOut {
  readonly name: string;
  readonly rows: number;
}

/** All tables of a few runs at once, and those left out. */
export function csvFiles(
  records: readonly RunRecord[],
  tables: readonly AnyTable[],
  raw = false,
): { files: CsvFile[]; leftOut: readonly LeftOut[] } {
  const rows = (file: string): number => records.reduce((sum, record) => sum + record.tables[file]!.rows, 0);
  const tooLong = tables.filter(({ file, rowsMax = Infinity }) => !raw && rows(file) > rowsMax);
  const files = tables
    .filter((table) => !tooLong.includes(table))
    .map((table) => ({
      name: table.file,
      text:
        csvHeader(table, records[0]?.parameters ?? []) +
        records.map((record) => record.tables[table.file]!.text).join(''),
    }));
  return { files, leftOut: tooLong.map(({ file }) => ({ name: file, rows: rows(file) })) };
}
