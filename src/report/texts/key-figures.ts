// The figures of a run that its printed table shows: one number each. Part of the report.

import type { MetricName } from '../../metrics/index.js';
import type { FinishedPoint } from '../../results/index.js';
import { formatDuration } from '../../scenario/index.js';
import { busiest, samplesOf } from './figures.js';
import { answered, failedShare, imbalance } from './request-answers.js';
import { figure, grouped } from './words.js';

export interface KeyFigure {
  /** Heading of its column, in capitals. */
  readonly name: string;
  /** ns, a plain number, a word; undefined where the run has none. */
  readonly value: (point: FinishedPoint) => number | string | undefined;
  readonly text: (value: number) => string;
  /** Unit of what programs are given. */
  readonly unit: 'seconds' | 'number' | 'per_second' | 'millicores' | 'per_million';
}

const quantile = (name: string, metric: MetricName, q: number): KeyFigure => ({
  name,
  value: (point) => samplesOf(point, metric)?.quantile(q),
  text: formatDuration,
  unit: 'seconds',
});

/** Of the requests that succeeded. */
const requestQuantile = (name: string, q: number): KeyFigure => ({
  name,
  value: (point) => answered(point)?.quantile(q),
  text: formatDuration,
  unit: 'seconds',
});

/** Shown where some run has it, and it is not nothing in all of them. */
export const KEY_FIGURES: readonly KeyFigure[] = [
  quantile('POD-START-P50', 'kubelet_pod_start_sli_duration_seconds', 0.5),
  quantile('POD-START-P99', 'kubelet_pod_start_sli_duration_seconds', 0.99),
  { name: 'NODE-STARTS/S', value: (point) => busiest(point)?.perSecond, text: figure, unit: 'per_second' },
  { name: 'FULL', value: (point) => busiest(point)?.full, text: String, unit: 'number' },
  quantile('READY-P99', 'kubelapse_pod_ready_duration_seconds', 0.99),
  { name: 'RESTARTS', value: ({ result }) => result.restarts.length, text: figureOfCount, unit: 'number' },
  quantile('SYNC-P99', 'kubeproxy_sync_proxy_rules_duration_seconds', 0.99),
  quantile('PROGRAM-P99', 'kubeproxy_network_programming_duration_seconds', 0.99),
  {
    name: 'PROXY-CPU-MILLICORES',
    value: ({ result }) => {
      const cores = result.proxy.cpuTime / result.proxy.nodes / (result.spec.duration - result.spec.warmup);
      return cores === 0 ? undefined : cores * 1000;
    },
    text: figure,
    unit: 'millicores',
  },
  quantile('LOOKUP-P50', 'kubelapse_first_packet_lookup_duration_seconds', 0.5),
  quantile('LOOKUP-P99', 'kubelapse_first_packet_lookup_duration_seconds', 0.99),
  quantile('POLICY-P99', 'kubelapse_network_policy_implementation_delay_seconds', 0.99),
  requestQuantile('REQUEST-P50', 0.5),
  requestQuantile('REQUEST-P99', 0.99),
  { name: 'IMBALANCE', value: imbalance, text: figure, unit: 'number' },
  {
    name: 'FAILED-PER-MILLION',
    value: (point) => {
      const share = failedShare(point);
      return share === undefined ? undefined : share * 1e6;
    },
    unit: 'per_million',
    text: (perMillion) => (perMillion === 0 ? '0' : grouped(Math.max(1, Math.round(perMillion)))),
  },
];

/** A count, or the mean of counts. */
function figureOfCount(value: number): string {
  return Number.isInteger(value) ? String(value) : figure(value);
}
