// Charts of what a pod start is made of. Part of the charts.

import { labelPairs } from '../../metrics/index.js';
import type { Datum, Figure, FigureSeries } from './figure.js';
import { textOf } from './findings.js';
import { distributionsOf, isWide, leftOutNote, RANGE_NOTE, rangeOf, valuesOf } from './latencies.js';
import { fittingPoints, fullName, layoutOf, mergedNote, mergedPanels, varying, whereOf } from './layout.js';
import { replicationNote } from './over-time.js';
import type { ChartRequest } from './request.js';
import type { ResultPoint } from './result-tables.js';

const STAGES_METRIC = 'kubelapse_pod_start_stage_duration_seconds';

/** Stages that are one colour in a stack: there are more of them than colours that one can tell apart. */
const PARTS: readonly { readonly name: string; readonly stages: readonly string[] }[] = [
  { name: 'schedule and watch', stages: ['schedule', 'watch'] },
  { name: 'worker and volumes', stages: ['worker', 'volumes'] },
  { name: 'sandbox', stages: ['sandbox'] },
  { name: 'CNI', stages: ['cni'] },
  { name: 'image pull', stages: ['image_pull'] },
  { name: 'image pull refused', stages: ['image_refused'] },
  { name: 'create and start', stages: ['create', 'start'] },
  { name: 'PLEG, status and observe', stages: ['pleg', 'status', 'observe'] },
];

const STAGES = PARTS.flatMap(({ stages }) => stages);

/** How long each stage takes: quantiles by stage, a panel for each point; the pool with most samples. */
export function stagesFigure(request: ChartRequest): Figure | undefined {
  const layout = layoutOf(request.points, true, { panels: varying(request.points) });
  const { points, leftOut } = fittingPoints(request.points, layout);
  const all = points.flatMap((point): FigureSeries[] => {
    const pools = poolsOf(point);
    return pools.map((pool) => ({
      name: '',
      panel: fullName({ panel: whereOf(point, layout.panels), name: pools.length > 1 ? `pool ${pool}` : '' }),
      data: stagesOf(point, pool),
    }));
  });
  if (all.every(({ data }) => data.length === 0)) return undefined;
  const series = mergedPanels(all);
  const slowest = series
    .flatMap(({ data, panel }) => data.map((datum) => ({ panel, datum })))
    .reduce((a, b) => (b.datum.y > a.datum.y ? b : a));
  const where = slowest.panel === '' ? '' : ` with ${slowest.panel}`;
  return {
    id: 'pod-start-stages',
    title: `The longest stage of a pod start is ${slowest.datum.x}, ${textOf(slowest.datum.y, 'seconds')} at the median${where}`,
    subtitle: [RANGE_NOTE, ...mergedNote(all, series), ...leftOutNote(leftOut)],
    mark: 'range',
    x: { title: 'stage', quantity: 'number', categories: STAGES },
    y: {
      title: 'duration',
      quantity: 'seconds',
      isLog:
        request.log.y ??
        isWide(
          series.flatMap(({ data }) => data.flatMap(valuesOf)),
          true,
        ),
    },
    colourTitle: '',
    panelTitle: layout.panels.join(', '),
    series,
    marks: [],
    limits: [],
  };
}

/** Node pools on which pods were started. */
const poolsOf = (point: ResultPoint): string[] => [
  ...new Set(
    distributionsOf(point, STAGES_METRIC).map(({ labels }) => new Map(labelPairs(labels)).get('node_pool') ?? ''),
  ),
];

/** Stages of the pods of a pool in their order; those that take no time at all have nothing to draw. */
function stagesOf(point: ResultPoint, pool: string): Datum[] {
  const all = distributionsOf(point, STAGES_METRIC).map((distribution) => ({
    distribution,
    labels: new Map(labelPairs(distribution.labels)),
  }));
  return STAGES.flatMap((stage) =>
    all
      .filter(({ labels }) => labels.get('stage') === stage && (labels.get('node_pool') ?? '') === pool)
      .map(({ distribution }) => rangeOf(stage, distribution))
      .filter(({ most }) => most! > 0),
  );
}

/** What slow pod starts spend their time with: stages on top of each other, from the quickest starts to the slowest. */
export function breakdownFigure(request: ChartRequest): Figure | undefined {
  const layout = layoutOf(request.points, true, { panels: varying(request.points) });
  const { points, leftOut } = fittingPoints(request.points, layout);
  const stacks = points.flatMap((point) =>
    bandsOf(point).map((band) => ({ ...band, panel: whereOf(point, layout.panels) })),
  );
  if (stacks.length === 0) return undefined;
  const panels = [...new Set(stacks.map(({ panel }) => panel))];
  const all = PARTS.flatMap(({ name }) =>
    panels.map((panel) => ({
      name,
      panel,
      data: stacks
        .filter((stack) => stack.panel === panel)
        .map(({ band, parts }): Datum => ({ x: band, y: parts.get(name)! })),
    })),
  ).filter(({ data }) => data.some(({ y }) => y > 0));
  const series = mergedPanels(all);
  const totalOf = ({ parts }: (typeof stacks)[number]): number =>
    [...parts.values()].reduce((sum, value) => sum + value, 0);
  const slowest = stacks.reduce((a, b) => (totalOf(b) > totalOf(a) ? b : a));
  const total = totalOf(slowest);
  const [part, longest] = [...slowest.parts].reduce((a, b) => (b[1] > a[1] ? b : a));
  const where = series[0]!.panel === '' ? '' : ` (${slowest.panel})`;
  return {
    id: 'pod-start-breakdown',
    title: `The slowest pod starts take ${textOf(total, 'seconds')}, ${textOf(longest, 'seconds')} of it ${part}${where}`,
    subtitle: [
      'Mean time by stage, image pulls included; from the fastest pod starts to the slowest.',
      ...mergedNote(all, series),
      ...replicationNote(points, 'pod_start_breakdown.csv'),
      ...leftOutNote(leftOut),
    ],
    mark: 'stack',
    x: {
      title: 'pod starts by duration, %',
      quantity: 'number',
      categories: [...new Set(stacks.map(({ band }) => band))],
    },
    y: { title: 'duration', quantity: 'seconds', fromZero: true },
    colourTitle: 'stage',
    panelTitle: layout.panels.join(', '),
    series,
    marks: [],
    limits: [],
  };
}

/** Bands from the quickest to the slowest starts of the first replication, with the mean time of each part in s. */
function bandsOf(point: ResultPoint): { band: string; parts: ReadonlyMap<string, number> }[] {
  const bands = new Map<string, Map<string, number>>();
  for (const row of point.rows('pod_start_breakdown.csv', 0)) {
    const band = `${percent(row.low_ratio!)}–${percent(row.high_ratio!)}`;
    const stages = bands.get(band) ?? new Map<string, number>();
    bands.set(band, stages.set(row.stage!, Number(row.mean_seconds)));
  }
  return [...bands].map(([band, stages]) => ({
    band,
    parts: new Map(
      PARTS.map(({ name, stages: own }) => [name, own.reduce((sum, stage) => sum + (stages.get(stage) ?? 0), 0)]),
    ),
  }));
}

const percent = (ratio: string): string => String(Math.round(Number(ratio) * 100));
