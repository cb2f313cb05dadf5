// The charts that there are, by type. Part of the charts.

import { METRICS, type MetricName } from '../../metrics/index.js';
import type { ChartTypeName } from './chart-type-names.js';
import { type Figure, positiveEnds, valuesOnX, valuesOnY } from './figure.js';
import { distributionFigure, FOREIGN, LATENCIES, latencyFigure, rangesFigure } from './latencies.js';
import { loadBalancingFigure } from './load-balancing.js';
import { faultsFigure, overTimeFigure, programmingFigure, SAMPLED } from './over-time.js';
import { breakdownFigure, stagesFigure } from './pod-starts.js';
import type { ChartRequest } from './request.js';

export interface ChartType {
  readonly type: ChartTypeName;
  readonly meaning: string;
  /** Tables it is made of: what a user has to keep to have it. */
  readonly tables: readonly string[];
  /** About one metric; others have no choice. */
  readonly hasMetric: boolean;
  /** Undefined if the results have nothing of it. */
  readonly make: (request: ChartRequest, metric: MetricName | undefined) => Figure | undefined;
}

/** A chart of the metric, or of the first one that the results have. */
const ofMetric =
  (make: (request: ChartRequest, metric: MetricName) => Figure | undefined): ChartType['make'] =>
  (request, metric) => {
    const metrics = metric === undefined ? LATENCIES.map((latency) => latency.metric) : [metric];
    for (const one of metrics) {
      const figure = make(request, one);
      if (figure !== undefined) return figure;
    }
    return undefined;
  };

const latencyType = (type: ChartTypeName, meaning: string, make: Parameters<typeof ofMetric>[0]): ChartType => ({
  type,
  meaning,
  tables: ['quantiles.csv'],
  hasMetric: true,
  make: ofMetric(make),
});

export const CHART_TYPES: readonly ChartType[] = [
  latencyType('latency', 'median and p99 of a metric against a number that the sweep varies', latencyFigure),
  latencyType('ranges', 'quantiles of a metric, one bar per point', rangesFigure),
  latencyType('distribution', 'cumulative distribution of a metric, one line per point', distributionFigure),
  {
    type: 'stages',
    meaning: 'quantiles of each stage of a pod start',
    tables: ['quantiles.csv'],
    hasMetric: false,
    make: stagesFigure,
  },
  {
    type: 'breakdown',
    meaning: 'what fast and slow pod starts spend their time on',
    tables: ['pod_start_breakdown.csv'],
    hasMetric: false,
    make: breakdownFigure,
  },
  ...SAMPLED.map(
    (sampled): ChartType => ({
      type: sampled.type,
      meaning: `${sampled.title}, over time, with the faults`,
      tables: ['timeseries.csv', 'faults.csv'],
      hasMetric: false,
      make: (request) => overTimeFigure(request, sampled),
    }),
  ),
  {
    type: 'programming',
    meaning: 'network programming latency over time, with the faults',
    tables: ['network_programming.csv', 'faults.csv'],
    hasMetric: false,
    make: programmingFigure,
  },
  {
    type: 'faults',
    meaning: 'when each fault begins and ends',
    tables: ['faults.csv'],
    hasMetric: false,
    make: faultsFigure,
  },
  {
    type: 'load-balancing',
    meaning: 'how evenly requests were spread over the endpoints of services',
    tables: ['load_balancing.csv'],
    hasMetric: false,
    make: loadBalancingFigure,
  },
];

/** Points up to which charts over time and of distributions are drawn unasked. */
const POINTS_MAX = 24;

/** The charts that answer a reader's first questions, those without anything to see left out. */
export function usualFigures(request: ChartRequest): Figure[] {
  // Who brings a metric asks about that first.
  const metrics = [...foreignHistograms(request), ...LATENCIES.map(({ metric }) => metric)];
  const latencies = metrics.flatMap((metric) => latencyFigure(request, metric) ?? []).filter(tellsSomething);
  const others = CHART_TYPES.filter(({ hasMetric }) => !hasMetric);
  if (request.points.length > POINTS_MAX) return latencies;
  const distributions = metrics.flatMap((metric) => distributionFigure(request, metric) ?? []).filter(spreads);
  return [...latencies, ...others.flatMap(({ make }) => make(request, undefined) ?? []), ...distributions];
}

const foreignHistograms = ({ metrics }: ChartRequest): MetricName[] =>
  Object.entries(metrics).flatMap(([name, { type }]) =>
    type === 'histogram' && !Object.hasOwn(METRICS, name) ? [name as MetricName] : [],
  );

/** Figures that hardly differ, all of them, have nothing to show. */
const HARDLY = 1.01;

const tellsSomething = (figure: Figure): boolean => {
  const [least, most] = positiveEnds(valuesOnY(figure));
  return most > HARDLY * least;
};

const spreads = (figure: Figure): boolean => {
  const [least, most] = positiveEnds(valuesOnX(figure));
  return most > HARDLY * least;
};

/** Whether a name is that of a figure that is drawn unasked. */
export const isUsualFigure = (id: string): boolean =>
  FOREIGN_ID.test(id) ||
  LATENCIES.some(({ name }) => id === `latency-${name}` || id === `distribution-${name}`) ||
  SAMPLED.some(({ type }) => id === `${type}-over-time`) ||
  OTHER_IDS.includes(id);

const FOREIGN_ID = new RegExp(`^(latency|distribution)-${FOREIGN}`);

const OTHER_IDS = ['pod-start-stages', 'pod-start-breakdown', 'programming-over-time', 'faults', 'load-balancing'];
