// All tables of a few runs as CSV files at once. Part of the report.

import { BUILT_IN } from '../../catalogue.js';
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
  raw = false,
): { files: CsvFile[]; leftOut: readonly LeftOut[] } {
  const rows = (file: string): number => records.reduce((sum, { tables }) => sum + tables[file]!.rows, 0);
  const tooLong = BUILT_IN.tables.all.filter(({ file, rowsMax = Infinity }) => !raw && rows(file) > rowsMax);
  const files = BUILT_IN.tables.all
    .filter((table) => !tooLong.includes(table))
    .map((table) => ({
      name: table.file,
      text:
        csvHeader(table, records[0]?.parameters ?? []) + records.map(({ tables }) => tables[table.file]!.text).join(''),
    }));
  return { files, leftOut: tooLong.map(({ file }) => ({ name: file, rows: rows(file) })) };
}
