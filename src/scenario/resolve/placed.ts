// Where pods are when the run begins, as a file says it: rows become places of workloads. Part of the scenario.

import { addTo, HELD, type NodePoolSpec, NodeTable, WAITS, type WorkloadSpec } from '../../cluster/index.js';
import { didYouMean } from '../../format/suggest.js';
import type { PlacedPods } from '../placement.js';

/** What is wrong with a line of the file. */
type Refuse = (line: number, message: string, hint?: string) => void;

/**
 * Places by number of a workload, of those of one application that the rows name.
 * @param workloads of the application, with their numbers.
 */
export function placesOf(
  rows: readonly PlacedPods[],
  workloads: ReadonlyMap<number, WorkloadSpec>,
  nodePools: readonly NodePoolSpec[],
  refuse: Refuse,
): Map<number, readonly number[]> {
  const nodes = new NodeTable(nodePools);
  const names = new Map([...workloads].map(([index, one]) => [`${one.kind.toLowerCase()}/${one.manifestName}`, index]));
  const byWorkload = new Map<number, PlacedPods[]>();
  for (const row of rows) {
    const index = names.get(row.workload);
    if (index === undefined) {
      const known = [...names.keys()];
      const hint = didYouMean(row.workload, known) ?? `its workloads: ${known.slice(0, 5).join(', ')}`;
      refuse(row.line, `the application has no workload ${row.workload}`, hint);
      return new Map();
    }
    addTo(byWorkload, index, row);
  }
  const known = new Map<string, number>();
  const nodeOf = (name: string): number => {
    const node = known.get(name) ?? nodes.called(name);
    known.set(name, node);
    return node;
  };
  const placeOf = (row: PlacedPods): number => {
    if (row.isHeld) return HELD;
    if (row.node === '') return WAITS;
    const node = nodeOf(row.node);
    if (node < 0) refuse(row.line, `there is no node "${row.node}"`, `nodes are called ${nodes.nameOf(0)} and so on`);
    return node;
  };
  const found = new Map<number, readonly number[]>();
  for (const [index, own] of byWorkload) {
    const { traits, kind, manifestName, replicas, createdAt, firstOrdinal = 0 } = workloads.get(index)!;
    const [{ line }] = own as [PlacedPods];
    const name = `${kind} ${manifestName}`;
    if (createdAt !== undefined) refuse(line, `${name} is created later: it has no pods when the run begins`);
    else if (traits.placement !== 'replicas') refuse(line, `${name} has a pod on each of its nodes`);
    else if (own.length > replicas) refuse(own[replicas]!.line, `${name} has ${replicas} pods, and the file more`);
    else if (own.some(({ ordinal }) => ordinal !== undefined) && !traits.ownLabels.some(({ of }) => of === 'ordinal'))
      refuse(line, `pods of a ${kind} are not known by numbers`, 'leave ordinal empty');
    else if (isTwice(own)) refuse(line, `${name} has two lines of one number`);
    else if (own.some(({ ordinal = 0 }) => ordinal - firstOrdinal >= replicas))
      refuse(line, `${name} has ${replicas} pods, numbered from ${firstOrdinal}, and the file has greater numbers`);
    else found.set(index, inPlaces(own, firstOrdinal, placeOf));
  }
  return found;
}

/** Whether two rows have one number. */
const isTwice = (rows: readonly PlacedPods[]): boolean => {
  const numbers = rows.flatMap(({ ordinal }) => ordinal ?? []);
  return new Set(numbers).size < numbers.length;
};

/** By number where all have one; else those that run come first, which is how their controller counts them. */
function inPlaces(rows: readonly PlacedPods[], first: number, placeOf: (row: PlacedPods) => number): number[] {
  if (rows.some(({ ordinal }) => ordinal === undefined)) {
    const rank = (place: number): number => (place >= 0 ? 0 : place === HELD ? 1 : 2);
    return rows.map(placeOf).sort((a, b) => rank(a) - rank(b));
  }
  const places: number[] = [];
  for (const row of rows) places[row.ordinal! - first] = placeOf(row);
  // A number that nobody has is that of a pod that is missing.
  return Array.from(places, (place) => place ?? WAITS);
}
