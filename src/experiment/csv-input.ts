// CSV files that people write: rows by column name, each with its line. Part of the experiments.

import { type CsvError, parse } from 'csv-parse/sync';
import { type Diagnostic, didYouMean } from '../scenario/index.js';
import { csvRow } from '../text/index.js';

export interface CsvRow {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

export interface CsvInput {
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

/** Reads a file with a header; lines that begin with `#` are left out. What is wrong is added to `diagnostics`. */
export function readCsv(
  file: string,
  text: string,
  needed: readonly string[],
  diagnostics: Diagnostic[],
): CsvInput | undefined {
  const refuse = (line: number, field: string, message: string, hint?: string): undefined => {
    const place = { severity: 'error' as const, file, line, column: line === 0 ? 0 : 1, field, message };
    diagnostics.push({ ...place, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  };
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      info: true,
      bom: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
      skip_empty_lines: true,
    }) as unknown as typeof records;
  } catch (error) {
    const { message, lines } = error as CsvError & { lines?: number };
    // What the library says of a cell is its content, too.
    return refuse(lines ?? 0, '', message.replace(/ on line \d+$/, '').replace(/, value is .*$/s, ''));
  }
  const [header, ...rows] = records;
  if (header === undefined || rows.length === 0) {
    return refuse(0, '', 'holds no rows', `columns: ${needed.join(',')}`);
  }
  const columns = header.record;
  const seen = new Set<string>();
  const twice = columns.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) return refuse(1, twice, 'names two columns');
  for (const name of needed) {
    if (!columns.includes(name)) return refuse(1, name, 'is missing', didYouMean(name, columns) ?? columns.join(','));
  }
  return { columns, rows: rows.map(({ record, info }) => ({ line: info.lines, cells: csvRow(columns, record) })) };
}
