// Results as charts and pages read them: the tables of one result or of several, by point. Part of the charts.

import { METRICS, type MetricDefinitions } from '../../metrics/index.js';
import type { CsvRow } from '../../text/index.js';
import { csvRowsIn } from '../tables/csv-reading.js';

/** Cells by column name. */
export type Row = CsvRow;

/** One result: its name among others, and the CSV text of each table that it has. */
export interface ResultTables {
  readonly name: string;
  /** CSV text of a table by file name; undefined if the result does not have it. */
  readonly text: (file: string) => string | undefined;
  /** What it has beyond what kubelapse has itself. */
  readonly foreign?: ForeignOutputs;
}

/** What a table says, without how it is made. */
export interface TableNotes {
  readonly file: string;
  readonly meaning: string;
  readonly columns: readonly { readonly name: string; readonly unit: string; readonly meaning: string }[];
  /** Nobody reads it but charts and programs: a report shows it last. */
  readonly isForCharts?: boolean;
}

/** Tables and metrics of parts that are not kubelapse's own: plain data, which a result keeps, so that it can be read without them. */
export interface ForeignOutputs {
  readonly tables: readonly TableNotes[];
  readonly metrics: MetricDefinitions;
}

/** The metrics that results may have. */
export const metricsOf = (results: readonly ResultTables[]): MetricDefinitions =>
  Object.assign({}, ...results.map(({ foreign }) => foreign?.metrics), METRICS);

/** A point of a result, with its rows. */
export interface ResultPoint {
  /** Number of the result, from 0, and of the point in it. */
  readonly result: number;
  readonly index: number;
  /** What tells it apart from other points, in order: parameters of the sweep, and the name of the result if there are several. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Its rows in a table: of all replications, or of one. */
  rows(file: string, replication?: number): readonly Row[];
}

/** Name of the parameter that tells results apart. */
const RESULT_PARAMETER = 'result';

/** All points of results; those whose tables are empty have none. */
export function pointsOfResults(results: readonly ResultTables[]): ResultPoint[] {
  return results.flatMap((result, number) => {
    const tables = new ParsedTables(result);
    const extra: [string, string][] = results.length > 1 ? [[RESULT_PARAMETER, result.name]] : [];
    return tables.points().map(({ index, parameters }) => ({
      result: number,
      index,
      parameters: new Map([...parameters, ...extra]),
      rows: (file: string, replication?: number) => {
        const rows = tables.rowsOf(file, index);
        return replication === undefined ? rows : rows.filter((row) => row.replication === String(replication));
      },
    }));
  });
}

const PARAMETER = 'parameter_';

class ParsedTables {
  readonly #tables: ResultTables;
  /** By file, then by point. */
  readonly #parsed = new Map<string, ReadonlyMap<number, readonly Row[]>>();

  constructor(tables: ResultTables) {
    this.#tables = tables;
  }

  rowsOf(file: string, point: number): readonly Row[] {
    return this.#table(file).get(point) ?? [];
  }

  points(): { index: number; parameters: [string, string][] }[] {
    return [...this.#table('estimates.csv')]
      .sort(([a], [b]) => a - b)
      .map(([index, [row]]) => ({
        index,
        parameters: Object.entries(row!)
          .filter(([name]) => name.startsWith(PARAMETER))
          .map(([name, value]) => [name.slice(PARAMETER.length), value]),
      }));
  }

  #table(file: string): ReadonlyMap<number, readonly Row[]> {
    let table = this.#parsed.get(file);
    if (table === undefined) {
      table = byPoint(csvRowsIn(this.#tables.text(file) ?? '', `${this.#tables.name}/${file}`));
      this.#parsed.set(file, table);
    }
    return table;
  }
}

function byPoint(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const points = new Map<number, Row[]>();
  for (const row of rows) {
    const known = points.get(Number(row.point));
    if (known === undefined) points.set(Number(row.point), [row]);
    else known.push(row);
  }
  return points;
}
