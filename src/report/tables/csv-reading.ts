// Tables of results, read back. Part of the report.

import { parse } from 'csv-parse/sync';
import { fileError } from '../../scenario/index.js';
import { type CsvRow, csvRowsOf } from '../../text/index.js';

/** Lines of cells. Throws an InputError where they are not CSV. @param file what a message calls it. */
export function csvLinesIn(text: string, file: string): string[][] {
  try {
    return parse(text, { skip_empty_lines: true });
  } catch (error) {
    // What the library says of a cell is its content, too.
    const line = /on line (\d+)/.exec((error as Error).message)?.[1];
    throw fileError(file, `is not CSV${line === undefined ? '' : `: see line ${line}`}`, 'run the scenario again');
  }
}

/** Rows by column name. Throws an InputError where they are not CSV. */
export const csvRowsIn = (text: string, file: string): CsvRow[] => csvRowsOf(csvLinesIn(text, file));
