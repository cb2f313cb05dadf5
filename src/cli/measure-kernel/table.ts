// The measurements as a table, and the table as text. Part of `kubelapse measure-kernel`.

import { stringify } from 'csv-stringify/sync';
import type { Backend } from './backends.js';

export const COLUMNS = [
  'metric',
  'mode',
  'backend',
  'services',
  'endpoints',
  'pods',
  'bytes',
  'quantile',
  'value',
  'samples',
] as const;

export type MeasuredMetric = 'first_packet_seconds' | 'restore_full_seconds' | 'restore_one_seconds' | 'save_seconds';

export interface Measurement {
  readonly metric: MeasuredMetric;
  readonly mode: Backend['mode'];
  readonly backend: Backend['backend'];
  readonly services: number;
  /** Of all services together. */
  readonly endpoints: number;
  readonly quantile: number;
  /** Seconds. */
  readonly value: number;
  /** Number of observations behind the value. */
  readonly samples: number;
}

/** RFC 4180, as the tables of runs. Pods and bytes are for other measurements in the same format, and empty here. */
export const measurementsCsv = (measurements: readonly Measurement[]): string =>
  stringify(
    measurements.map((row) => ({ ...row, pods: '', bytes: '' })),
    { header: true, columns: [...COLUMNS], record_delimiter: '\r\n' },
  );

/** The smallest observation that at least such a share of all do not exceed. @param share above 0, up to 1. */
export function quantileOf(observations: readonly number[], share: number): number {
  const sorted = [...observations].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
