// Fields about updates that manifests of several kinds share. Part of the workload controllers.

import { amountOf, type WorkloadSettings } from '../../cluster/index.js';
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

/** So many of `replicas` pods; 25 % if nothing is said. */
export function podsAt(reader: FieldReader, path: Path, replicas: number, round: (n: number) => number): number {
  const parsed = countOrPercentAt(reader, path, '25%');
  const written = JSON.stringify(reader.get(path));
  if (parsed === undefined) {
    reader.error(path, `${written} is neither a count nor a percentage; write 1 or "25%"`);
    return 1;
  }
  if (path.at(-1) === 'maxUnavailable' && 'percent' in parsed && parsed.percent > 100) {
    reader.error(path, `must be at most 100%, not ${written}`);
  }
  return amountOf(parsed, replicas, round);
}

const seconds = (reader: FieldReader, path: Path, fallback: number): Duration =>
  (reader.whole(path, fallback) * NS_PER_SECOND) as Duration;

export const minReadyOf = (reader: FieldReader): Pick<WorkloadSettings, 'minReady'> => ({
  minReady: seconds(reader, ['spec', 'minReadySeconds'], 0),
});

/** 600 s: pkg/apis/apps/v1/defaults.go. */
export const progressDeadlineOf = (reader: FieldReader): Pick<WorkloadSettings, 'progressDeadline'> => ({
  progressDeadline: seconds(reader, ['spec', 'progressDeadlineSeconds'], 600),
});

/** Pods wanted, as the scenario or the manifest says. */
export const replicasOf = (reader: FieldReader, replicas: number | undefined): number => {
  const own = reader.whole(['spec', 'replicas'], 1);
  return replicas ?? own;
};
