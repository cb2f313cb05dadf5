// Tables as CSV text (RFC 4180). Part of the report.
// Every table begins with scenario, point, one column a sweep parameter, and replication.

import { stringify } from 'csv-stringify/sync';
import type { FinishedPoint } from '../run/index.js';
import { TABLES } from './columns.js';
import type { Cell, Table } from './table.js';

/** Rows handed to the CSV library at a time. */
const BATCH = 2000;

export interface CsvFile {
  readonly name: string;
  readonly text: string;
}

export interface CsvOptions {
  readonly scenario: string;
  readonly points: readonly FinishedPoint[];
  /** Also the tables that are left out because of their length. */
  readonly raw?: boolean;
}

/** All CSV files of a result, and the names of those left out. */
export function csvFiles(options: CsvOptions): { files: CsvFile[]; leftOut: { name: string; rows: number }[] } {
  const files: CsvFile[] = [];
  const leftOut: { name: string; rows: number }[] = [];
  for (const table of TABLES) {
    const rows =
      table.rowsMax === undefined ? 0 : options.points.reduce((sum, point) => sum + count(table.rows(point)), 0);
    if (rows > (table.rowsMax ?? Infinity) && options.raw !== true) leftOut.push({ name: table.file, rows });
    else files.push({ name: table.file, text: csvText(table, options) });
  }
  return { files, leftOut };
}

/** One table of all points. */
export function csvText<Row>(table: Table<Row>, { scenario, points }: CsvOptions): string {
  const parameters = points[0]?.parameters.map(({ name }) => `parameter_${name}`) ?? [];
  const header = ['scenario', 'point', ...parameters, 'replication', ...table.columns.map((column) => column.name)];
  const parts = [line([header])];
  let batch: Cell[][] = [];
  for (const point of points) {
    const prefix: Cell[] = [scenario, point.index, ...point.parameters.map(({ value }) => safe(value)), 0];
    for (const row of table.rows(point)) {
      batch.push([
        ...prefix,
        ...table.columns.map((column) => (column.text ? safe(column.value(row)) : column.value(row))),
      ]);
      if (batch.length === BATCH) {
        parts.push(line(batch));
        batch = [];
      }
    }
  }
  if (batch.length > 0) parts.push(line(batch));
  return parts.join('');
}

const line = (rows: readonly (readonly Cell[])[]): string =>
  stringify(rows as Cell[][], { cast: { boolean: (value) => String(value) }, record_delimiter: '\r\n' });

/** Text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function safe(value: Cell): Cell {
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

function count(rows: Iterable<unknown>): number {
  if (Array.isArray(rows)) return rows.length;
  let sum = 0;
  for (const _ of rows) sum++;
  return sum;
}
