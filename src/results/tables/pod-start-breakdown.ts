// pod_start_breakdown.csv: what slow pod starts spend their time with, and what quick ones. Part of the report.

import { POD_START_STAGES, type PodId, type PodStartStage, podStartStage } from '../../cluster/index.js';
import type { RunResult } from '../run-result.js';
import { column, precise, SECOND, type Table } from '../table.js';

/** Pod starts by rank, from the quickest to the slowest: where bands begin and end. */
const BAND_ENDS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

interface BreakdownRow {
  readonly low: number;
  readonly high: number;
  readonly stage: PodStartStage;
  readonly pods: number;
  /** ns. */
  readonly mean: number;
}

export const podStartBreakdown: Table<BreakdownRow> = {
  file: 'pod_start_breakdown.csv',
  meaning: 'mean time of each stage, from the fastest pod starts to the slowest, image pulls included',
  columns: [
    column('low_ratio', 'ratio', 'pod starts from this share on, by how long they took …', (row) => row.low),
    column('high_ratio', 'ratio', '… to this one', (row) => row.high),
    column('stage', '', 'stage of kubelapse_pod_start_stage_duration_seconds', (row) => row.stage),
    column('pods_total', 'pods', 'pods in that band', (row) => row.pods),
    column('mean_seconds', 's', 'mean time that they spent in the stage', (row) => precise(row.mean / SECOND)),
  ],
  *rows({ result }) {
    const pods = startedPods(result);
    for (let band = 1; band < BAND_ENDS.length; band++) {
      const [low, high] = [BAND_ENDS[band - 1]!, BAND_ENDS[band]!];
      const own = pods.subarray(Math.ceil(low * pods.length), Math.ceil(high * pods.length));
      if (own.length === 0) continue;
      for (const stage of POD_START_STAGES) {
        const mean = own.reduce((sum, pod) => sum + podStartStage(result.pods.stamps, stage, pod), 0) / own.length;
        yield { low, high, stage, pods: own.length, mean };
      }
    }
  },
};

/** Pods whose start one kubelet saw from begin to end, that in the time measured; the quickest first. */
function startedPods({ pods: { count, stamps }, spec }: RunResult): Int32Array {
  const started: number[] = [];
  for (let pod = 0; pod < count; pod++) if (stamps.runningObserved[pod]! >= spec.warmup) started.push(pod);
  const took = (pod: PodId): number => stamps.runningObserved[pod]! - stamps.created[pod]!;
  return Int32Array.from(started.sort((a, b) => took(a) - took(b) || a - b));
}
