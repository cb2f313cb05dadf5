// Fields about updates that manifests of several kinds share. Part of the workload controllers.

import type { WorkloadSettings } from '../../cluster/index.js';
import { type Duration, NS_PER_SECOND } from '../../engine/index.js';
import { type FieldReader, type Path, parseIntOrPercent } from '../../format/index.js';

/** Whether a count or percentage of pods is said to be none. */
export const isNone = (reader: FieldReader, path: Path): boolean =>
  [0, '0', '0%'].includes(reader.get(path) as string | number);

/** A count or a percentage as it is written; undefined if it is neither. */
export function countOrPercentAt(reader: FieldReader, path: Path, fallback: string | number) {
  const value = reader.get(path) ?? fallback;
  return typeof value === 'string' || typeof value === 'number' ? parseIntOrPercent(value) : undefined;
}

/** A number of seconds, ns. */
export const secondsAt = (reader: FieldReader, path: Path, fallback: number): Duration =>
  reader.whole(path, fallback) * NS_PER_SECOND;

export const minReadyOf = (reader: FieldReader): Pick<WorkloadSettings, 'minReady'> => ({
  minReady: secondsAt(reader, ['spec', 'minReadySeconds'], 0),
});

/** Whether the update strategy at a path is this one, and not to roll. */
export const isStrategy = (reader: FieldReader, path: Path, other: 'OnDelete' | 'Recreate'): boolean =>
  reader.oneOf(path, ['RollingUpdate', other], 'RollingUpdate') === other;

/** Pods wanted, as the scenario or the manifest says. */
export const replicasOf = (reader: FieldReader, replicas: number | undefined): number => {
  const own = reader.whole(['spec', 'replicas'], 1);
  return replicas ?? own;
};
