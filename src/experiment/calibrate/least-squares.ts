// Linear least squares with what it can and cannot tell. Part of the experiments.

import { Matrix, SVD } from 'ml-matrix';
import { studentQuantile } from '../../statistics/index.js';

/** Singular values below this share of the greatest count as 0: what they belong to cannot be told apart. */
const RANK_TOLERANCE = 1e-7;
/** A column is known if less than this share of it lies in directions that the rows say nothing about. */
const KNOWN_TOLERANCE = 1e-6;
const CONFIDENCE = 0.95;

export interface Estimate {
  readonly value: number;
  /** Ends of the 95 % interval; undefined where there are no more rows than unknowns. */
  readonly interval: readonly [low: number, high: number] | undefined;
}

/** For each column, whether the rows tell its coefficient, whatever the others are. */
export function identifiable(rows: readonly (readonly number[])[]): boolean[] {
  const columns = rows[0]!.length;
  const scaled = scaledColumns(rows);
  // As many rows as columns at least, or the decomposition has no room for the directions that nothing is known of.
  const padded = [...scaled.rows];
  while (padded.length < columns) padded.push(new Array<number>(columns).fill(0));
  const svd = new SVD(new Matrix(padded), { autoTranspose: false });
  const greatest = Math.max(...svd.diagonal);
  const right = svd.rightSingularVectors;
  return scaled.scales.map((scale, column) => {
    if (scale === 0) return false;
    let unknown = 0;
    svd.diagonal.forEach((value, k) => {
      const part = right.get(column, k);
      if (value <= greatest * RANK_TOLERANCE) unknown += part * part;
    });
    return unknown < KNOWN_TOLERANCE;
  });
}

/**
 * The coefficients that come nearest to the wanted values. Each column must be {@link identifiable}.
 * @param rows one a measurement, already weighted, as are `wanted`.
 */
export function leastSquares(rows: readonly (readonly number[])[], wanted: readonly number[]): Estimate[] {
  const { rows: scaled, scales } = scaledColumns(rows);
  const design = new Matrix(scaled);
  const svd = new SVD(design, { autoTranspose: true });
  const solution = svd.solve(Matrix.columnVector(wanted)).to1DArray();
  const freedom = rows.length - scales.length;
  const residual = scaled.reduce((sum, row, i) => {
    const predicted = row.reduce((total, x, column) => total + x * solution[column]!, 0);
    const off = wanted[i]! - predicted;
    return sum + off * off;
  }, 0);
  const t = freedom > 0 ? studentQuantile(1 - (1 - CONFIDENCE) / 2, freedom) : Number.NaN;
  // Of the inverse of the normal equations, from the decomposition itself: forming them would square its condition.
  const right = svd.rightSingularVectors;
  const varianceOf = (column: number): number =>
    svd.diagonal.reduce((sum, value, k) => {
      const part = right.get(column, k) / value;
      return sum + part * part;
    }, 0);
  return scales.map((scale, column) => {
    const value = solution[column]! / scale;
    if (freedom <= 0) return { value, interval: undefined };
    const half = (t * Math.sqrt((residual / freedom) * varianceOf(column))) / scale;
    return { value, interval: [value - half, value + half] };
  });
}

/** Columns of length 1: coefficients of nanoseconds and of ratios are compared on one scale. */
function scaledColumns(rows: readonly (readonly number[])[]): { rows: number[][]; scales: number[] } {
  const scales = rows[0]!.map((_, column) => Math.hypot(...rows.map((row) => row[column]!)));
  return { rows: rows.map((row) => row.map((x, column) => (scales[column] === 0 ? 0 : x / scales[column]!))), scales };
}
