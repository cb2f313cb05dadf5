// The tables about all replications of a point together, and how they are written. Part of the report.

import type { RunRecord } from '../records/record.js';
import { csvLines, csvLinesOf, pointCells, pointColumns } from './csv.js';
import { ESTIMATES } from './estimates.js';
import type { PointRuns, PointTable } from './point-runs.js';
import { QUANTILES } from './quantiles.js';

/** In the order in which they are written. */
// biome-ignore lint/suspicious/noExplicitAny: each table has a row type of its own, used only inside it
export const POINT_TABLES: readonly PointTable<any>[] = [ESTIMATES, QUANTILES];

/** The header line of a table about all replications of a point. */
export const pointCsvHeader = ({ columns }: PointTable<unknown>, parameters: RunRecord['parameters']): string =>
  csvLines([[...pointColumns(parameters), ...columns.map(({ name }) => name)]]);

/** The rows of one point in such a table. */
export function pointCsvRows<Row>(table: PointTable<Row>, point: PointRuns): string {
  const { index, parameters, runs } = point;
  return csvLinesOf(table.columns, pointCells(runs[0]!.scenario, index, parameters), table.rows(point));
}
