// How evenly the requests to services were shared by their endpoints. Part of the charts.

import type { Figure } from './figure.js';
import { rankedFinding } from './findings.js';
import { groupsOf, leftOutNote } from './latencies.js';
import { fittingPoints, fullName, layoutOf } from './layout.js';
import { replicationNote } from './over-time.js';
import type { ChartRequest } from './request.js';
import type { ResultPoint } from './result-tables.js';

/** Points of the line of one distribution. */
const SHARES = 200;

/** The share of endpoints that had at most so many times an equal share of the requests to their service. */
export function loadBalancingFigure(request: ChartRequest): Figure | undefined {
  const all = request.points.filter((point) => sharesOf(point).length > 1);
  if (all.length === 0) return undefined;
  const layout = layoutOf(all, true, request.layout);
  const { points, leftOut } = fittingPoints(all, layout);
  const groups = groupsOf(points, layout).map(({ name, panel, points: [point] }) => ({
    name,
    panel,
    shares: sharesOf(point!),
  }));
  const worst = groups.map(({ name, panel, shares }) => ({
    name: fullName({ panel, name }),
    value: shares.at(-1)!,
  }));
  return {
    id: 'load-balancing',
    title: rankedFinding('Requests of the busiest endpoint, relative to an equal share', worst, 'number'),
    subtitle: [
      'Share of the endpoints that got at most this many times an equal share of their service’s requests.',
      'Endpoints that were added or removed during the run had less time to receive theirs.',
      ...replicationNote(points, 'load_balancing.csv'),
      ...leftOutNote(leftOut),
    ],
    mark: 'step',
    x: {
      title: 'requests, relative to an equal share',
      quantity: 'number',
      fromZero: true,
      isLog: request.log.x ?? false,
    },
    y: { title: 'share of endpoints', quantity: 'ratio', fromZero: true },
    colourTitle: layout.colour ?? '',
    panelTitle: layout.panels.join(', '),
    series: groups.map(({ name, panel, shares }) => ({ name, panel, data: cumulative(shares) })),
    marks: [],
    limits: [],
  };
}

/** What each endpoint had, in equal shares of its service, the least first. */
const sharesOf = (point: ResultPoint): number[] =>
  point
    .rows('load_balancing.csv', 0)
    .filter(({ pod }) => pod !== '')
    .map(({ relative_ratio }) => Number(relative_ratio))
    .sort((a, b) => a - b);

/** Steps of the cumulative distribution; of many values only some, the least and the greatest among them. */
function cumulative(sorted: readonly number[]): { x: number; y: number }[] {
  const steps = Math.min(SHARES, sorted.length);
  const rises = Array.from({ length: steps }, (_, i) => {
    const rank = Math.ceil(((i + 1) / steps) * sorted.length);
    return { x: sorted[rank - 1]!, y: rank / sorted.length };
  });
  return [{ x: sorted[0]!, y: 0 }, ...rises];
}
