// Reads where the pods of an application are when a run begins: a CSV file, as `import` writes it. Part of the scenario.

import type { Diagnostic } from './diagnostics.js';
import { keptOnce } from './kept-once.js';

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
  const lines = text.split(/\r?\n/);
  const header = cellsOf(lines[0] ?? '');
  const at = Object.fromEntries(COLUMNS.map((name) => [name, header.indexOf(name)]));
  if (at.workload! < 0 || at.node! < 0) return refuse(1, '', HEADER);
  const found: PlacedPods[] = [];
  // Of a large cluster the file has many lines.
  const once = keptOnce();
  for (let i = 1; i < lines.length; i++) {
    if (lines[i]!.trim() === '') continue;
    const one = podsOf(cellsOf(lines[i]!), i + 1, at);
    if (isProblem(one)) return refuse(i + 1, ...one);
    found.push({ ...one, workload: once(one.workload), node: once(one.node) });
  }
  return found;
}

/** Names of Kubernetes have neither commas nor quotes. */
const cellsOf = (line: string): string[] =>
  line
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));

const HEADER = 'the first line names its columns: workload, ordinal, node, state; workload and node are needed';

type Problem = readonly [field: string, message: string];
const isProblem = (one: PlacedPods | Problem): one is Problem => Array.isArray(one);

function podsOf(row: readonly string[], line: number, at: Readonly<Record<string, number>>): PlacedPods | Problem {
  const cell = (name: (typeof COLUMNS)[number]): string => (at[name]! < 0 ? '' : (row[at[name]!] ?? ''));
  const [workload, node] = [cell('workload'), cell('node')];
  if (!/^[a-z]+\/.+$/.test(workload))
    return ['workload', `must be <kind>/<name> such as deployment/web, not "${workload}"`];
  const ordinal = cell('ordinal') === '' ? undefined : Number(cell('ordinal'));
  if (ordinal !== undefined && !(Number.isInteger(ordinal) && ordinal >= 0 && ordinal < PODS_MAX))
    return ['ordinal', `must be a whole number from 0 to ${PODS_MAX - 1}, not "${cell('ordinal')}"`];
  const state = cell('state') || (node === '' ? 'pending' : 'running');
  if (!STATES.includes(state)) return ['state', `must be ${STATES.join(', ')}, not "${state}"`];
  if ((state === 'running') !== (node !== ''))
    return ['node', state === 'running' ? 'is missing: a pod that runs has one' : `a ${state} pod has none`];
  return { line, workload, ordinal, node, isHeld: state === 'held' };
}

/** Pods of one workload at most, as in the format of scenarios. */
const PODS_MAX = 1_000_000;
