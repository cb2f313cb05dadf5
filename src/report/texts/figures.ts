// Figures of a run that more than one part of its summary needs. Part of the report.

import { Histogram, histogramOf, type MetricName } from '../../metrics/index.js';
import type { FinishedPoint, RunResult } from '../../results/index.js';

/** All samples of a metric, whatever their labels; undefined if there are none. */
export const samplesOf = (point: FinishedPoint, metric: MetricName): Histogram | undefined => {
  const found = point.result.series
    .filter((series) => series.metric === metric && series.histogram.count > 0)
    .map(({ histogram }) => histogramOf(histogram));
  return found.length < 2 ? found[0] : Histogram.merged(found);
};

/** How fast the busiest node started pods, and what was full then; undefined where no node started so many at once. */
export function busiest({ result }: FinishedPoint): { perSecond: number; full: string } | undefined {
  const most = result.nodeStarts.reduce<RunResult['nodeStarts'][number] | undefined>(
    (best, row) => (best === undefined || row.pods > best.pods ? row : best),
    undefined,
  );
  if (most === undefined || most.pods < MANY_STARTS) return undefined;
  const perSecond = most.pods / (most.startingTime / 1e9);
  if (perSecond < 1) return undefined;
  const full = [
    ...(most.diskBusy > FULL ? ['disk'] : []),
    ...(Math.max(most.cpuBusy, most.cpuLacking) > FULL ? ['cpu'] : []),
    ...(most.apiClientBusy > FULL ? ['api-client'] : []),
  ];
  return { perSecond, full: full.length === 0 ? 'nothing' : full.join('+') };
}

/** Starts of pods on one node that say something about what it can do. */
const MANY_STARTS = 50;
/** Share of the time beyond which a resource counts as full. */
const FULL = 0.95;
