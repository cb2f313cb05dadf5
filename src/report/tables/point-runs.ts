// The runs of one point side by side: its replications. Part of the report.

import type { Column } from '../../results/index.js';
import { estimateOf } from '../../statistics/index.js';
import type { RunBrief, RunRecord } from '../records/record.js';

export interface PointRuns<Run extends RunBrief = RunRecord> {
  /** Number of the point, from 0. */
  readonly index: number;
  readonly parameters: RunRecord['parameters'];
  /** One record a replication, in their order; at least one. */
  readonly runs: readonly Run[];
}

/** A table about all replications of a point together. */
export interface PointTable<Row> {
  readonly file: string;
  readonly meaning: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: (point: PointRuns) => Iterable<Row>;
}

/** Records by point, both in order. */
export function pointsOf<Run extends RunBrief>(records: readonly Run[]): PointRuns<Run>[] {
  const points = new Map<number, Run[]>();
  for (const record of records) {
    const runs = points.get(record.index);
    if (runs === undefined) points.set(record.index, [record]);
    else runs.push(record);
  }
  return [...points]
    .sort(([a], [b]) => a - b)
    .map(([index, runs]) => ({
      index,
      parameters: runs[0]!.parameters,
      runs: runs.sort((a, b) => a.replication - b.replication),
    }));
}

/** Points of records that come point by point, one at a time and without the rows of their tables. */
export function* pointsIn(records: Iterable<RunRecord>): Generator<PointRuns> {
  let runs: RunRecord[] = [];
  for (const record of records) {
    if (runs.length > 0 && runs[0]!.index !== record.index) {
      yield* pointsOf(runs);
      runs = [];
    }
    runs.push({ ...record, tables: {} });
  }
  yield* pointsOf(runs);
}

/** A key figure of each run that has it, numbers only. */
export const figuresOf = ({ runs }: PointRuns<RunBrief>, name: string): number[] =>
  runs.flatMap(({ figures }) => (typeof figures[name] === 'number' ? [figures[name]] : []));

/** The mean of a key figure; undefined if no run has it. */
export function figureOf(point: PointRuns<RunBrief>, name: string): number | undefined {
  const values = figuresOf(point, name);
  return values.length === 0 ? undefined : estimateOf(values).mean;
}

type Count = 'nodes' | 'pods' | 'services' | 'unschedulablePods';

/** The mean of a count. */
export const countOf = ({ runs }: PointRuns<RunBrief>, name: Count): number =>
  estimateOf(runs.map(({ counts }) => counts[name])).mean;
