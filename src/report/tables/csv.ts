// Tables as CSV text (RFC 4180). Part of the report.
// Every table begins with scenario, point, one column a sweep parameter, and replication.

import { stringify } from 'csv-stringify/sync';
import type { Cell, Column, FinishedPoint, Table } from '../../results/index.js';
import { csvCell } from '../../text/index.js';

/** Rows handed to the CSV library at a time. */
const BATCH = 2000;

type Parameters = FinishedPoint['parameters'];

/** Names of the columns that say of which point a row tells. */
export const pointColumns = (parameters: Parameters): string[] => [
  'scenario',
  'point',
  ...parameters.map(({ name }) => `parameter_${name}`),
];

/** Their cells. */
export const pointCells = (scenario: string, index: number, parameters: Parameters): Cell[] => [
  scenario,
  index,
  ...parameters.map(({ value }) => value),
];

/** The header line of a table. */
export function csvHeader<Row>(table: Table<Row>, parameters: Parameters): string {
  return csvLines([[...pointColumns(parameters), 'replication', ...table.columns.map((column) => column.name)]]);
}

/** The rows of one run in a table. */
export function csvRows<Row>(table: Table<Row>, scenario: string, point: FinishedPoint): string {
  const { index, parameters, replication } = point;
  return csvLinesOf(table.columns, [...pointCells(scenario, index, parameters), replication], table.rows(point));
}

/** Rows of a table as lines, each with the same cells before its own. */
export function csvLinesOf<Row>(columns: readonly Column<Row>[], prefix: readonly Cell[], rows: Iterable<Row>): string {
  const parts: string[] = [];
  let batch: Cell[][] = [];
  for (const row of rows) {
    batch.push([...prefix, ...columns.map(({ value }) => value(row))]);
    if (batch.length === BATCH) {
      parts.push(csvLines(batch));
      batch = [];
    }
  }
  if (batch.length > 0) parts.push(csvLines(batch));
  return parts.join('');
}

/** Rows of cells as lines; whatever they hold, a row is one line and no cell is a formula. */
export const csvLines = (rows: readonly (readonly Cell[])[]): string =>
  stringify(rows as Cell[][], {
    cast: { boolean: (value) => String(value), string: csvCell<string> },
    record_delimiter: '\r\n',
  });
