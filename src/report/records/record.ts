// What is kept of a finished run: plain data from which every report can be made, in this process or another, today or
// later. Part of the report.

import type { Catalogue } from '../../catalogue.js';
import { namedError } from '../../extension/naming.js';
import type { HistogramData, MetricUnit } from '../../metrics/index.js';
import type { AnyTable, FinishedPoint, RunCounts } from '../../results/index.js';
import { csvRows } from '../tables/csv.js';
import { runAnswers } from '../texts/answers.js';
import { KEY_FIGURES } from '../texts/key-figures.js';

export interface RecordedSeries {
  readonly metric: string;
  /** `name=value` pairs, joined by commas. */
  readonly labels: string;
  readonly unit: MetricUnit;
  readonly histogram: HistogramData;
}

export interface RecordedCounter {
  readonly metric: string;
  readonly labels: string;
  readonly value: number;
}

/** Rows of one run in one table. */
export interface RecordedTable {
  readonly rows: number;
  /** CSV lines without a header; empty if there are too many rows and they were not asked for. */
  readonly text: string;
}

export interface RunRecord {
  readonly scenario: string;
  /** Number of the point, from 0. */
  readonly index: number;
  readonly parameters: FinishedPoint['parameters'];
  /** Number of the replication, from 0. */
  readonly replication: number;
  readonly seed: string;
  readonly fingerprint: string;
  readonly counts: RunCounts;
  /** Simulated time and the part of it in which was measured, ns. */
  readonly duration: number;
  readonly measured: number;
  readonly series: readonly RecordedSeries[];
  readonly counters: readonly RecordedCounter[];
  /** Key figures of the printed table by their names; those that the run does not have are left out. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** What a reader would say of this run alone. */
  readonly sentences: readonly string[];
  /** By file name. */
  readonly tables: Readonly<Record<string, RecordedTable>>;
}

/** What the printed summary needs of a record: small, where a record may be large. */
export type RunBrief = Omit<RunRecord, 'series' | 'counters' | 'tables'>;

export function briefOf({ series, counters, tables, ...brief }: RunRecord): RunBrief {
  return brief;
}

/** @param raw keep the rows of long tables too. */
export function recordOf(
  { name: scenario, catalogue }: { readonly name: string; readonly catalogue: Catalogue },
  point: FinishedPoint,
  raw = false,
): RunRecord {
  const { index, parameters, replication, result } = point;
  const { spec } = result;
  const figures: Record<string, number | string> = {};
  for (const { name, value } of KEY_FIGURES) {
    const figure = value(point);
    if (figure !== undefined) figures[name] = figure;
  }
  return {
    scenario,
    index,
    parameters,
    replication,
    seed: result.seed,
    fingerprint: result.fingerprint,
    counts: result.counts,
    duration: spec.duration,
    measured: spec.duration - spec.warmup,
    series: result.series,
    counters: result.counters,
    figures,
    sentences: runAnswers(point),
    tables: Object.fromEntries(
      catalogue.tables.all.map((table) => {
        try {
          return [table.file, recordedTable(table, scenario, point, raw)];
        } catch (error) {
          const again = ({ tables }: Catalogue) => void recordedTable(tables.get(table.file), scenario, point, raw);
          throw namedError(error, catalogue, again);
        }
      }),
    ),
  };
}

function recordedTable(table: AnyTable, scenario: string, point: FinishedPoint, raw: boolean): RecordedTable {
  const rows = table.rowsMax === undefined ? 0 : count(table.rows(point));
  const text = raw || rows <= (table.rowsMax ?? Infinity) ? csvRows(table, scenario, point) : '';
  return { rows, text };
}

function count(rows: Iterable<unknown>): number {
  if (Array.isArray(rows)) return rows.length;
  let sum = 0;
  for (const _ of rows) sum++;
  return sum;
}
