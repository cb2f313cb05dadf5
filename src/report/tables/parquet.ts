// estimates.csv once more as Parquet, for DuckDB and pandas. Part of the report. The library is loaded when it is asked for.

import type { RunRecord } from '../records/record.js';
import { estimateRows } from './estimates.js';
import { pointsIn } from './point-runs.js';

/** The library that writes Parquet is not there. */
export class NoParquetError extends Error {}

type Parameter = string | number | boolean;

/** Columns of the file, in order, and what kind they are. */
const COLUMNS = {
  metric: 'STRING',
  labels: 'STRING',
  statistic: 'STRING',
  unit: 'STRING',
  replications: 'INT32',
  samples: 'DOUBLE',
  mean: 'DOUBLE',
  stddev: 'DOUBLE',
  ci95_low: 'DOUBLE',
  ci95_high: 'DOUBLE',
  pooled: 'DOUBLE',
  pooled_ci95_low: 'DOUBLE',
  pooled_ci95_high: 'DOUBLE',
} as const;

/**
 * The bytes of estimates.parquet: the columns of estimates.csv, empty cells as null. A parameter of the sweep whose values
 * are all numbers is a column of numbers. Throws a {@link NoParquetError} without hyparquet-writer.
 * @param records come point by point.
 */
export async function estimatesParquet(records: Iterable<RunRecord>): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await library();
  const table = new Map<string, unknown[]>();
  const add = (name: string, value: unknown): void => {
    const column = table.get(name);
    if (column === undefined) table.set(name, [value]);
    else column.push(value);
  };
  for (const point of pointsIn(records)) {
    for (const row of estimateRows(point)) {
      add('scenario', point.runs[0]!.scenario);
      add('point', point.index);
      for (const { name, value } of point.parameters) add(`parameter_${name}`, value);
      const { estimate, pooledInterval } = row;
      const cells: Record<keyof typeof COLUMNS, unknown> = {
        metric: row.metric,
        labels: row.labels,
        statistic: row.statistic,
        unit: row.unit,
        replications: estimate.count,
        samples: row.samples,
        mean: estimate.mean,
        stddev: estimate.standardDeviation,
        ci95_low: estimate.interval?.low,
        ci95_high: estimate.interval?.high,
        pooled: row.pooled,
        pooled_ci95_low: pooledInterval.low,
        pooled_ci95_high: pooledInterval.high,
      };
      for (const [name, value] of Object.entries(cells)) add(name, value ?? null);
    }
  }
  const columnData = [...table].map(([name, data]) => {
    const type =
      name === 'scenario'
        ? 'STRING'
        : name === 'point'
          ? 'INT32'
          : (COLUMNS[name as keyof typeof COLUMNS] ?? typeOf(data as Parameter[]));
    return { name, data: type === 'STRING' ? data.map(String) : data, type };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData: columnData as never }));
}

function typeOf(values: readonly Parameter[]): 'DOUBLE' | 'BOOLEAN' | 'STRING' {
  if (values.every((value) => typeof value === 'number')) return 'DOUBLE';
  return values.every((value) => typeof value === 'boolean') ? 'BOOLEAN' : 'STRING';
}

async function library() {
  try {
    return await import('hyparquet-writer');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new NoParquetError('Parquet needs hyparquet-writer, which is not installed: npm install hyparquet-writer');
  }
}
