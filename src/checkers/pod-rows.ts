// What every row of the pod table promises whatever happens: its stages follow each other, and its parts fit between them.
// Part of the checkers: it judges what others have written, by rules of its own.

import type { PodId, PodStage, PodTable } from '../cluster/index.js';

/** No stage comes before one that stands before it in the same line; what was not reached is passed over. */
export const STAGE_LINES: readonly (readonly PodStage[])[] = [
  [
    'created',
    'scheduled',
    'bound',
    'observed',
    'syncStarted',
    'volumesMounted',
    'sandboxReady',
    'containersStarted',
    'runningKnown',
    'runningReported',
    'runningObserved',
  ],
  // A pod may be ready before a watch brings back that it runs, …
  ['created', 'bound', 'observed', 'syncStarted', 'sandboxReady', 'containersStarted', 'runningKnown', 'ready'],
  ['runningReported', 'ready'],
  // … may be deleted before it has begun to start, and may end by itself before it is deleted.
  ['created', 'deleted', 'deletionObserved', 'removed'],
  ['created', 'bound', 'observed', 'syncStarted', 'stopped', 'removed'],
];

/** The first two stages of a row that stand in the wrong order, as text; undefined if all is well. */
export function stagesOutOfOrder({ stamps }: PodTable, pod: PodId): string | undefined {
  // A pod whose object is gone as soon as it is deleted ends on its node all the same.
  const isSudden = stamps.removed[pod] === stamps.deleted[pod];
  for (const line of STAGE_LINES) {
    let last: PodStage | undefined;
    for (const stage of line) {
      if (stage === 'removed' && isSudden) continue;
      const at = stamps[stage][pod]!;
      if (Number.isNaN(at)) continue;
      if (last !== undefined && at < stamps[last][pod]!) return `${stage} before ${last}`;
      last = stage;
    }
  }
  return undefined;
}

/** The part of a start that is longer than the stretch in which it lies, as text; undefined if all is well. */
export function partTooLong({ stamps }: PodTable, pod: PodId): string | undefined {
  const took = (from: PodStage, to: PodStage): number => stamps[to][pod]! - stamps[from][pod]!;
  const { cniAdd, create, start } = stamps;
  if (cniAdd[pod]! > took('volumesMounted', 'sandboxReady')) return 'cniAdd longer than the sandbox took';
  const parts = [stamps.imageWait, stamps.imagePull, stamps.imageRefused, create, start];
  const within = parts.reduce((sum, part) => sum + (part[pod]! || 0), 0);
  if (within > took('sandboxReady', 'runningKnown')) return 'pulls, creates and starts longer than the start';
  return undefined;
}
