// Reads a trace of arrivals: a CSV file with a column time_seconds, rising, and perhaps a column requests. Part of the
// scenario.

import type { Diagnostic } from './diagnostics.js';

/** Requests of a trace at most. */
const REQUESTS_MAX = 10_000_000;

/**
 * Instants of all requests, ns. Problems are added to `diagnostics`, at most one a file: what follows from a broken line is
 * not worth a message.
 */
export function readTrace(file: string, text: string, diagnostics: Diagnostic[]): number[] {
  const lines = text.split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((name) => name.trim());
  const refuse = (line: number, field: string, message: string, hint?: string): number[] => {
    const place = { file, line, column: 1, field, message };
    diagnostics.push({ severity: 'error', ...place, ...(hint === undefined ? {} : { hint }) });
    return [];
  };
  const timeAt = header.indexOf('time_seconds');
  const countAt = header.indexOf('requests');
  if (timeAt < 0) {
    return refuse(
      1,
      'time_seconds',
      'is missing: the first line of a trace names its columns',
      'time_seconds,requests',
    );
  }
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) return refuse(1, twice, 'is the name of two columns');
  const times: number[] = [];
  let before = 0;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.trim() === '') continue;
    const cells = line.split(',');
    if (cells.length !== header.length) {
      return refuse(i + 1, '', `has ${cells.length} cells, and the first line names ${header.length} columns`);
    }
    const time = Number((cells[timeAt] ?? '').trim() || Number.NaN);
    if (!(time >= before) || time === Infinity) {
      const than = i > 1 ? `, and not less than the one before, ${before}` : '';
      return refuse(
        i + 1,
        'time_seconds',
        `must be a number of seconds of at least 0${than}, not "${cells[timeAt] ?? ''}"`,
      );
    }
    const count = countAt < 0 ? 1 : Number((cells[countAt] ?? '').trim() || Number.NaN);
    if (!Number.isInteger(count) || count < 0) {
      return refuse(i + 1, 'requests', `must be a whole number of at least 0, not "${cells[countAt] ?? ''}"`);
    }
    if (times.length + count > REQUESTS_MAX) {
      return refuse(i + 1, 'requests', `the trace has more than ${REQUESTS_MAX} requests up to here`);
    }
    for (let n = 0; n < count; n++) times.push(Math.round(time * 1e9));
    before = time;
  }
  if (times.length === 0) return refuse(1, 'time_seconds', 'the trace contains no requests');
  return times;
}
