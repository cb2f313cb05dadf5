// How long a scenario takes to come to its steady state, from runs that measured from the beginning. Part of the experiments.
// The sampled series of all replications are averaged, so that noise does not hide what is the same in each (Welch), and the
// longest warm-up of any of them is taken (MSER-5).

import type { RunRecord } from '../report/index.js';
import { mserWarmUp } from '../statistics/index.js';

/** Sampled quantities that reach a steady state; of totals that only grow, how much they grow. */
const SERIES: Readonly<Record<string, 'level' | 'growth'>> = {
  kubelapse_pods_ready: 'level',
  kubelapse_nodes_with_stale_rules: 'level',
  kubelapse_container_restarts_total: 'growth',
  kubelapse_requests_failed_total: 'growth',
};

/** Replications of the runs that are looked at. */
export const WARM_UP_REPLICATIONS = 5;

/** Seconds until all sampled series of a point are steady; undefined if one is not for half of the run. */
export function warmUpSeconds(runs: readonly RunRecord[]): number | undefined {
  const sums = new Map<string, { times: number[]; values: number[] }>();
  for (const run of runs) {
    const seen = new Map<string, number>();
    for (const { time, metric, value } of samplesOf(run)) {
      if (!Object.hasOwn(SERIES, metric)) continue;
      let sum = sums.get(metric);
      if (sum === undefined) {
        sum = { times: [], values: [] };
        sums.set(metric, sum);
      }
      const index = seen.get(metric) ?? 0;
      seen.set(metric, index + 1);
      sum.times[index] = time;
      sum.values[index] = (sum.values[index] ?? 0) + value;
    }
  }
  let longest = 0;
  for (const [metric, { times, values }] of sums) {
    const series = SERIES[metric] === 'growth' ? values.map((value, i) => value - (values[i - 1] ?? 0)) : values;
    const left = mserWarmUp(series);
    if (left === undefined) return undefined;
    longest = Math.max(longest, times[left] ?? 0);
  }
  return longest;
}

interface Sample {
  readonly time: number;
  readonly metric: string;
  readonly value: number;
}

/** The rows of timeseries.csv of a run: its last three columns. */
function samplesOf({ tables }: RunRecord): Sample[] {
  return tables['timeseries.csv']!.text.split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [time, metric, value] = line.split(',').slice(-3) as [string, string, string];
      return { time: Number(time), metric, value: Number(value) };
    });
}
