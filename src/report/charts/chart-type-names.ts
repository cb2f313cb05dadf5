// The types of charts by name alone, for flags and help: nothing else is loaded for them. Part of the charts.

export const CHART_TYPE_NAMES = [
  'latency',
  'ranges',
  'distribution',
  'stages',
  'breakdown',
  'pods',
  'restarts',
  'failures',
  'stale-nodes',
  'programming',
  'faults',
  'load-balancing',
] as const;
export type ChartTypeName = (typeof CHART_TYPE_NAMES)[number];
