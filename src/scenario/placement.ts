// Reads where the pods of an application are when a run begins: a CSV file, as `import` writes it. Part of the scenario.

import { parse } from 'csv-parse/sync';
import type { Diagnostic } from './diagnostics.js';

/** One pod, or several alike. */
export interface PlacedPods {
  readonly line: number;
  /** `deployment/web`. */
  readonly workload: string;
  /** Number in its name, where pods are known by theirs; undefined: any. */
  readonly ordinal: number | undefined;
  /** Name of its node; empty: it has none, and the scheduler tries it. */
  readonly node: string;
  /** It has none, and nobody tries it: it waits for something that is not modelled. */
  readonly isHeld: boolean;
}

/** Rows of one file. */
export interface Placement {
  readonly file: string;
  readonly rows: readonly PlacedPods[];
}

const COLUMNS = ['workload', 'ordinal', 'node', 'state'] as const;
const STATES = ['running', 'pending', 'held'];

/** Rows of a file. Problems are added to `diagnostics`, at most one a file: what follows from a broken line is not worth a message. */
export function readPlacement(file: string, text: string, diagnostics: Diagnostic[]): PlacedPods[] {
  const refuse = (line: number, field: string, message: string): PlacedPods[] => {
    diagnostics.push({ severity: 'error', file, line, column: 1, field, message });
    return [];
  };
  let records: string[][];
  try {
    records = parse(text, { bom: true, trim: true, relax_column_count: true });
  } catch (error) {
    return refuse(1, '', `is not CSV: ${error instanceof Error ? error.message : 'it cannot be read'}`);
  }
  const [header = [], ...rows] = records;
  const at = Object.fromEntries(COLUMNS.map((name) => [name, header.indexOf(name)]));
  if (at.workload! < 0 || at.node! < 0)
    return refuse(
      1,
      '',
      'the first line names its columns: workload, ordinal, node, state; workload and node are needed',
    );
  const found: PlacedPods[] = [];
  for (const [i, row] of rows.entries()) {
    if (row.every((cell) => cell === '')) continue;
    const line = i + 2;
    const cell = (name: (typeof COLUMNS)[number]): string => (at[name]! < 0 ? '' : (row[at[name]!] ?? ''));
    const workload = cell('workload');
    if (!/^[a-z]+\/.+$/.test(workload))
      return refuse(line, 'workload', `must be <kind>/<name> such as deployment/web, not "${workload}"`);
    const ordinal = cell('ordinal') === '' ? undefined : Number(cell('ordinal'));
    if (ordinal !== undefined && !(Number.isInteger(ordinal) && ordinal >= 0))
      return refuse(line, 'ordinal', `must be a whole number of at least 0, not "${cell('ordinal')}"`);
    const node = cell('node');
    const state = cell('state') || (node === '' ? 'pending' : 'running');
    if (!STATES.includes(state)) return refuse(line, 'state', `must be ${STATES.join(', ')}, not "${state}"`);
    if ((state === 'running') !== (node !== ''))
      return refuse(
        line,
        'node',
        state === 'running' ? 'is missing: a pod that runs has one' : `a ${state} pod has none`,
      );
    found.push({ line, workload, ordinal, node, isHeld: state === 'held' });
  }
  return found;
}
